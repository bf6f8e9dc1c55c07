//! The gateway, over Executors that the tests play.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dispatch;
mod end_to_end;
mod executors;
mod graph;
mod head;
mod parameters;
mod structs;
mod target;
