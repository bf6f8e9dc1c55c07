//! What is inside an Executor with shards: who comes before them, the head, the shards, who comes after.

use crate::color::{self, Scheme};
use crate::font::{Weight, width, wrapped};
use crate::look::{Direction, Look};
use crate::shape::{Area, Outline, Point, Shape, Step, Text, arrow_head, filled, line, point};

const SIZE: f32 = 11.0;
const HEIGHT: f32 = 22.0;
const PADDING: f32 = 9.0;
const MOST_WIDTH: f32 = 130.0;
/// Room between two of one stage, and between stages.
const BESIDE: f32 = 6.0;
const BETWEEN: f32 = 26.0;
const HEAD: f32 = 6.0;
/// Shards that are drawn; of more, the first ones and the last.
const SHARDS: usize = 4;

/// Boxes in stages, each stage after the one before.
#[derive(Debug, Clone)]
pub(super) struct Stages {
    direction: Direction,
    stages: Vec<Stage>,
}

#[derive(Debug, Clone)]
struct Stage {
    labels: Vec<String>,
    width: f32,
}

impl Stages {
    pub(super) fn new(look: &Look, direction: Direction) -> Self {
        let mut stages = Vec::new();
        let mut put = |labels: Vec<String>| {
            let labels: Vec<String> = labels
                .into_iter()
                .flat_map(|label| wrapped(&label, SIZE, Weight::Regular, MOST_WIDTH, 1))
                .collect();
            let widest = labels
                .iter()
                .map(|label| width(label, SIZE, Weight::Regular))
                .fold(0.0, f32::max);
            stages.push(Stage {
                width: (widest + 2.0 * PADDING).ceil(),
                labels,
            });
        };
        if let Some(before) = &look.before {
            put(vec![format!("before: {before}")]);
        }
        put(vec!["head".to_owned()]);
        let shard = |index: usize| match look.replicas {
            0 | 1 => format!("shard {index}"),
            replicas => format!("shard {index} \u{d7}{replicas}"),
        };
        put(if look.shards <= SHARDS {
            (0..look.shards).map(shard).collect()
        } else {
            let more = format!("\u{2026} {} more", look.shards - SHARDS + 1);
            let first = (0..SHARDS - 2).map(shard);
            first.chain([more, shard(look.shards - 1)]).collect()
        });
        if let Some(after) = &look.after {
            put(vec![format!("after: {after}")]);
        }
        Self { direction, stages }
    }

    pub(super) fn size(&self) -> (f32, f32) {
        let gaps = BETWEEN * (self.stages.len() - 1) as f32;
        let stages = self.stages.iter();
        match self.direction {
            Direction::Right => (
                stages.clone().map(|stage| stage.width).sum::<f32>() + gaps,
                stages
                    .map(|s| spread(s.labels.len(), HEIGHT))
                    .fold(0.0, f32::max),
            ),
            Direction::Down => (
                stages
                    .clone()
                    .map(|s| spread(s.labels.len(), s.width))
                    .fold(0.0, f32::max),
                HEIGHT * stages.count() as f32 + gaps,
            ),
        }
    }

    /// Draws the stages below `top`, the middle of their upper edge.
    pub(super) fn draw(self, shapes: &mut Vec<Shape>, top: (f32, f32), scheme: Scheme) {
        let (wide, high) = self.size();
        let left = top.0 - wide / 2.0;
        let mut along = match self.direction {
            Direction::Right => left,
            Direction::Down => top.1,
        };
        let mut last: Vec<Area> = Vec::new();
        for stage in &self.stages {
            let count = stage.labels.len();
            let area = |index: usize| match self.direction {
                Direction::Right => Area {
                    x: along,
                    y: top.1
                        + (high - spread(count, HEIGHT)) / 2.0
                        + index as f32 * (HEIGHT + BESIDE),
                    width: stage.width,
                    height: HEIGHT,
                },
                Direction::Down => Area {
                    x: left
                        + (wide - spread(count, stage.width)) / 2.0
                        + index as f32 * (stage.width + BESIDE),
                    y: along,
                    width: stage.width,
                    height: HEIGHT,
                },
            };
            let areas: Vec<Area> = (0..count).map(area).collect();
            for from in &last {
                for to in &areas {
                    self.arrow(shapes, from, to);
                }
            }
            for (area, label) in areas.iter().zip(&stage.labels) {
                small_box(shapes, area, label, scheme);
            }
            along += BETWEEN
                + match self.direction {
                    Direction::Right => stage.width,
                    Direction::Down => HEIGHT,
                };
            last = areas;
        }
    }

    fn arrow(&self, shapes: &mut Vec<Shape>, from: &Area, to: &Area) {
        let (start, tip): (Point, Point);
        let (dx, dy) = match self.direction {
            Direction::Right => {
                start = point(from.x + from.width, from.center().y);
                tip = point(to.x, to.center().y);
                (1.0, 0.0)
            }
            Direction::Down => {
                start = point(from.center().x, from.y + from.height);
                tip = point(to.center().x, to.y);
                (0.0, 1.0)
            }
        };
        let end = point(tip.x - dx * (HEAD - 1.0), tip.y - dy * (HEAD - 1.0));
        let half = (end.x - start.x) * dx / 2.0 + (end.y - start.y) * dy / 2.0;
        let steps = vec![
            Step::Move(start),
            Step::Curve(
                point(start.x + dx * half, start.y + dy * half),
                point(end.x - dx * half, end.y - dy * half),
                end,
            ),
        ];
        shapes.push(line(steps, color::ARROW, 1.2, false));
        shapes.push(filled(arrow_head(tip, dx, dy, HEAD), color::ARROW));
    }
}

/// How much room so many boxes take beside one another.
fn spread(count: usize, size: f32) -> f32 {
    count as f32 * size + count.saturating_sub(1) as f32 * BESIDE
}

fn small_box(shapes: &mut Vec<Shape>, area: &Area, label: &str, scheme: Scheme) {
    shapes.push(Shape::Outline(Outline {
        steps: area.rounded(5.0),
        fill: Some(scheme.inner),
        line: Some(scheme.line),
        width: 1.0,
        dashed: false,
    }));
    let middle = area.center();
    shapes.push(Shape::Text(Text {
        at: point(middle.x, middle.y + SIZE * 0.36),
        content: label.to_owned(),
        size: SIZE,
        weight: Weight::Regular,
        color: color::TEXT,
    }));
}
