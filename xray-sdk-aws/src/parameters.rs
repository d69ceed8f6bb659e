use aws_smithy_types::telemetry::RequestedTelemetryAttributes;

use crate::parameter::{Parameter, Source, Take};

/// Which parameters of calls are recorded, by service and operation.
///
/// [`Parameters::default`] names the resources that a call is about (the table, the queue, the bucket and key, the topic, the function and
/// so on), for all operations of their services, and what the official SDKs record beyond that, unless it holds contents of items, messages or
/// policies. It can be added to, thinned out, or replaced: start from [`Parameters::none`].
///
/// ```
/// use xray_sdk_aws::{Parameter, Parameters, XrayInterceptor};
///
/// let parameters = Parameters::default()
///     .record("Kinesis", "PutRecord", Parameter::request("PartitionKey"))
///     .forget("S3", "*");
/// let interceptor = XrayInterceptor::new().parameters(parameters);
/// # let _ = interceptor;
/// ```
#[derive(Clone, Debug)]
pub struct Parameters {
    services: Vec<Service>,
}

#[derive(Clone, Debug)]
struct Service {
    name: String,
    operations: Vec<(String, Vec<Parameter>)>,
}

/// Stands for every operation of a service.
pub(crate) const EVERY: &str = "*";

impl Parameters {
    /// No parameters. The operation, the region and the request's id are recorded all the same.
    pub fn none() -> Self {
        Self {
            services: Vec::new(),
        }
    }

    /// Also records `parameter` for an operation of a service, or for all of them by `"*"`.
    ///
    /// A service goes by its SDK id, in letters of any case: `"DynamoDB"`, `"SQS"`, `"SageMaker Runtime"`. An operation goes by its name in the
    /// API: `"PutItem"`.
    #[must_use]
    pub fn record(mut self, service: &str, operation: &str, parameter: Parameter) -> Self {
        let parameter = parameter.resolved();
        let found = self
            .services
            .iter()
            .position(|known| known.name.eq_ignore_ascii_case(service));
        let service = match found {
            Some(index) => &mut self.services[index],
            None => {
                self.services.push(Service {
                    name: service.to_owned(),
                    operations: Vec::new(),
                });
                self.services.last_mut().expect("one was pushed just now")
            }
        };
        match service
            .operations
            .iter_mut()
            .find(|(name, _)| name == operation)
        {
            Some((_, parameters)) => parameters.push(parameter),
            None => service
                .operations
                .push((operation.to_owned(), vec![parameter])),
        }
        self
    }

    /// Records no parameters of an operation any more; with `"*"` none of the whole service.
    ///
    /// What stands for all operations of the service is not taken away from a single one.
    #[must_use]
    pub fn forget(mut self, service: &str, operation: &str) -> Self {
        for known in &mut self.services {
            if known.name.eq_ignore_ascii_case(service) {
                known
                    .operations
                    .retain(|(name, _)| operation != EVERY && name != operation);
            }
        }
        self
    }

    /// What is recorded of a call.
    pub(crate) fn of<'a>(
        &'a self,
        service: &str,
        operation: &'a str,
    ) -> impl Iterator<Item = &'a Parameter> + use<'a> {
        self.services
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(service))
            .into_iter()
            .flat_map(|service| &service.operations)
            .filter(move |(name, _)| name == operation || name == EVERY)
            .flat_map(|(_, parameters)| parameters)
    }

    /// What the services' crates are asked for, besides what the program `asked` for itself.
    pub(crate) fn requested(
        &self,
        asked: RequestedTelemetryAttributes,
    ) -> RequestedTelemetryAttributes {
        let mut members: Vec<&str> = self
            .services
            .iter()
            .flat_map(|service| &service.operations)
            .flat_map(|(_, parameters)| parameters)
            .filter(|parameter| {
                (parameter.source, parameter.take) == (Source::Request, Take::Value)
            })
            .map(|parameter| &*parameter.member)
            .collect();
        members.sort_unstable();
        members.dedup();
        let mut requested = asked;
        requested.capture_only(members);
        requested
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parameters: &Parameters, service: &str, operation: &str) -> Vec<String> {
        let names = parameters.of(service, operation);
        names.map(|parameter| parameter.name().to_owned()).collect()
    }

    #[test]
    fn parameters_of_a_service_stand_beside_those_of_an_operation() {
        let parameters = Parameters::none()
            .record("Shop", "*", Parameter::request("ShopName"))
            .record("Shop", "Sell", Parameter::request_count("Items"));
        assert_eq!(names(&parameters, "shop", "Sell"), ["shop_name", "items"]);
        assert_eq!(names(&parameters, "SHOP", "Buy"), ["shop_name"]);
        assert!(names(&parameters, "Other", "Sell").is_empty());
    }

    #[test]
    fn what_is_forgotten_is_not_recorded() {
        let parameters = Parameters::none()
            .record("Shop", "*", Parameter::request("ShopName"))
            .record("Shop", "Sell", Parameter::request_count("Items"));
        let thinned = parameters.clone().forget("shop", "Sell");
        assert_eq!(names(&thinned, "Shop", "Sell"), ["shop_name"]);
        assert!(names(&parameters.forget("Shop", "*"), "Shop", "Sell").is_empty());
    }

    #[test]
    fn crates_are_asked_for_plain_members_of_requests_only() {
        let requested = Parameters::default()
            .record("Shop", "Sell", Parameter::request_count("Items"))
            .requested(RequestedTelemetryAttributes::new(["Region"]));
        assert!(requested.should_capture("TableName"));
        assert!(!requested.should_emit("TableName"));
        assert!(
            requested.should_emit("Region"),
            "which the program asked for"
        );
        for not_asked in ["Items", "MessageBody", "Message", "Policy", "Token"] {
            assert!(!requested.should_capture(not_asked), "{not_asked}");
        }
    }
}
