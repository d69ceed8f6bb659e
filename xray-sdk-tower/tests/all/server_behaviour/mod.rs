//! What every server does, whichever framework it is made with.

pub(crate) mod ending;
pub(crate) mod record;
pub(crate) mod trace;

/// Makes a test of each behaviour for one server; for one that speaks HTTP/1 also of those that only HTTP/1 has.
macro_rules! server_behaviours {
    ($server:ty) => {
        crate::server_behaviour::server_behaviours!($server:
            trace {
                a_trace_goes_on_from_the_callers_header,
                a_w3c_traceparent_is_continued_where_there_is_no_other_header,
                a_request_without_a_header_begins_a_trace_and_the_caller_gets_its_id,
                a_caller_that_decided_against_sampling_is_obeyed_and_passed_on,
                a_caller_that_asks_is_told_the_decision,
                the_sampler_sees_service_host_method_and_path,
                requests_at_the_same_time_do_not_mix,
            }
            record {
                a_request_has_a_segment_and_what_runs_for_it_stands_below,
                method_url_and_user_agent_are_recorded_without_the_query,
                a_segment_can_be_named_by_the_host,
                the_first_forwarded_address_is_the_callers,
                without_a_proxy_the_connection_tells_the_callers_address,
                a_load_balancer_tells_the_scheme,
                each_status_sets_its_flags,
            }
            ending {
                a_streamed_body_is_part_of_the_segment,
                an_answer_without_a_body_ends_with_its_head,
                a_panic_of_the_handler_is_a_fault,
                a_panic_of_the_body_is_a_fault,
                a_body_that_fails_is_a_fault_with_its_text,
                a_caller_that_goes_away_before_the_answer_ends_the_segment,
                a_caller_that_goes_away_half_way_ends_the_segment,
            }
        );
    };
    (http1 $server:ty) => {
        crate::server_behaviour::server_behaviours!($server);
        crate::server_behaviour::server_behaviours!($server:
            ending {
                an_upgraded_connection_ends_the_segment_with_the_head,
            }
        );
    };
    ($server:ty: $($group:ident { $($behaviour:ident),* $(,)? })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                crate::server_behaviour::$group::$behaviour::<$server>().await;
            }
        )*)*
    };
}
pub(crate) use server_behaviours;
