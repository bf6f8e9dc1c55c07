//! A server and a client over loopback, with services that need no worker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod flow_control;
mod hostile;
mod order;
mod other_clients;
mod refusals;
mod services;
mod stopping;
