//! What is known of every Pod while the supervisor runs.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::events::{Event, EventSink};

/// Where a Pod is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Spawned or about to be; not ready yet.
    Starting,
    /// It serves.
    Ready,
    /// It died, and its successor is not ready yet.
    Restarting,
    /// It finishes what runs and leaves.
    Draining,
    /// It died too often, or could not start.
    Failed,
    /// It has left.
    Stopped,
}

impl Phase {
    /// The phase's name in logs and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Restarting => "restarting",
            Self::Draining => "draining",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A Pod as it is now.
#[derive(Debug, Clone)]
pub struct PodState {
    /// Its name, such as `executor0/rep-0`.
    pub pod: Arc<str>,
    /// Its process, where there is one.
    pub pid: Option<u32>,
    /// Where it is in its life.
    pub phase: Phase,
    /// How often it has been restarted.
    pub restarts: u64,
}

/// The table of all Pods; a keeper writes its own row.
pub(crate) struct Board {
    rows: Mutex<Vec<PodState>>,
    events: Arc<dyn EventSink>,
}

impl Board {
    pub(crate) fn new(
        pods: impl IntoIterator<Item = Arc<str>>,
        events: Arc<dyn EventSink>,
    ) -> Self {
        let rows = pods
            .into_iter()
            .map(|pod| PodState {
                pod,
                pid: None,
                phase: Phase::Starting,
                restarts: 0,
            })
            .collect();
        Self {
            rows: Mutex::new(rows),
            events,
        }
    }

    pub(crate) fn rows(&self) -> Vec<PodState> {
        self.rows.lock().clone()
    }

    pub(crate) fn pod(&self, row: usize) -> Arc<str> {
        self.rows.lock()[row].pod.clone()
    }

    /// Changes a row.
    pub(crate) fn update(&self, row: usize, change: impl FnOnce(&mut PodState)) {
        change(&mut self.rows.lock()[row]);
    }

    /// The Pods that have not been ready yet.
    pub(crate) fn awaited(&self) -> Vec<Arc<str>> {
        let rows = self.rows.lock();
        rows.iter()
            .filter(|row| row.phase == Phase::Starting)
            .map(|row| row.pod.clone())
            .collect()
    }

    pub(crate) fn tell(&self, event: Event) {
        self.events.event(event);
    }

    /// Tells who is awaited, if anybody is.
    pub(crate) fn tell_awaited(&self) {
        let pods = self.awaited();
        if !pods.is_empty() {
            self.tell(Event::Waiting { pods });
        }
    }
}
