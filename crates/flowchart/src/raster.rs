//! Paints a drawing into a PNG.

use tidegate_core::{Error, ErrorKind};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};
use ttf_parser::OutlineBuilder;

use crate::color::Color;
use crate::drawing::Drawing;
use crate::font::{advance, face, width};
use crate::shape::{Outline, Shape, Step, Text};

/// Pixels of the picture for each of the page, as screens have them today.
const SCALE: f32 = 2.0;
/// Pixels that a picture has at most, and how long a side is.
const MOST_PIXELS: f32 = 48_000_000.0;
const MOST_SIDE: f32 = 30_000.0;

impl Drawing {
    /// Paints it as a PNG on a transparent ground: two pixels for each of the page, fewer where that would
    /// be a huge picture.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the picture could not be made.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        let scale = SCALE
            .min((MOST_PIXELS / (self.width * self.height)).sqrt())
            .min(MOST_SIDE / self.width.max(self.height));
        let side = |length: f32| (length * scale).ceil().clamp(1.0, MOST_SIDE) as u32;
        let mut pixels = Pixmap::new(side(self.width), side(self.height))
            .ok_or_else(|| failed("there is no memory for it"))?;
        let mut painter = Painter {
            pixels: &mut pixels,
            transform: Transform::from_scale(scale, scale),
        };
        for shape in &self.shapes {
            painter.paint(shape);
        }
        pixels
            .encode_png()
            .map_err(|error| failed(&error.to_string()))
    }
}

fn failed(why: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the flow could not be painted as PNG: {why}"),
    )
    .with_hint("write an SVG")
}

struct Painter<'a> {
    pixels: &'a mut Pixmap,
    transform: Transform,
}

impl Painter<'_> {
    fn paint(&mut self, shape: &Shape) {
        match shape {
            Shape::Outline(outline) => self.outline(outline),
            Shape::Text(text) => self.text(text),
            Shape::Group { shapes, .. } => shapes.iter().for_each(|shape| self.paint(shape)),
        }
    }

    fn outline(&mut self, outline: &Outline) {
        let Some(path) = path(&outline.steps) else {
            return;
        };
        if let Some(fill) = outline.fill {
            self.fill(&path, fill);
        }
        if let Some(line) = outline.line {
            let stroke = Stroke {
                width: outline.width,
                line_cap: LineCap::Butt,
                line_join: LineJoin::Round,
                dash: if outline.dashed {
                    StrokeDash::new(vec![5.0, 4.0], 0.0)
                } else {
                    None
                },
                ..Stroke::default()
            };
            self.pixels
                .stroke_path(&path, &paint(line), &stroke, self.transform, None);
        }
    }

    fn fill(&mut self, path: &Path, color: Color) {
        self.pixels
            .fill_path(path, &paint(color), FillRule::Winding, self.transform, None);
    }

    fn text(&mut self, text: &Text) {
        let Some(face) = face(text.weight) else {
            return;
        };
        let size = text.size / f32::from(face.units_per_em());
        let mut pen = Pen {
            builder: PathBuilder::new(),
            x: text.at.x - width(&text.content, text.size, text.weight) / 2.0,
            y: text.at.y,
            size,
        };
        for letter in text.content.chars() {
            // The first glyph is the box that stands for what a font does not have.
            let glyph = face.glyph_index(letter).unwrap_or_default();
            face.outline_glyph(glyph, &mut pen);
            pen.x += advance(letter, text.size, text.weight);
        }
        if let Some(path) = pen.builder.finish() {
            self.fill(&path, text.color);
        }
    }
}

/// Draws letters beside one another; a font's `y` grows upwards.
struct Pen {
    builder: PathBuilder,
    x: f32,
    y: f32,
    size: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.size, self.y - y * self.size)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.builder.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.builder.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

fn path(steps: &[Step]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for step in steps {
        match step {
            Step::Move(to) => builder.move_to(to.x, to.y),
            Step::Line(to) => builder.line_to(to.x, to.y),
            Step::Curve(first, second, to) => {
                builder.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
            }
            Step::Close => builder.close(),
        }
    }
    builder.finish()
}

fn paint(color: Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(color.0, color.1, color.2, 0xff);
    paint.anti_alias = true;
    paint
}
