//! From a request's path to what answers it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use prost::Message;
use tidegate_core::{Error, ErrorKind};
use tidegate_proto::jina::{EndpointsProto, JinaInfoProto, StatusProto};
use tower::ServiceExt;

use super::backlog::Backlog;
use super::body::{Body, deadline_passed};
use super::call::{CallDriver, CallSpec};
use super::options::ServerOptions;
use super::outbox::Outbox;
use super::service::Service;
use super::shutdown::Shutdown;
use super::unary::{no_more, one_message, process_single_data, within};
use crate::grpc::{
    self, ACCEPTED, Deframer, Encoding, Framed, frame_bytes, parse_timeout, trailers_of,
    trailers_ok,
};

/// The longest message of a call that carries no Documents.
const SMALL_MESSAGE: usize = 64 * 1024;

/// Everything that the connections of a server share.
pub(crate) struct Edge {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) backlog: Arc<Backlog>,
    pub(crate) options: ServerOptions,
    pub(crate) shutdown: Shutdown,
    /// Health, reflection, and whatever speaks plain HTTP.
    pub(crate) router: axum::Router,
}

/// The methods of ours.
#[derive(Clone, Copy)]
enum Rpc {
    Call,
    SingleData,
    Endpoints,
    DryRun,
    Info,
}

impl Rpc {
    fn of_path(path: &str) -> Option<Self> {
        Some(match path {
            "/jina.JinaRPC/Call" => Self::Call,
            "/jina.JinaSingleDataRequestRPC/process_single_data" => Self::SingleData,
            "/jina.JinaDiscoverEndpointsRPC/endpoint_discovery" => Self::Endpoints,
            "/jina.JinaGatewayDryRunRPC/dry_run" => Self::DryRun,
            "/jina.JinaInfoRPC/_status" => Self::Info,
            _ => return None,
        })
    }
}

/// The services behind [`Rpc`], for reflection and health.
pub(crate) const SERVICES: [&str; 5] = [
    "jina.JinaRPC",
    "jina.JinaSingleDataRequestRPC",
    "jina.JinaDiscoverEndpointsRPC",
    "jina.JinaGatewayDryRunRPC",
    "jina.JinaInfoRPC",
];

/// One connection's view of an [`Edge`].
#[derive(Clone)]
pub(crate) struct Dispatch(pub(crate) Arc<Edge>);

type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl hyper::service::Service<Request<Incoming>> for Dispatch {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, request: Request<Incoming>) -> ResponseFuture {
        let edge = Arc::clone(&self.0);
        match Rpc::of_path(request.uri().path()) {
            Some(rpc) if is_grpc(&request) => {
                Box::pin(async move { Ok(edge.answer(rpc, request).await) })
            }
            _ => Box::pin(async move { Ok(edge.route(request).await) }),
        }
    }
}

impl Edge {
    async fn answer(&self, rpc: Rpc, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let terms = match Terms::of(&parts.headers) {
            Ok(terms) => terms,
            Err(error) => return refused(&error),
        };
        let service = Arc::clone(&self.service);
        let small = |body| Deframer::new(body, terms.sent, SMALL_MESSAGE);
        let large = |body| Deframer::new(body, terms.sent, self.options.max_message_bytes);
        let outcome = match rpc {
            Rpc::Call => return self.open_call(&parts.headers, &terms, large(body)).await,
            Rpc::SingleData => {
                let work =
                    process_single_data(service, large(body), terms.deadline, terms.answered);
                within(terms.deadline, work).await
            }
            Rpc::Endpoints => {
                let work = async { Ok(EndpointsProto::of(service.endpoints()).encode_to_vec()) };
                plain(&terms, small(body), work).await
            }
            Rpc::DryRun => {
                let work =
                    async { Ok(StatusProto::from(&service.dry_run().await).encode_to_vec()) };
                plain(&terms, small(body), work).await
            }
            Rpc::Info => plain(&terms, small(body), async { Ok(info().encode_to_vec()) }).await,
        };
        match outcome {
            Ok((framed, trailers)) => respond(Body::message(framed, trailers), terms.answered),
            Err(error) => refused(&error),
        }
    }

    async fn open_call(
        &self,
        headers: &HeaderMap,
        terms: &Terms,
        requests: Deframer<Incoming>,
    ) -> Response<Body> {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let prefetch = text("__prefetch__").and_then(|value| value.trim().parse().ok());
        let spec = CallSpec {
            prefetch: prefetch.unwrap_or(self.options.prefetch),
            in_order: text("__results_in_order__")
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
            max_bytes: self.options.max_message_bytes,
            idle: self.options.stream_idle,
            deadline: terms.deadline,
            encoding: terms.answered,
        };
        let outbox = Outbox::new(Arc::clone(&self.backlog));
        let service = Arc::clone(&self.service);
        let mut driver = CallDriver::new(service, spec, requests, outbox.clone());
        let rest = if driver.begin().await {
            None
        } else {
            Some(driver.go_on(self.shutdown.clone()).abort_handle())
        };
        respond(Body::Stream(outbox.outlet(rest)), terms.answered)
    }

    /// Everything that is not a method of ours.
    async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        let grpc = is_grpc(&request);
        let deadline = match request.headers().get("grpc-timeout").filter(|_| grpc) {
            Some(value) => match deadline_of(value) {
                Ok(deadline) => Some(deadline),
                Err(error) => return refused(&error),
            },
            None => None,
        };
        let answer = self
            .router
            .clone()
            .oneshot(request.map(axum::body::Body::new));
        let answered = within(deadline, async {
            answer.await.map_err(|never| match never {})
        })
        .await;
        match (answered, deadline) {
            (Ok(response), None) => response.map(Body::Other),
            (Ok(response), Some(at)) => {
                let sleep = Box::pin(tokio::time::sleep_until(at.into()));
                response.map(|body| Body::Timed(body, sleep))
            }
            (Err(_), _) => refused(&deadline_passed()),
        }
    }
}

/// Answers a call whose request says nothing.
async fn plain(
    terms: &Terms,
    mut messages: Deframer<Incoming>,
    work: impl Future<Output = Result<Vec<u8>, Error>>,
) -> Result<(Framed, HeaderMap), Error> {
    within(terms.deadline, async {
        one_message(&mut messages).await?;
        no_more(messages).await?;
        let message = Bytes::from(work.await?);
        Ok((frame_bytes(message, terms.answered)?, trailers_ok()))
    })
    .await
}

/// What runs here, by the names that Jina uses where it has one.
fn info() -> JinaInfoProto {
    JinaInfoProto::of([
        ("tidegate", env!("CARGO_PKG_VERSION")),
        ("platform", std::env::consts::OS),
        ("architecture", std::env::consts::ARCH),
    ])
}

/// What a call's headers say.
struct Terms {
    deadline: Option<Instant>,
    /// How its messages are compressed.
    sent: Option<Encoding>,
    /// How ours are: as the caller's own, if it can read that.
    answered: Option<Encoding>,
}

impl Terms {
    fn of(headers: &HeaderMap) -> Result<Self, Error> {
        let deadline = headers.get("grpc-timeout").map(deadline_of).transpose()?;
        let Some(encoding) = headers.get("grpc-encoding") else {
            return Ok(Self {
                deadline,
                sent: None,
                answered: None,
            });
        };
        let sent = Encoding::named(encoding.to_str().unwrap_or("unreadable"))?;
        let accepted = headers
            .get("grpc-accept-encoding")
            .and_then(|value| value.to_str().ok());
        let answered = sent.filter(|sent| {
            accepted.is_some_and(|names| names.split(',').any(|name| name.trim() == sent.as_str()))
        });
        Ok(Self {
            deadline,
            sent,
            answered,
        })
    }
}

fn deadline_of(value: &HeaderValue) -> Result<Instant, Error> {
    let timeout = parse_timeout(value.as_bytes())?;
    let too_long = || {
        Error::new(
            ErrorKind::InvalidInput,
            "`grpc-timeout` is beyond all clocks",
        )
    };
    Instant::now().checked_add(timeout).ok_or_else(too_long)
}

/// Whether it is a call of gRPC itself; gRPC-Web and the like are other protocols.
pub(crate) fn is_grpc<B>(request: &Request<B>) -> bool {
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    let rest = kind.and_then(|kind| kind.strip_prefix(grpc::CONTENT_TYPE.as_bytes()));
    request.method() == Method::POST
        && request.version() == Version::HTTP_2
        && rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// The head of an answer that carries messages.
fn respond(body: Body, encoding: Option<Encoding>) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(grpc::CONTENT_TYPE));
    if let Some(encoding) = encoding {
        headers.insert("grpc-encoding", HeaderValue::from_static(encoding.as_str()));
        headers.insert("grpc-accept-encoding", HeaderValue::from_static(ACCEPTED));
    }
    response
}

/// An answer that is nothing but an error.
pub(crate) fn refused(error: &Error) -> Response<Body> {
    let mut response = respond(Body::empty(), None);
    response.headers_mut().extend(trailers_of(error));
    if error.kind() == ErrorKind::NotSupported {
        response
            .headers_mut()
            .insert("grpc-accept-encoding", HeaderValue::from_static(ACCEPTED));
    }
    response
}

/// What paths that nobody serves get: UNIMPLEMENTED over gRPC, 404 over HTTP.
pub(crate) async fn unknown_path(request: axum::extract::Request) -> Response<axum::body::Body> {
    let path = request.uri().path().to_owned();
    if is_grpc(&request) {
        let error = Error::new(
            ErrorKind::NotSupported,
            format!("there is no method {path}"),
        );
        return refused(&error).map(|_| axum::body::Body::empty());
    }
    let mut response = Response::new(axum::body::Body::from(format!(
        "there is nothing at {path}\n"
    )));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
