//! A few graphs, drawn. `TIDEGATE_GOLDEN=write cargo test -p tidegate-flowchart --features png` writes the
//! golden files again; the pictures are in `target/flowchart`: look at them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tidegate_core::graph::{Topology, TopologyNode};
use tidegate_doc::query::Query;
use tidegate_doc::structure::Value;
use tidegate_flowchart::{Direction, Drawing, Look, Role, draw};

fn look(name: &str) -> Look {
    Look {
        name: name.to_owned(),
        uses: Some(
            name.split('_')
                .map(|word| word[..1].to_uppercase() + &word[1..])
                .collect(),
        ),
        replicas: 1,
        shards: 1,
        ..Look::default()
    }
}

fn when(field: &str, sign: &str, value: Value) -> Option<Arc<Query>> {
    let test = Value::Map([(sign.to_owned(), value)].into());
    let query = Query::parse(&Value::Map([(field.to_owned(), test)].into())).unwrap();
    Some(Arc::new(query))
}

fn drawn(nodes: Vec<TopologyNode>, looks: &[Look], direction: Direction) -> Drawing {
    draw(
        "Flow",
        &Topology::new(nodes).plan().unwrap(),
        looks,
        direction,
    )
}

fn is_golden(name: &str, drawing: &Drawing) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("tests/golden").join(format!("{name}.svg"));
    let svg = drawing.svg();
    #[cfg(feature = "png")]
    {
        let folder = root.join("../../target/flowchart");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), drawing.png().unwrap()).unwrap();
    }
    if std::env::var_os("TIDEGATE_GOLDEN").is_some() {
        fs::write(&file, &svg).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert!(svg == golden, "{} is drawn another way", file.display());
}

#[test]
fn chain() {
    let names = ["encoder", "indexer", "ranker"];
    let nodes = Topology::chain(names).nodes;
    let mut looks: Vec<Look> = names.map(look).into();
    looks[0].replicas = 3;
    looks[2].inline = true;
    is_golden("chain", &drawn(nodes.clone(), &looks, Direction::Right));
    is_golden("chain_down", &drawn(nodes, &looks, Direction::Down));
    is_golden("empty", &drawn(Vec::new(), &[], Direction::Right));
}

#[test]
fn diamond() {
    let nodes = vec![
        TopologyNode::new("splitter", &[]),
        TopologyNode::new("text_encoder", &["splitter"]),
        TopologyNode::new("image_encoder", &["splitter"]),
        TopologyNode::new("joiner", &["text_encoder", "image_encoder"]),
        TopologyNode {
            reduce: false,
            ..TopologyNode::new("ranker", &["joiner", "splitter"])
        },
    ];
    let mut looks: Vec<Look> = [
        "splitter",
        "text_encoder",
        "image_encoder",
        "joiner",
        "ranker",
    ]
    .map(look)
    .into();
    looks[2].replicas = 2;
    looks[3].role = Role::Joiner;
    looks[3].uses = None;
    is_golden("diamond", &drawn(nodes.clone(), &looks, Direction::Right));
    is_golden("diamond_down", &drawn(nodes, &looks, Direction::Down));
}

#[test]
fn shards() {
    let nodes = Topology::chain(["encoder", "indexer", "archive"]).nodes;
    let mut looks: Vec<Look> = ["encoder", "indexer", "archive"].map(look).into();
    looks[1].shards = 3;
    looks[1].replicas = 2;
    looks[1].polling = "any, /search: all".to_owned();
    looks[1].before = Some("Router".to_owned());
    looks[1].after = Some("MatchMerger".to_owned());
    looks[2].shards = 12;
    looks[2].polling = "all".to_owned();
    is_golden("shards", &drawn(nodes.clone(), &looks, Direction::Right));
    is_golden("shards_down", &drawn(nodes, &looks, Direction::Down));
}

#[test]
fn everything() {
    let nodes = vec![
        TopologyNode::new("intake", &[]),
        TopologyNode::new("watch", &["intake"]),
        TopologyNode::new("_aux_watch", &["intake"]),
        TopologyNode {
            when: when(
                "tags__language",
                "$in",
                Value::List(vec!["en".into(), "de".into()]),
            ),
            ..TopologyNode::new("translator", &["_aux_watch"])
        },
        TopologyNode {
            when: when("text", "$regex", "^(a|b) <&> [\"c\"]".into()),
            ..TopologyNode::new(
                "a_rather_long_name_of_an_executor_that_somebody_chose_without_a_drawing_in_mind",
                &["_aux_watch"],
            )
        },
        TopologyNode {
            floating: true,
            ..TopologyNode::new("logger", &["translator"])
        },
        TopologyNode {
            floating: true,
            ..TopologyNode::new("archive", &["logger", "gateway"])
        },
        TopologyNode::new(
            "joiner",
            &[
                "translator",
                "a_rather_long_name_of_an_executor_that_somebody_chose_without_a_drawing_in_mind",
                "gateway",
            ],
        ),
        TopologyNode::new("gather_inspect", &["joiner", "watch"]),
    ];
    let mut looks: Vec<Look> = nodes
        .iter()
        .map(|node| look(node.name.trim_start_matches('_')))
        .collect();
    looks[1].role = Role::Inspector;
    looks[2].name = "_aux_watch".to_owned();
    looks[2].role = Role::Passing;
    looks[3].addresses = (0..5)
        .map(|index| format!("grpcs://10.0.0.{index}:54321"))
        .collect();
    looks[4].uses = Some("Quoting<'x'>".to_owned());
    looks[6].replicas = 4;
    for joint in [7, 8] {
        looks[joint].role = Role::Joiner;
        looks[joint].uses = None;
    }
    is_golden(
        "everything",
        &drawn(nodes.clone(), &looks, Direction::Right),
    );
    is_golden("everything_down", &drawn(nodes, &looks, Direction::Down));
}

#[test]
fn fifty() {
    let names: Vec<String> = (0..50).map(|index| format!("executor{index}")).collect();
    let mut nodes = Vec::new();
    // A fixed, uneven pattern of needs.
    let mut state = 12345_u32;
    let mut next = |most: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % most.max(1)
    };
    for index in 0..50 {
        let mut needs: Vec<&str> = Vec::new();
        if index > 0 {
            for _ in 0..=next(2) {
                needs.push(&names[index - 1 - next(index.min(6))]);
            }
        }
        nodes.push(TopologyNode::new(names[index].clone(), &needs));
    }
    let needed: Vec<String> = nodes.iter().flat_map(|node| node.needs.clone()).collect();
    let loose: Vec<&str> = names[..49]
        .iter()
        .filter(|name| !needed.contains(name))
        .map(String::as_str)
        .collect();
    nodes.push(TopologyNode::new("everybody", &loose));
    let looks: Vec<Look> = nodes.iter().map(|node| look(&node.name)).collect();
    is_golden("fifty", &drawn(nodes.clone(), &looks, Direction::Right));
    is_golden("fifty_down", &drawn(nodes, &looks, Direction::Down));
}
