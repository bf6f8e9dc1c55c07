//! Why there is no JSON of a Document, or no Document of a JSON text.

use std::fmt;

use super::array::NoLists;

/// Why a Document has no form in the plain dialect: which field, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoJson {
    path: String,
    reason: NoLists,
}

impl NoJson {
    pub(crate) fn new(field: &str, reason: NoLists) -> Self {
        Self {
            path: field.to_owned(),
            reason,
        }
    }

    pub(crate) fn inside(mut self, step: &str) -> Self {
        self.path = join(step, &self.path);
        self
    }

    /// Where it is, as `docs[3].embedding`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is only the want of a form that stands against it, not its size.
    #[must_use]
    pub fn has_no_form(&self) -> bool {
        !matches!(self.reason, NoLists::Empty(_))
    }
}

impl fmt::Display for NoJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.reason)
    }
}

impl std::error::Error for NoJson {}

/// Why a JSON text is not read: where in the text, which Document and field, what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    path: String,
    what: String,
    at: usize,
    place: Option<(usize, usize)>,
    kind: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Value,
    Malformed,
    Odd,
}

impl JsonError {
    pub(crate) fn new(what: String, at: usize) -> Self {
        Self {
            path: String::new(),
            what,
            at,
            place: None,
            kind: Fault::Value,
        }
    }

    pub(crate) fn malformed(mut self) -> Self {
        self.kind = Fault::Malformed;
        self
    }

    /// Marks what another reader might still make something of.
    pub(crate) fn odd(mut self) -> Self {
        self.kind = Fault::Odd;
        self
    }

    pub(crate) fn inside(mut self, step: &str) -> Self {
        // A path that is longer says no more.
        if self.path.len() < 300 {
            self.path = join(step, &self.path);
        }
        self
    }

    /// Finds line and column in the text that it is about.
    pub(crate) fn placed(mut self, text: &str) -> Self {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        self.place = Some((line, column));
        self
    }

    /// Where among the Documents it is, as `docs[3].tags[name]`; empty where the text is at fault.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong, without where.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// How many bytes of the text stand before it.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Whether the text is no JSON at all.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.kind == Fault::Malformed
    }

    /// Whether a reader with more types, such as Python's, may still make something of it.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.kind == Fault::Odd
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), self.kind) {
            ("", Fault::Malformed) => write!(f, "{}", self.what)?,
            ("", _) => write!(f, "the value {}", self.what)?,
            (path, Fault::Malformed) => write!(f, "{path}: {}", self.what)?,
            (path, _) => write!(f, "{path} {}", self.what)?,
        }
        match self.place {
            Some((line, column)) => write!(f, " (line {line}, column {column})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for JsonError {}

fn join(step: &str, path: &str) -> String {
    match path {
        "" => step.to_owned(),
        path if path.starts_with('[') => format!("{step}{path}"),
        path => format!("{step}.{path}"),
    }
}
