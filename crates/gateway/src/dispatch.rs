//! A Run: one request on its way through a Plan, and its answer.

use std::sync::Arc;

use tidegate_core::graph::Index;
use tidegate_core::{Error, Request, Route, Timestamp};

use crate::order;
use crate::parameters::Parameters;
use crate::service::Gateway;
use crate::walk::{Asked, Walk};

/// Carries `request` through the Executors that it means, and gives the answer.
///
/// An Executor's error is an answer: its status says so, and what comes after it is skipped; branches
/// beside it go on.
///
/// # Errors
/// What the gateway itself refuses, or could not have done: bad input, overload, a dead worker, a
/// deadline.
pub(crate) async fn dispatch(gateway: &Arc<Gateway>, request: Request) -> Result<Request, Error> {
    let Request {
        mut header,
        parameters,
        payload,
        mut routes,
        deadline,
        unknown,
    } = request;
    let selection = match header.target.as_deref() {
        None | Some("") => None,
        Some(pattern) => Some(
            gateway
                .targets
                .select(pattern, &gateway.plan, |text| gateway.warn(text))?,
        ),
    };
    let parameters = Parameters::read(parameters, &gateway.plan, |text| gateway.warn(text))?;
    let own_route = routes.len();
    routes.reserve(1 + gateway.plan.nodes().len());
    routes.push(Route {
        executor: gateway.options.name.to_string(),
        start: Some(Timestamp::now()),
        end: None,
        status: None,
    });
    let asked = Asked {
        selection,
        request_id: Arc::from(&*header.request_id),
        endpoint: Arc::from(header.endpoint.as_deref().unwrap_or_default()),
        deadline,
        payload: payload.clone(),
        parameters,
    };
    let mut walk = Walk::new(gateway, asked, routes);
    walk.run().await?;
    let (status, mut answer, parameters) = walk.outcome();
    let mut routes = std::mem::take(&mut walk.routes);
    if walk.floats() {
        gateway.floating.spawn(walk.run_floating());
    }
    if let (true, Some(sent), Some(docs)) = (gateway.plan.conditional(), &payload, &answer) {
        answer = Some(order::as_sent(sent, docs)?);
    }
    if let Some(own) = routes.get_mut(own_route) {
        own.end = Some(Timestamp::now());
    }
    header.status = status;
    let nodes = gateway.plan.nodes();
    let awaited = |index: Index| nodes.get(index).is_some_and(|node| !node.floating());
    Ok(Request {
        header,
        parameters: parameters.into_response(awaited),
        payload: answer,
        routes,
        deadline: None,
        unknown,
    })
}
