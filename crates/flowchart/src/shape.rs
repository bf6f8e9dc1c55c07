//! What a drawing is made of.

use crate::color::Color;
use crate::font::Weight;

/// A point of the page; `y` grows downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// A rectangle along the page's edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// A piece of an outline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    Move(Point),
    Line(Point),
    Curve(Point, Point, Point),
    Close,
}

/// A line around something, or from one place to another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outline {
    pub(crate) steps: Vec<Step>,
    pub(crate) fill: Option<Color>,
    pub(crate) line: Option<Color>,
    pub(crate) width: f32,
    pub(crate) dashed: bool,
}

/// One line of text, centred.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    /// The middle of its foot.
    pub(crate) at: Point,
    pub(crate) content: String,
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) color: Color,
}

/// What a drawing is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Outline(Outline),
    Text(Text),
    /// Shapes that belong together, what they are, and what is said of them when a pointer rests there.
    Group {
        class: &'static str,
        title: String,
        shapes: Vec<Shape>,
    },
}

pub(crate) fn point(x: f32, y: f32) -> Point {
    Point { x, y }
}

impl Area {
    pub(crate) fn center(&self) -> Point {
        point(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// A rectangle with round corners.
    pub(crate) fn rounded(&self, radius: f32) -> Vec<Step> {
        let radius = radius.min(self.width / 2.0).min(self.height / 2.0);
        // How far the handles of a quarter of a circle reach.
        let rest = radius * (1.0 - 0.552_3);
        let (left, top) = (self.x, self.y);
        let (right, bottom) = (self.x + self.width, self.y + self.height);
        vec![
            Step::Move(point(left + radius, top)),
            Step::Line(point(right - radius, top)),
            Step::Curve(
                point(right - rest, top),
                point(right, top + rest),
                point(right, top + radius),
            ),
            Step::Line(point(right, bottom - radius)),
            Step::Curve(
                point(right, bottom - rest),
                point(right - rest, bottom),
                point(right - radius, bottom),
            ),
            Step::Line(point(left + radius, bottom)),
            Step::Curve(
                point(left + rest, bottom),
                point(left, bottom - rest),
                point(left, bottom - radius),
            ),
            Step::Line(point(left, top + radius)),
            Step::Curve(
                point(left, top + rest),
                point(left + rest, top),
                point(left + radius, top),
            ),
            Step::Close,
        ]
    }

    /// A rectangle whose corners are cut off.
    pub(crate) fn cut(&self, corner: f32) -> Vec<Step> {
        let (left, top) = (self.x, self.y);
        let (right, bottom) = (self.x + self.width, self.y + self.height);
        let corners = [
            point(left + corner, top),
            point(right - corner, top),
            point(right, top + corner),
            point(right, bottom - corner),
            point(right - corner, bottom),
            point(left + corner, bottom),
            point(left, bottom - corner),
            point(left, top + corner),
        ];
        polygon(&corners)
    }
}

/// The outline that goes through all corners and back.
pub(crate) fn polygon(corners: &[Point]) -> Vec<Step> {
    let steps = corners.iter().enumerate().map(|(index, corner)| {
        if index == 0 {
            Step::Move(*corner)
        } else {
            Step::Line(*corner)
        }
    });
    steps.chain([Step::Close]).collect()
}

/// The head of an arrow that comes to `tip` in the direction (`dx`, `dy`), one of which is 1.
pub(crate) fn arrow_head(tip: Point, dx: f32, dy: f32, size: f32) -> Vec<Step> {
    let foot = point(tip.x - dx * size, tip.y - dy * size);
    let half = size * 0.5;
    polygon(&[
        tip,
        point(foot.x - dy * half, foot.y - dx * half),
        point(foot.x + dy * half, foot.y + dx * half),
    ])
}

/// A filled shape without an outline.
pub(crate) fn filled(steps: Vec<Step>, fill: Color) -> Shape {
    Shape::Outline(Outline {
        steps,
        fill: Some(fill),
        line: None,
        width: 0.0,
        dashed: false,
    })
}

/// A line that is not filled.
pub(crate) fn line(steps: Vec<Step>, color: Color, width: f32, dashed: bool) -> Shape {
    Shape::Outline(Outline {
        steps,
        fill: None,
        line: Some(color),
        width,
        dashed,
    })
}
