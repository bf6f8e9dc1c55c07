//! Noticing that nothing happens.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Measures how long something has been idle, with one timer however often it is busy in between.
pub(crate) struct Idle {
    limit: Duration,
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            since: None,
            timer: None,
        }
    }

    /// Says that it is busy.
    pub(crate) fn busy(&mut self) {
        self.since = None;
    }

    /// Says that it is idle; ready once it has been for too long.
    pub(crate) fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        let Some(over) = since.checked_add(self.limit) else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(over)));
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= over {
                return Poll::Ready(());
            }
            // It was set when this was idle before.
            timer.as_mut().reset(over);
        }
        Poll::Pending
    }
}
