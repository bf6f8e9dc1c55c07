//! Orders each layer so that few arrows cross.

use crate::layers::Layers;

/// How often the layers are gone through, from end to end.
const SWEEPS: usize = 24;

/// Orders the layers.
pub(crate) fn order(layers: &mut Layers) {
    let mut best = layers.rows.clone();
    let mut least = crossings(layers);
    for sweep in 0..SWEEPS {
        if least == 0 {
            break;
        }
        let forth = sweep % 2 == 0;
        let count = layers.rows.len();
        for step in 1..count {
            let row = if forth { step } else { count - 1 - step };
            by_neighbours(layers, row, forth);
        }
        swap_pairs(layers);
        let now = crossings(layers);
        if now < least {
            least = now;
            best.clone_from(&layers.rows);
        }
    }
    layers.rows = best;
}

/// Where each vertex stands in its layer.
fn places(layers: &Layers) -> Vec<usize> {
    let mut places = vec![0; layers.rank.len()];
    for row in &layers.rows {
        for (place, vertex) in row.iter().enumerate() {
            places[*vertex] = place;
        }
    }
    places
}

/// Sorts a layer by the middle of each vertex's neighbours in the layer gone through before.
fn by_neighbours(layers: &mut Layers, row: usize, forth: bool) {
    let places = places(layers);
    let neighbours = if forth { &layers.before } else { &layers.after };
    let middle = |vertex: usize| {
        let beside = &neighbours[vertex];
        if beside.is_empty() {
            return places[vertex] as f32;
        }
        let sum: usize = beside.iter().map(|vertex| places[*vertex]).sum();
        sum as f32 / beside.len() as f32
    };
    let mut keyed: Vec<(f32, usize)> = layers.rows[row].iter().map(|v| (middle(*v), *v)).collect();
    keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
    layers.rows[row] = keyed.into_iter().map(|(_, vertex)| vertex).collect();
}

/// Swaps neighbours in a layer as long as that takes crossings away.
fn swap_pairs(layers: &mut Layers) {
    let mut places = places(layers);
    for _ in 0..layers.rank.len() {
        let mut better = false;
        for row in &mut layers.rows {
            for left in 1..row.len() {
                let (a, b) = (row[left - 1], row[left]);
                let count = |first: usize, second: usize| {
                    crossed(&layers.before, &places, first, second)
                        + crossed(&layers.after, &places, first, second)
                };
                if count(b, a) < count(a, b) {
                    row.swap(left - 1, left);
                    places.swap(a, b);
                    better = true;
                }
            }
        }
        if !better {
            break;
        }
    }
}

/// How many arrows of two vertices cross on one side, the first standing before the second.
fn crossed(sides: &[Vec<usize>], places: &[usize], first: usize, second: usize) -> usize {
    let pairs = sides[first].iter().map(|left| {
        let beyond = |right: &&usize| places[**right] < places[*left];
        sides[second].iter().filter(beyond).count()
    });
    pairs.sum()
}

/// How many pairs of arrows cross.
pub(crate) fn crossings(layers: &Layers) -> usize {
    let places = places(layers);
    let between = layers.rows.iter().map(|row| {
        let mut ends: Vec<usize> = Vec::new();
        for vertex in row {
            let mut theirs: Vec<usize> = layers.after[*vertex].iter().map(|v| places[*v]).collect();
            theirs.sort_unstable();
            ends.extend(theirs);
        }
        inversions(&ends)
    });
    between.sum()
}

/// How many pairs stand in the wrong order.
fn inversions(numbers: &[usize]) -> usize {
    let size = numbers.iter().max().map_or(0, |most| most + 2);
    // A Fenwick tree of how many of each number have been met.
    let mut tree = vec![0usize; size + 1];
    let mut wrong = 0;
    for (met, number) in numbers.iter().enumerate() {
        let (mut at, mut not_above) = (number + 1, 0);
        while at > 0 {
            not_above += tree[at];
            at &= at - 1;
        }
        wrong += met - not_above;
        let mut at = number + 1;
        while at <= size {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn pairs_in_the_wrong_order() {
        assert_eq!(inversions(&[]), 0);
        assert_eq!(inversions(&[0, 1, 1, 2]), 0);
        assert_eq!(inversions(&[3, 2, 1]), 3);
        assert_eq!(inversions(&[1, 0, 1, 0]), 3);
    }
}
