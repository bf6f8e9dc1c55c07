//! What holds for the drawing of any graph.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use tidegate_core::graph::{Topology, TopologyNode};
use tidegate_flowchart::{Direction, Drawing, Look, draw};

/// A graph of up to 50 nodes, and what is drawn of them.
fn flows() -> impl Strategy<Value = (Vec<TopologyNode>, Vec<Look>)> {
    let node = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        prop::bool::weighted(0.15),
        1..5_usize,
        prop_oneof![4 => Just(1_usize), 1 => 2..9_usize],
        "[a-z_]{1,60}",
    );
    prop::collection::vec(node, 0..50).prop_map(|drawn| {
        let mut nodes: Vec<TopologyNode> = Vec::new();
        let mut looks = Vec::new();
        for (index, (needs, floating, replicas, shards, name)) in drawn.into_iter().enumerate() {
            let name = format!("n{index}{name}");
            let mut known: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
            known.push("gateway".to_owned());
            let needs: BTreeSet<&String> = needs.iter().map(|need| need.get(&known)).collect();
            let needs: Vec<&str> = needs.into_iter().map(String::as_str).collect();
            nodes.push(TopologyNode {
                floating,
                ..TopologyNode::new(name.clone(), &needs)
            });
            looks.push(Look {
                name,
                replicas,
                shards,
                ..Look::default()
            });
        }
        (nodes, looks)
    })
}

fn apart(drawing: &Drawing) -> Result<(), TestCaseError> {
    let cards = drawing.cards();
    for (index, one) in cards.iter().enumerate() {
        prop_assert!(
            one.x >= 0.0 && one.x + one.width <= drawing.width(),
            "{one:?}"
        );
        prop_assert!(
            one.y >= 0.0 && one.y + one.height <= drawing.height(),
            "{one:?}"
        );
        for other in cards.iter().skip(index + 1) {
            let beside = one.x + one.width <= other.x || other.x + other.width <= one.x;
            let above = one.y + one.height <= other.y || other.y + other.height <= one.y;
            prop_assert!(beside || above, "{one:?} lies on {other:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn cards_are_apart_and_each_arrow_is_drawn_once((nodes, looks) in flows(), down: bool) {
        let plan = Topology::new(nodes.clone()).plan().unwrap();
        let direction = if down { Direction::Down } else { Direction::Right };
        let drawing = draw("any", &plan, &looks, direction);
        apart(&drawing)?;

        let mut expected: Vec<(String, String)> = Vec::new();
        for node in &nodes {
            let needs = node.needs.iter().map(String::as_str);
            let needs: Vec<&str> = if node.needs.is_empty() { vec!["gateway"] } else { needs.collect() };
            for need in needs {
                let from = if need == "gateway" { "request" } else { need };
                expected.push((from.to_owned(), node.name.clone()));
            }
        }
        let end = nodes.iter().rfind(|node| !node.floating);
        let end = end.map_or("request", |node| &*node.name);
        expected.push((end.to_owned(), "answer".to_owned()));
        expected.sort();
        let mut arrows = drawing.arrows().to_vec();
        arrows.sort();
        prop_assert_eq!(&arrows, &expected);

        let svg = drawing.svg();
        prop_assert_eq!(svg.matches("<g class=\"arrow\">").count(), expected.len());
        prop_assert_eq!(svg, draw("any", &plan, &looks, direction).svg());
    }

    #[test]
    fn requests_go_one_way((nodes, looks) in flows()) {
        let plan = Topology::new(nodes).plan().unwrap();
        let drawing = draw("any", &plan, &looks, Direction::Right);
        let card = |name: &str| drawing.cards().iter().find(|card| card.name == name).unwrap();
        for (from, to) in drawing.arrows() {
            prop_assert!(card(from).x + card(from).width < card(to).x, "{from} {to}");
        }
    }
}

#[cfg(feature = "png")]
#[test]
fn a_png_has_two_pixels_for_each_and_a_limit() {
    let size = |nodes: usize| {
        let names: Vec<String> = (0..nodes).map(|index| format!("executor{index}")).collect();
        let plan = Topology::chain(names.iter().map(String::as_str))
            .plan()
            .unwrap();
        let drawing = draw("chain", &plan, &[], Direction::Right);
        let png = drawing.png().unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (drawing.width() as u32, number(16), number(20))
    };
    let (width, wide, high) = size(2);
    assert_eq!(wide, width * 2);
    assert!(high > 100);
    let (width, wide, _) = size(300);
    assert!(wide <= 30_000 && wide < width, "{wide} of {width}");
}
