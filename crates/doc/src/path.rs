//! Paths through nested Documents: `r,c`, `cm`, `r[:1]c[1:]`, `c0`, `.[image]c`.

use std::fmt;

/// Where one step of a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The array itself.
    Root,
    /// The chunks of every Document.
    Chunks,
    /// The matches of every Document.
    Matches,
    /// Fields of multimodal Documents, by name.
    Attributes(Vec<String>),
}

/// A part of an array, as Python slices have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// Where it begins; negative counts from the end.
    pub start: Option<isize>,
    /// Where it ends.
    pub stop: Option<isize>,
    /// How far from one to the next.
    pub step: Option<isize>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it leads.
    pub place: Place,
    /// Which part of what is there; everything where absent.
    pub range: Option<Range>,
}

/// One path: steps from the root.
pub type Path = Vec<Step>;

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    text: String,
    at: usize,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no path (at character {}): a path is a run of r, c, m and .[names], each with an \
             optional [slice], and paths are separated by commas, as in 'r,c' or 'r[:1]cc'",
            self.text, self.at
        )
    }
}

impl std::error::Error for PathError {}

/// Reads paths that are separated by commas; spaces do not count.
///
/// # Errors
/// When the text is no path; the error says where it stops being one.
pub fn parse(text: &str) -> Result<Vec<Path>, PathError> {
    let chars: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut parser = Parser {
        chars: &chars,
        at: 0,
    };
    let paths = parser.paths();
    paths.ok_or(PathError {
        text: text.to_owned(),
        at: parser.at,
    })
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn paths(&mut self) -> Option<Vec<Path>> {
        let mut paths = Vec::new();
        loop {
            let mut path = Vec::new();
            while let Some(step) = self.step()? {
                path.push(step);
            }
            if path.is_empty() {
                return None;
            }
            paths.push(path);
            if self.peek().is_none() {
                return Some(paths);
            }
            if !self.eat(',') {
                return None;
            }
        }
    }

    /// The next step; `Some(None)` where the path ends, `None` where it is malformed.
    fn step(&mut self) -> Option<Option<Step>> {
        let place = match self.peek() {
            Some('r') => Place::Root,
            Some('c') => Place::Chunks,
            Some('m') => Place::Matches,
            Some('.') => {
                self.at += 1;
                let place = Place::Attributes(self.names()?);
                return Some(Some(Step {
                    place,
                    range: self.range()?,
                }));
            }
            Some(',') | None => return Some(None),
            Some(_) => return None,
        };
        self.at += 1;
        Some(Some(Step {
            place,
            range: self.range()?,
        }))
    }

    fn names(&mut self) -> Option<Vec<String>> {
        if !self.eat('[') {
            return None;
        }
        let start = self.at;
        while self.peek()? != ']' {
            self.at += 1;
        }
        let text: String = self.chars.get(start..self.at)?.iter().collect();
        self.at += 1;
        let names: Vec<String> = text.split(',').map(str::to_owned).collect();
        names.iter().all(|name| !name.is_empty()).then_some(names)
    }

    /// An optional slice; `None` where it is malformed.
    fn range(&mut self) -> Option<Option<Range>> {
        let bracketed = self.eat('[');
        let mut parts: Vec<Option<isize>> = Vec::new();
        let mut colons = 0;
        let mut any = false;
        loop {
            let number = self.number()?;
            any |= number.is_some();
            parts.push(number);
            if !self.eat(':') {
                break;
            }
            colons += 1;
        }
        if bracketed && !self.eat(']') {
            return None;
        }
        if !any && colons == 0 {
            return if bracketed { None } else { Some(None) };
        }
        let part = |i: usize| parts.get(i).copied().flatten();
        match colons {
            0 => {
                let start = part(0)?;
                let stop = (start != -1).then_some(start + 1);
                Some(Some(Range {
                    start: Some(start),
                    stop,
                    step: None,
                }))
            }
            1 | 2 if part(2) != Some(0) => Some(Some(Range {
                start: part(0),
                stop: part(1),
                step: part(2),
            })),
            _ => None,
        }
    }

    /// An optional whole number; `None` where it is a lone sign or too large.
    fn number(&mut self) -> Option<Option<isize>> {
        let start = self.at;
        let signed = self.eat('-');
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Some(None);
        }
        if signed && self.at == start + 1 {
            return None;
        }
        let text: String = self.chars.get(start..self.at)?.iter().collect();
        text.parse::<isize>()
            .ok()
            .filter(|n| n.unsigned_abs() < 1 << 40)
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_that_docarray_reads() {
        let step = |place: Place| Step { place, range: None };
        assert_eq!(
            parse("r,c").unwrap(),
            vec![vec![step(Place::Root)], vec![step(Place::Chunks)]]
        );
        assert_eq!(
            parse(" c c ").unwrap(),
            vec![vec![step(Place::Chunks), step(Place::Chunks)]]
        );
        let cut = parse("r[:1]c[1:]m0").unwrap();
        assert_eq!(
            cut[0][0].range,
            Some(Range {
                start: None,
                stop: Some(1),
                step: None
            })
        );
        assert_eq!(
            cut[0][1].range,
            Some(Range {
                start: Some(1),
                stop: None,
                step: None
            })
        );
        assert_eq!(
            cut[0][2].range,
            Some(Range {
                start: Some(0),
                stop: Some(1),
                step: None
            })
        );
        assert_eq!(
            parse(".[a,b]c").unwrap()[0][0].place,
            Place::Attributes(vec!["a".into(), "b".into()])
        );
    }

    #[test]
    fn refuses_what_is_no_path() {
        for text in [
            "",
            "x",
            "r,",
            "c[",
            "c[-]",
            "rc;m",
            ".a",
            "c[1:2:3:4]",
            "c[::0]",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
