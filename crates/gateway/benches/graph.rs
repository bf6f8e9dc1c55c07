//! What a Run itself costs for each node: graphs of 1 to 50 Executors that do nothing.
//!
//! `cargo bench -p tidegate-gateway --bench graph`. The bar: under 10 us a node, and linear.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tidegate_core::graph::{Topology, TopologyNode};
use tidegate_core::{Call, CallFuture, CallReply, CallRequest, Payload, Request};
use tidegate_gateway::{Gateway, GatewayOptions};
use tokio::runtime::Builder;

const RUNS: usize = 5_000;
const ROUNDS: usize = 5;

/// Answers at once, with no change.
struct Idle;

impl Call for Idle {
    fn call(&self, _: CallRequest) -> CallFuture<'_> {
        Box::pin(std::future::ready(Ok(CallReply::default())))
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn endpoints(&self) -> Vec<String> {
        vec!["/default".into()]
    }
}

fn name(index: usize) -> String {
    format!("executor{index}")
}

fn chain(count: usize) -> Topology {
    let names: Vec<String> = (0..count).map(name).collect();
    Topology::chain(names.iter().map(String::as_str))
}

/// One, then all others but one beside each other, then the last, which is given each branch by itself:
/// what the merge of Documents costs is the merge's.
fn fan(count: usize) -> Topology {
    let mut nodes = vec![TopologyNode::new(name(0), &[])];
    let middle: Vec<String> = (1..count - 1).map(name).collect();
    nodes.extend(
        middle
            .iter()
            .map(|name| TopologyNode::new(name, &["executor0"])),
    );
    let needs: Vec<&str> = middle.iter().map(String::as_str).collect();
    let mut last = TopologyNode::new(name(count - 1), &needs);
    last.reduce = false;
    nodes.push(last);
    Topology::new(nodes)
}

fn request() -> Request {
    let mut bytes = vec![0x0a, 66, 0x22, 64];
    bytes.resize(68, b'x');
    let mut request = Request::default();
    request.header.request_id = "0123456789abcdef0123456789abcdef".to_owned();
    request.header.endpoint = Some("/".to_owned());
    request.payload = Some(Payload(Bytes::from(bytes)));
    request
}

/// Microseconds of one Run, the median of some rounds.
fn measure(topology: &Topology) -> f64 {
    let plan = topology.plan().unwrap();
    let calls: HashMap<Arc<str>, Arc<dyn Call>> = topology
        .nodes
        .iter()
        .map(|node| (Arc::from(&*node.name), Arc::new(Idle) as Arc<dyn Call>))
        .collect();
    let gateway = Gateway::new(plan, calls, GatewayOptions::default());
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            runtime.block_on(async {
                for _ in 0..RUNS {
                    gateway.handle(request()).await.unwrap();
                }
            });
            began.elapsed().as_secs_f64() * 1e6 / RUNS as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn main() {
    println!(
        "{:<6} {:>5} {:>10} {:>12}",
        "graph", "nodes", "us a Run", "us a node"
    );
    for (what, shape) in [("chain", chain as fn(usize) -> Topology), ("fan", fan)] {
        for count in [3, 10, 25, 50] {
            let each = measure(&shape(count));
            println!(
                "{what:<6} {count:>5} {each:>10.2} {:>12.3}",
                each / count as f64
            );
        }
    }
}
