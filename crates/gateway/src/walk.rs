//! A request's way through the graph: which nodes may start, and what each is given.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tidegate_core::graph::{Index, PlanNode, Source};
use tidegate_core::{Branch, CallReply, CallRequest, Error, ErrorKind, Payload, Route, Status};

use crate::hop::{Landed, failure, fly, named};
use crate::join;
use crate::parameters::Parameters;
use crate::service::Gateway;
use crate::target::Selection;

/// Where a node is.
#[derive(Debug, Default)]
enum Stage {
    /// It needs so many others yet.
    #[default]
    Waiting,
    /// Its answer is there; `None` where nobody is left to take it.
    Done(Option<Branch>),
    /// It failed, or something that it needs did: it gives nothing.
    Failed,
}

/// The nodes that are under way or still to come, for one request.
pub(crate) struct Walk {
    gateway: Arc<Gateway>,
    selection: Option<Selection>,
    request_id: Arc<str>,
    endpoint: Arc<str>,
    deadline: Option<Instant>,
    /// What the request itself brought.
    sent: Option<Payload>,
    parameters: Parameters,
    stages: Vec<Stage>,
    /// How many needs of each node are open.
    open: Vec<usize>,
    /// How many nodes have yet to take each one's answer, which is let go after the last.
    takers: Vec<usize>,
    ready: VecDeque<Index>,
    /// How many nodes that the answer waits for are not done.
    awaited: usize,
    flying: FuturesUnordered<BoxFuture<'static, Landed>>,
    pub(crate) routes: Vec<Route>,
    /// The first failure of a node that the answer waits for, and the Documents that it was given.
    failed: Option<(Status, Payload)>,
}

/// What a request asks for.
pub(crate) struct Asked {
    pub(crate) selection: Option<Selection>,
    pub(crate) request_id: Arc<str>,
    pub(crate) endpoint: Arc<str>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) payload: Option<Payload>,
    pub(crate) parameters: Parameters,
}

impl Walk {
    pub(crate) fn new(gateway: &Arc<Gateway>, asked: Asked, routes: Vec<Route>) -> Self {
        let nodes = gateway.plan.nodes();
        let open = |node: &PlanNode| {
            let needs = node.needs().iter();
            needs.filter(|need| **need != Source::Gateway).count()
        };
        let mut walk = Self {
            gateway: Arc::clone(gateway),
            selection: asked.selection,
            request_id: asked.request_id,
            endpoint: asked.endpoint,
            deadline: asked.deadline,
            sent: asked.payload,
            parameters: asked.parameters,
            stages: Vec::new(),
            open: nodes.iter().map(open).collect(),
            takers: nodes.iter().map(|node| node.dependents().len()).collect(),
            ready: VecDeque::new(),
            awaited: gateway.plan.awaited(),
            flying: FuturesUnordered::new(),
            routes,
            failed: None,
        };
        walk.stages.resize_with(nodes.len(), Stage::default);
        let first = walk.open.iter().enumerate();
        walk.ready.extend(
            first
                .filter(|(_, open)| **open == 0)
                .map(|(index, _)| index),
        );
        walk
    }

    /// Runs until every node that the answer waits for is done.
    ///
    /// # Errors
    /// What the gateway itself refuses, or could not have done.
    pub(crate) async fn run(&mut self) -> Result<(), Error> {
        self.start_ready().await?;
        while self.awaited > 0 {
            let Some(landed) = self.flying.next().await else {
                return Err(Error::new(
                    ErrorKind::Internal,
                    "a node of the plan was never reached",
                ));
            };
            self.land(landed)?;
            self.start_ready().await?;
        }
        Ok(())
    }

    /// Whether something that floats is still to be done.
    pub(crate) fn floats(&self) -> bool {
        !self.flying.is_empty() || !self.ready.is_empty()
    }

    /// Runs to the very end what floats; its failures are told, and end only what comes after them.
    pub(crate) async fn run_floating(mut self) {
        loop {
            if let Err(error) = self.start_ready().await {
                self.tell(&error);
                continue;
            }
            let Some(landed) = self.flying.next().await else {
                return;
            };
            if let Err(error) = self.land(landed) {
                self.tell(&error);
            }
        }
    }

    fn tell(&self, error: &Error) {
        self.gateway.warn(format!("nobody waited for it: {error}"));
    }

    /// Starts every node that may start. The last one, when nothing else is under way, is waited for
    /// on the spot.
    async fn start_ready(&mut self) -> Result<(), Error> {
        let gateway = Arc::clone(&self.gateway);
        while let Some(index) = self.ready.pop_front() {
            let (Some(node), Some(call)) = (gateway.plan.nodes().get(index), gateway.call(index))
            else {
                self.pass(index)?;
                continue;
            };
            if !self.meant(index) || !call.serves(&self.endpoint) {
                self.pass(index)?;
                continue;
            }
            let request = match self.request(node) {
                Ok(request) => request,
                Err(error) => {
                    self.refuse(node, index, error)?;
                    continue;
                }
            };
            if self.ready.is_empty() && self.flying.is_empty() && !node.floating() {
                let landed = fly(&**call, node.name(), index, request).await;
                self.land(landed)?;
            } else {
                let (call, name) = (Arc::clone(call), Arc::clone(node.name()));
                self.flying.push(Box::pin(
                    async move { fly(&*call, &name, index, request).await },
                ));
            }
        }
        Ok(())
    }

    fn meant(&self, index: Index) -> bool {
        let selection = self.selection.as_ref();
        selection.is_none_or(|meant| meant.get(index).copied().unwrap_or(true))
    }

    /// A node that cannot be called: it counts as failed, and the error is for whoever waits for it.
    fn refuse(&mut self, node: &PlanNode, index: Index, error: Error) -> Result<(), Error> {
        self.done(index, Stage::Failed);
        if node.floating() {
            self.tell(&named(error, node.name()));
            return Ok(());
        }
        Err(error)
    }

    /// What a node is asked.
    fn request(&mut self, node: &PlanNode) -> Result<CallRequest, Error> {
        let branches = {
            let inputs = self.inputs(node);
            join::for_call(node, inputs)?
        };
        let parameters = self
            .parameters
            .for_executor(node.name(), |from| node.comes_after(from));
        Ok(CallRequest {
            request_id: Arc::clone(&self.request_id),
            endpoint: Arc::clone(&self.endpoint),
            parameters,
            branches,
            deadline: self.deadline,
        })
    }

    /// The Documents of everything that a node needs, in the order in which it was said.
    fn inputs(&mut self, node: &PlanNode) -> Vec<Branch> {
        let needs = node.needs().iter();
        needs.map(|source| self.branch(*source)).collect()
    }

    fn branch(&mut self, source: Source) -> Branch {
        if let Source::Node(index) = source
            && let (Some(Stage::Done(slot)), Some(takers)) =
                (self.stages.get_mut(index), self.takers.get_mut(index))
        {
            *takers = takers.saturating_sub(1);
            let last = *takers == 0 && self.gateway.plan.end() != Some(index);
            let branch = if last { slot.take() } else { slot.clone() };
            return branch.unwrap_or_default();
        }
        Branch {
            from: Arc::clone(&self.gateway.options.name),
            payload: self.sent.clone().unwrap_or_default(),
        }
    }

    /// Lets the Documents through a node that is not called.
    fn pass(&mut self, index: Index) -> Result<(), Error> {
        let gateway = Arc::clone(&self.gateway);
        let Some(node) = gateway.plan.nodes().get(index) else {
            return Ok(());
        };
        let inputs = self.inputs(node);
        match join::for_passing(node, inputs) {
            Ok(branch) => {
                self.done(index, Stage::Done(Some(branch)));
                Ok(())
            }
            Err(error) => self.refuse(node, index, error),
        }
    }

    /// Takes in what an Executor answered.
    fn land(&mut self, mut landed: Landed) -> Result<(), Error> {
        let gateway = Arc::clone(&self.gateway);
        let Some(node) = gateway.plan.nodes().get(landed.index) else {
            return Ok(());
        };
        let answer = std::mem::replace(&mut landed.answer, Ok(CallReply::default()));
        match answer {
            Ok(reply) => {
                let status = reply
                    .partial
                    .map(|partial| self.partial(node.name(), partial));
                if !node.floating() {
                    self.routes.push(landed.route(node.name(), status));
                }
                for results in &reply.results {
                    self.parameters.add(landed.index, results);
                }
                let branch = Branch {
                    from: Arc::clone(node.name()),
                    payload: reply.payload.unwrap_or_else(|| landed.sent.whole()),
                };
                self.done(landed.index, Stage::Done(Some(branch)));
            }
            Err(error) if error.kind() == ErrorKind::Executor => {
                let status = failure(&error);
                if node.floating() {
                    self.gateway.warn(format!(
                        "floating Executor '{}' failed, and nobody waited for it: {}",
                        node.name(),
                        status.description
                    ));
                } else {
                    let route = landed.route(node.name(), Some(status.clone()));
                    self.routes.push(route);
                    if self.failed.is_none() {
                        self.failed = Some((status, landed.sent.whole()));
                    }
                }
                self.done(landed.index, Stage::Failed);
            }
            Err(error) if node.floating() => {
                self.tell(&named(error, node.name()));
                self.done(landed.index, Stage::Failed);
            }
            Err(error) => return Err(named(error, node.name())),
        }
        Ok(())
    }

    /// Tells that an answer is not whole.
    fn partial(&self, name: &str, partial: String) -> Status {
        self.gateway
            .warn(format!("Executor '{name}' answered in part: {partial}"));
        Status {
            description: partial,
            ..Status::default()
        }
    }

    /// Notes that a node is done, and which may start now. What needs a failed one fails too.
    fn done(&mut self, index: Index, stage: Stage) {
        let gateway = Arc::clone(&self.gateway);
        let mut over = vec![(index, stage)];
        while let Some((index, stage)) = over.pop() {
            let Some(node) = gateway.plan.nodes().get(index) else {
                continue;
            };
            let failed = matches!(stage, Stage::Failed);
            if let Some(slot) = self.stages.get_mut(index) {
                *slot = stage;
            }
            if !node.floating() {
                self.awaited = self.awaited.saturating_sub(1);
            }
            for dependent in node.dependents() {
                let already = matches!(self.stages.get(*dependent), Some(Stage::Failed));
                let Some(open) = self.open.get_mut(*dependent) else {
                    continue;
                };
                *open = open.saturating_sub(1);
                if failed && !already {
                    over.push((*dependent, Stage::Failed));
                } else if *open == 0 && !already {
                    self.ready.push_back(*dependent);
                }
            }
        }
    }

    /// What the answer is made of: the outcome, the Documents and the parameters.
    pub(crate) fn outcome(&mut self) -> (Option<Status>, Option<Payload>, Parameters) {
        let (status, payload) = match self.failed.take() {
            Some((status, payload)) => (Some(status), self.told(payload)),
            None => (None, self.answer()),
        };
        let parameters = if self.floats() {
            self.parameters.clone()
        } else {
            std::mem::take(&mut self.parameters)
        };
        (status, payload, parameters)
    }

    fn answer(&self) -> Option<Payload> {
        let end = self
            .gateway
            .plan
            .end()
            .and_then(|index| self.stages.get(index));
        match end {
            Some(Stage::Done(Some(branch))) => self.told(branch.payload.clone()),
            _ => self.sent.clone(),
        }
    }

    /// The Documents of an answer: none at all where there never were any.
    fn told(&self, payload: Payload) -> Option<Payload> {
        (self.sent.is_some() || !payload.0.is_empty()).then_some(payload)
    }
}
