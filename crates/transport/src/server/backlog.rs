//! What the answers that lie unsent in all streams may come to, together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes of answers that clients have not read yet, over all streams of a server.
#[derive(Debug)]
pub(crate) struct Backlog {
    limit: usize,
    bytes: AtomicUsize,
    /// Streams that have any.
    streams: AtomicUsize,
}

impl Backlog {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
        }
    }

    /// Whether a stream with `own` bytes lying unsent must not add `more`: there is no room for all, and
    /// it has at least its share.
    ///
    /// A stream's only answer is never too much, and the largest heap always is: so the sum stays near the
    /// limit, whatever the clients do.
    pub(crate) fn refuses(&self, own: usize, more: usize) -> bool {
        let total = self.bytes.load(Ordering::Relaxed).saturating_add(more);
        let streams = self.streams.load(Ordering::Relaxed).max(1);
        total > self.limit && own > 0 && own.saturating_add(more) >= total / streams
    }

    /// `bytes` more lie in a stream that had `own`.
    pub(crate) fn add(&self, own: usize, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.streams
            .fetch_add(usize::from(own == 0 && bytes > 0), Ordering::Relaxed);
    }

    /// `bytes` of the `own` that lay in a stream have left it.
    pub(crate) fn remove(&self, own: usize, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.streams
            .fetch_sub(usize::from(own == bytes && bytes > 0), Ordering::Relaxed);
    }

    /// The limit in bytes.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_heap_gives_way() {
        let backlog = Backlog::new(100);
        assert!(!backlog.refuses(0, 1000), "the only answer");
        backlog.add(0, 80);
        backlog.add(0, 10);
        assert!(!backlog.refuses(10, 5), "there is room");
        assert!(backlog.refuses(80, 20));
        assert!(!backlog.refuses(10, 20), "less than its share");
        backlog.remove(80, 80);
        assert!(!backlog.refuses(10, 90));
        assert!(backlog.refuses(10, 91));
    }
}
