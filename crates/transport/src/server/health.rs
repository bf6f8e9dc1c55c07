//! Health checks and reflection.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use tidegate_core::{Error, ErrorKind};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::dispatch::SERVICES;
use super::service::Service;
use super::shutdown::Shutdown;

/// How often a watcher looks.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// The router of everything that is not a method of Jina's.
pub(crate) fn router(service: Arc<dyn Service>, shutdown: Shutdown) -> Result<axum::Router, Error> {
    let health = HealthServer::new(Checks { service, shutdown });
    let failed = |error: tonic_reflection::server::Error| {
        Error::new(ErrorKind::Internal, "reflection cannot be built").with_source(error)
    };
    let routes = tonic::service::Routes::new(health)
        .add_service(reflection().build_v1().map_err(failed)?)
        .add_service(reflection().build_v1alpha().map_err(failed)?);
    Ok(routes
        .prepare()
        .into_axum_router()
        .fallback(super::dispatch::unknown_path))
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    let mut builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tidegate_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health");
    for service in SERVICES {
        builder = builder.with_service_name(service);
    }
    builder
}

#[derive(Clone)]
struct Checks {
    service: Arc<dyn Service>,
    shutdown: Shutdown,
}

impl Checks {
    fn status(&self, name: &str) -> Option<ServingStatus> {
        let known = name.is_empty() || name == "grpc.health.v1.Health" || SERVICES.contains(&name);
        let serving = !self.shutdown.has_begun() && self.service.ready();
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        known.then_some(status)
    }
}

type Changes = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Health for Checks {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let name = request.into_inner().service;
        match self.status(&name) {
            Some(status) => Ok(Response::new(HealthCheckResponse {
                status: status as i32,
            })),
            None => Err(Status::not_found(format!("there is no service `{name}`"))),
        }
    }

    type WatchStream = Changes;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Changes>, Status> {
        let name = request.into_inner().service;
        let ticks = tokio::time::interval(WATCH_EVERY);
        let start = (self.clone(), name, ticks, None);
        let changes = stream::unfold(start, |(checks, name, mut ticks, told)| async move {
            loop {
                ticks.tick().await;
                let status = checks
                    .status(&name)
                    .unwrap_or(ServingStatus::ServiceUnknown);
                if told != Some(status) {
                    let change = Ok(HealthCheckResponse {
                        status: status as i32,
                    });
                    return Some((change, (checks, name, ticks, Some(status))));
                }
            }
        });
        Ok(Response::new(Box::pin(changes)))
    }
}
