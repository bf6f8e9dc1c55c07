//! Ending a server: first it drains, then it is cut.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A switch that many may hold: [`begin`](Shutdown::begin) stops every server that was given a clone.
#[derive(Debug, Clone)]
pub struct Shutdown {
    cut_at: watch::Sender<Option<Instant>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// A switch that is off.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cut_at: watch::Sender::new(None),
        }
    }

    /// Begins to drain: nothing new is taken, and what is in progress has `grace` to end before it is cut.
    ///
    /// Said again, the earlier end counts: `begin(Duration::ZERO)` cuts at once.
    pub fn begin(&self, grace: Duration) {
        let now = Instant::now();
        // A grace too long for the clock is as good as a year.
        let year = Duration::from_secs(365 * 24 * 3600);
        let at = now.checked_add(grace).unwrap_or(now + year);
        self.cut_at.send_if_modified(|cut_at| {
            let sooner = cut_at.is_none_or(|earlier| at < earlier);
            if sooner {
                *cut_at = Some(at);
            }
            sooner
        });
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.cut_at.borrow().is_some()
    }

    /// Returns once it has begun.
    pub async fn begun(&self) {
        let mut changes = self.cut_at.subscribe();
        // The sender lives as long as `self`.
        let _ = changes.wait_for(Option::is_some).await;
    }

    /// Returns once the grace is over.
    pub(crate) async fn cut(&self) {
        let mut changes = self.cut_at.subscribe();
        loop {
            let cut_at = *changes.borrow_and_update();
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = sleep_until(cut_at) => return,
            }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
