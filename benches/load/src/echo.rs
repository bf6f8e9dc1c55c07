//! The floor: tonic answering with the bytes it was sent.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio_stream::StreamExt;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use crate::Fail;
use crate::codec::Raw;

/// Serves until the process is ended; prints the port as JSON.
pub async fn serve() -> Result<(), Fail> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    println!("PEER {{\"port\": {}}}", incoming.local_addr()?.port());
    Server::builder()
        .add_service(Unary)
        .add_service(Stream)
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

type HttpAnswer = BoxFuture<http::Response<tonic::body::Body>, Infallible>;

#[derive(Clone)]
struct Unary;

impl NamedService for Unary {
    const NAME: &'static str = "jina.JinaSingleDataRequestRPC";
}

impl Service<http::Request<tonic::body::Body>> for Unary {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = HttpAnswer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> HttpAnswer {
        Box::pin(async move { Ok(Grpc::new(Raw).unary(Echo, request).await) })
    }
}

#[derive(Clone)]
struct Stream;

impl NamedService for Stream {
    const NAME: &'static str = "jina.JinaRPC";
}

impl Service<http::Request<tonic::body::Body>> for Stream {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = HttpAnswer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> HttpAnswer {
        Box::pin(async move { Ok(Grpc::new(Raw).streaming(Echo, request).await) })
    }
}

struct Echo;

impl UnaryService<Bytes> for Echo {
    type Response = Bytes;
    type Future = Ready<Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}

type Answers = Pin<Box<dyn tokio_stream::Stream<Item = Result<Bytes, Status>> + Send>>;

impl StreamingService<Bytes> for Echo {
    type Response = Bytes;
    type ResponseStream = Answers;
    type Future = Ready<Result<Response<Answers>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let answers: Answers = Box::pin(request.into_inner().map(|message| message));
        ready(Ok(Response::new(answers)))
    }
}
