//! What a supervisor has to tell.

use std::sync::Arc;
use std::time::Duration;

use tidegate_core::Error;

/// Something that happened to a Pod.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// These are not ready yet; told at the start and whenever the list gets shorter.
    Waiting {
        /// The Pods' names.
        pods: Vec<Arc<str>>,
    },
    /// A Pod serves for the first time.
    Ready {
        /// The Pod's name.
        pod: Arc<str>,
        /// Its process.
        pid: u32,
    },
    /// A Pod that served, or was being restarted, has died.
    Died {
        /// The Pod's name.
        pod: Arc<str>,
        /// What ended it.
        cause: Arc<Error>,
        /// When the next one is spawned; `None` where none will be.
        restart_in: Option<Duration>,
    },
    /// A Pod serves again.
    Restarted {
        /// The Pod's name.
        pod: Arc<str>,
        /// Its new process.
        pid: u32,
    },
    /// A Pod died too often and stays down.
    CrashLoop {
        /// The Pod's name.
        pod: Arc<str>,
        /// How often it died within a minute.
        deaths: usize,
        /// What ended it last.
        cause: Arc<Error>,
    },
    /// A Pod did not leave when asked to, and was ended.
    Forced {
        /// The Pod's name.
        pod: Arc<str>,
    },
}

/// Takes what a supervisor has to tell. Called from its tasks: it must not block.
pub trait EventSink: Send + Sync {
    /// Takes one event.
    fn event(&self, event: Event);
}
