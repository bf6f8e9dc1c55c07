//! The client: one native stream for each `post`, waited for by a thread or by an event loop.

mod channel;
mod documents;
mod drive;
mod header;
mod mailbox;
mod response;
mod stream;
mod wake;

pub(crate) use channel::ClientChannel;
pub(crate) use header::{PyHeader, PyRemoteException, PyRoute, PyStatus, PyTimestamp};
pub(crate) use response::{PyData, PyResponse};
pub(crate) use stream::CallStream;
