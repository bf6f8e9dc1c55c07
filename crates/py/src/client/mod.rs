//! The client: one native stream for each `post`, waited for by a thread or by an event loop.

mod channel;
mod documents;
mod drive;
mod header;
mod mailbox;
mod response;
mod stream;
mod wake;

use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<channel::ClientChannel>()?;
    module.add_class::<stream::CallStream>()?;
    module.add_class::<response::PyResponse>()?;
    module.add_class::<response::PyData>()?;
    module.add_class::<header::PyHeader>()?;
    module.add_class::<header::PyStatus>()?;
    module.add_class::<header::PyRemoteException>()?;
    module.add_class::<header::PyRoute>()?;
    module.add_class::<header::PyTimestamp>()?;
    Ok(())
}
