//! What is wrong in a text, told so that a person finds the place.

use std::fmt::Write as _;

use super::node::Mark;
use crate::error::{Error, ErrorKind};

/// More problems than this are counted, not told.
const MOST_TOLD: usize = 10;
/// Longer lines are cut in an excerpt.
const WIDEST: usize = 160;

/// A text and what it is called in messages.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file's path as it was given, or a word for a text that is in no file.
    pub name: &'a str,
    /// The text itself; empty where values came in another form.
    pub text: &'a str,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it begins.
    pub mark: Mark,
    /// How many characters it is about.
    pub width: usize,
    /// What is wrong, and what to do.
    pub said: String,
    /// What may stand there instead, where that is a list of words.
    pub allowed: Vec<String>,
}

impl Problem {
    /// A problem with `width` characters at `mark`.
    #[must_use]
    pub fn new(mark: Mark, width: usize, said: impl Into<String>) -> Self {
        Self {
            mark,
            width,
            said: said.into(),
            allowed: Vec::new(),
        }
    }

    /// Says what may stand there.
    #[must_use]
    pub fn allowing<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.allowed = words.into_iter().map(str::to_owned).collect();
        self.allowed.sort();
        self
    }

    /// `file:line:column`, or just the file where there is no line.
    #[must_use]
    pub fn place(&self, source: Source<'_>) -> String {
        place(source.name, self.mark)
    }

    /// The place, what is wrong, the line itself with a mark under it, and what is allowed.
    #[must_use]
    pub fn render(&self, source: Source<'_>) -> String {
        let mut told = format!("{}: {}", self.place(source), self.said);
        if let Some(line) = source.text.lines().nth(self.mark.line.wrapping_sub(1)) {
            let shown: String = line.chars().take(WIDEST).collect();
            let shown = shown.replace('\t', " ");
            let number = self.mark.line.to_string();
            let start = self.mark.column.saturating_sub(1);
            if start <= WIDEST {
                let left = shown.chars().count().saturating_sub(start).max(1);
                let width = self.width.clamp(1, left);
                let _ = write!(
                    told,
                    "\n  {number} | {shown}\n  {0:1$} | {0:start$}{2}",
                    "",
                    number.len(),
                    "^".repeat(width)
                );
            }
        }
        if !self.allowed.is_empty() {
            let _ = write!(told, "\n  allowed: {}", self.allowed.join(", "));
        }
        told
    }
}

/// `file:line:column`, or just the file where there is no line.
#[must_use]
pub(crate) fn place(name: &str, mark: Mark) -> String {
    if mark.line == 0 {
        return name.to_owned();
    }
    format!("{name}:{}:{}", mark.line, mark.column)
}

/// One error for all that is wrong in a text, in the order of the lines.
#[must_use]
pub(crate) fn error(source: Source<'_>, mut problems: Vec<Problem>) -> Error {
    problems.sort_by_key(|problem| problem.mark);
    let mut told: Vec<String> = problems
        .iter()
        .take(MOST_TOLD)
        .map(|problem| problem.render(source))
        .collect();
    if problems.len() > MOST_TOLD {
        told.push(format!("and {} more", problems.len() - MOST_TOLD));
    }
    Error::new(ErrorKind::Config, told.join("\n"))
}
