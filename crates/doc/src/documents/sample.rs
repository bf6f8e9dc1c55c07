//! Random parts and orders.

use std::hash::{BuildHasher, RandomState};

use super::{DocumentArray, Row};

impl DocumentArray {
    /// `k` of its Documents at random, none twice, in random order; all where there are no more.
    ///
    /// The same seed draws the same from arrays of the same length; without one each call draws anew.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a", "b", "c", "d"]);
    /// assert_eq!(array.sample(2, Some(7)).len(), 2);
    /// assert_eq!(array.sample(2, Some(7)), array.sample(2, Some(7)));
    /// ```
    #[must_use]
    pub fn sample(&self, k: usize, seed: Option<u64>) -> Self {
        let mut rows = self.rows.clone();
        draw(&mut rows, k, seed);
        rows.truncate(k);
        self.part(rows)
    }

    /// Its Documents in random order; the same seed gives the same order.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a", "b", "c"]);
    /// let mut texts = array.shuffled(Some(7)).texts().iter().map(|t| t.to_string()).collect::<Vec<_>>();
    /// texts.sort();
    /// assert_eq!(texts, ["a", "b", "c"]);
    /// ```
    #[must_use]
    pub fn shuffled(&self, seed: Option<u64>) -> Self {
        self.sample(self.len(), seed)
    }

    /// Puts its Documents in random order; the same seed gives the same order.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b", "c"]);
    /// let other = array.shuffled(Some(7));
    /// array.shuffle(Some(7));
    /// assert_eq!(array, other);
    /// ```
    pub fn shuffle(&mut self, seed: Option<u64>) {
        self.touch();
        let len = self.len();
        draw(&mut self.rows, len, seed);
    }
}

/// Moves `k` rows, each as likely as another, to the front.
fn draw(rows: &mut [Row], k: usize, seed: Option<u64>) {
    let mut state = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
    let len = rows.len();
    for at in 0..k.min(len) {
        let rest = (len - at) as u64;
        // How far off even this is: 2^-64 times the length, for what no array reaches.
        #[allow(clippy::cast_possible_truncation)]
        let step = ((u128::from(next(&mut state)) * u128::from(rest)) >> 64) as usize;
        rows.swap(at, at + step);
    }
}

/// The next number of SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
