//! What stands between a request and an Executor's code, whatever language that is in.
//!
//! So far that is the [`Batcher`]: it decides which Documents of which requests are handled together, and
//! when. It holds no Documents, runs nothing and reads no clock; whoever runs the code tells it what comes,
//! goes and ends, and at what time.

mod batcher;

pub use batcher::{
    Batcher, Counts, Ended, Event, Left, Member, Part, QUEUES, Reason, Rule, Slice, Weight, Weights,
};
