//! From a Plan to shapes.

use tidegate_core::graph::Plan;

use crate::card::Card;
use crate::chart::Chart;
use crate::layers::Layers;
use crate::look::{Direction, Look};
use crate::order::order;
use crate::place::across;
use crate::route::{Ground, arrows};
use crate::shape::{Area, Shape};

/// What is left free at the edges of the page.
const MARGIN: f32 = 16.0;
/// Room between two layers, at least and at most; the more arrows bend, the more.
const GAP: (f32, f32) = (44.0, 150.0);

/// A Flow's graph, drawn.
///
/// ```
/// use tidegate_core::graph::Topology;
/// use tidegate_flowchart::{Direction, draw};
///
/// let plan = Topology::chain(["encoder", "ranker"]).plan().unwrap();
/// let drawing = draw("Search", &plan, &[], Direction::Right);
/// assert!(drawing.svg().contains(">encoder</text>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub(crate) name: String,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) shapes: Vec<Shape>,
    cards: Vec<Placed>,
    arrows: Vec<(String, String)>,
}

/// Where a card stands, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The Executor's name; `request` and `answer` are the gateway's two ends.
    pub name: String,
    /// Its left edge.
    pub x: f32,
    /// Its upper edge.
    pub y: f32,
    /// How wide it is.
    pub width: f32,
    /// How high it is.
    pub height: f32,
}

impl Drawing {
    /// How wide the page is, in pixels.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.width
    }

    /// How high the page is, in pixels.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.height
    }

    /// The cards, one for each node that is drawn and two for the gateway.
    #[must_use]
    pub fn cards(&self) -> &[Placed] {
        &self.cards
    }

    /// The arrows, as names of the cards that they go from and to.
    #[must_use]
    pub fn arrows(&self) -> &[(String, String)] {
        &self.arrows
    }
}

/// Draws the graph of the Flow called `name`; a node without a look is drawn as a plain Executor.
#[must_use]
pub fn draw(name: &str, plan: &Plan, looks: &[Look], direction: Direction) -> Drawing {
    let chart = Chart::new(plan, looks);
    let mut layers = Layers::new(&chart);
    order(&mut layers);
    let cards: Vec<Card> = chart
        .kinds
        .iter()
        .map(|kind| Card::new(kind, direction))
        .collect();
    let sizes = |along: bool| -> Vec<f32> {
        let size =
            |vertex: usize| match (cards.get(vertex), along == (direction == Direction::Right)) {
                (Some(card), true) => card.width,
                (Some(card), false) => card.height,
                (None, _) => 0.0,
            };
        (0..layers.rank.len()).map(size).collect()
    };
    let across: Vec<f32> = across(&layers, &sizes(false))
        .iter()
        .map(|middle| middle + MARGIN)
        .collect();
    let bands = bands(&layers, &sizes(true), &across);
    let areas = areas(&cards, &layers, direction, &across, &bands);
    let ground = Ground {
        layers: &layers,
        direction,
        areas: &areas,
        across: &across,
        bands: &bands,
    };
    let mut shapes = arrows(&chart, &ground);
    shapes.extend(
        cards
            .into_iter()
            .zip(&areas)
            .map(|(card, area)| card.draw(area)),
    );
    let far = |edge: fn(&Area) -> f32| areas.iter().map(edge).fold(0.0, f32::max);
    // An arrow may pass beyond all cards.
    let bends = across.iter().copied().fold(0.0, f32::max);
    let (mut width, mut height) = (far(|a| a.x + a.width), far(|a| a.y + a.height));
    match direction {
        Direction::Right => height = height.max(bends),
        Direction::Down => width = width.max(bends),
    }
    let placed = chart.kinds.iter().zip(&areas).map(|(kind, area)| Placed {
        name: kind.name().to_owned(),
        x: area.x,
        y: area.y,
        width: area.width,
        height: area.height,
    });
    let named = |vertex: usize| chart.kinds[vertex].name().to_owned();
    Drawing {
        name: name.to_owned(),
        width: (width + MARGIN).ceil(),
        height: (height + MARGIN).ceil(),
        shapes,
        cards: placed.collect(),
        arrows: chart
            .edges
            .iter()
            .map(|e| (named(e.from), named(e.to)))
            .collect(),
    }
}

/// Where each layer begins and ends along the way of requests.
fn bands(layers: &Layers, sizes: &[f32], across: &[f32]) -> Vec<(f32, f32)> {
    let mut begin = MARGIN;
    let mut bands = Vec::with_capacity(layers.rows.len());
    for row in &layers.rows {
        let size = row.iter().map(|vertex| sizes[*vertex]).fold(0.0, f32::max);
        bands.push((begin, begin + size));
        let steps = row.iter().flat_map(|vertex| {
            let after = layers.after[*vertex].iter();
            after.map(|to| (across[*to] - across[*vertex]).abs())
        });
        let aside = steps.fold(0.0, f32::max);
        begin = (begin + size + (GAP.0 + aside * 0.25).min(GAP.1)).round();
    }
    bands
}

/// Where each card stands: in the middle of its layer.
fn areas(
    cards: &[Card],
    layers: &Layers,
    direction: Direction,
    across: &[f32],
    bands: &[(f32, f32)],
) -> Vec<Area> {
    let placed = cards.iter().enumerate().map(|(vertex, card)| {
        let (begin, end) = bands[layers.rank[vertex]];
        let (along, across) = ((begin + end) / 2.0, across[vertex]);
        let (x, y) = match direction {
            Direction::Right => (along, across),
            Direction::Down => (across, along),
        };
        Area {
            x: (x - card.width / 2.0).round(),
            y: (y - card.height / 2.0).round(),
            width: card.width,
            height: card.height,
        }
    });
    placed.collect()
}
