//! Gives each vertex its place across the layers: as near to its neighbours as the others allow.

use crate::layers::Layers;

/// How often the layers are gone through.
const SWEEPS: usize = 48;
/// Room between two cards, between a card and an arrow, and between two arrows.
const CARDS: f32 = 26.0;
const BESIDE: f32 = 20.0;
const ARROWS: f32 = 14.0;

/// Gives the middle of each vertex across the layers; the least edge of all is 0.
pub(crate) fn across(layers: &Layers, sizes: &[f32]) -> Vec<f32> {
    let mut at = vec![0.0; layers.rank.len()];
    for row in &layers.rows {
        let offsets = offsets(layers, row, sizes);
        let middle = offsets.last().copied().unwrap_or_default() / 2.0;
        for (vertex, offset) in row.iter().zip(offsets) {
            at[*vertex] = offset - middle;
        }
    }
    let count = layers.rows.len();
    for sweep in 0..SWEEPS {
        for step in 0..count {
            let row = if sweep % 2 == 0 {
                step
            } else {
                count - 1 - step
            };
            // First one side after the other, so that all settle; then both at once.
            let sides = match (sweep + 8 < SWEEPS, sweep % 2 == 0) {
                (true, true) => (true, false),
                (true, false) => (false, true),
                (false, _) => (true, true),
            };
            settle(layers, row, sizes, sides, &mut at);
        }
    }
    let least = at
        .iter()
        .zip(sizes)
        .map(|(middle, size)| middle - size / 2.0)
        .fold(f32::INFINITY, f32::min);
    at.iter().map(|middle| (middle - least).round()).collect()
}

/// Where the vertices of a layer stand if they are packed, the first at 0.
fn offsets(layers: &Layers, row: &[usize], sizes: &[f32]) -> Vec<f32> {
    let mut so_far = 0.0;
    let mut offsets = Vec::with_capacity(row.len());
    for (place, vertex) in row.iter().enumerate() {
        if place > 0 {
            let before = row[place - 1];
            let gap = match (layers.is_bend(before), layers.is_bend(*vertex)) {
                (false, false) => CARDS,
                (true, true) => ARROWS,
                _ => BESIDE,
            };
            so_far += (sizes[before] + sizes[*vertex]) / 2.0 + gap;
        }
        offsets.push(so_far);
    }
    offsets
}

/// Moves the vertices of one layer to where their neighbours want them, as far as they have room: the least
/// sum of squares, by pooling those that are in each other's way.
fn settle(layers: &Layers, row: usize, sizes: &[f32], sides: (bool, bool), at: &mut [f32]) {
    let row = &layers.rows[row];
    let offsets = offsets(layers, row, sizes);
    /// Vertices that touch: their common place, its weight, and how many they are.
    struct Pool {
        place: f32,
        weight: f32,
        count: usize,
    }
    let mut pools: Vec<Pool> = Vec::new();
    for (vertex, offset) in row.iter().zip(&offsets) {
        let (wanted, weight) = wanted(layers, *vertex, sides, at);
        let mut pool = Pool {
            place: wanted - offset,
            weight,
            count: 1,
        };
        while let Some(last) = pools.pop_if(|last| last.place > pool.place) {
            let weight = last.weight + pool.weight;
            pool = Pool {
                place: (last.place * last.weight + pool.place * pool.weight) / weight,
                weight,
                count: last.count + pool.count,
            };
        }
        pools.push(pool);
    }
    let places = pools
        .iter()
        .flat_map(|pool| std::iter::repeat_n(pool.place, pool.count));
    for ((vertex, offset), place) in row.iter().zip(&offsets).zip(places) {
        at[*vertex] = place + offset;
    }
}

/// Where a vertex wants to be, and how much: long arrows above all want to be straight.
fn wanted(layers: &Layers, vertex: usize, sides: (bool, bool), at: &[f32]) -> (f32, f32) {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (side, neighbours) in [
        (sides.0, &layers.before[vertex]),
        (sides.1, &layers.after[vertex]),
    ] {
        if !side {
            continue;
        }
        for other in neighbours {
            let weight = match (layers.is_bend(vertex), layers.is_bend(*other)) {
                (true, true) => 8.0,
                (false, false) => 1.0,
                _ => 2.0,
            };
            sum += at[*other] * weight;
            weights += weight;
        }
    }
    if weights == 0.0 {
        (at[vertex], 0.1)
    } else {
        (sum / weights, weights)
    }
}
