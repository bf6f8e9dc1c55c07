//! Puts vertices into layers, each after all that it needs, and breaks long arrows into short ones.

use crate::chart::{Chart, Edge};

/// The layers of a chart. Vertices beyond the chart's own are bends: where a long arrow passes a layer.
#[derive(Debug, Clone)]
pub(crate) struct Layers {
    /// The layer of each vertex.
    pub(crate) rank: Vec<usize>,
    /// The vertices of each layer, in the order in which they are drawn.
    pub(crate) rows: Vec<Vec<usize>>,
    /// The vertices that lead to each.
    pub(crate) before: Vec<Vec<usize>>,
    /// The vertices that each leads to.
    pub(crate) after: Vec<Vec<usize>>,
    /// The way of each arrow: where it begins, its bends, and where it ends.
    pub(crate) ways: Vec<Vec<usize>>,
    /// How many vertices are the chart's own.
    pub(crate) own: usize,
}

impl Layers {
    pub(crate) fn new(chart: &Chart) -> Self {
        let own = chart.kinds.len();
        let mut rank = ranks(own, &chart.edges);
        let mut before = vec![Vec::new(); own];
        let mut after = vec![Vec::new(); own];
        let mut ways = Vec::with_capacity(chart.edges.len());
        for edge in &chart.edges {
            let mut way = vec![edge.from];
            for layer in rank[edge.from] + 1..rank[edge.to] {
                way.push(rank.len());
                rank.push(layer);
                before.push(Vec::new());
                after.push(Vec::new());
            }
            way.push(edge.to);
            for pair in way.windows(2) {
                if let [from, to] = pair {
                    after[*from].push(*to);
                    before[*to].push(*from);
                }
            }
            ways.push(way);
        }
        let count = rank.iter().max().map_or(0, |most| most + 1);
        let mut layers = Self {
            rows: vec![Vec::new(); count],
            rank,
            before,
            after,
            ways,
            own,
        };
        layers.lay_out();
        layers
    }

    /// Whether a vertex is only where an arrow passes.
    pub(crate) fn is_bend(&self, vertex: usize) -> bool {
        vertex >= self.own
    }

    /// The first order of each layer: as a walk along the arrows comes to its vertices.
    fn lay_out(&mut self) {
        let mut seen = vec![false; self.rank.len()];
        let mut left = vec![0];
        while let Some(vertex) = left.pop() {
            if std::mem::replace(&mut seen[vertex], true) {
                continue;
            }
            self.rows[self.rank[vertex]].push(vertex);
            left.extend(self.after[vertex].iter().rev());
        }
    }
}

/// The layer of each vertex: right after the last that it needs, but as near to what needs it as can be
/// where that makes arrows shorter.
fn ranks(count: usize, edges: &[Edge]) -> Vec<usize> {
    let mut rank = vec![0; count];
    // Vertices stand in an order in which each comes after all that it needs, and so do the edges.
    for edge in edges {
        rank[edge.to] = rank[edge.to].max(rank[edge.from] + 1);
    }
    for vertex in (1..count).rev() {
        let coming = edges.iter().filter(|edge| edge.to == vertex).count();
        let going: Vec<usize> = edges
            .iter()
            .filter(|edge| edge.from == vertex)
            .map(|edge| rank[edge.to])
            .collect();
        if let Some(nearest) = going.iter().min()
            && going.len() > coming
        {
            rank[vertex] = nearest - 1;
        }
    }
    rank
}
