//! Runs calls: async ones as Tasks on the loop, sync ones on their thread.
//!
//! All methods that take `py` run on the loop's thread, but [`Engine::run_sync`], which is the body of
//! the thread for sync methods. The state is behind a lock that is never held while Python runs, not
//! even for the drop of an object.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::{Error, ErrorKind, Retry};
use tidegate_transport::frames::Lane;

use super::answer::{self, Begun, Stop};
use super::arguments::{self, Arguments};
use super::callback::Callback;
use super::calls::{Call, Command, Replies};
use super::endpoint::{Entry, Table};
use super::sync_lane::{Batch, Job, SyncLane, Ticket};
use super::task::TaskMaker;
use super::wake::Wake;

/// The most calls started in one turn of the loop.
const TURN_CALLS: usize = 256;
/// How long one turn may start calls.
const TURN_TIME: Duration = Duration::from_millis(2);
/// How long answers may wait for the calls behind them to take their first step.
const HOLD_TIME: Duration = Duration::from_micros(500);

/// What an engine is made of.
pub(crate) struct Parts<'py> {
    pub(crate) looper: Bound<'py, PyAny>,
    /// The context that every call's own is copied from.
    pub(crate) context: Bound<'py, PyAny>,
    pub(crate) table: Table,
    pub(crate) replies: Arc<dyn Replies>,
    /// The most calls that run at once; more wait.
    pub(crate) max_in_flight: usize,
    /// Called once on the loop when a drain has come to its end.
    pub(crate) on_idle: Bound<'py, PyAny>,
    /// Wakes the loop.
    pub(crate) wake: Arc<Wake>,
}

/// See the module.
pub(crate) struct Engine {
    call_soon: Py<PyAny>,
    context: Py<PyAny>,
    /// For our own callbacks: they need no copy of anybody's.
    quiet_context: Py<PyAny>,
    iscoroutine: Py<PyAny>,
    on_idle: Py<PyAny>,
    tasks: TaskMaker,
    table: Table,
    replies: Arc<dyn Replies>,
    lane: SyncLane,
    wake: Arc<Wake>,
    max_in_flight: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: HashMap<u64, Live>,
    /// Calls that have come and not been started yet.
    waiting: VecDeque<Call>,
    /// Those of them that nobody waits for any more.
    unwanted: HashSet<u64>,
    turn_due: bool,
    flush_due: bool,
    draining: bool,
    idle_told: bool,
}

/// A call that has been started or handed to the sync thread.
enum Live {
    Task {
        task: Py<PyAny>,
        begun: Begun,
        stopped: Option<Stop>,
    },
    Sync(Arc<Ticket>),
}

impl Engine {
    pub(crate) fn new(py: Python<'_>, parts: Parts<'_>) -> PyResult<Arc<Self>> {
        let contextvars = py.import("contextvars")?;
        Ok(Arc::new(Self {
            call_soon: parts.looper.getattr("call_soon")?.unbind(),
            context: parts.context.unbind(),
            quiet_context: contextvars.call_method0("Context")?.unbind(),
            iscoroutine: py.import("asyncio")?.getattr("iscoroutine")?.unbind(),
            on_idle: parts.on_idle.unbind(),
            tasks: TaskMaker::new(&parts.looper)?,
            table: parts.table,
            replies: parts.replies,
            lane: SyncLane::default(),
            wake: parts.wake,
            max_in_flight: parts.max_in_flight.max(1),
            state: Mutex::new(State::default()),
        }))
    }

    /// Wakes the loop; whoever watches the descriptor calls [`Engine::woken`].
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Takes commands and runs a turn.
    pub(crate) fn take(
        self: &Arc<Self>,
        py: Python<'_>,
        commands: impl Iterator<Item = Command>,
    ) -> PyResult<()> {
        let mut cancels = Vec::new();
        for command in commands {
            match command {
                Command::Start(call) => self.admit(call),
                Command::Cancel(id) => cancels.push(id),
            }
        }
        for id in cancels {
            self.cancel(py, id, Stop::CallerGone)?;
        }
        self.turn(py)
    }

    /// Puts a call in the line, or refuses it.
    fn admit(&self, call: Call) {
        let mut state = self.state.lock();
        if state.draining {
            drop(state);
            self.refuse(call.id);
        } else if state.waiting.len() >= self.max_in_flight {
            drop(state);
            let message = format!(
                "the Executor has {} calls waiting already",
                self.max_in_flight
            );
            let error = Error::new(ErrorKind::Overloaded, message);
            self.replies
                .reply(call.id, Err(error.with_retry(Retry::NeverStarted)));
        } else {
            state.waiting.push_back(call);
        }
    }

    /// Answers a call that comes too late.
    pub(crate) fn refuse(&self, id: u64) {
        let message = "the Executor is ending and takes no new calls";
        let error = Error::new(ErrorKind::Unavailable, message);
        self.replies
            .reply(id, Err(error.with_retry(Retry::NeverStarted)));
    }

    /// Starts what waits, within the bounds of a turn, and hands the answers on.
    fn turn(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let began = Instant::now();
        let mut handed_on = began;
        let mut count = 0;
        let within_task = self.tasks.is_within_task(py);
        while let Some(call) = self.next_waiting() {
            self.start(py, call, within_task)?;
            count += 1;
            let now = Instant::now();
            if count >= TURN_CALLS || now - began >= TURN_TIME {
                self.schedule_turn(py)?;
                break;
            }
            if now - handed_on >= HOLD_TIME {
                self.replies.flush();
                handed_on = now;
            }
        }
        self.flush(py)
    }

    /// The next call to start, unless too many run.
    fn next_waiting(&self) -> Option<Call> {
        if self.replies.is_congested() {
            return None;
        }
        loop {
            let mut state = self.state.lock();
            if state.live.len() >= self.max_in_flight {
                return None;
            }
            let call = state.waiting.pop_front()?;
            if state.unwanted.is_empty() || !state.unwanted.remove(&call.id) {
                return Some(call);
            }
            drop(state);
            self.never_started(call.id, Stop::CallerGone);
        }
    }

    fn never_started(&self, id: u64, stop: Stop) {
        self.replies
            .reply(id, Err(stop.error().with_retry(Retry::NeverStarted)));
    }

    fn start(self: &Arc<Self>, py: Python<'_>, call: Call, within_task: bool) -> PyResult<()> {
        let Some(entry) = self.table.entries.get(call.endpoint) else {
            let message = format!(
                "{} has no endpoint number {}",
                self.table.executor, call.endpoint
            );
            self.replies
                .reply(call.id, Err(Error::new(ErrorKind::Protocol, message)));
            return Ok(());
        };
        if !entry.is_async {
            let ticket = Arc::new(Ticket::default());
            self.state
                .lock()
                .live
                .insert(call.id, Live::Sync(Arc::clone(&ticket)));
            self.lane.push(Job { call, ticket });
            return Ok(());
        }
        let Some(arguments) = self.begin(py, Lane::Async, entry, &call) else {
            return Ok(());
        };
        let begun = Begun {
            endpoint: call.endpoint,
            given: arguments.given,
        };
        let ended = match self.first_step(entry, &arguments.keywords, within_task) {
            Ok(First::Returned(value)) => Ok(value),
            Ok(First::Suspended(task)) => return self.keep(call.id, task, begun),
            Err(raised) => Err(raised),
        };
        self.replies
            .reply(call.id, answer::make(&self.table, &begun, ended, None, py));
        Ok(())
    }

    /// Checks the deadline, writes down the start and makes the arguments. `None`: it has been answered.
    fn begin<'py>(
        &self,
        py: Python<'py>,
        lane: Lane,
        entry: &Entry,
        call: &Call,
    ) -> Option<Arguments<'py>> {
        let made = if call
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            let message = "the deadline passed before the call was started";
            Err(Error::new(ErrorKind::DeadlineExceeded, message).with_retry(Retry::NeverStarted))
        } else if let Err(error) = self.replies.starting(lane, call.id) {
            let message = "the start of the call could not be written down";
            Err(Error::new(ErrorKind::Internal, message).with_source(error))
        } else {
            arguments::build(py, entry.wanted, call)
        };
        match made {
            Ok(arguments) => Some(arguments),
            Err(error) => {
                self.replies.reply(call.id, Err(error));
                None
            }
        }
    }

    /// A context for one call: what it sets, no other call sees.
    fn own_context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.context.bind(py).call_method0(intern!(py, "copy"))
    }

    fn first_step<'py>(
        &self,
        entry: &Entry,
        keywords: &Bound<'py, PyDict>,
        within_task: bool,
    ) -> PyResult<First<'py>> {
        let py = keywords.py();
        let context = self.own_context(py)?;
        let handler = entry.handler.bind(py);
        let mut coroutine = if entry.is_plain {
            handler.call((), Some(keywords))?
        } else {
            context.call_method(intern!(py, "run"), (handler,), Some(keywords))?
        };
        if !entry.is_plain
            && !self
                .iscoroutine
                .bind(py)
                .call1((&coroutine,))?
                .is_truthy()?
        {
            if !coroutine.hasattr(intern!(py, "__await__"))? {
                return Ok(First::Returned(coroutine));
            }
            coroutine = py
                .import("tidegate._serving")?
                .call_method1("await_it", (coroutine,))?;
        }
        let task = self.tasks.start(&coroutine, &context, within_task)?;
        if task.call_method0(intern!(py, "done"))?.is_truthy()? {
            return Ok(First::Returned(task.call_method0(intern!(py, "result"))?));
        }
        Ok(First::Suspended(task))
    }

    /// Keeps a Task that is not done yet, and has its end answered.
    fn keep(self: &Arc<Self>, id: u64, task: Bound<'_, PyAny>, begun: Begun) -> PyResult<()> {
        let py = task.py();
        let kept = task.clone().unbind();
        self.state.lock().live.insert(
            id,
            Live::Task {
                task: kept,
                begun,
                stopped: None,
            },
        );
        let engine = Arc::clone(self);
        let finish = Callback::new(py, move |py, _| engine.finished(py, id))?;
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "context"), &self.quiet_context)?;
        task.call_method(intern!(py, "add_done_callback"), (finish,), Some(&keywords))?;
        Ok(())
    }

    fn finished(self: &Arc<Self>, py: Python<'_>, id: u64) -> PyResult<()> {
        let (live, more) = {
            let mut state = self.state.lock();
            (state.live.remove(&id), !state.waiting.is_empty())
        };
        if let Some(Live::Task {
            task,
            begun,
            stopped,
        }) = live
        {
            let ended = task.bind(py).call_method0(intern!(py, "result"));
            self.replies
                .reply(id, answer::make(&self.table, &begun, ended, stopped, py));
        }
        if more {
            self.schedule_turn(py)
        } else {
            self.schedule_flush(py)
        }
    }

    /// Tells the call to stop.
    fn cancel(&self, py: Python<'_>, id: u64, stop: Stop) -> PyResult<()> {
        let mut state = self.state.lock();
        let dropped = match state.live.get_mut(&id) {
            Some(Live::Task { task, stopped, .. }) => {
                let task = task.clone_ref(py);
                *stopped = Some(stop);
                drop(state);
                task.bind(py).call_method0(intern!(py, "cancel"))?;
                return Ok(());
            }
            Some(Live::Sync(ticket)) => ticket.drop_queued(),
            None => {
                if !state.waiting.is_empty() {
                    state.unwanted.insert(id);
                }
                false
            }
        };
        if dropped {
            state.live.remove(&id);
        }
        drop(state);
        if dropped {
            self.never_started(id, stop);
        }
        Ok(())
    }

    fn schedule_turn(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        if std::mem::replace(&mut self.state.lock().turn_due, true) {
            return Ok(());
        }
        let engine = Arc::clone(self);
        let turn = Callback::new(py, move |py, _| {
            engine.state.lock().turn_due = false;
            engine.turn(py)
        })?;
        self.soon(py, turn)
    }

    fn schedule_flush(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        if std::mem::replace(&mut self.state.lock().flush_due, true) {
            return Ok(());
        }
        let engine = Arc::clone(self);
        let flush = Callback::new(py, move |py, _| {
            engine.state.lock().flush_due = false;
            engine.flush(py)
        })?;
        self.soon(py, flush)
    }

    fn soon(&self, py: Python<'_>, callback: Py<Callback>) -> PyResult<()> {
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "context"), &self.quiet_context)?;
        self.call_soon.bind(py).call((callback,), Some(&keywords))?;
        Ok(())
    }

    /// Hands answers on, and ends a drain when nothing is left.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.replies.flush();
        if self.replies.needs_loop() {
            self.wake.wake();
        }
        let told = {
            let mut state = self.state.lock();
            if state.waiting.is_empty() {
                state.unwanted.clear();
            }
            let idle = state.draining && state.live.is_empty() && state.waiting.is_empty();
            !idle || std::mem::replace(&mut state.idle_told, true)
        };
        if !told {
            self.on_idle.bind(py).call0()?;
        }
        Ok(())
    }

    /// The loop's answer to [`Wake::wake`].
    pub(crate) fn woken(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        self.turn(py)
    }

    /// Takes no more calls; `on_idle` is called when those that are there have ended.
    pub(crate) fn drain(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        self.state.lock().draining = true;
        self.schedule_turn(py)
    }

    /// Tells every call to stop, started or not.
    pub(crate) fn cancel_all(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let (waiting, live) = {
            let mut state = self.state.lock();
            let waiting = std::mem::take(&mut state.waiting);
            (waiting, state.live.keys().copied().collect::<Vec<_>>())
        };
        for call in waiting {
            self.never_started(call.id, Stop::Ending);
        }
        for id in live {
            self.cancel(py, id, Stop::Ending)?;
        }
        self.schedule_turn(py)
    }

    /// Ends the thread for sync methods, after the call that it is running.
    pub(crate) fn end_sync(&self) {
        self.lane.end();
    }

    /// The body of the thread for sync methods; returns when [`Engine::end_sync`] has been called.
    pub(crate) fn run_sync(&self, py: Python<'_>) -> PyResult<()> {
        while py.detach(|| self.lane.wait()) {
            let mut batch = Batch::new();
            while let Some(job) = self.lane.try_next() {
                if job.ticket.start() {
                    self.run_one(py, &job.call);
                }
                if batch.count() {
                    break;
                }
            }
            py.detach(|| self.replies.flush());
            let state = self.state.lock();
            let wanted = !state.waiting.is_empty() || state.draining;
            drop(state);
            if wanted || self.replies.needs_loop() {
                self.wake.wake();
            }
        }
        Ok(())
    }

    fn run_one(&self, py: Python<'_>, call: &Call) {
        let Some(entry) = self.table.entries.get(call.endpoint) else {
            return;
        };
        if let Some(arguments) = self.begin(py, Lane::Sync, entry, call) {
            let begun = Begun {
                endpoint: call.endpoint,
                given: arguments.given,
            };
            let handler = (&entry.handler,);
            let ended = self.own_context(py).and_then(|context| {
                context.call_method(intern!(py, "run"), handler, Some(&arguments.keywords))
            });
            let answer = answer::make(&self.table, &begun, ended, None, py);
            self.replies.reply(call.id, answer);
        }
        let live = self.state.lock().live.remove(&call.id);
        drop(live);
    }
}

/// How a first step went.
enum First<'py> {
    Returned(Bound<'py, PyAny>),
    Suspended(Bound<'py, PyAny>),
}
