//! When to restart what died, and when to stop trying.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
/// A life this long wipes the slate clean.
const SERVED_WELL: Duration = Duration::from_secs(30);
/// This many deaths within [`WINDOW`] are a crash loop.
const DEATHS: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);

/// What to do about a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Spawn again after this long.
    Restart(Duration),
    /// That was one death too many; how many there were.
    GiveUp(usize),
}

/// The deaths of one replica.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    deaths: VecDeque<Instant>,
    tries: u32,
}

impl Backoff {
    /// Counts a death at `now` after having served for `served`.
    pub(crate) fn died(&mut self, now: Instant, served: Duration) -> Verdict {
        if served >= SERVED_WELL {
            self.tries = 0;
        }
        while self
            .deaths
            .front()
            .is_some_and(|at| now.duration_since(*at) > WINDOW)
        {
            self.deaths.pop_front();
        }
        self.deaths.push_back(now);
        if self.deaths.len() >= DEATHS {
            return Verdict::GiveUp(self.deaths.len());
        }
        let delay = SHORTEST
            .saturating_mul(1 << self.tries.min(16))
            .min(LONGEST);
        self.tries += 1;
        // Up to half as much again, so that replicas which died together do not start together.
        let jitter = delay.mul_f64(0.5 * random());
        Verdict::Restart((delay + jitter).min(LONGEST))
    }
}

/// A number from 0 to 1, good enough to spread restarts.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_until_the_fifth_death() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for base in [100, 200, 400, 800] {
            let Verdict::Restart(delay) = backoff.died(now, Duration::ZERO) else {
                unreachable!("gave up early")
            };
            let base = Duration::from_millis(base);
            assert!(
                delay >= base && delay <= base * 3 / 2,
                "{delay:?} for {base:?}"
            );
        }
        assert_eq!(backoff.died(now, Duration::ZERO), Verdict::GiveUp(5));
    }

    #[test]
    fn old_deaths_are_forgotten_and_long_lives_reset() {
        let (mut backoff, mut now) = (Backoff::default(), Instant::now());
        for _ in 0..50 {
            now += Duration::from_secs(31);
            let verdict = backoff.died(now, Duration::from_secs(30));
            assert!(matches!(verdict, Verdict::Restart(d) if d <= Duration::from_millis(150)));
        }
    }

    #[test]
    fn no_delay_is_over_the_longest() {
        let (mut backoff, mut now) = (Backoff::default(), Instant::now());
        for _ in 0..40 {
            now += Duration::from_secs(20);
            assert!(
                matches!(backoff.died(now, Duration::ZERO), Verdict::Restart(d) if d <= LONGEST)
            );
        }
    }
}
