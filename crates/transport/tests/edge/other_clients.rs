//! Clients that are not ours: tonic's, with generated messages, and plain HTTP.

use std::sync::atomic::Ordering;

use tidegate_proto::jina::{DataRequestProto, HeaderProto};
use tidegate_transport::server::ServerOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

use crate::services::{Site, within};

async fn tonic_to(site: &Site) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", site.port)).unwrap();
    within(endpoint.connect()).await.unwrap()
}

fn request(endpoint: &str) -> DataRequestProto {
    let header = HeaderProto {
        request_id: "a".into(),
        exec_endpoint: Some(endpoint.into()),
        ..HeaderProto::default()
    };
    DataRequestProto {
        header: Some(header),
        ..DataRequestProto::default()
    }
}

#[tokio::test]
async fn an_executors_error_is_marked_in_the_trailers_of_a_unary_call() {
    let site = Site::start(ServerOptions::default()).await;
    let mut grpc = Grpc::new(tonic_to(&site).await);
    for (endpoint, marked) in [("/boom", Some("true")), ("/x", None)] {
        let path = http::uri::PathAndQuery::from_static(
            "/jina.JinaSingleDataRequestRPC/process_single_data",
        );
        grpc.ready().await.unwrap();
        let codec: ProstCodec<DataRequestProto, DataRequestProto> = ProstCodec::default();
        let asked = tonic::Request::new(request(endpoint));
        let answer = within(grpc.unary(asked, path, codec)).await.unwrap();
        let mark = answer
            .metadata()
            .get("is-error")
            .map(|mark| mark.to_str().unwrap().to_owned());
        assert_eq!(mark.as_deref(), marked);
        assert_eq!(answer.get_ref().header.as_ref().unwrap().request_id, "a");
    }
}

#[tokio::test]
async fn the_head_of_a_stream_comes_before_its_first_request() {
    let site = Site::start(ServerOptions::default()).await;
    let mut grpc = Grpc::new(tonic_to(&site).await);
    grpc.ready().await.unwrap();
    let (sender, requests) = tokio::sync::mpsc::channel(1);
    let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
    let path = http::uri::PathAndQuery::from_static("/jina.JinaRPC/Call");
    let codec: ProstCodec<DataRequestProto, DataRequestProto> = ProstCodec::default();
    let answers = within(grpc.streaming(tonic::Request::new(requests), path, codec)).await;
    let mut answers = answers.unwrap().into_inner();
    sender.send(request("/boom")).await.unwrap();
    let answer = within(answers.message()).await.unwrap().unwrap();
    assert_eq!(answer.header.unwrap().status.unwrap().code, 1);
    drop(sender);
    assert!(within(answers.message()).await.unwrap().is_none());
    let trailers = within(answers.trailers())
        .await
        .unwrap()
        .unwrap_or_default();
    assert!(trailers.get("is-error").is_none());
}

#[tokio::test]
async fn unknown_paths_are_unimplemented_or_not_found() {
    let site = Site::start(ServerOptions::default()).await;
    let mut grpc = Grpc::new(tonic_to(&site).await);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/jina.JinaRPC/Nothing");
    let codec: ProstCodec<DataRequestProto, DataRequestProto> = ProstCodec::default();
    let asked = tonic::Request::new(request("/x"));
    let refused = within(grpc.unary(asked, path, codec)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    assert!(refused.message().contains("/jina.JinaRPC/Nothing"));

    let mut stream = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    stream
        .write_all(b"GET /nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn health_follows_the_service() {
    let site = Site::start(ServerOptions::default()).await;
    let mut health = HealthClient::new(tonic_to(&site).await);
    let asked = || HealthCheckRequest {
        service: "jina.JinaRPC".into(),
    };
    let mut changes = within(health.watch(asked())).await.unwrap().into_inner();
    assert_eq!(within(changes.message()).await.unwrap().unwrap().status, 1);
    site.echo.ready.store(false, Ordering::SeqCst);
    assert_eq!(within(changes.message()).await.unwrap().unwrap().status, 2);
    assert_eq!(
        within(health.check(asked()))
            .await
            .unwrap()
            .into_inner()
            .status,
        2
    );
}

#[tokio::test]
async fn a_deadline_ends_a_stream_of_any_service() {
    let site = Site::start(ServerOptions::default()).await;
    let mut health = HealthClient::new(tonic_to(&site).await);
    let mut asked = tonic::Request::new(HealthCheckRequest {
        service: String::new(),
    });
    asked
        .metadata_mut()
        .insert("grpc-timeout", "100m".parse().unwrap());
    let mut changes = within(health.watch(asked)).await.unwrap().into_inner();
    assert_eq!(within(changes.message()).await.unwrap().unwrap().status, 1);
    let ended = within(changes.message()).await.unwrap_err();
    assert_eq!(ended.code(), Code::DeadlineExceeded);
}

/// The same of v1 and v1alpha, whose types are not.
macro_rules! reflection_lists_what_is_served {
    ($name:ident, $version:ident) => {
        #[tokio::test]
        async fn $name() {
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            let site = Site::start(ServerOptions::default()).await;
            let mut client = ServerReflectionClient::new(tonic_to(&site).await);
            let asked = [
                MessageRequest::ListServices(String::new()),
                MessageRequest::FileContainingSymbol("jina.JinaRPC".into()),
            ];
            let asked = asked.map(|asked| ServerReflectionRequest {
                host: String::new(),
                message_request: Some(asked),
            });
            let answers = within(client.server_reflection_info(tokio_stream::iter(asked))).await;
            let mut answers = answers.unwrap().into_inner();
            let listed = within(answers.message()).await.unwrap().unwrap();
            let Some(MessageResponse::ListServicesResponse(listed)) = listed.message_response
            else {
                panic!("{listed:?}");
            };
            let names: Vec<_> = listed
                .service
                .iter()
                .map(|service| service.name.as_str())
                .collect();
            for name in [
                "jina.JinaRPC",
                "jina.JinaSingleDataRequestRPC",
                "jina.JinaDiscoverEndpointsRPC",
                "jina.JinaGatewayDryRunRPC",
                "jina.JinaInfoRPC",
                "grpc.health.v1.Health",
            ] {
                assert!(names.contains(&name), "{name} is not in {names:?}");
            }
            assert!(
                !names.contains(&"jina.JinaDataRequestRPC"),
                "it is not served"
            );
            let described = within(answers.message()).await.unwrap().unwrap();
            assert!(matches!(
                described.message_response,
                Some(MessageResponse::FileDescriptorResponse(_))
            ));
        }
    };
}

reflection_lists_what_is_served!(reflection_v1_lists_what_is_served, v1);
reflection_lists_what_is_served!(reflection_v1alpha_lists_what_is_served, v1alpha);
