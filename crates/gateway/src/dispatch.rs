//! A Run: one request on its way through a Plan.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tidegate_core::{
    Branch, CallReply, CallRequest, Error, ErrorKind, Header, Payload, Request, Route, Status,
    StatusCode, Timestamp,
};

use crate::parameters::Parameters;
use crate::plan::Node;
use crate::service::Gateway;

/// Carries `request` through the Executors that it means, and gives the answer.
///
/// An Executor's error is an answer: its status says so, and later Executors are skipped.
///
/// # Errors
/// What the gateway itself refuses, or could not have done: bad input, overload, a dead worker, a
/// deadline.
pub(crate) async fn dispatch(gateway: &Gateway, request: Request) -> Result<Request, Error> {
    let mut run = Run::new(gateway, request)?;
    let selection = match run.header.target.as_deref() {
        None | Some("") => None,
        Some(pattern) => Some(
            gateway
                .targets
                .select(pattern, &gateway.plan, |text| gateway.warn(text))?,
        ),
    };
    for (index, node) in gateway.plan.nodes().iter().enumerate() {
        let meant = selection.as_ref().is_none_or(|selected| selected[index]);
        if meant && node.call.serves(&run.endpoint) && run.hop(node).await? == Outcome::Failed {
            break;
        }
    }
    Ok(run.finish())
}

/// How a hop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The Executor raised; the status is in the Run.
    Failed,
}

/// What one request changes on its way.
struct Run {
    request_id: Arc<str>,
    endpoint: Arc<str>,
    deadline: Option<Instant>,
    parameters: Parameters,
    payload: Option<Payload>,
    /// Who had the Documents last.
    from: Arc<str>,
    status: Option<Status>,
    routes: Vec<Route>,
    /// Where the gateway's own hop stands in `routes`.
    own_route: usize,
    /// The rest of what came, for the answer.
    header: Header,
    unknown: Bytes,
}

impl Run {
    fn new(gateway: &Gateway, request: Request) -> Result<Self, Error> {
        let Request {
            header,
            parameters,
            payload,
            mut routes,
            deadline,
            unknown,
        } = request;
        let parameters =
            Parameters::read(parameters, &gateway.plan, |warning| gateway.warn(warning))?;
        let own_route = routes.len();
        routes.reserve(1 + gateway.plan.nodes().len());
        routes.push(Route {
            executor: gateway.options.name.to_string(),
            start: Some(Timestamp::now()),
            end: None,
            status: None,
        });
        Ok(Self {
            request_id: Arc::from(&*header.request_id),
            endpoint: Arc::from(header.endpoint.as_deref().unwrap_or_default()),
            deadline,
            parameters,
            payload,
            from: Arc::clone(&gateway.options.name),
            status: None,
            routes,
            own_route,
            header,
            unknown,
        })
    }

    /// Calls one Executor and takes in what it answers.
    async fn hop(&mut self, node: &Node) -> Result<Outcome, Error> {
        let request = CallRequest {
            request_id: Arc::clone(&self.request_id),
            endpoint: Arc::clone(&self.endpoint),
            parameters: self.parameters.for_executor(&node.name),
            branches: vec![Branch {
                from: Arc::clone(&self.from),
                payload: self.payload.clone().unwrap_or_default(),
            }],
            deadline: self.deadline,
        };
        let start = Some(Timestamp::now());
        let answer = self.call(node, request).await;
        let mut route = Route {
            executor: node.name.to_string(),
            start,
            end: Some(Timestamp::now()),
            status: None,
        };
        let outcome = match answer {
            Ok(reply) => {
                self.take_in(reply);
                self.from = Arc::clone(&node.name);
                Outcome::Done
            }
            Err(error) if error.kind() == ErrorKind::Executor => {
                let status = Status {
                    code: StatusCode::Error,
                    description: error.message().to_owned(),
                    exception: error.exception().cloned(),
                };
                route.status = Some(status.clone());
                self.status = Some(status);
                Outcome::Failed
            }
            Err(error) => return Err(named(error, node)),
        };
        self.routes.push(route);
        Ok(outcome)
    }

    async fn call(&self, node: &Node, request: CallRequest) -> Result<CallReply, Error> {
        let Some(deadline) = self.deadline else {
            return node.call.call(request).await;
        };
        if deadline <= Instant::now() {
            return Err(self.expired(node, "before it reached"));
        }
        match tokio::time::timeout_at(deadline.into(), node.call.call(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.expired(node, "in")),
        }
    }

    fn expired(&self, node: &Node, place: &str) -> Error {
        Error::new(
            ErrorKind::DeadlineExceeded,
            format!(
                "the deadline of request '{}' passed {place} Executor '{}'",
                self.request_id, node.name
            ),
        )
    }

    fn take_in(&mut self, reply: CallReply) {
        if reply.payload.is_some() {
            self.payload = reply.payload;
        }
        if let Some(results) = reply.results {
            self.parameters.add(&results);
        }
    }

    fn finish(mut self) -> Request {
        if let Some(own) = self.routes.get_mut(self.own_route) {
            own.end = Some(Timestamp::now());
        }
        let mut header = self.header;
        header.status = self.status;
        Request {
            header,
            parameters: self.parameters.into_response(),
            payload: self.payload,
            routes: self.routes,
            deadline: None,
            unknown: self.unknown,
        }
    }
}

/// Says which Executor it was about, where the error does not.
fn named(error: Error, node: &Node) -> Error {
    if error.message().contains(&*node.name) {
        error
    } else {
        error.with_context("executor", &*node.name)
    }
}
