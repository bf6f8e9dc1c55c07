//! Topologies and the Plans that come of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use tidegate_core::ErrorKind;
use tidegate_core::graph::{Plan, Source, Topology, TopologyNode};

fn plan(nodes: &[(&str, &[&str])]) -> Plan {
    topology(nodes).plan().unwrap()
}

fn topology(nodes: &[(&str, &[&str])]) -> Topology {
    let node = |(name, needs): &(&str, &[&str])| TopologyNode::new(*name, needs);
    Topology::new(nodes.iter().map(node).collect())
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.nodes().iter().map(|node| &**node.name()).collect()
}

fn refused(nodes: &[(&str, &[&str])]) -> String {
    let error = topology(nodes).plan().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

#[test]
fn a_diamond() {
    let plan = plan(&[
        ("a", &[]),
        ("b", &["a"]),
        ("c", &["a"]),
        ("d", &["b", "c", "b"]),
    ]);
    assert_eq!(names(&plan), ["a", "b", "c", "d"]);
    assert_eq!(plan.nodes()[0].needs(), [Source::Gateway]);
    assert_eq!(plan.nodes()[0].dependents(), [1, 2]);
    assert_eq!(plan.nodes()[3].needs(), [Source::Node(1), Source::Node(2)]);
    assert_eq!((plan.end(), plan.awaited()), (Some(3), 4));
    assert!(plan.nodes()[3].comes_after(0) && !plan.nodes()[1].comes_after(2));
    assert!(plan.dangling().is_empty());
}

#[test]
fn nodes_may_be_written_in_any_order() {
    let plan = plan(&[("last", &["first"]), ("first", &["gateway"])]);
    assert_eq!(names(&plan), ["first", "last"]);
    // The one that was added last is the end, and what needs it leads nowhere.
    assert_eq!(plan.end(), Some(0));
    assert_eq!(
        plan.dangling().iter().map(|n| &**n).collect::<Vec<_>>(),
        ["last"]
    );
}

#[test]
fn other_leaves_float() {
    let plan = plan(&[("a", &[]), ("b", &["a"]), ("c", &["a"])]);
    let floating: Vec<_> = plan.nodes().iter().map(|node| node.floating()).collect();
    assert_eq!(floating, [false, true, false]);
    assert_eq!(plan.awaited(), 2);
    assert_eq!(&*plan.dangling()[0], "b");
}

#[test]
fn what_is_said_to_float_is_no_surprise() {
    let mut topology = topology(&[("a", &[]), ("b", &["a"]), ("c", &["b"])]);
    topology.nodes[1].floating = true;
    topology.nodes[2].floating = true;
    let plan = topology.plan().unwrap();
    assert_eq!((plan.end(), plan.awaited()), (Some(0), 1));
    assert!(plan.dangling().is_empty());
    let all = Topology::new(vec![TopologyNode {
        floating: true,
        ..TopologyNode::new("x", &[])
    }]);
    assert_eq!(all.plan().unwrap().end(), None);
}

#[test]
fn mistakes_are_told_by_name() {
    assert!(refused(&[("a", &[]), ("a", &[])]).contains("`a`"));
    assert!(refused(&[("a", &["a"])]).contains("`a` needs itself"));
    let said = refused(&[("encoder", &[]), ("b", &["encodr"])]);
    assert!(said.contains("`b` needs `encodr`"), "{said}");
    assert!(said.contains("did you mean `encoder`?"), "{said}");
    let said = refused(&[("encoder", &[]), ("b", &["xyz"])]);
    assert!(said.contains("there are: gateway, encoder"), "{said}");
    assert!(refused(&[("gateway", &[])]).contains("`gateway`"));
    let said = refused(&[("a", &[]), ("b", &["a", "d"]), ("c", &["b"]), ("d", &["c"])]);
    assert!(said.contains("`b` needs `d` needs `c` needs `b`"), "{said}");
}

/// Random graphs whose nodes need earlier ones, shuffled.
fn graphs() -> impl Strategy<Value = Vec<(usize, Vec<usize>)>> {
    (1usize..80).prop_flat_map(|count| {
        let needs = (0..count)
            .map(|place| {
                proptest::collection::vec(0..place.max(1), 0..4)
                    .prop_map(move |needs| if place == 0 { Vec::new() } else { needs })
            })
            .collect::<Vec<_>>();
        needs
            .prop_map(|needs| needs.into_iter().enumerate().collect::<Vec<_>>())
            .prop_shuffle()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_node_stands_once_after_all_that_it_needs(graph in graphs()) {
        let nodes = graph.iter().map(|(place, needs)| {
            let needs: Vec<String> = needs.iter().map(|need| format!("n{need}")).collect();
            TopologyNode { needs, ..TopologyNode::new(format!("n{place}"), &[]) }
        });
        let plan = Topology::new(nodes.collect()).plan().unwrap();
        prop_assert_eq!(plan.nodes().len(), graph.len());
        for (index, node) in plan.nodes().iter().enumerate() {
            for need in node.needs() {
                if let Source::Node(need) = need {
                    prop_assert!(*need < index);
                    prop_assert!(plan.nodes()[*need].dependents().contains(&index));
                    prop_assert!(node.comes_after(*need));
                }
            }
            // Ancestors are just those that a walk back meets.
            let mut seen = vec![false; graph.len()];
            let mut left = vec![index];
            while let Some(at) = left.pop() {
                for need in plan.nodes()[at].needs() {
                    if let Source::Node(need) = need && !std::mem::replace(&mut seen[*need], true) {
                        left.push(*need);
                    }
                }
            }
            for (other, seen) in seen.into_iter().enumerate() {
                prop_assert_eq!(node.comes_after(other), seen);
            }
        }
        let awaited = plan.nodes().iter().filter(|node| !node.floating()).count();
        prop_assert_eq!(plan.awaited(), awaited);
    }
}
