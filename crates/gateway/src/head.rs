//! The shards of an Executor behind one name: which of them a request is for, and one answer of theirs.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tidegate_core::{Branch, Call, CallFuture, CallReply, CallRequest, Error, ErrorKind, Payload};

use crate::join;

/// Which shards a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Polling {
    /// One, each in turn.
    #[default]
    Any,
    /// Every one.
    All,
}

/// Which shards a request is for, by its endpoint.
///
/// ```
/// use tidegate_gateway::{Polling, PollingTable};
///
/// let table = PollingTable::new(Polling::Any).with("/lookup", Polling::All);
/// assert_eq!(table.of("/lookup"), Polling::All);
/// // As in Jina, whatever the rest does.
/// assert_eq!(table.of("/search"), Polling::All);
/// assert_eq!(table.of("/other"), Polling::Any);
/// ```
#[derive(Debug, Clone)]
pub struct PollingTable {
    endpoints: HashMap<String, Polling>,
    rest: Polling,
}

impl PollingTable {
    /// `/search` asks every shard and `/index` one; the rest as said.
    #[must_use]
    pub fn new(rest: Polling) -> Self {
        let known = [("/search", Polling::All), ("/index", Polling::Any)];
        Self {
            endpoints: known
                .map(|(endpoint, polling)| (endpoint.to_owned(), polling))
                .into(),
            rest,
        }
    }

    /// The table with another rule for one endpoint.
    #[must_use]
    pub fn with(mut self, endpoint: impl Into<String>, polling: Polling) -> Self {
        self.endpoints.insert(endpoint.into(), polling);
        self
    }

    /// Which shards a request to `endpoint` is for.
    #[must_use]
    pub fn of(&self, endpoint: &str) -> Polling {
        self.endpoints.get(endpoint).copied().unwrap_or(self.rest)
    }
}

/// An Executor in shards, as one [`Call`]: a gateway of one Deployment.
pub struct Head {
    name: Arc<str>,
    shards: Vec<Arc<dyn Call>>,
    polling: PollingTable,
    before: Option<Arc<dyn Call>>,
    after: Option<Arc<dyn Call>>,
    reduce: bool,
    next: AtomicUsize,
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("name", &self.name)
            .field("shards", &self.shards.len())
            .field("polling", &self.polling)
            .finish_non_exhaustive()
    }
}

impl Head {
    /// The head of the Executor `name`, whose shards are `shards`. Answers of several shards are merged by
    /// Document id.
    #[must_use]
    pub fn new(name: Arc<str>, shards: Vec<Arc<dyn Call>>, polling: PollingTable) -> Self {
        Self {
            name,
            shards,
            polling,
            before: None,
            after: None,
            reduce: true,
            next: AtomicUsize::new(0),
        }
    }

    /// The head with an Executor that sees each request once, before the shards do.
    #[must_use]
    pub fn before(mut self, executor: Arc<dyn Call>) -> Self {
        self.before = Some(executor);
        self
    }

    /// The head with an Executor that is given the answers of all shards, and answers for them.
    #[must_use]
    pub fn after(mut self, executor: Arc<dyn Call>) -> Self {
        self.after = Some(executor);
        self
    }

    /// Whether answers of several shards are merged by Document id; otherwise they come one after another.
    #[must_use]
    pub fn reduce(mut self, reduce: bool) -> Self {
        self.reduce = reduce;
        self
    }

    async fn answer(&self, mut request: CallRequest) -> Result<CallReply, Error> {
        let mut whole = CallReply::default();
        if let Some(before) = &self.before
            && before.serves(&request.endpoint)
        {
            let reply = before.call(request.clone()).await?;
            whole.results = reply.results;
            if let Some(payload) = reply.payload {
                request.branches = vec![self.branch("uses_before", payload.clone())];
                whole.payload = Some(payload);
            }
        }
        let serves = |shard: &Arc<dyn Call>| shard.serves(&request.endpoint);
        let none_serves = !self.shards.is_empty() && !self.shards.iter().any(serves);
        let answers = match self.polling.of(&request.endpoint) {
            // Who stands around the shards may know an endpoint that they do not.
            _ if none_serves => vec![(0, CallReply::default())],
            Polling::Any => vec![self.ask_one(&request).await?],
            Polling::All => self.ask_all(&request, &mut whole).await?,
        };
        let sent = || request.branches.iter().map(|branch| branch.payload.clone());
        let mut branches = Vec::with_capacity(answers.len());
        let mut changed = whole.payload.is_some();
        for (shard, mut reply) in answers {
            whole.results.append(&mut reply.results);
            changed |= reply.payload.is_some();
            let payload = match reply.payload {
                Some(payload) => payload,
                None => join::concatenated(sent()),
            };
            branches.push(self.branch(&format!("shard-{shard}"), payload));
        }
        if let Some(after) = &self.after
            && after.serves(&request.endpoint)
        {
            let together = join::concatenated(branches.iter().map(|b| b.payload.clone()));
            request.branches = branches;
            let mut reply = after.call(request).await?;
            whole.results.append(&mut reply.results);
            whole.payload = Some(reply.payload.unwrap_or(together));
            return Ok(whole);
        }
        whole.payload = match (branches.len(), changed) {
            (_, false) => None,
            (0 | 1, true) => branches.pop().map(|branch| branch.payload),
            (_, true) if self.reduce => Some(join::reduced(&branches)?),
            (_, true) => Some(join::concatenated(branches.into_iter().map(|b| b.payload))),
        };
        Ok(whole)
    }

    fn branch(&self, part: &str, payload: Payload) -> Branch {
        Branch {
            from: format!("{}/{part}", self.name).into(),
            payload,
        }
    }

    async fn ask_one(&self, request: &CallRequest) -> Result<(usize, CallReply), Error> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.shards.len().max(1);
        match self.shards.get(turn) {
            Some(shard) => Ok((turn, shard.call(request.clone()).await?)),
            None => Err(self.empty()),
        }
    }

    /// Asks every shard. Those that fail are left out while one answers.
    async fn ask_all(
        &self,
        request: &CallRequest,
        whole: &mut CallReply,
    ) -> Result<Vec<(usize, CallReply)>, Error> {
        let calls = self.shards.iter().map(|shard| shard.call(request.clone()));
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        for (shard, outcome) in join_all(calls).await.into_iter().enumerate() {
            match outcome {
                Ok(reply) => answers.push((shard, reply)),
                Err(error) => failures.push((shard, error)),
            }
        }
        if !answers.is_empty() {
            if !failures.is_empty() {
                let why: Vec<String> = failures
                    .iter()
                    .map(|(shard, error)| format!("shard-{shard}: {}", error.message()))
                    .collect();
                whole.partial = Some(format!(
                    "{} of {} shards failed: {}",
                    failures.len(),
                    self.shards.len(),
                    why.join("; ")
                ));
            }
            return Ok(answers);
        }
        // An exception of user code tells more than a worker that is not there.
        let told = failures
            .iter()
            .position(|(_, error)| error.kind() == ErrorKind::Executor);
        match failures.into_iter().nth(told.unwrap_or_default()) {
            Some((_, error)) => Err(error),
            None => Err(self.empty()),
        }
    }

    fn empty(&self) -> Error {
        Error::new(
            ErrorKind::Internal,
            format!("Executor '{}' has no shards", self.name),
        )
    }

    fn parts(&self) -> impl Iterator<Item = &Arc<dyn Call>> {
        let around = self.before.iter().chain(&self.after);
        self.shards.iter().chain(around)
    }
}

impl Call for Head {
    fn call(&self, request: CallRequest) -> CallFuture<'_> {
        Box::pin(self.answer(request))
    }

    fn serves(&self, endpoint: &str) -> bool {
        self.parts().any(|part| part.serves(endpoint))
    }

    fn endpoints(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for endpoint in self.parts().flat_map(|part| part.endpoints()) {
            if !all.contains(&endpoint) {
                all.push(endpoint);
            }
        }
        all
    }

    fn flush(&self) {
        self.parts().for_each(|part| part.flush());
    }

    fn ready(&self) -> Result<(), Error> {
        self.parts().try_for_each(|part| part.ready())
    }
}
