//! Sums over pairs of vectors: products, or squared differences.
//!
//! Loops keep several sums side by side, which compilers turn into SIMD. Where there are many pairs to
//! compute, the widest instructions that the processor has are chosen when the program runs.

/// A number to compute with.
pub trait Real: Copy + Default + Send + Sync + 'static {
    /// How many of them a sum of a tile has side by side.
    #[doc(hidden)]
    const LANES: usize;
    #[doc(hidden)]
    fn difference(self, other: Self) -> Self;
    #[doc(hidden)]
    fn times_plus(self, factor: Self, sum: Self) -> Self;
    #[doc(hidden)]
    fn wide(self) -> f64;
    /// The nearest number that it can be.
    #[doc(hidden)]
    fn narrow(value: f64) -> f64;
    #[doc(hidden)]
    fn compute(tile: Tile<'_, Self>);
}

/// A number as it stands in received bytes, to be computed with as `T`.
pub(super) trait Stored<T>: Copy {
    fn load(self) -> T;
}

impl Stored<f32> for [u8; 4] {
    #[inline(always)]
    fn load(self) -> f32 {
        f32::from_le_bytes(self)
    }
}

impl Stored<f64> for [u8; 4] {
    #[inline(always)]
    fn load(self) -> f64 {
        f64::from(f32::from_le_bytes(self))
    }
}

impl Stored<f64> for [u8; 8] {
    #[inline(always)]
    fn load(self) -> f64 {
        f64::from_le_bytes(self)
    }
}

macro_rules! reals {
    ($($type:ident, $lanes:literal, $wide:ident, $add:ident, $sub:ident;)*) => {$(
        #[allow(clippy::cast_possible_truncation)]
        impl Real for $type {
            const LANES: usize = $lanes;
            #[inline(always)]
            fn difference(self, other: Self) -> Self {
                self - other
            }
            #[inline(always)]
            fn times_plus(self, factor: Self, sum: Self) -> Self {
                self * factor + sum
            }
            #[inline(always)]
            fn wide(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn narrow(value: f64) -> f64 {
                f64::from(value as $type)
            }
            fn compute(tile: Tile<'_, Self>) {
                #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
                if let pulp::Arch::V3(simd) = pulp::Arch::new() {
                    return simd.vectorize(Fused { simd, tile });
                }
                let differences = tile.differences;
                tile.compute::<$lanes>(|row, group| four(row, group, differences));
            }
        }

        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        impl pulp::NullaryFnOnce for Fused<'_, $type> {
            type Output = ();

            #[inline(always)]
            fn call(self) {
                use pulp::bytemuck::cast;
                let (simd, differences) = (self.simd, self.tile.differences);
                self.tile.compute::<$lanes>(#[inline(always)] |row, group| {
                    let mut sums: [pulp::$wide; GROUP] = [cast([0 as $type; $lanes]); GROUP];
                    for (row, group) in row.iter().zip(group) {
                        let row: pulp::$wide = cast(*row);
                        for i in 0..GROUP {
                            let mut pair = (row, cast(group[i]));
                            if differences {
                                let apart = simd.$sub(pair.0, pair.1);
                                pair = (apart, apart);
                            }
                            sums[i] = simd.$add(pair.0, pair.1, sums[i]);
                        }
                    }
                    sums.map(|sums| total(&cast::<_, [$type; $lanes]>(sums)))
                });
            }
        }
    )*};
}

reals! {
    f32, 8, f32x8, mul_add_f32x8, sub_f32x8;
    f64, 4, f64x4, mul_add_f64x4, sub_f64x4;
}

/// How many sums the loops over one pair of vectors have side by side.
const SIDE_BY_SIDE: usize = 16;

#[inline(always)]
fn total<T: Real>(sums: &[T]) -> f64 {
    sums.iter().map(|sum| sum.wide()).sum()
}

/// The sum of products of a received row and a vector, and the sum of the row's squares.
pub(super) fn products<S: Stored<T>, T: Real>(row: &[S], vector: &[T]) -> (f64, f64) {
    let mut sums = [T::default(); SIDE_BY_SIDE];
    let mut squares = [T::default(); SIDE_BY_SIDE];
    let (rows, row_rest) = row.as_chunks::<SIDE_BY_SIDE>();
    let (vectors, vector_rest) = vector.as_chunks::<SIDE_BY_SIDE>();
    for (row, vector) in rows.iter().zip(vectors) {
        for i in 0..SIDE_BY_SIDE {
            let number = row[i].load();
            sums[i] = number.times_plus(vector[i], sums[i]);
            squares[i] = number.times_plus(number, squares[i]);
        }
    }
    let rest = row_rest.iter().zip(vector_rest);
    for ((number, other), (sum, square)) in rest.zip(sums.iter_mut().zip(&mut squares)) {
        let number = number.load();
        *sum = number.times_plus(*other, *sum);
        *square = number.times_plus(number, *square);
    }
    (total(&sums), total(&squares))
}

/// The sum of squared differences of a received row and a vector.
pub(super) fn differences<S: Stored<T>, T: Real>(row: &[S], vector: &[T]) -> f64 {
    let mut sums = [T::default(); SIDE_BY_SIDE];
    let (rows, row_rest) = row.as_chunks::<SIDE_BY_SIDE>();
    let (vectors, vector_rest) = vector.as_chunks::<SIDE_BY_SIDE>();
    for (row, vector) in rows.iter().zip(vectors) {
        for i in 0..SIDE_BY_SIDE {
            let apart = row[i].load().difference(vector[i]);
            sums[i] = apart.times_plus(apart, sums[i]);
        }
    }
    for ((number, other), sum) in row_rest.iter().zip(vector_rest).zip(&mut sums) {
        let apart = number.load().difference(*other);
        *sum = apart.times_plus(apart, *sum);
    }
    total(&sums)
}

/// The sum of a vector's squares, summed as [`products`] sums those of a row.
pub(super) fn squares<T: Real>(vector: &[T]) -> f64 {
    let mut sums = [T::default(); SIDE_BY_SIDE];
    let (parts, rest) = vector.as_chunks::<SIDE_BY_SIDE>();
    for part in parts {
        for i in 0..SIDE_BY_SIDE {
            sums[i] = part[i].times_plus(part[i], sums[i]);
        }
    }
    for (number, sum) in rest.iter().zip(&mut sums) {
        *sum = number.times_plus(*number, *sum);
    }
    total(&sums)
}

/// How many vectors stand in a group.
pub(super) const GROUP: usize = 4;

/// Rows, and groups of [`GROUP`] vectors, of each pair of which a sum is wanted.
#[derive(Debug)]
#[doc(hidden)]
pub struct Tile<'a, T> {
    /// Rows of `width` numbers.
    pub(super) rows: &'a [T],
    /// Groups of `width` × [`GROUP`] numbers: the first lanes of each vector, then the next.
    pub(super) groups: &'a [T],
    /// A multiple of the lanes.
    pub(super) width: usize,
    /// Whether squared differences are wanted; else products.
    pub(super) differences: bool,
    /// The sums: for each row, [`GROUP`] for each group.
    pub(super) sums: &'a mut [f64],
}

/// Vectors as groups, filled up with zeros in both directions.
pub(super) fn grouped<T: Real>(vectors: &[T], width: usize) -> Vec<T> {
    let padded = width.next_multiple_of(T::LANES);
    let count = vectors.len() / width.max(1);
    let mut groups = vec![T::default(); padded * count.next_multiple_of(GROUP)];
    for (at, vector) in vectors.chunks_exact(width.max(1)).enumerate() {
        let start = at / GROUP * GROUP * padded + at % GROUP * T::LANES;
        for (step, lanes) in vector.chunks(T::LANES).enumerate() {
            let start = start + step * GROUP * T::LANES;
            if let Some(place) = groups.get_mut(start..start + lanes.len()) {
                place.copy_from_slice(lanes);
            }
        }
    }
    groups
}

impl<T: Real> Tile<'_, T> {
    /// Fills in the sums, which `four` computes for a row and a group.
    #[inline(always)]
    fn compute<const N: usize>(self, four: impl Fn(&[[T; N]], &[[[T; N]; GROUP]]) -> [f64; GROUP]) {
        let width = self.width.max(1);
        let per_row = self.groups.len() / width;
        for (at, group) in self.groups.chunks_exact(width * GROUP).enumerate() {
            let group = group.as_chunks::<N>().0.as_chunks::<GROUP>().0;
            let rows = self.rows.chunks_exact(width);
            for (row, sums) in rows.zip(self.sums.chunks_exact_mut(per_row)) {
                if let Some(place) = sums.get_mut(at * GROUP..(at + 1) * GROUP) {
                    place.copy_from_slice(&four(row.as_chunks::<N>().0, group));
                }
            }
        }
    }
}

/// A tile, and the proof that the processor has AVX2 and FMA.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
struct Fused<'a, T> {
    simd: pulp::x86::V3,
    tile: Tile<'a, T>,
}

/// The four sums of a row and a group, on processors without anything better.
fn four<T: Real, const N: usize>(
    row: &[[T; N]],
    group: &[[[T; N]; GROUP]],
    differences: bool,
) -> [f64; GROUP] {
    let mut sums = [[T::default(); N]; GROUP];
    for (row, group) in row.iter().zip(group) {
        for (vector, sums) in group.iter().zip(&mut sums) {
            for i in 0..N {
                let (mut a, mut b) = (row[i], vector[i]);
                if differences {
                    a = a.difference(b);
                    b = a;
                }
                sums[i] = a.times_plus(b, sums[i]);
            }
        }
    }
    sums.map(|sums| total(&sums))
}
