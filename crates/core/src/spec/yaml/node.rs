//! What a YAML text says, with the place of every value.

/// A place in a text; lines and columns count from 1, and line 0 stands for no place at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Mark {
    /// The line.
    pub line: usize,
    /// The character in its line.
    pub column: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub mark: Mark,
    /// What it is.
    pub data: Data,
    /// Its tag without the `!`, as in `!MyExecutor`.
    pub tag: Option<String>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that 64 bits do not hold, in decimal digits.
    BigInt(String),
    /// Any other number.
    Float(f64),
    /// A text; whether it stood without quotes.
    Text(String, bool),
    /// Values in order.
    Seq(Vec<Node>),
    /// Keys and values in order, each key once.
    Map(Vec<(Node, Node)>),
    /// A value of the caller's own that has no written form, by its number.
    Foreign(usize),
}

impl Node {
    /// A value that stands nowhere.
    #[must_use]
    pub const fn new(data: Data) -> Self {
        Self {
            mark: Mark { line: 0, column: 0 },
            data,
            tag: None,
        }
    }

    /// A text that stands nowhere.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Data::Text(text.into(), false))
    }

    /// The text, of a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The pairs, of a mapping.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Node, Node)]> {
        match &self.data {
            Data::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The items, of a sequence.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.data {
            Data::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key, of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let pairs = self.as_map()?;
        pairs
            .iter()
            .find(|(known, _)| known.as_text() == Some(key))
            .map(|(_, value)| value)
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The value as a person would write it on one line, cut short where it is long.
    #[must_use]
    pub fn brief(&self) -> String {
        let whole = match &self.data {
            Data::Null => "null".to_owned(),
            Data::Bool(value) => value.to_string(),
            Data::Int(value) => value.to_string(),
            Data::BigInt(digits) => digits.clone(),
            Data::Float(value) => value.to_string(),
            Data::Text(text, _) => format!("{text:?}"),
            Data::Seq(items) => format!("a list of {}", items.len()),
            Data::Map(_) => "a mapping".to_owned(),
            Data::Foreign(_) => "an object".to_owned(),
        };
        if whole.chars().count() <= 60 {
            return whole;
        }
        whole.chars().take(57).chain("...".chars()).collect()
    }
}
