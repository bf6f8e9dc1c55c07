//! The font that text is measured with, and painted with in a PNG.

use std::sync::LazyLock;

use ttf_parser::Face;

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

static REGULAR: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(include_bytes!("../fonts/inter-regular.otf"), 0).ok());
static BOLD: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(include_bytes!("../fonts/inter-semibold.otf"), 0).ok());

/// The font; a test holds that it is one.
pub(crate) fn face(weight: Weight) -> Option<&'static Face<'static>> {
    match weight {
        Weight::Regular => REGULAR.as_ref(),
        Weight::Bold => BOLD.as_ref(),
    }
}

/// How wide one character is, where letters are `size` high.
pub(crate) fn advance(letter: char, size: f32, weight: Weight) -> f32 {
    let known = face(weight).and_then(|face| {
        let glyph = face.glyph_index(letter)?;
        let advance = f32::from(face.glyph_hor_advance(glyph)?);
        Some(advance / f32::from(face.units_per_em()) * size)
    });
    // What is not in the font is taken to be as wide as it is high: so are the letters of East Asia.
    known.unwrap_or(size)
}

/// How wide a line of text is.
pub(crate) fn width(text: &str, size: f32, weight: Weight) -> f32 {
    text.chars()
        .map(|letter| advance(letter, size, weight))
        .sum()
}

/// Breaks text into at most `lines` lines that are at most `most` wide; what is left out is an ellipsis.
///
/// Lines break after spaces, underscores, dots, commas and slashes, and within a word that is too long.
pub(crate) fn wrapped(
    text: &str,
    size: f32,
    weight: Weight,
    most: f32,
    lines: usize,
) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if done.len() + 1 >= lines {
            done.push(elided(rest, size, weight, most));
            break;
        }
        let end = line_end(rest, size, weight, most);
        let (line, more) = rest.split_at(end);
        done.push(line.trim_end().to_owned());
        rest = more.trim_start();
    }
    done
}

/// Where the first line ends, in bytes.
fn line_end(text: &str, size: f32, weight: Weight, most: f32) -> usize {
    let mut so_far = 0.0;
    let mut breakable = None;
    for (at, letter) in text.char_indices() {
        so_far += advance(letter, size, weight);
        if so_far > most && at > 0 {
            return breakable.unwrap_or(at);
        }
        if matches!(letter, ' ' | '_' | '.' | ',' | '/') {
            breakable = Some(at + letter.len_utf8());
        }
    }
    text.len()
}

/// Takes letters out of the middle until the text fits.
fn elided(text: &str, size: f32, weight: Weight, most: f32) -> String {
    if width(text, size, weight) <= most {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let room = most - advance('\u{2026}', size, weight);
    let (mut head, mut tail) = (0, letters.len());
    let mut used = 0.0;
    while head < tail {
        // The end of a name tells as much as its beginning.
        let from_head = head <= letters.len() - tail;
        let letter = letters[if from_head { head } else { tail - 1 }];
        used += advance(letter, size, weight);
        if used > room {
            break;
        }
        if from_head {
            head += 1;
        } else {
            tail -= 1;
        }
    }
    let beginning: String = letters[..head].iter().collect();
    let end: String = letters[tail..].iter().collect();
    format!("{beginning}\u{2026}{end}")
}

#[cfg(test)]
mod tests {
    use super::{Weight, face, width, wrapped};

    #[test]
    fn the_fonts_are_fonts() {
        for weight in [Weight::Regular, Weight::Bold] {
            assert!(face(weight).unwrap().glyph_index('\u{2026}').is_some());
        }
        assert!(width("mm", 10.0, Weight::Bold) > width("ii", 10.0, Weight::Bold));
    }

    #[test]
    fn lines_fit() {
        let name =
            "a_rather_long_name_of_an_executor_that_somebody_chose_without_a_drawing_in_mind";
        let lines = wrapped(name, 14.0, Weight::Bold, 200.0, 2);
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert!(width(line, 14.0, Weight::Bold) <= 200.0, "{line}");
        }
        assert!(lines[0].ends_with('_'), "{}", lines[0]);
        assert!(lines[1].contains('\u{2026}') && lines[1].ends_with("mind"));
        assert_eq!(wrapped("x", 14.0, Weight::Bold, 1.0, 1).len(), 1);
        assert_eq!(
            wrapped(&"\u{6f22}".repeat(30), 14.0, Weight::Bold, 140.0, 2).len(),
            2
        );
    }
}
