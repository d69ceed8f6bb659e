use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_schema::header_omit_settings::SharedHeaderOmitSettings;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::telemetry::RequestedTelemetryAttributes;
use xray_sdk::{Text, TraceHeader, current};

use crate::attempt;
use crate::body;
use crate::call::{Body, Call, Guard, State};
use crate::describe::{self, Operation};
use crate::failure;
use crate::http_client::Recorded;
use crate::parameters::Parameters;
use crate::trace_attribute;

/// Records every call of the client that it is installed in, as a subsegment of whatever is current where the call's future is polled first.
///
/// [`client!`](crate::client) installs it. By hand it goes into a client's configuration, and one interceptor may serve any number of clients:
///
/// ```
/// # let config = aws_types::SdkConfig::builder()
/// #     .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
/// #     .build();
/// use xray_sdk_aws::XrayInterceptor;
///
/// let xray = XrayInterceptor::new();
/// let queues = aws_sdk_sqs::config::Builder::from(&config).interceptor(xray.clone()).build();
/// let queues = aws_sdk_sqs::Client::from_conf(queues);
/// # let _ = queues;
/// ```
///
/// # What is recorded
///
/// A subsegment with the service's name (`DynamoDB`, `SQS`, `S3`), in the namespace `aws`, with the operation, the region, the account that owns the
/// resource where its name tells it, the parameters that [`Parameters`] names, the number of retries, the ids that AWS gave the request (`id_2` is S3's), the
/// status, and the length of the response's body in bytes. Contents of items and messages, credentials, and URLs are not recorded.
///
/// One subsegment stands for all attempts of a call; [`attempts`](Self::attempts) records each of them too. It begins before the request is
/// serialised, and so holds the time for credentials and the endpoint. It ends when the response is read, and where the program reads
/// the response's body itself (S3's `GetObject`), when that is read to its end or dropped.
///
/// - An answer with an error is recorded as a `remote` exception under the code that the service gave it, or as `ServiceError` where it gave none. 4xx is an
///   error, 5xx a fault; what the SDK's own retry classifiers take for throttling is throttled, whatever its status. Values that services are known to quote of a
///   request in their messages are left out.
/// - Without an answer the exception is called as the variant of `SdkError`: `TimeoutError`, `DispatchFailure` (no connection), `ResponseError` (cannot be
///   read), `ConstructionFailure` (was not sent). The call is a fault.
/// - A call whose future is dropped, or whose body is, has the metadata `aborted: true` in the namespace `xray`.
/// - Each page of a paginator, and each question of a waiter, is a call. Presigning is none, and is left alone.
///
/// # What is sent
///
/// `X-Amzn-Trace-Id` with the subsegment as the parent, set before the request is signed (and no part of the signature). In a trace that is not
/// sampled nothing is recorded, and the header says so. Outside of a segment nothing is recorded and no header is sent; `ContextMissing` decides
/// what happens then.
///
/// # What it costs
///
/// Outside of a sampled trace: a look at the thread's context, and the header. It never fails a call, and never waits.
#[derive(Clone)]
pub struct XrayInterceptor {
    parameters: Arc<Parameters>,
    requested: Arc<RequestedTelemetryAttributes>,
    has_attempts: bool,
    has_trace_attribute: bool,
    asks_for_trace: bool,
}

impl Default for XrayInterceptor {
    fn default() -> Self {
        Self::new()
    }
}

impl XrayInterceptor {
    /// Records calls with the parameters of [`Parameters::default`].
    pub fn new() -> Self {
        let parameters = Parameters::default();
        Self {
            requested: Arc::new(parameters.requested(RequestedTelemetryAttributes::default())),
            parameters: Arc::new(parameters),
            has_attempts: false,
            has_trace_attribute: false,
            asks_for_trace: false,
        }
    }

    /// Records these parameters instead.
    #[must_use]
    pub fn parameters(self, parameters: Parameters) -> Self {
        Self {
            requested: Arc::new(parameters.requested(RequestedTelemetryAttributes::default())),
            parameters: Arc::new(parameters),
            ..self
        }
    }

    /// Records each attempt of a call as a subsegment `attempt` of its own: its status, its request's id, why it failed, and as metadata of the namespace
    /// `aws` its number and what the HTTP client tells of its connection.
    ///
    /// Where the client is made of a configuration that [`trace_http`](crate::trace_http) made, an attempt that has to wait for its connection has a subsegment
    /// `connect` for that: for a free one, or until one is made. How much of it is looking up the name, TCP or TLS no HTTP client of the SDK tells; and
    /// an HTTP client that is none of the SDK's tells nothing, so there is no such subsegment then. A connection that is there at once has none either.
    ///
    /// `connection.answered_in` is the time in seconds from handing the request to the HTTP client to the head of the answer. Clients that pool
    /// connections by the SDK's own pool also tell `acquired_in`, the seconds until the request had its connection, and
    /// `usage`: `fresh` or `reused`.
    #[must_use]
    pub fn attempts(self, is_recorded: bool) -> Self {
        Self {
            has_attempts: is_recorded,
            ..self
        }
    }

    /// Also writes the tracing header into each message that is sent to a queue, as its system attribute `AWSTraceHeader`, and into each event of
    /// EventBridge's `PutEvents`, as its `TraceHeader`.
    ///
    /// SQS itself makes that attribute from the request's header, so there is nothing to be gained on AWS. Servers that take the place of SQS in
    /// development (moto, ElasticMQ) do not, and the trace ends there without this. A message or event that has a header keeps it. It costs reading and
    /// writing the request's body once more, also of requests that are not sampled.
    #[must_use]
    pub fn trace_attribute(self, is_written: bool) -> Self {
        Self {
            has_trace_attribute: is_written,
            ..self
        }
    }

    /// Asks SQS for the tracing header of each message that is received, so that [`message::sender`](crate::message::sender) finds it.
    ///
    /// SQS tells system attributes only to who names them: each `ReceiveMessage` then asks for `AWSTraceHeader`, besides what the program asks for,
    /// which finds it among the messages' attributes. It costs reading and writing the request's body once more, in and outside of segments.
    #[must_use]
    pub fn ask_for_trace(self, is_asked: bool) -> Self {
        Self {
            asks_for_trace: is_asked,
            ..self
        }
    }

    /// Records the parameters of a call's request, once.
    fn describe(&self, state: &mut State, request: Option<&HttpRequest>, cfg: &ConfigBag) {
        if let Some(subsegment) = &mut state.subsegment
            && !std::mem::replace(&mut state.is_described, true)
        {
            describe::request(subsegment, request, &Operation::of(cfg), &self.parameters);
        }
    }
}

// Tells the SDK which hooks there are: it looks up whether an interceptor is disabled before each hook that may be one. Not documented, but every
// service's crate uses it.
#[dyn_dispatch_hint]
impl Intercept for XrayInterceptor {
    fn name(&self) -> &'static str {
        "XrayInterceptor"
    }

    // Runs before the operation's own interceptors, one of which reads what is requested here.
    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if current().is_recording() {
            let requested = match cfg.load::<RequestedTelemetryAttributes>() {
                // The program asked for members too, and keeps them.
                Some(asked) => self.parameters.requested(asked.clone()),
                None => (*self.requested).clone(),
            };
            cfg.interceptor_state().store_put(requested);
        }
        Ok(())
    }

    // The first hook that knows the operation, and whether it is only presigned. Nothing has waited for anything yet.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if is_presigned(cfg) || cfg.load::<Guard>().is_some() {
            return Ok(());
        }
        if let Some(call) = begin(cfg) {
            cfg.interceptor_state().store_put(Guard(call));
        }
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.has_attempts
            && let Some(Guard(call)) = cfg.load::<Guard>()
        {
            attempt::begin(&mut call.state(), attempts(cfg));
        }
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if self.asks_for_trace && !is_presigned(cfg) {
            trace_attribute::ask(request, cfg);
        }
        let header = match cfg.load::<Guard>() {
            Some(Guard(call)) => {
                request.add_extension(Recorded(self.has_attempts.then(|| call.clone())));
                let mut state = call.state();
                if let Some(attempt) = &state.attempt {
                    request.add_extension(attempt.connection.clone());
                }
                self.describe(&mut state, Some(request), cfg);
                match &state.subsegment {
                    Some(subsegment) => subsegment.header(),
                    None => return Ok(()),
                }
            }
            None if is_presigned(cfg) => None,
            None => current().header(),
        };
        if let Some(header) = header {
            if self.has_trace_attribute {
                trace_attribute::write(request, cfg, &header);
            }
            // Fails for a map of headers that can take no more: then the request stays as it is.
            let _ = request
                .headers_mut()
                .try_insert(TraceHeader::NAME, header.to_string());
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Guard(call)) = cfg.load::<Guard>() {
            let response = context.response_mut();
            let declared = describe::declared_length(response);
            body::watch(response.body_mut(), declared, call);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Guard(call)) = cfg.load::<Guard>()
            && let Some(attempt) = call.state().attempt.take()
        {
            attempt::end(attempt, context, components);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let call = match cfg.load::<Guard>() {
            Some(Guard(call)) => Some(call.clone()),
            // It failed before it could begin: a member of the request is missing of which the endpoint is made.
            None if matches!(context.output_or_error(), Some(Err(_))) && !is_presigned(cfg) => {
                begin(cfg)
            }
            None => None,
        };
        let Some(call) = call else {
            return Ok(());
        };
        if cfg.load::<Guard>().is_none() {
            cfg.interceptor_state().store_put(Guard(call.clone()));
        }
        let mut state = call.state();
        state.attempt = None;
        if state.body == Body::HandedOver {
            // By the same interceptor, which was installed twice.
            return Ok(());
        }
        // Of a request that failed before it was signed.
        self.describe(&mut state, None, cfg);
        let Some(mut subsegment) = state.subsegment.take() else {
            return Ok(());
        };
        if let Some(attempts) = cfg.load::<RequestAttempts>() {
            subsegment.aws("retries", &attempts.attempts().saturating_sub(1));
        }
        if let Some(response) = context.response() {
            let (counted, operation) = (state.counted, Operation::of(cfg));
            describe::response(
                &mut subsegment,
                response,
                counted,
                &operation,
                &self.parameters,
            );
        }
        match context.output_or_error() {
            Some(Ok(_)) if state.body == Body::Flowing => {
                state.body = Body::HandedOver;
                state.subsegment = Some(subsegment);
            }
            Some(Err(_)) => failure::record(&mut subsegment, context, components),
            Some(Ok(_)) | None => {}
        }
        Ok(())
    }
}

impl fmt::Debug for XrayInterceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XrayInterceptor").finish_non_exhaustive()
    }
}

/// Begins the subsegment of a call, if it is recorded.
fn begin(cfg: &ConfigBag) -> Option<Call> {
    let operation = Operation::of(cfg);
    let name = Text::copied(operation.service);
    let mut subsegment = xray_sdk::subsegment(name).aws().begin();
    if !subsegment.is_recording() {
        return None;
    }
    describe::operation(&mut subsegment, &operation);
    Some(Call::new(subsegment))
}

fn attempts(cfg: &ConfigBag) -> u32 {
    cfg.load::<RequestAttempts>()
        .map_or(1, RequestAttempts::attempts)
}

/// Whether the request is only made to be signed, and not sent: nothing else leaves out the default headers.
fn is_presigned(cfg: &ConfigBag) -> bool {
    cfg.load::<SharedHeaderOmitSettings>().is_some()
}
