//! Requests through graphs: what runs when, and what each is given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::test_runner::{Config, TestRunner};
use proptest::{collection::vec, prelude::*};
use tidegate_core::graph::{Topology, TopologyNode};
use tidegate_core::{
    Call, CallFuture, CallReply, CallRequest, Error, ErrorKind, Payload, RemoteException, Request,
    Results,
};
use tidegate_doc::query::Query;
use tidegate_doc::structure::Value;
use tidegate_doc::{Document, DocumentArray};
use tidegate_gateway::{Gateway, GatewayOptions};
use tokio::time::{Instant, sleep};

use crate::executors::{Played, listening, within};
use crate::structs::{encode, number, results};

type Executors<'a> = &'a [(&'a str, Arc<dyn Call>)];

fn build(
    nodes: Vec<TopologyNode>,
    executors: Executors<'_>,
    options: GatewayOptions,
) -> Arc<Gateway> {
    let calls: HashMap<Arc<str>, Arc<dyn Call>> = executors
        .iter()
        .map(|(name, call)| (Arc::from(*name), Arc::clone(call)))
        .collect();
    Gateway::new(Topology::new(nodes).plan().unwrap(), calls, options)
}

fn node(name: &str, needs: &[&str]) -> TopologyNode {
    TopologyNode::new(name, needs)
}

fn texts(texts: &[&str]) -> Payload {
    let docs: DocumentArray = texts
        .iter()
        .map(|text| {
            let mut document = Document::new().with_text(*text);
            document.set_id(format!("id-{text}"));
            document
        })
        .collect();
    Payload(docs.to_bytes())
}

fn read(payload: &Payload) -> Vec<String> {
    let docs = DocumentArray::from_bytes(payload.0.clone()).unwrap();
    docs.iter()
        .map(|document| document.text().to_owned())
        .collect()
}

fn sent(texts_sent: &[&str]) -> Request {
    let mut request = Request::default();
    request.header.request_id = "r1".to_owned();
    request.header.endpoint = Some("/x".to_owned());
    request.payload = Some(texts(texts_sent));
    request
}

/// Waits a while, and notes when it began and ended.
struct Slow {
    name: &'static str,
    takes: Duration,
    log: Arc<Mutex<Vec<String>>>,
}

impl Call for Slow {
    fn call(&self, _: CallRequest) -> CallFuture<'_> {
        Box::pin(async move {
            self.log
                .lock()
                .unwrap()
                .push(format!("{} begins", self.name));
            sleep(self.takes).await;
            self.log.lock().unwrap().push(format!("{} ends", self.name));
            Ok(CallReply::default())
        })
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn endpoints(&self) -> Vec<String> {
        vec!["/default".into()]
    }
}

fn slow(name: &'static str, millis: u64, log: &Arc<Mutex<Vec<String>>>) -> Arc<dyn Call> {
    Arc::new(Slow {
        name,
        takes: Duration::from_millis(millis),
        log: Arc::clone(log),
    })
}

fn diamond() -> Vec<TopologyNode> {
    vec![
        node("a", &[]),
        node("b", &["a"]),
        node("c", &["a"]),
        node("d", &["b", "c"]),
    ]
}

#[tokio::test(start_paused = true)]
async fn branches_run_at_the_same_time() {
    let log = Arc::default();
    let executors = ["a", "b", "c", "d"].map(|name| (name, slow(name, 100, &log)));
    let gateway = build(diamond(), &executors, GatewayOptions::default());
    let began = Instant::now();
    gateway.handle(sent(&["x"])).await.unwrap();
    let took = began.elapsed();
    assert!((300..310).contains(&took.as_millis()), "{took:?}");
    let log = log.lock().unwrap();
    assert_eq!(log[2..4], ["b begins", "c begins"]);
    assert_eq!(log[6..], ["d begins", "d ends"]);
}

fn appending(mark: &'static str) -> Arc<Played> {
    Played::new(&["/default"], move |request| {
        let payload = request.branches[0].payload.0.clone();
        let mut docs = DocumentArray::from_bytes(payload).unwrap();
        for index in 0..docs.len() {
            let document = docs.get_mut(index).unwrap();
            let text = format!("{}{mark}", document.text());
            document.set_text(text);
        }
        let mut more = Document::new().with_text(mark);
        more.set_id(format!("id-{mark}"));
        docs.push(more);
        Ok(CallReply {
            payload: Some(Payload(docs.to_bytes())),
            ..CallReply::default()
        })
    })
}

#[tokio::test]
async fn a_join_merges_by_id_and_the_first_need_wins() {
    let last = Played::idle();
    let executors: [(&str, Arc<dyn Call>); 4] = [
        ("a", Played::idle()),
        ("b", appending("b")),
        ("c", appending("c")),
        ("d", last.clone()),
    ];
    let gateway = build(diamond(), &executors, GatewayOptions::default());
    let answer = within(gateway.handle(sent(&["x", "y"]))).await.unwrap();
    assert_eq!(read(&answer.payload.unwrap()), ["xb", "yb", "b", "c"]);
    assert_eq!(last.last().branches.len(), 1);
    let routes: Vec<_> = answer.routes.iter().map(|route| &*route.executor).collect();
    assert_eq!(routes, ["gateway", "a", "b", "c", "d"]);
}

#[tokio::test]
async fn without_reduce_every_branch_comes_by_itself() {
    let last = Played::idle();
    let executors: [(&str, Arc<dyn Call>); 3] = [
        ("b", appending("b")),
        ("c", appending("c")),
        ("d", last.clone()),
    ];
    let mut nodes = vec![
        node("b", &[]),
        node("c", &["gateway"]),
        node("d", &["b", "c", "gateway"]),
    ];
    nodes[2].reduce = false;
    let gateway = build(nodes, &executors, GatewayOptions::default());
    let answer = within(gateway.handle(sent(&["x"]))).await.unwrap();
    let branches = last.last().branches;
    let from: Vec<_> = branches.iter().map(|branch| &*branch.from).collect();
    assert_eq!(from, ["b", "c", "gateway"]);
    assert_eq!(read(&branches[1].payload), ["xc", "c"]);
    assert_eq!(read(&branches[2].payload), ["x"]);
    // It changed nothing, so its answer is all that it was given.
    assert_eq!(read(&answer.payload.unwrap()), ["xb", "b", "xc", "c", "x"]);
}

#[tokio::test]
async fn a_node_without_an_executor_is_where_branches_meet() {
    let executors: [(&str, Arc<dyn Call>); 2] = [("b", appending("b")), ("c", appending("c"))];
    let nodes = vec![node("b", &[]), node("c", &[]), node("joiner", &["b", "c"])];
    let gateway = build(nodes, &executors, GatewayOptions::default());
    assert!(gateway.ready().is_ok());
    let answer = within(gateway.handle(sent(&["x"]))).await.unwrap();
    assert_eq!(read(&answer.payload.unwrap()), ["xb", "b", "c"]);
}

#[tokio::test]
async fn a_joint_without_reduce_lets_branches_past_one_after_another() {
    let executors: [(&str, Arc<dyn Call>); 2] = [("b", appending("b")), ("c", appending("c"))];
    let mut nodes = vec![node("b", &[]), node("c", &[]), node("joiner", &["b", "c"])];
    nodes[2].reduce = false;
    let gateway = build(nodes, &executors, GatewayOptions::default());
    let answer = within(gateway.handle(sent(&["x"]))).await.unwrap();
    assert_eq!(read(&answer.payload.unwrap()), ["xb", "b", "xc", "c"]);
}

#[tokio::test]
async fn what_floats_and_cannot_be_asked_is_told_of() {
    let (options, warnings) = listening();
    let spoilt = Played::new(&["/default"], |_| {
        let payload = Some(Payload(b"\x0a\xff".as_slice().into()));
        Ok(CallReply {
            payload,
            ..CallReply::default()
        })
    });
    let mut nodes = vec![
        node("a", &[]),
        node("spoilt", &["a"]),
        node("side", &["a", "spoilt"]),
        node("z", &["a"]),
    ];
    nodes[1].floating = true;
    nodes[2].floating = true;
    let side = Played::idle();
    let executors: [(&str, Arc<dyn Call>); 4] = [
        ("a", Played::idle()),
        ("spoilt", spoilt),
        ("side", side.clone()),
        ("z", Played::idle()),
    ];
    let gateway = build(nodes, &executors, options);
    let answer = within(gateway.handle(sent(&["x"]))).await.unwrap();
    assert_eq!(read(&answer.payload.unwrap()), ["x"]);
    within(gateway.floating_done()).await;
    assert_eq!(side.times(), 0);
    let warnings = warnings.lock().unwrap().join("\n");
    assert!(warnings.contains("side"), "{warnings}");
}

fn boom() -> Error {
    let exception = RemoteException {
        name: "ValueError".into(),
        ..RemoteException::default()
    };
    Error::executor("ValueError('boom')", exception)
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_what_needs_it_and_nothing_else() {
    let log = Arc::default();
    let last = Played::idle();
    let executors: [(&str, Arc<dyn Call>); 4] = [
        ("a", Played::idle()),
        ("b", Played::new(&["/default"], |_| Err(boom()))),
        ("c", slow("c", 50, &log)),
        ("d", last.clone()),
    ];
    let gateway = build(diamond(), &executors, GatewayOptions::default());
    let answer = within(gateway.handle(sent(&["x"]))).await.unwrap();
    assert_eq!(
        answer.header.status.unwrap().description,
        "ValueError('boom')"
    );
    assert_eq!(read(&answer.payload.unwrap()), ["x"]);
    assert_eq!(last.times(), 0);
    assert_eq!(log.lock().unwrap()[..], ["c begins", "c ends"]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_what_floats_and_it_is_done_all_the_same() {
    let log = Arc::default();
    let mut nodes = vec![
        node("a", &[]),
        node("slow", &["a"]),
        node("after", &["slow"]),
        node("z", &["a"]),
    ];
    nodes[1].floating = true;
    nodes[2].floating = true;
    let executors = [
        ("a", slow("a", 10, &log)),
        ("slow", slow("slow", 1000, &log)),
        ("after", slow("after", 10, &log)),
        ("z", slow("z", 10, &log)),
    ];
    let gateway = build(nodes, &executors, GatewayOptions::default());
    let began = Instant::now();
    let answer = gateway.handle(sent(&["x"])).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(30));
    assert_eq!(answer.routes.len(), 3);
    within(gateway.floating_done()).await;
    let log = log.lock().unwrap();
    assert_eq!(log[log.len() - 2..], ["after begins", "after ends"]);
}

#[tokio::test]
async fn what_floats_and_fails_is_told_of() {
    let (options, warnings) = listening();
    let mut nodes = vec![node("a", &[]), node("lost", &["a"]), node("boom", &["a"])];
    nodes[1].floating = true;
    nodes[2].floating = true;
    let executors: [(&str, Arc<dyn Call>); 3] = [
        ("a", Played::idle()),
        (
            "lost",
            Played::new(&["/default"], |_| {
                Err(Error::new(ErrorKind::Unavailable, "gone"))
            }),
        ),
        ("boom", Played::new(&["/default"], |_| Err(boom()))),
    ];
    let gateway = build(nodes, &executors, options);
    let answer = within(gateway.handle(sent(&["x"]))).await.unwrap();
    assert!(answer.header.status.is_none());
    within(gateway.floating_done()).await;
    let warnings = warnings.lock().unwrap().join("\n");
    assert!(
        warnings.contains("lost") && warnings.contains("gone"),
        "{warnings}"
    );
    assert!(warnings.contains("'boom' failed"), "{warnings}");
}

#[tokio::test]
async fn results_are_seen_by_those_who_come_after() {
    let returning = |pod: &'static str| {
        Played::new(&["/default"], move |_| {
            Ok(CallReply {
                results: vec![Results {
                    pod: pod.into(),
                    dict: encode(&[("n", number(1.0))]),
                }],
                ..CallReply::default()
            })
        })
    };
    let (b, c, d) = (
        returning("b/rep-0"),
        returning("c/rep-0"),
        returning("d/rep-0"),
    );
    let executors: [(&str, Arc<dyn Call>); 4] = [
        ("a", returning("a/rep-0")),
        ("b", b),
        ("c", c.clone()),
        ("d", d.clone()),
    ];
    let gateway = build(diamond(), &executors, GatewayOptions::default());
    let answer = within(gateway.handle(sent(&[]))).await.unwrap();
    let keys = |parameters: &[u8]| results(parameters).fields.into_keys().collect::<Vec<_>>();
    assert_eq!(keys(&c.last().parameters), ["a/rep-0"]);
    assert_eq!(
        keys(&d.last().parameters),
        ["a/rep-0", "b/rep-0", "c/rep-0"]
    );
    assert_eq!(keys(&answer.parameters).len(), 4);
}

#[tokio::test]
async fn a_condition_chooses_and_the_answer_is_in_the_order_sent() {
    let even = Played::idle();
    let odd = Played::idle();
    let when = |texts: &[&str]| {
        let texts = texts
            .iter()
            .map(|text| Value::Text((*text).into()))
            .collect();
        let test = Value::Map(
            [("$in".to_owned(), Value::List(texts))]
                .into_iter()
                .collect(),
        );
        let query = Query::parse(&Value::Map(
            [("text".to_owned(), test)].into_iter().collect(),
        ))
        .unwrap();
        Some(Arc::new(query))
    };
    let mut nodes = vec![
        node("odd", &[]),
        node("even", &["gateway"]),
        node("joiner", &["odd", "even"]),
    ];
    nodes[0].when = when(&["b", "d"]);
    nodes[1].when = when(&["a", "c"]);
    let executors: [(&str, Arc<dyn Call>); 2] = [("odd", odd.clone()), ("even", even.clone())];
    let gateway = build(nodes, &executors, GatewayOptions::default());
    let answer = within(gateway.handle(sent(&["a", "b", "c", "d", "e"])))
        .await
        .unwrap();
    assert_eq!(read(&odd.last().branches[0].payload), ["b", "d"]);
    assert_eq!(read(&even.last().branches[0].payload), ["a", "c"]);
    // Nobody brought `e` to the join.
    assert_eq!(read(&answer.payload.unwrap()), ["a", "b", "c", "d"]);
}

/// Notes which nodes have run, and fails when one runs too early or twice.
#[derive(Default)]
struct Record {
    needs: HashMap<String, Vec<String>>,
    done: Mutex<Vec<String>>,
}

struct Noting(String, Arc<Record>);

impl Call for Noting {
    fn call(&self, _: CallRequest) -> CallFuture<'_> {
        Box::pin(async move {
            let Self(name, record) = self;
            tokio::task::yield_now().await;
            let mut done = record.done.lock().unwrap();
            assert!(!done.contains(name), "{name} ran twice");
            for need in &record.needs[name] {
                assert!(
                    need == "gateway" || done.contains(need),
                    "{name} ran before {need}"
                );
            }
            done.push(name.clone());
            Ok(CallReply::default())
        })
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn endpoints(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn in_any_graph_each_node_runs_once_after_all_that_it_needs() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let graphs = (1usize..40).prop_flat_map(|count| {
        (0..count)
            .map(|place| vec(0..=place, 0..4))
            .collect::<Vec<_>>()
    });
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&graphs, |graph| {
            let names = |place: usize| {
                if place == 0 {
                    "gateway".to_owned()
                } else {
                    format!("n{}", place - 1)
                }
            };
            let nodes: Vec<TopologyNode> = graph
                .iter()
                .enumerate()
                .map(|(place, needs)| TopologyNode {
                    needs: needs.iter().map(|need| names(*need)).collect(),
                    ..TopologyNode::new(format!("n{place}"), &[])
                })
                .collect();
            let needs = nodes
                .iter()
                .map(|node| (node.name.clone(), node.needs.clone()))
                .collect();
            let record = Arc::new(Record {
                needs,
                ..Record::default()
            });
            let calls = nodes
                .iter()
                .map(|node| {
                    let call = Noting(node.name.clone(), Arc::clone(&record));
                    (Arc::from(&*node.name), Arc::new(call) as Arc<dyn Call>)
                })
                .collect();
            let plan = Topology::new(nodes).plan().unwrap();
            let (options, _) = listening();
            let gateway = Gateway::new(plan, calls, options);
            runtime.block_on(async {
                let answer = within(gateway.handle(sent(&["x"]))).await.unwrap();
                assert!(answer.header.status.is_none());
                within(gateway.floating_done()).await;
            });
            prop_assert_eq!(record.done.lock().unwrap().len(), graph.len());
            Ok(())
        })
        .unwrap();
}
