//! Where the Pods of a Flow run: a supervisor that spawns local workers, watches them, restarts the
//! ones that die, and leaves no process behind.
//!
//! The library prints nothing: what happens is told to an [`EventSink`].

mod backoff;
mod deployment;
mod events;
mod exit;
mod handshake;
mod keeper;
mod launch;
mod process;
mod send_timeout;
mod state;
mod supervisor;

pub use deployment::Deployment;
pub use events::{Event, EventSink};
pub use send_timeout::SendTimeout;
pub use state::{Phase, PodState};
pub use supervisor::Supervisor;
