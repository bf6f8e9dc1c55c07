//! Shards behind one name.

use std::sync::Arc;

use bytes::Bytes;
use tidegate_core::{
    Branch, Call, CallReply, CallRequest, Error, ErrorKind, Payload, RemoteException, Results,
};
use tidegate_doc::{Document, DocumentArray};
use tidegate_gateway::{Head, Polling, PollingTable};

use crate::executors::{Played, within};

fn document(id: &str, text: &str) -> Document {
    let mut document = Document::new().with_text(text);
    document.set_id(id);
    document
}

fn payload(documents: Vec<Document>) -> Payload {
    Payload(DocumentArray::from(documents).to_bytes())
}

fn texts(payload: &Payload) -> Vec<String> {
    let docs = DocumentArray::from_bytes(payload.0.clone()).unwrap();
    docs.iter()
        .map(|document| document.text().to_owned())
        .collect()
}

/// Answers with the sent Document under its own text, and one more of its own.
fn shard(name: &'static str) -> Arc<Played> {
    Played::new(&["/default"], move |_| {
        Ok(CallReply {
            payload: Some(payload(vec![document("sent", name), document(name, name)])),
            results: vec![Results {
                pod: format!("x/{name}/rep-0").into(),
                dict: Bytes::new(),
            }],
            partial: None,
        })
    })
}

fn failing() -> Arc<Played> {
    Played::new(&["/default"], |_| {
        let exception = RemoteException {
            name: "ValueError".into(),
            ..RemoteException::default()
        };
        Err(Error::executor("ValueError('lost')", exception))
    })
}

fn head(shards: &[&Arc<Played>], polling: Polling) -> Head {
    let shards = shards
        .iter()
        .map(|shard| Arc::clone(shard) as Arc<dyn Call>);
    Head::new("x".into(), shards.collect(), PollingTable::new(polling))
}

async fn ask(head: &Head, endpoint: &str) -> Result<CallReply, Error> {
    let request = CallRequest {
        request_id: "r".into(),
        endpoint: endpoint.into(),
        parameters: Bytes::new(),
        branches: vec![Branch {
            from: "gateway".into(),
            payload: payload(vec![document("sent", "sent")]),
        }],
        deadline: None,
    };
    within(head.call(request)).await
}

#[tokio::test]
async fn one_in_turn_or_all() {
    let (a, b) = (shard("a"), shard("b"));
    let head = head(&[&a, &b], Polling::Any);
    for _ in 0..4 {
        ask(&head, "/x").await.unwrap();
    }
    assert_eq!((a.times(), b.times()), (2, 2));
    let reply = ask(&head, "/search").await.unwrap();
    assert_eq!((a.times(), b.times()), (3, 3));
    // The first shard wins where both have the Document.
    assert_eq!(texts(&reply.payload.unwrap()), ["a", "a", "b"]);
    let pods: Vec<_> = reply.results.iter().map(|results| &*results.pod).collect();
    assert_eq!(pods, ["x/a/rep-0", "x/b/rep-0"]);
    ask(&head, "/index").await.unwrap();
    assert_eq!(a.times() + b.times(), 7);
}

#[tokio::test]
async fn without_reduce_answers_come_one_after_another() {
    let (a, b) = (shard("a"), shard("b"));
    let reply = ask(&head(&[&a, &b], Polling::All).reduce(false), "/x")
        .await
        .unwrap();
    assert_eq!(texts(&reply.payload.unwrap()), ["a", "a", "b", "b"]);
}

#[tokio::test]
async fn what_no_shard_changed_is_the_same() {
    let (a, b) = (Played::idle(), Played::idle());
    let reply = ask(&head(&[&a, &b], Polling::All), "/x").await.unwrap();
    assert!(reply.payload.is_none());
}

#[tokio::test]
async fn who_stands_around_them() {
    let (a, b, around) = (shard("a"), shard("b"), Played::idle());
    let head = head(&[&a, &b], Polling::All)
        .before(shard("before"))
        .after(around.clone());
    let reply = ask(&head, "/x").await.unwrap();
    assert_eq!(texts(&a.last().branches[0].payload), ["before", "before"]);
    let branches = around.last().branches;
    let from: Vec<_> = branches.iter().map(|branch| &*branch.from).collect();
    assert_eq!(from, ["x/shard-0", "x/shard-1"]);
    assert_eq!(texts(&branches[1].payload), ["b", "b"]);
    assert_eq!(texts(&reply.payload.unwrap()), ["a", "a", "b", "b"]);
    assert_eq!(reply.results.len(), 3);
}

#[tokio::test]
async fn one_that_fails_is_left_out_and_told_of() {
    let (a, lost) = (shard("a"), failing());
    let reply = ask(&head(&[&lost, &a], Polling::All), "/x").await.unwrap();
    assert_eq!(texts(&reply.payload.unwrap()), ["a", "a"]);
    let told = reply.partial.unwrap();
    assert_eq!(told, "1 of 2 shards failed: shard-0: ValueError('lost')");
}

#[tokio::test]
async fn where_all_fail_the_exception_is_told() {
    let gone = Played::new(&["/default"], |_| {
        Err(Error::new(ErrorKind::Unavailable, "gone"))
    });
    let error = ask(&head(&[&gone, &failing()], Polling::All), "/x")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Executor);
    let error = ask(&head(&[], Polling::All), "/x").await.unwrap_err();
    assert!(error.to_string().contains("no shards"), "{error}");
}

#[test]
fn endpoints_are_those_of_all() {
    let head = head(&[&shard("a"), &Played::idle()], Polling::Any)
        .after(Played::new(&["/after"], |_| Ok(CallReply::default())));
    assert_eq!(head.endpoints(), ["/default", "/after"]);
    assert!(head.serves("/after") && head.ready().is_ok());
}

#[tokio::test]
async fn shards_are_not_asked_what_only_those_around_them_know() {
    let shard = Played::new(&["/x"], |_| panic!("it has no such endpoint"));
    let after = Played::idle();
    let head = head(&[&shard, &shard], Polling::All).after(after.clone());
    assert!(ask(&head, "/y").await.unwrap().payload.is_some());
    assert_eq!((shard.times(), after.times()), (0, 1));
}
