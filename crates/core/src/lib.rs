//! The vocabulary that every room shares: errors, requests, calls.
//!
//! Pure data and one trait. No runtime, no sockets, no Python.

pub mod call;
pub mod error;
pub mod graph;
pub mod request;
pub mod spec;

pub use call::{Branch, Call, CallFuture, CallReply, CallRequest, Results};
pub use error::{Error, ErrorKind, RemoteException, Retry};
pub use request::{Header, Payload, Request, Route, Status, StatusCode, Timestamp};
