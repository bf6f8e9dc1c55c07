//! What happens while a Flow runs, told to a Python callable by a thread made for it.
//!
//! The runtime's threads only put lines into a queue: they never touch Python.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::prelude::*;
use tidegate_core::Error;
use tidegate_orchestrator::{Event, EventSink};

/// Lines that may wait to be told; more are dropped.
const QUEUE: usize = 1024;
/// How long the thread may take over what is left when the Flow has closed.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// One line for a person.
struct Notice {
    kind: &'static str,
    pod: String,
    message: String,
}

/// The queue, and the thread that empties it.
#[derive(Default)]
pub(super) struct Notices(Mutex<Option<Teller>>);

struct Teller {
    queue: SyncSender<Notice>,
    ended: Receiver<()>,
}

impl Notices {
    /// Has every notice from now on told to `handler(kind, pod, message)`.
    pub(super) fn tell_to(&self, handler: Py<PyAny>) -> io::Result<()> {
        let (queue, notices) = sync_channel(QUEUE);
        let (end, ended) = sync_channel(1);
        std::thread::Builder::new()
            .name("tidegate-notices".to_owned())
            .spawn(move || {
                tell(handler, &notices);
                drop(end);
            })?;
        *self.0.lock() = Some(Teller { queue, ended });
        Ok(())
    }

    /// Adds a notice; dropped where nobody listens, or where too many wait.
    pub(super) fn add(&self, kind: &'static str, pod: &str, message: String) {
        if let Some(teller) = &*self.0.lock() {
            let notice = Notice {
                kind,
                pod: pod.to_owned(),
                message,
            };
            match teller.queue.try_send(notice) {
                Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
            }
        }
    }

    /// Waits until all has been told; to be called without the GIL.
    pub(super) fn close(&self) {
        let teller = self.0.lock().take();
        if let Some(Teller { queue, ended }) = teller {
            drop(queue);
            // It says nothing, it only goes away.
            let _ = ended.recv_timeout(LAST_WORDS);
        }
    }
}

fn tell(handler: Py<PyAny>, notices: &Receiver<Notice>) {
    while let Ok(notice) = notices.recv() {
        let told = Python::try_attach(|py| {
            let Notice { kind, pod, message } = notice;
            if let Err(error) = handler.call1(py, (kind, pod, message)) {
                error.write_unraisable(py, Some(handler.bind(py)));
            }
        });
        if told.is_none() {
            break;
        }
    }
    // Without an interpreter there is nobody to give it back to.
    let mut handler = Some(handler);
    let _ = Python::try_attach(|_| drop(handler.take()));
    std::mem::forget(handler);
}

impl EventSink for Notices {
    fn event(&self, event: Event) {
        match event {
            Event::Died {
                pod,
                cause,
                restart_in,
            } => {
                let then = match restart_in {
                    Some(delay) => format!("; it is restarted in {:.1} s", delay.as_secs_f64()),
                    None => String::new(),
                };
                self.add(
                    "died",
                    &pod,
                    format!("{}{then}{}", cause.message(), traceback(&cause)),
                );
            }
            Event::Restarted { pod, .. } => {
                let message = format!("`{pod}` serves again");
                self.add("restarted", &pod, message);
            }
            Event::CrashLoop { pod, deaths, cause } => {
                let message = format!(
                    "`{pod}` died {deaths} times within a minute and is not restarted any more; last: {}{}",
                    cause.message(),
                    traceback(&cause)
                );
                self.add("crash-loop", &pod, message);
            }
            Event::Forced { pod } => {
                let message = format!("`{pod}` did not leave in time and was killed");
                self.add("forced", &pod, message);
            }
            _ => {}
        }
    }
}

/// The traceback of what kept a worker from starting again, on lines of its own.
fn traceback(cause: &Error) -> String {
    match cause.exception() {
        Some(exception) if !exception.stacks.is_empty() => {
            format!("\n{}", exception.stacks.concat().trim_end())
        }
        _ => String::new(),
    }
}
