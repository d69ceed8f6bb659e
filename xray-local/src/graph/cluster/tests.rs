use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Services with the types and the calls that are told by their numbers.
fn graph(kinds: &[&str], calls: &[(usize, usize)]) -> ServiceGraph {
    let services: Vec<_> = kinds
        .iter()
        .enumerate()
        .map(|(number, kind)| {
            let of = calls.iter().filter(|(from, _)| *from == number);
            let statistics = json!({"OkCount": number, "TotalCount": number});
            let edges: Vec<_> = of
                .map(|(_, to)| json!({"ReferenceId": to, "StartTime": 0.0, "EndTime": 1.0, "SummaryStatistics": statistics}))
                .collect();
            json!({
                "ReferenceId": number, "Name": format!("service-{number}"), "Type": kind, "State": "active", "StartTime": 0.0,
                "EndTime": 1.0, "Edges": edges, "SummaryStatistics": statistics,
            })
        })
        .collect();
    serde_json::from_value(json!(services)).expect("a graph")
}

fn sizes(clusters: &Clusters<'_>) -> Vec<usize> {
    let mut sizes: Vec<_> = clusters
        .all
        .iter()
        .map(|cluster| cluster.members.len())
        .collect();
    sizes.sort_by_key(|size| usize::MAX - size);
    sizes
}

/// A hundred services, each with a client and a callee of its own.
fn hundred() -> ServiceGraph {
    let kinds: Vec<_> = ["client", "", "remote"].repeat(100);
    let calls: Vec<_> = (0..100)
        .flat_map(|at| [(3 * at, 3 * at + 1), (3 * at + 1, 3 * at + 2)])
        .collect();
    graph(&kinds, &calls)
}

#[test]
fn services_with_clients_and_callees_of_their_own_are_put_together() {
    let graph = hundred();
    let clusters = Clusters::of(&graph, &[]);
    assert_eq!(clusters.all.len(), READABLE);
    assert_eq!(sizes(&clusters)[..4], [100, 100, 43, 1]);
    // The busiest stand alone.
    let busiest = clusters.place_of[3 * 99 + 1];
    assert_eq!(clusters.all[busiest].members.len(), 1);
}

#[test]
fn a_cluster_is_opened_by_its_key_and_the_rest_once_more() {
    let graph = hundred();
    let clusters = Clusters::of(&graph, &[]);
    let clients = clusters.place_of[0];
    let key = clusters.all[clients].key.clone().expect("a cluster");
    assert_eq!(sizes(&Clusters::of(&graph, &[&key]))[..4], [100, 43, 40, 1]);
    assert_eq!(
        sizes(&Clusters::of(&graph, &[&key, &key]))[..3],
        [100, 43, 1]
    );
    assert_eq!(
        sizes(&Clusters::of(&graph, &["nonsense"]))[..4],
        [100, 100, 43, 1]
    );
}

#[test]
fn a_small_graph_and_a_long_line_of_calls() {
    let line = |count: usize| {
        graph(
            &vec![""; count],
            &(1..count).map(|to| (to - 1, to)).collect::<Vec<_>>(),
        )
    };
    assert_eq!(Clusters::of(&line(READABLE), &[]).all.len(), READABLE);
    assert_eq!(sizes(&Clusters::of(&line(200), &[]))[..2], [4, 4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_graph_can_be_read_and_loses_no_service(
        kinds in prop::collection::vec(prop::sample::select(vec!["client", "", "remote", "AWS::DynamoDB::Table"]), 0..300),
        calls in prop::collection::vec((0..300_usize, 0..300_usize), 0..400),
    ) {
        let calls: Vec<_> = calls.into_iter().filter(|(from, to)| *from.max(to) < kinds.len()).collect();
        let graph = graph(&kinds, &calls);
        let clusters = Clusters::of(&graph, &[]);
        prop_assert!(clusters.all.len() <= READABLE);
        prop_assert_eq!(sizes(&clusters).iter().sum::<usize>(), kinds.len());
    }
}
