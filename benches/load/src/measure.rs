//! How long each call took, and what is told of all of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What each call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// One small Document, that nothing is done to.
    Noop,
    /// 100 Documents, each of whose texts is changed.
    Echo,
}

/// What is asked of a way of calling.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Where the server listens, on 127.0.0.1.
    pub port: u16,
    /// How many calls are open at any time.
    pub in_flight: usize,
    /// How long calls are started for.
    pub lasts: Duration,
    /// What each call asks for.
    pub asked: Asked,
}

/// The calls that ended well.
#[derive(Debug)]
pub struct Taken {
    began: Instant,
    ended: Instant,
    each: Vec<Duration>,
}

impl Taken {
    /// Begins to count.
    pub fn begin() -> Self {
        let now = Instant::now();
        Self {
            began: now,
            ended: now,
            each: Vec::new(),
        }
    }

    /// Adds a call that was sent at `sent` and has been answered now.
    pub fn answered(&mut self, sent: Instant) {
        self.ended = Instant::now();
        self.each.push(self.ended - sent);
    }

    /// Adds the calls that another counted.
    pub fn join(&mut self, other: Taken) {
        self.ended = self.ended.max(other.ended);
        self.each.extend(other.each);
    }

    /// Calls, seconds, calls a second, and percentiles in microseconds.
    pub fn told(mut self) -> Value {
        self.each.sort_unstable();
        let seconds = (self.ended - self.began).as_secs_f64();
        let at = |share: f64| {
            let index = (self.each.len().saturating_sub(1) as f64 * share).round() as usize;
            self.each.get(index).map_or(0, Duration::as_micros) as u64
        };
        json!({
            "calls": self.each.len(),
            "seconds": seconds,
            "per_second": self.each.len() as f64 / seconds,
            "p50_us": at(0.5),
            "p99_us": at(0.99),
        })
    }
}
