//! A connection to a gateway, made when it is first needed and again when it is lost.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Request as HttpRequest, Response, StatusCode};
use prost::Message;
use tidegate_core::{Error, ErrorKind, Request, Status};
use tidegate_proto::decode_request;
use tidegate_proto::jina::{EndpointsProto, JinaInfoProto, StatusProto};
use tonic::body::Body;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::{Service, ServiceExt};

use super::body::RequestBody;
use super::failure::{deadline_passed, transport_error};
use super::options::{CallOptions, ChannelOptions};
use super::stream::{Receiver, Sender};
use crate::grpc::{
    ACCEPTED, CONTENT_TYPE as GRPC, Deframer, Encoding, format_timeout, frame_bytes, status_of,
};

/// What a server may send ahead of us, on one stream and on all of the connection.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
const MAX_FRAME: u32 = 256 * 1024;

/// A connection that many calls share; clones are cheap and share it too.
#[derive(Debug, Clone)]
pub struct Channel {
    inner: tonic::transport::Channel,
    address: Arc<str>,
    max_message_bytes: usize,
}

impl Channel {
    /// A channel to a gateway. Nothing is sent before the first call; a connection that is lost is made
    /// again by the next. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// `Config` for a host that cannot be one, `NotSupported` for `tls`.
    pub fn connect(
        host: &str,
        port: u16,
        tls: bool,
        options: &ChannelOptions,
    ) -> Result<Self, Error> {
        if tls {
            let what = "connections with TLS are not built yet";
            return Err(Error::new(ErrorKind::NotSupported, what).with_hint("leave `tls` out"));
        }
        let address = if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        };
        let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(|error| {
            Error::new(ErrorKind::Config, format!("`{host}` is no host name")).with_source(error)
        })?;
        let inner = endpoint
            .connect_timeout(options.connect_timeout)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(options.keepalive_interval)
            .keep_alive_timeout(options.keepalive_timeout)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME)
            .connect_lazy();
        let max_message_bytes = options.max_message_bytes.unwrap_or(usize::MAX);
        Ok(Self {
            inner,
            address: address.into(),
            max_message_bytes,
        })
    }

    /// Where it connects to, as `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens a `JinaRPC/Call` stream: encoded requests go in, answers come out.
    ///
    /// The call begins when the receiver is first polled. Dropping the sender says that no more requests
    /// come; dropping the receiver cancels the call.
    ///
    /// # Errors
    /// `InvalidInput` for metadata that cannot travel.
    pub fn call_stream(&self, options: &CallOptions) -> Result<(Sender, Receiver), Error> {
        let deadline = deadline_of(options);
        let (sender, body, cancel) = RequestBody::stream(options.compression);
        let request = self.request("/jina.JinaRPC/Call", options, Body::new(body))?;
        let response = Box::pin(self.clone().open(request, deadline));
        Ok((sender, Receiver::new(response, deadline, cancel)))
    }

    /// Sends one encoded request by `JinaSingleDataRequestRPC` and returns its answer.
    ///
    /// # Errors
    /// As the server says, or `Unavailable` where there is none.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the call.
    pub async fn unary(&self, message: Bytes, options: &CallOptions) -> Result<Request, Error> {
        let path = "/jina.JinaSingleDataRequestRPC/process_single_data";
        decode_request(self.call_once(path, message, options).await?)
    }

    /// Sends several encoded requests as one, by `JinaDataRequestRPC`: an Executor sees the Documents of
    /// each by themselves. Executors have it, gateways have not.
    ///
    /// # Errors
    /// As [`unary`](Self::unary).
    ///
    /// # Cancel safety
    /// Dropping the future cancels the call.
    pub async fn unary_list(
        &self,
        messages: &[Bytes],
        options: &CallOptions,
    ) -> Result<Request, Error> {
        let path = "/jina.JinaDataRequestRPC/process_data";
        let mut list = Vec::with_capacity(messages.iter().map(|each| each.len() + 8).sum());
        for message in messages {
            prost::encoding::bytes::encode(1, message, &mut list);
        }
        decode_request(self.call_once(path, list.into(), options).await?)
    }

    /// Asks whether a request would make it through every Executor.
    ///
    /// # Errors
    /// As [`unary`](Self::unary).
    pub async fn dry_run(&self, options: &CallOptions) -> Result<Status, Error> {
        let path = "/jina.JinaGatewayDryRunRPC/dry_run";
        let answer = self.call_once(path, Bytes::new(), options).await?;
        decode::<StatusProto>(answer).map(Status::from)
    }

    /// Asks for the endpoints.
    ///
    /// # Errors
    /// As [`unary`](Self::unary).
    pub async fn endpoints(&self, options: &CallOptions) -> Result<Vec<String>, Error> {
        let path = "/jina.JinaDiscoverEndpointsRPC/endpoint_discovery";
        let answer = self.call_once(path, Bytes::new(), options).await?;
        decode::<EndpointsProto>(answer).map(|answer| answer.endpoints)
    }

    /// Asks for versions and the like.
    ///
    /// # Errors
    /// As [`unary`](Self::unary).
    pub async fn info(&self, options: &CallOptions) -> Result<JinaInfoProto, Error> {
        decode(
            self.call_once("/jina.JinaInfoRPC/_status", Bytes::new(), options)
                .await?,
        )
    }

    /// Asks whether the server is ready to serve `service`, where an empty name stands for all of it.
    ///
    /// # Errors
    /// As [`unary`](Self::unary); `NotFound` for a service that it does not know.
    pub async fn health(&self, service: &str, options: &CallOptions) -> Result<bool, Error> {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        }
        .encode_to_vec();
        let answer = self
            .call_once("/grpc.health.v1.Health/Check", request.into(), options)
            .await?;
        let answer = decode::<HealthCheckResponse>(answer)?;
        Ok(answer.status == ServingStatus::Serving as i32)
    }

    async fn call_once(
        &self,
        path: &'static str,
        message: Bytes,
        options: &CallOptions,
    ) -> Result<Bytes, Error> {
        let deadline = deadline_of(options);
        let body = RequestBody::once(frame_bytes(message, options.compression)?);
        let request = self.request(path, options, Body::new(body))?;
        within(deadline, async {
            let mut messages = self.clone().open(request, deadline).await?;
            let message = std::future::poll_fn(|cx| messages.poll_message(cx)).await;
            let end = std::future::poll_fn(|cx| messages.poll_message(cx)).await;
            match (
                message,
                end,
                messages.take_trailers().as_ref().and_then(status_of),
            ) {
                (_, _, Some(Err(error))) => Err(error),
                (Some(message), None, Some(Ok(()))) => message,
                (Some(Err(error)), ..) | (_, Some(Err(error)), _) => Err(error),
                _ => Err(Error::new(
                    ErrorKind::Protocol,
                    format!("{path} did not answer as a call has to"),
                )),
            }
        })
        .await
    }

    fn request(
        &self,
        path: &'static str,
        options: &CallOptions,
        body: Body,
    ) -> Result<HttpRequest<Body>, Error> {
        let mut request = HttpRequest::new(body);
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = http::Uri::from_static(path);
        *request.version_mut() = http::Version::HTTP_2;
        put_headers(request.headers_mut(), options)?;
        Ok(request)
    }

    /// Sends the head of a request and waits for that of the answer.
    async fn open(
        mut self,
        request: HttpRequest<Body>,
        deadline: Option<Instant>,
    ) -> Result<Deframer<Body>, Error> {
        let failed = |error: tonic::transport::Error| {
            if deadline.is_some_and(|at| Instant::now() >= at) {
                return deadline_passed();
            }
            transport_error(error.into()).with_context("server", &*self.address)
        };
        let ready = self.inner.ready().await.map_err(failed)?;
        let response = ready.call(request).await.map_err(failed)?;
        let (head, body) = check_head(response)?;
        let encoding = match head.get("grpc-encoding") {
            Some(name) => Encoding::named(name.to_str().unwrap_or("unreadable"))?,
            None => None,
        };
        Ok(Deframer::new(body, encoding, self.max_message_bytes).with_trailers(head))
    }
}

/// The head of an answer that is one: not an error told in headers, not another server's.
fn check_head(response: Response<Body>) -> Result<(HeaderMap, Body), Error> {
    let (head, body) = response.into_parts();
    match status_of(&head.headers) {
        Some(Err(error)) => return Err(error),
        // A good status in the head: the body is empty, and this is all there is.
        Some(Ok(())) => return Ok((head.headers, Body::empty())),
        None => {}
    }
    let grpc = head
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(GRPC.as_bytes()));
    if head.status == StatusCode::OK && grpc {
        return Ok((head.headers, body));
    }
    let kind = match head.status.as_u16() {
        429 | 502..=504 => ErrorKind::Unavailable,
        _ => ErrorKind::Protocol,
    };
    let what = format!(
        "the server does not speak gRPC: it answered with HTTP status {}",
        head.status
    );
    Err(Error::new(kind, what).with_hint("check the port and the protocol"))
}

fn put_headers(headers: &mut HeaderMap, options: &CallOptions) -> Result<(), Error> {
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(GRPC));
    headers.insert("grpc-accept-encoding", HeaderValue::from_static(ACCEPTED));
    if let Some(encoding) = options.compression {
        headers.insert("grpc-encoding", HeaderValue::from_static(encoding.as_str()));
    }
    if options.results_in_order {
        headers.insert("__results_in_order__", HeaderValue::from_static("true"));
    }
    if let Some(prefetch) = options.prefetch {
        headers.insert("__prefetch__", HeaderValue::from(prefetch));
    }
    for (name, value) in &options.metadata {
        let refused = || {
            let what = format!("the metadata `{name}: {value}` cannot travel in a header");
            Error::new(ErrorKind::InvalidInput, what).with_hint(
                "names are lower-case letters, digits, `-`, `_` and `.`; values printable ASCII",
            )
        };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
        headers.append(key, HeaderValue::from_str(value).map_err(|_| refused())?);
    }
    if let Some(timeout) = options.timeout
        && let Ok(value) = HeaderValue::from_str(&format_timeout(timeout))
    {
        headers.insert("grpc-timeout", value);
    }
    Ok(())
}

fn deadline_of(options: &CallOptions) -> Option<Instant> {
    // A timeout beyond the clock's range is none.
    options
        .timeout
        .and_then(|timeout| Instant::now().checked_add(timeout))
}

async fn within<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(at) = deadline else {
        return work.await;
    };
    tokio::time::timeout_at(at.into(), work)
        .await
        .unwrap_or_else(|_| Err(deadline_passed()))
}

fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, Error> {
    M::decode(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Protocol,
            "the server's answer is no such message",
        )
        .with_source(error)
    })
}
