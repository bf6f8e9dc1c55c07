//! Leads each arrow from card to card, through the room that its bends keep free.

use crate::chart::{Chart, Edge};
use crate::color;
use crate::layers::Layers;
use crate::look::Direction;
use crate::shape::{Area, Point, Shape, Step, arrow_head, filled, line, point};

/// How far apart arrows begin and end on a card, at most.
const PORTS: f32 = 14.0;
const HEAD: f32 = 9.0;
/// How far from straight an arrow may be and yet be drawn straight.
const NEARLY: f32 = 4.0;

/// Where the vertices are: along the way of requests and across it.
pub(crate) struct Ground<'a> {
    pub(crate) layers: &'a Layers,
    pub(crate) direction: Direction,
    /// Of each of the chart's own vertices.
    pub(crate) areas: &'a [Area],
    /// Where each vertex stands across the layers.
    pub(crate) across: &'a [f32],
    /// Where each layer begins and ends along the way.
    pub(crate) bands: &'a [(f32, f32)],
}

impl Ground<'_> {
    fn at(&self, along: f32, across: f32) -> Point {
        match self.direction {
            Direction::Right => point(along, across),
            Direction::Down => point(across, along),
        }
    }

    /// Where a card begins and ends along the way, and its size across it.
    fn extent(&self, vertex: usize) -> (f32, f32, f32) {
        let area = &self.areas[vertex];
        match self.direction {
            Direction::Right => (area.x, area.x + area.width, area.height),
            Direction::Down => (area.y, area.y + area.height, area.width),
        }
    }

    /// Where arrow number `index` of those at one side of a card is, across the way.
    fn port(&self, vertex: usize, index: usize, count: usize) -> f32 {
        let (_, _, size) = self.extent(vertex);
        let apart = PORTS.min((size - 20.0).max(0.0) / count.max(1) as f32);
        self.across[vertex] + (index as f32 - (count as f32 - 1.0) / 2.0) * apart
    }

    /// The place of each arrow at the card that it leaves (`end` is false) or comes to.
    fn ports(&self, chart: &Chart, end: bool) -> Vec<f32> {
        let ways = &self.layers.ways;
        let next = |edge: usize| {
            let way = &ways[edge];
            let beside = if end { way.len() - 2 } else { 1 };
            self.across[way[beside]]
        };
        let card = |edge: &Edge| if end { edge.to } else { edge.from };
        let mut ports = vec![0.0; ways.len()];
        for vertex in 0..self.layers.own {
            let edges = chart.edges.iter().enumerate();
            let mut here: Vec<usize> = edges
                .filter(|(_, edge)| card(edge) == vertex)
                .map(|(index, _)| index)
                .collect();
            here.sort_by(|left, right| next(*left).total_cmp(&next(*right)));
            for (index, edge) in here.iter().enumerate() {
                ports[*edge] = self.port(vertex, index, here.len());
            }
        }
        ports
    }

    /// A curve to the other side of the gap between two layers, or a straight line.
    fn bend(&self, steps: &mut Vec<Step>, from: (f32, f32), to: (f32, f32)) {
        if (from.1 - to.1).abs() < 0.5 {
            steps.push(Step::Line(self.at(to.0, to.1)));
            return;
        }
        let middle = (from.0 + to.0) / 2.0;
        steps.push(Step::Curve(
            self.at(middle, from.1),
            self.at(middle, to.1),
            self.at(to.0, to.1),
        ));
    }
}

/// Draws all arrows, each a group of its line and its head.
pub(crate) fn arrows(chart: &Chart, ground: &Ground<'_>) -> Vec<Shape> {
    let starts = ground.ports(chart, false);
    let mut ends = ground.ports(chart, true);
    for (index, way) in ground.layers.ways.iter().enumerate() {
        // An arrow that is nearly straight is made so.
        if way.len() == 2 && (starts[index] - ends[index]).abs() <= NEARLY {
            ends[index] = starts[index];
        }
    }
    let drawn = chart.edges.iter().enumerate().map(|(index, edge)| {
        let way = &ground.layers.ways[index];
        let (_, out, _) = ground.extent(edge.from);
        let mut at = (out, starts[index]);
        let mut steps = vec![Step::Move(ground.at(at.0, at.1))];
        let go = |steps: &mut Vec<Step>, at: &mut (f32, f32), to: (f32, f32)| {
            ground.bend(steps, *at, to);
            *at = to;
        };
        let leaving = ground.bands[ground.layers.rank[edge.from]].1;
        if leaving > at.0 {
            let to = (leaving, at.1);
            go(&mut steps, &mut at, to);
        }
        for bend in way.get(1..way.len() - 1).unwrap_or_default() {
            let (begin, end) = ground.bands[ground.layers.rank[*bend]];
            let across = ground.across[*bend];
            go(&mut steps, &mut at, (begin, across));
            go(&mut steps, &mut at, (end, across));
        }
        let (into, _, _) = ground.extent(edge.to);
        let begin = ground.bands[ground.layers.rank[edge.to]].0;
        go(&mut steps, &mut at, (begin - HEAD, ends[index]));
        go(&mut steps, &mut at, (into - HEAD + 1.0, ends[index]));
        let (dx, dy) = match ground.direction {
            Direction::Right => (1.0, 0.0),
            Direction::Down => (0.0, 1.0),
        };
        let head = arrow_head(ground.at(into, ends[index]), dx, dy, HEAD);
        Shape::Group {
            class: "arrow",
            title: format!(
                "{} \u{2192} {}",
                chart.kinds[edge.from].name(),
                chart.kinds[edge.to].name()
            ),
            shapes: vec![
                line(steps, color::ARROW, 1.6, edge.floating),
                filled(head, color::ARROW),
            ],
        }
    });
    drawn.collect()
}
