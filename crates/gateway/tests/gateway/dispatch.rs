use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tidegate_core::{
    Call, CallFuture, CallReply, CallRequest, Error, ErrorKind, Payload, RemoteException, Request,
    Results,
};
use tidegate_gateway::{Gateway, GatewayOptions};
use tidegate_transport::server::Service;

use crate::executors::{Played, gateway, request, within};
use crate::structs::{dict, encode, number, results, text};

#[tokio::test]
async fn a_request_meets_the_executors_in_order() {
    let (a, b) = (Played::marking("a"), Played::marking("b"));
    let (gateway, warnings) = gateway(&[("first", a.clone()), ("second", b.clone())]);
    let mut sent = request("/x", "docs-");
    sent.header.target = Some(String::new());
    sent.header.timeout = Some(7);
    sent.unknown = Bytes::from_static(b"\x98\x3f\x01");
    let answer = within(gateway.handle(sent)).await.unwrap();
    assert_eq!(answer.payload.unwrap().0, "docs-ab");
    assert_eq!(answer.header.request_id, "r1");
    assert_eq!(answer.header.endpoint.as_deref(), Some("/x"));
    assert_eq!(
        (answer.header.target.as_deref(), answer.header.timeout),
        (Some(""), Some(7))
    );
    assert!(answer.header.status.is_none());
    assert_eq!(&answer.unknown[..], b"\x98\x3f\x01");
    let names: Vec<_> = answer
        .routes
        .iter()
        .map(|route| route.executor.as_str())
        .collect();
    assert_eq!(names, ["gateway", "first", "second"]);
    for route in &answer.routes {
        assert!(route.start.unwrap() <= route.end.unwrap() && route.status.is_none());
    }
    assert!(answer.routes[0].start <= answer.routes[1].start);
    assert!(answer.routes[2].end <= answer.routes[0].end);
    assert_eq!((&*b.last().request_id, &*b.last().endpoint), ("r1", "/x"));
    assert!(warnings.lock().unwrap().is_empty());
}

#[tokio::test]
async fn untouched_documents_are_the_same_bytes() {
    let executor = Played::idle();
    let (gateway, _) = gateway(&[("x", executor.clone()), ("y", Played::idle())]);
    let docs = Bytes::from(vec![9; 1000]);
    let mut sent = request("/", "");
    sent.payload = Some(Payload(docs.clone()));
    sent.parameters = encode(&[("a", number(1.0)), ("__results__", dict(&[]))]);
    let parameters = sent.parameters.clone();
    let answer = within(gateway.handle(sent)).await.unwrap();
    assert_eq!(answer.payload.unwrap().0.as_ptr(), docs.as_ptr());
    assert_eq!(
        executor.last().branches[0].payload.0.as_ptr(),
        docs.as_ptr()
    );
    assert_eq!(executor.last().parameters.as_ptr(), parameters.as_ptr());
    assert_eq!(answer.parameters.as_ptr(), parameters.as_ptr());
}

#[tokio::test]
async fn an_empty_flow_echoes() {
    let (gateway, _) = gateway(&[]);
    let answer = within(gateway.handle(request("/x", "docs"))).await.unwrap();
    assert_eq!(answer.payload.unwrap().0, "docs");
    assert_eq!(answer.routes.len(), 1);
    assert!(results(&answer.parameters).fields.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_nobody_has_passes_through() {
    let (a, b) = (
        Played::new(&["/a"], |_| Ok(CallReply::default())),
        Played::marking("b"),
    );
    let (gateway, warnings) = gateway(&[("a", a.clone()), ("b", b)]);
    let answer = within(gateway.handle(request("/x", "docs-")))
        .await
        .unwrap();
    assert_eq!(answer.payload.unwrap().0, "docs-b");
    assert_eq!((a.times(), answer.routes.len()), (0, 2));
    assert!(warnings.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_documents_are_an_empty_array_and_no_endpoint_is_the_default() {
    let executor = Played::idle();
    let (gateway, _) = gateway(&[("x", executor.clone())]);
    let answer = within(gateway.handle(Request::default())).await.unwrap();
    assert_eq!(executor.last().branches[0].payload, Payload::default());
    assert_eq!(&*executor.last().endpoint, "");
    assert!(answer.payload.is_none() && answer.header.endpoint.is_none());
}

fn boom() -> Error {
    let exception = RemoteException {
        name: "ValueError".into(),
        args: vec!["boom".into(), "3".into()],
        stacks: vec!["Traceback".into()],
        executor: "E".into(),
    };
    Error::executor("ValueError('boom', 3)", exception)
}

#[tokio::test]
async fn an_exception_is_an_answer_and_ends_the_way() {
    let failing = Played::new(&["/default"], |_| Err(boom()));
    let after = Played::idle();
    let (gateway, _) = gateway(&[
        ("a", Played::marking("a")),
        ("b", failing.clone()),
        ("c", after.clone()),
    ]);
    let answer = within(gateway.handle(request("/x", "docs-")))
        .await
        .unwrap();
    let status = answer.header.status.unwrap();
    assert!(status.is_error());
    assert_eq!(status.description, "ValueError('boom', 3)");
    assert_eq!(status.exception.as_ref(), boom().exception());
    // As they were sent to the one that failed.
    assert_eq!(answer.payload.unwrap().0, "docs-a");
    let names: Vec<_> = answer
        .routes
        .iter()
        .map(|route| route.executor.as_str())
        .collect();
    assert_eq!(names, ["gateway", "a", "b"]);
    assert_eq!(answer.routes[2].status.as_ref(), Some(&status));
    assert!(answer.routes[0].status.is_none() && answer.routes[1].status.is_none());
    assert_eq!(after.times(), 0);
    assert!(results(&answer.parameters).fields.is_empty());
}

#[tokio::test]
async fn what_is_no_exception_is_an_error_that_names_the_executor() {
    let failing = Played::new(&["/default"], |_| {
        Err(Error::new(ErrorKind::Unavailable, "nobody is there"))
    });
    let (gateway, _) = gateway(&[("lost", failing)]);
    let error = within(gateway.handle(request("/x", ""))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("lost"), "{error}");
}

#[tokio::test]
async fn results_are_kept_by_pod_and_seen_by_later_executors() {
    let returning = |pod: &'static str, value: f64| {
        Played::new(&["/default"], move |_| {
            let dict = encode(&[("n", number(value))]);
            Ok(CallReply {
                payload: None,
                results: vec![Results {
                    pod: pod.into(),
                    dict,
                }],
                ..CallReply::default()
            })
        })
    };
    let (a, b) = (returning("a/rep-0", 1.0), returning("b/rep-1", 2.0));
    let (gateway, _) = gateway(&[("a", a.clone()), ("b", b.clone())]);
    let mut sent = request("/", "docs");
    sent.parameters = encode(&[("k", text("v"))]);
    let answer = within(gateway.handle(sent)).await.unwrap();
    let all = results(&answer.parameters);
    assert_eq!(all.fields["a/rep-0"], dict(&[("n", number(1.0))]));
    assert_eq!(all.fields["b/rep-1"], dict(&[("n", number(2.0))]));
    assert_eq!(
        crate::structs::decode(&answer.parameters).fields["k"],
        text("v")
    );
    assert_eq!(a.last().parameters, encode(&[("k", text("v"))]));
    let seen = results(&b.last().parameters);
    assert_eq!(seen.fields.keys().collect::<Vec<_>>(), ["a/rep-0"]);
    assert_eq!(answer.payload.unwrap().0, "docs");
}

/// Never answers.
struct Stuck;

impl Call for Stuck {
    fn call(&self, _: CallRequest) -> CallFuture<'_> {
        Box::pin(std::future::pending())
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn endpoints(&self) -> Vec<String> {
        vec!["/default".into(), "/stuck".into()]
    }

    fn ready(&self) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Unavailable, "stuck is starting"))
    }
}

#[tokio::test]
async fn a_deadline_ends_the_way() {
    let before = Played::idle();
    let (gateway, _) = gateway(&[("a", before.clone()), ("stuck", Arc::new(Stuck))]);
    let mut soon = request("/x", "");
    soon.deadline = Some(Instant::now() + Duration::from_millis(20));
    let error = within(Gateway::handle(&gateway, soon.clone()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.to_string().contains("stuck"), "{error}");
    assert_eq!(before.times(), 1);
    // It has passed by now: nobody is asked.
    let error = within(Gateway::handle(&gateway, soon)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(before.times(), 1);
}

#[tokio::test]
async fn a_caller_that_leaves_takes_the_call_with_it() {
    struct Counting(Arc<()>);
    impl Call for Counting {
        fn call(&self, _: CallRequest) -> CallFuture<'_> {
            let held = Arc::clone(&self.0);
            Box::pin(async move {
                std::future::pending::<()>().await;
                drop(held);
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
    let count = Arc::new(());
    let (gateway, _) = gateway(&[("x", Arc::new(Counting(Arc::clone(&count))))]);
    let mut answer = Service::handle(gateway, request("/", ""));
    std::future::poll_fn(|cx| {
        assert!(answer.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    assert_eq!(Arc::strong_count(&count), 3);
    drop(answer);
    assert_eq!(Arc::strong_count(&count), 1);
}

#[tokio::test]
async fn discovery_and_readiness_ask_every_executor() {
    let a = Played::new(&["/a", "/default"], |_| Ok(CallReply::default()));
    let (alone, _) = gateway(&[("a", a.clone())]);
    assert!(Service::ready(&*alone) && !alone.dry_run().await.is_error());
    let (both, _) = gateway(&[("a", a), ("stuck", Arc::new(Stuck))]);
    assert_eq!(both.endpoints(), ["/a", "/default", "/stuck"]);
    assert!(!Service::ready(&*both));
    assert_eq!(both.dry_run().await.description, "stuck is starting");
}

#[test]
fn two_executors_of_one_name_are_refused() {
    let node = || (Arc::from("x"), Played::idle() as Arc<dyn Call>);
    let error = Gateway::chain(vec![node(), node()], GatewayOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`x`"), "{error}");
}
