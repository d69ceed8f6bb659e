//! What every client does, whichever library it comes from.

pub(crate) mod ending;
pub(crate) mod record;
pub(crate) mod trace;

/// Makes a test of each behaviour for one client.
macro_rules! client_behaviours {
    ($client:ty) => {
        crate::client_behaviour::client_behaviours!($client:
            trace {
                the_next_service_continues_from_the_subsegment,
                a_header_that_is_there_already_is_replaced,
                a_call_in_an_unsampled_trace_says_so_and_records_nothing,
                outside_of_a_segment_a_request_stays_as_it_is,
                calls_side_by_side_are_siblings,
                segments_at_the_same_time_do_not_mix,
            }
            record {
                a_call_has_a_remote_subsegment_with_the_name_of_the_host,
                query_user_name_and_password_are_not_recorded,
                each_status_sets_its_flags,
                a_refused_connection_is_a_fault_with_its_causes_and_the_error_stays_untouched,
            }
            ending {
                the_subsegment_closes_when_it_should,
                an_answer_without_a_body_ends_with_its_head,
                an_answer_that_is_dropped_half_way_ends_the_subsegment,
                a_call_that_is_dropped_at_any_await_has_one_subsegment,
            }
        );
    };
    ($client:ty: $($group:ident { $($behaviour:ident),* $(,)? })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                crate::client_behaviour::$group::$behaviour::<$client>().await;
            }
        )*)*
    };
}
pub(crate) use client_behaviours;
