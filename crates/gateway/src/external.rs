//! An Executor that runs elsewhere, or a whole Flow: reached over gRPC, started by somebody else.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::RwLock;
use tidegate_core::{
    Call, CallFuture, CallReply, CallRequest, Error, ErrorKind, Header, Payload, Request, Results,
    Retry,
};
use tidegate_proto::encode_request;
use tidegate_transport::client::{CallOptions, Channel, ChannelOptions};

use crate::{join, structs};

/// How long asking for the endpoints may take.
const DISCOVERY_LIMIT: Duration = Duration::from_secs(5);
const RESULTS: &[u8] = b"__results__";

/// Where an external Executor is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A host name or an IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// An external Executor as a [`Call`]: one address, or several that serve the same.
pub struct External {
    name: Arc<str>,
    places: Vec<Place>,
    metadata: Vec<(String, String)>,
    turn: AtomicUsize,
    /// What it said to have; `None` until it was asked, or where it cannot say.
    endpoints: RwLock<Option<Vec<String>>>,
}

struct Place {
    channel: Channel,
    in_flight: AtomicUsize,
}

impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("External")
            .field("name", &self.name)
            .field("addresses", &self.addresses())
            .finish_non_exhaustive()
    }
}

impl External {
    /// The Executor or gateway at `addresses`, the least loaded first and equals in turn; `metadata` goes
    /// with every call. Nothing is sent yet. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for no address and for a host that cannot be one,
    /// [`ErrorKind::NotSupported`] for `tls`.
    pub fn connect(
        name: impl Into<Arc<str>>,
        addresses: &[Address],
        metadata: Vec<(String, String)>,
    ) -> Result<Arc<Self>, Error> {
        let name = name.into();
        if addresses.is_empty() {
            let said = format!("external Executor '{name}' has no address");
            return Err(Error::new(ErrorKind::Config, said).with_hint("give its `host` and `port`"));
        }
        let mut places = Vec::with_capacity(addresses.len());
        for Address { host, port, tls } in addresses {
            let channel = Channel::connect(host, *port, *tls, &ChannelOptions::default())
                .map_err(|error| error.with_context("executor", &*name))?;
            places.push(Place {
                channel,
                in_flight: AtomicUsize::new(0),
            });
        }
        Ok(Arc::new(Self {
            name,
            places,
            metadata,
            turn: AtomicUsize::new(0),
            endpoints: RwLock::new(None),
        }))
    }

    /// Asks it which endpoints it has, so that those it has not are passed by. One that cannot be reached,
    /// or cannot say, is called for all.
    pub async fn discover(&self) {
        let options = CallOptions {
            timeout: Some(DISCOVERY_LIMIT),
            ..CallOptions::default()
        };
        for place in &self.places {
            if let Ok(endpoints) = place.channel.endpoints(&options).await {
                *self.endpoints.write() = Some(endpoints);
                return;
            }
        }
    }

    fn addresses(&self) -> Vec<&str> {
        self.places
            .iter()
            .map(|place| place.channel.address())
            .collect()
    }

    /// The places in the order in which they are to be tried.
    fn order(&self) -> Vec<&Place> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.places.len();
        let (before, after) = self.places.split_at(turn);
        let mut order: Vec<&Place> = after.iter().chain(before).collect();
        order.sort_by_key(|place| place.in_flight.load(Ordering::Relaxed));
        order
    }

    async fn answer(&self, request: CallRequest) -> Result<CallReply, Error> {
        let messages: Vec<Bytes> = requests(&request)
            .map(|each| encode_request(&each))
            .collect();
        let mut outcome = self.ask(&messages, &request).await;
        let refused =
            matches!(&outcome, Some(Err(error)) if error.kind() == ErrorKind::NotSupported);
        if messages.len() > 1 && refused {
            // A gateway takes no list: it is given the Documents of all branches, one after another.
            let branches = request.branches.iter();
            let all = join::concatenated(branches.map(|branch| branch.payload.clone()));
            let one = encode_request(&asked(&request, all));
            outcome = self.ask(&[one], &request).await;
        }
        match outcome {
            Some(Ok(answer)) => reply(answer, &request),
            Some(Err(error)) if error.retry() == Retry::NeverSent => {
                let said = format!(
                    "external Executor '{}' cannot be reached at {}",
                    self.name,
                    self.addresses().join(", ")
                );
                Err(Error::new(error.kind(), said).with_source(error))
            }
            Some(Err(error)) => Err(error.with_context("executor", &*self.name)),
            None => Err(Error::new(
                ErrorKind::Internal,
                "an external executor without address",
            )),
        }
    }

    /// Asks one place after another until one is there; `None` where there are none.
    async fn ask(
        &self,
        messages: &[Bytes],
        request: &CallRequest,
    ) -> Option<Result<Request, Error>> {
        let mut outcome = None;
        for place in self.order() {
            let answer = place.ask(messages, request, &self.metadata).await;
            let next = matches!(&answer, Err(error) if error.retry() == Retry::NeverSent);
            outcome = Some(answer);
            if !next {
                break;
            }
        }
        outcome
    }
}

impl Place {
    async fn ask(
        &self,
        messages: &[Bytes],
        request: &CallRequest,
        metadata: &[(String, String)],
    ) -> Result<Request, Error> {
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        let options = CallOptions {
            metadata: metadata.to_vec(),
            timeout: request.deadline.map(left),
            ..CallOptions::default()
        };
        let _counted = Counted::new(&self.in_flight);
        match messages {
            [one] => self.channel.unary(one.clone(), &options).await,
            all => self.channel.unary_list(all, &options).await,
        }
    }
}

/// One call more in flight, until it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What an answer says: an exception, or Documents and the results that were not there before.
fn reply(answer: Request, request: &CallRequest) -> Result<CallReply, Error> {
    if let Some(status) = answer.header.status.filter(|status| status.is_error()) {
        return Err(match status.exception {
            Some(exception) => Error::executor(status.description, exception),
            None => Error::new(ErrorKind::Unavailable, status.description),
        });
    }
    let known = results_of(&request.parameters);
    let results = results_of(&answer.parameters).into_iter();
    // A Flow gives back the results that it was sent; a Pod of its own may go by the same name.
    let results = results.filter(|result| !known.contains(result));
    Ok(CallReply {
        payload: Some(answer.payload.unwrap_or_default()),
        results: results
            .map(|(pod, dict)| Results {
                pod: String::from_utf8_lossy(&pod).into(),
                dict,
            })
            .collect(),
        partial: None,
    })
}

/// A request for each branch.
fn requests(request: &CallRequest) -> impl Iterator<Item = Request> + '_ {
    let branches = request.branches.iter();
    branches.map(|branch| asked(request, branch.payload.clone()))
}

/// The request with these Documents, as it is sent.
fn asked(request: &CallRequest, payload: Payload) -> Request {
    Request {
        header: Header {
            request_id: request.request_id.to_string(),
            endpoint: Some(request.endpoint.to_string()).filter(|endpoint| !endpoint.is_empty()),
            ..Header::default()
        },
        parameters: request.parameters.clone(),
        payload: Some(payload),
        ..Request::default()
    }
}

/// The dicts among parameters that Executors returned, by Pod.
fn results_of(parameters: &Bytes) -> Vec<(Bytes, Bytes)> {
    let whole = structs::entries(parameters)
        .flatten()
        .filter(|entry| entry.key == RESULTS)
        .last();
    let Some(content) = whole.and_then(|entry| structs::nested(entry.value).ok().flatten()) else {
        return Vec::new();
    };
    let dict = |entry: structs::Entry<'_>| {
        let dict = structs::nested(entry.value).ok().flatten()?;
        Some((parameters.slice_ref(entry.key), parameters.slice_ref(dict)))
    };
    structs::entries(content)
        .flatten()
        .filter_map(dict)
        .collect()
}

impl Call for External {
    fn call(&self, request: CallRequest) -> CallFuture<'_> {
        Box::pin(self.answer(request))
    }

    fn serves(&self, endpoint: &str) -> bool {
        let endpoints = self.endpoints.read();
        endpoints.as_ref().is_none_or(|known| {
            known.is_empty()
                || known
                    .iter()
                    .any(|name| name == endpoint || name == "/default")
        })
    }

    fn endpoints(&self) -> Vec<String> {
        self.endpoints.read().clone().unwrap_or_default()
    }
}
