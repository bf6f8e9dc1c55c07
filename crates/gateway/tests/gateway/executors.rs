//! Executors that the tests play.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidegate_core::{Call, CallFuture, CallReply, CallRequest, Error, Payload, Request};
use tidegate_gateway::{Gateway, GatewayOptions};

/// How long anything may take before the test has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("in time")
}

type Answer = dyn Fn(&CallRequest) -> Result<CallReply, Error> + Send + Sync;

/// Answers by a function, and remembers what it was asked.
pub(crate) struct Played {
    endpoints: Vec<String>,
    answer: Box<Answer>,
    pub(crate) seen: Mutex<Vec<CallRequest>>,
}

impl Played {
    pub(crate) fn new(
        endpoints: &[&str],
        answer: impl Fn(&CallRequest) -> Result<CallReply, Error> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            endpoints: endpoints.iter().map(|name| (*name).to_owned()).collect(),
            answer: Box::new(answer),
            seen: Mutex::default(),
        })
    }

    /// Serves everything and changes nothing.
    pub(crate) fn idle() -> Arc<Self> {
        Self::new(&["/default"], |_| Ok(CallReply::default()))
    }

    /// Appends its mark to the Documents.
    pub(crate) fn marking(mark: &'static str) -> Arc<Self> {
        Self::new(&["/default"], move |request| {
            let mut docs = request.branches[0].payload.0.to_vec();
            docs.extend_from_slice(mark.as_bytes());
            Ok(CallReply {
                payload: Some(Payload(docs.into())),
                ..CallReply::default()
            })
        })
    }

    pub(crate) fn last(&self) -> CallRequest {
        self.seen.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn times(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Call for Played {
    fn call(&self, request: CallRequest) -> CallFuture<'_> {
        let answer = (self.answer)(&request);
        self.seen.lock().unwrap().push(request);
        Box::pin(std::future::ready(answer))
    }

    fn serves(&self, endpoint: &str) -> bool {
        self.endpoints
            .iter()
            .any(|name| name == endpoint || name == "/default")
    }

    fn endpoints(&self) -> Vec<String> {
        self.endpoints.clone()
    }
}

/// A gateway over a chain, and the warnings that it gave.
pub(crate) fn gateway(chain: &[(&str, Arc<dyn Call>)]) -> (Arc<Gateway>, Arc<Mutex<Vec<String>>>) {
    let nodes = chain
        .iter()
        .map(|(name, call)| (Arc::from(*name), Arc::clone(call)))
        .collect();
    let (options, warnings) = listening();
    (Gateway::chain(nodes, options).unwrap(), warnings)
}

/// Options whose warnings can be read.
pub(crate) fn listening() -> (GatewayOptions, Arc<Mutex<Vec<String>>>) {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&warnings);
    let options = GatewayOptions {
        on_warning: Arc::new(move |warning| heard.lock().unwrap().push(warning)),
        ..GatewayOptions::default()
    };
    (options, warnings)
}

/// A request to `endpoint` with these Documents.
pub(crate) fn request(endpoint: &str, docs: &'static str) -> Request {
    let mut request = Request::default();
    request.header.request_id = "r1".to_owned();
    request.header.endpoint = Some(endpoint.to_owned());
    request.payload = Some(Payload(docs.as_bytes().into()));
    request
}
