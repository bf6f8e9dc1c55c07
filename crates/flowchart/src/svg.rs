//! Writes a drawing as SVG.

use std::fmt::Write as _;

use crate::color::Color;
use crate::drawing::Drawing;
use crate::font::{Weight, width};
use crate::shape::{Outline, Shape, Step, Text};

impl Drawing {
    /// Writes it as SVG: a document that names no other, readable on light and on dark backgrounds.
    ///
    /// Text stays text, which can be searched and copied; each line is told its width, so that it fits
    /// whatever font there is.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut svg = String::new();
        let (width, height) = (self.width, self.height);
        let name = escaped(&self.name);
        // Writing to a String does not fail.
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\" \
             style=\"max-width:100%;height:auto\" text-anchor=\"middle\" \
             font-family=\"Inter, Helvetica Neue, Helvetica, Arial, sans-serif\">\n\
             <title>{name}</title>\n"
        );
        for shape in &self.shapes {
            put(&mut svg, shape);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn put(svg: &mut String, shape: &Shape) {
    match shape {
        Shape::Outline(outline) => put_outline(svg, outline),
        Shape::Text(text) => put_text(svg, text),
        Shape::Group {
            class,
            title,
            shapes,
        } => {
            let title = escaped(title);
            let _ = writeln!(svg, "<g class=\"{class}\"><title>{title}</title>");
            for shape in shapes {
                put(svg, shape);
            }
            svg.push_str("</g>\n");
        }
    }
}

fn put_outline(svg: &mut String, outline: &Outline) {
    svg.push_str("<path d=\"");
    for step in &outline.steps {
        let (letter, points) = match step {
            Step::Move(to) => ('M', vec![to]),
            Step::Line(to) => ('L', vec![to]),
            Step::Curve(first, second, to) => ('C', vec![first, second, to]),
            Step::Close => ('Z', Vec::new()),
        };
        svg.push(letter);
        for (index, point) in points.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            let _ = write!(svg, "{gap}{} {}", number(point.x), number(point.y));
        }
    }
    let fill = outline.fill.map_or("none".to_owned(), hex);
    let _ = write!(svg, "\" fill=\"{fill}\"");
    if let Some(line) = outline.line {
        let _ = write!(
            svg,
            " stroke=\"{}\" stroke-width=\"{}\"",
            hex(line),
            number(outline.width)
        );
        if outline.dashed {
            svg.push_str(" stroke-dasharray=\"5 4\"");
        }
    }
    svg.push_str("/>\n");
}

fn put_text(svg: &mut String, text: &Text) {
    let weight = match text.weight {
        Weight::Regular => "",
        Weight::Bold => " font-weight=\"600\"",
    };
    let wide = width(&text.content, text.size, text.weight);
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{weight} fill=\"{}\" textLength=\"{}\" \
         lengthAdjust=\"spacingAndGlyphs\">{}</text>",
        number(text.at.x),
        number(text.at.y),
        number(text.size),
        hex(text.color),
        number(wide),
        escaped(&text.content)
    );
}

/// A number with at most one digit after the point.
fn number(value: f32) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // No minus before a zero.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

fn hex(color: Color) -> String {
    format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2)
}

/// Text as XML may hold it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            // XML knows no other control characters, and these two never.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escaped, number};

    #[test]
    fn text_is_escaped() {
        assert_eq!(
            escaped("a < b & \"c\" 'd'\u{1}\u{7f}"),
            "a &lt; b &amp; &quot;c&quot; &#39;d&#39;\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [number(1.0), number(0.25), number(-0.01)],
            ["1", "0.3", "0"]
        );
    }
}
