//! Document ids: 128 random bits, written as 32 hex digits only when somebody looks.

use std::cell::RefCell;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A random Document id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id([u8; 16]);

const HEX: &[u8; 16] = b"0123456789abcdef";
const POOL: usize = 1024;

/// Counts forks, so that a child never draws from what it inherited.
static FORKS: AtomicU32 = AtomicU32::new(0);

struct Pool {
    bytes: [u8; POOL],
    at: usize,
    forks: u32,
}

thread_local! {
    static RANDOM: RefCell<Pool> =
        const { RefCell::new(Pool { bytes: [0; POOL], at: POOL, forks: 0 }) };
}

impl Id {
    /// A new id from the operating system's random source.
    ///
    /// Drawn in blocks per thread; a process that forks calls [`after_fork`] in the child.
    #[must_use]
    pub fn random() -> Self {
        Self(draw())
    }

    /// No id: what the frame of an empty array has.
    pub(crate) const NONE: Self = Self([0; 16]);

    /// The id of the Document that lies at a place of what has this one, if it came without: always the same,
    /// so that clones that decode it one after the other agree.
    #[must_use]
    pub(crate) fn at(self, place: u32) -> Self {
        let seed = u128::from_le_bytes(self.0);
        // Two rounds of a mixer that is one to one: as random as the seed, and distinct for each place.
        let mixed = [0, 1].into_iter().fold(seed ^ u128::from(place), |z, _| {
            let z = (z ^ (z >> 67)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            z ^ (z >> 61)
        });
        Self(mixed.to_le_bytes())
    }

    /// Its 32 lower-case hex digits, as ASCII.
    #[must_use]
    pub fn hex(&self) -> [u8; 32] {
        let mut out = [0; 32];
        for (pair, byte) in out.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        out
    }
}

/// What an [`Id`] is made of where there are so many Documents that four bytes of each count: 96 random
/// bits of its own, beside which the id has 32 of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdSeed([u32; 3]);

impl IdSeed {
    /// A new seed, drawn as [`Id::random`] draws.
    #[must_use]
    pub fn random() -> Self {
        // Drawn now, so that whoever is forked later has the same.
        let _ = of_process();
        Self([draw(), draw(), draw()].map(u32::from_le_bytes))
    }

    /// Its numbers, from which `from` makes it again.
    #[must_use]
    pub fn numbers(self) -> [u32; 3] {
        self.0
    }

    /// The id: always the same in a process and in what it forks.
    #[must_use]
    pub fn id(self) -> Id {
        let [a, b, c] = self.0;
        let process = of_process();
        // Mixed with the others, so that no two ids look alike.
        let mixed = a.rotate_left(16) ^ b.rotate_left(8).wrapping_mul(0x9e37_79b9) ^ c;
        let words = [a, b, c, process ^ mixed].map(u32::to_le_bytes);
        let mut id = [0; 16];
        id.copy_from_slice(words.as_flattened());
        Id(id)
    }
}

impl From<[u32; 3]> for IdSeed {
    fn from(numbers: [u32; 3]) -> Self {
        Self(numbers)
    }
}

/// What the ids of all seeds of a process share.
fn of_process() -> u32 {
    static OF_PROCESS: OnceLock<[u8; 4]> = OnceLock::new();
    u32::from_le_bytes(*OF_PROCESS.get_or_init(draw))
}

/// Random bytes that nobody else gets.
fn draw<const N: usize>() -> [u8; N] {
    RANDOM.with_borrow_mut(|pool| {
        let forks = FORKS.load(Ordering::Relaxed);
        if pool.at + N > POOL || pool.forks != forks {
            refill(&mut pool.bytes);
            pool.at = 0;
            pool.forks = forks;
        }
        let mut drawn = [0; N];
        let place = &mut pool.bytes[pool.at..pool.at + N];
        drawn.copy_from_slice(place);
        place.fill(0);
        pool.at += N;
        drawn
    })
}

/// Discards random bits drawn before a fork; to be called in the child.
pub fn after_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

fn refill(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_ok() {
        return;
    }
    // No random source at all: unique within the process and hard to repeat beats stopping.
    use std::hash::{BuildHasher, Hasher, RandomState};
    for chunk in bytes.chunks_mut(8) {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(std::process::id().into());
        let word = hasher.finish().to_le_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_at_places_are_distinct_and_stay() {
        let id = Id::random();
        let ids: std::collections::HashSet<_> = (0..1000).map(|place| id.at(place)).collect();
        assert_eq!(ids.len(), 1000);
        assert_eq!(id.at(7), id.at(7));
        assert_ne!(Id::random().at(7), id.at(7));
    }

    #[test]
    fn ids_are_distinct_and_32_hex_digits() {
        let ids: std::collections::HashSet<_> =
            (0..1000).map(|_| Id::random().to_string()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter()
                .all(|id| id.len() == 32 && id.bytes().all(|b| HEX.contains(&b)))
        );
    }

    #[test]
    fn seeds_give_ids_of_their_own_and_the_same_ones_again() {
        let seeds: Vec<IdSeed> = (0..1000).map(|_| IdSeed::random()).collect();
        let ids: std::collections::HashSet<String> =
            seeds.iter().map(|seed| seed.id().to_string()).collect();
        assert_eq!(ids.len(), seeds.len());
        for seed in seeds {
            assert_eq!(IdSeed::from(seed.numbers()).id(), seed.id());
        }
        assert_ne!(IdSeed::from([0; 3]).id(), IdSeed::from([1, 0, 0]).id());
    }
}
