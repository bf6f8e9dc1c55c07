//! What an option is, and the way into the table of all of them.

use std::ops::BitOr;
use std::sync::OnceLock;

use super::table;

/// Where an option may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places(u8);

impl Places {
    /// `Flow(...)`, `with:` of a Flow's file.
    pub const FLOW: Self = Self(1);
    /// `.add(...)`, an item of `executors:`, `tidegate executor`.
    pub const EXECUTOR: Self = Self(2);
    /// `Client(...)`.
    pub const CLIENT: Self = Self(4);
    /// `post(...)`.
    pub const POST: Self = Self(8);
    /// `Deployment(...)`, `with:` of a Deployment's file, `tidegate deployment`.
    pub const DEPLOYMENT: Self = Self(16);
    /// `.config_gateway(...)`, `gateway:` of a Flow's file, `tidegate gateway`.
    pub const GATEWAY: Self = Self(32);

    /// Each place by itself, with the name that messages use.
    pub const EACH: [(Self, &'static str, &'static str); 6] = [
        (Self::FLOW, "FLOW", "Flow(...)"),
        (Self::EXECUTOR, "ADD", ".add(...)"),
        (Self::DEPLOYMENT, "DEPLOYMENT", "Deployment(...)"),
        (Self::GATEWAY, "GATEWAY", ".config_gateway(...)"),
        (Self::CLIENT, "CLIENT", "Client(...)"),
        (Self::POST, "POST", "post(...)"),
    ];

    /// The places as bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have a place in common.
    #[must_use]
    pub const fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Places {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

/// What becomes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It works.
    Built,
    /// It is Jina's and has no effect here; a warning says so.
    Inert,
    /// It is Jina's and would change results; it is refused.
    Unbuilt,
}

/// A value that a table can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    /// None.
    Null,
    /// True or False.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'static str),
    /// A list of nothing.
    Empty,
}

impl Literal {
    /// The value as Python and YAML readers know it.
    #[must_use]
    pub fn shown(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Text(text) => text.to_owned(),
            Self::Empty => "[]".to_owned(),
        }
    }
}

/// What an option's values are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds.
    Int(i64, i64),
    /// Any number.
    Number,
    /// A text, or a list of texts.
    Texts,
    /// A number of a port, or a list of them.
    Ports,
    /// A mapping.
    Map,
    /// A text or a mapping: a name, or a description of its own.
    TextOrMap,
    /// A text, a list, or a number: anything but a mapping.
    Plain,
    /// One of some words, in any case.
    Word(&'static [&'static str]),
    /// Some of some words, in any case.
    Words(&'static [&'static str]),
    /// What only code can give, such as a function.
    Code,
}

impl Kind {
    /// The values in words, to follow "is".
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Int(low, i64::MAX) => format!("a whole number, {low} or more"),
            Self::Int(low, high) => format!("a whole number, {low} to {high}"),
            Self::Number => "a number".to_owned(),
            Self::Texts => "a text or a list of texts".to_owned(),
            Self::Ports => "a port or a list of ports".to_owned(),
            Self::Map => "a mapping".to_owned(),
            Self::TextOrMap => "a text or a mapping".to_owned(),
            Self::Plain => "a text, a number or a list".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Words(words) => format!("one or a list of {}", words.join(", ")),
            Self::Code => "an object".to_owned(),
        }
    }
}

/// One option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptionSpec {
    /// Its name, as a keyword and a key.
    pub name: &'static str,
    /// Where it may stand.
    pub places: Places,
    /// What becomes of it.
    pub fate: Fate,
    /// What its values are.
    pub kind: Kind,
    /// What it is unless given.
    pub default: Literal,
    /// What its numbers count.
    pub unit: &'static str,
    /// What it sets; for one without effect why; for one to come what to do instead.
    pub doc: &'static str,
    /// Values that ask for nothing: taken in silence, whatever the fate.
    pub idle: &'static [Literal],
}

impl OptionSpec {
    /// The option as a flag of the command line.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}

/// Older spellings, and what they are called now.
pub const RENAMED: &[(&str, &str)] = &[
    ("override_with", "uses_with"),
    ("override_metas", "uses_metas"),
    ("override_requests", "uses_requests"),
    ("port_in", "port"),
    ("port_expose", "port"),
    ("host_in", "host"),
    ("https", "tls"),
    ("disable_reduce", "no_reduce"),
];

/// All options.
#[must_use]
pub fn options() -> &'static [OptionSpec] {
    static TABLE: OnceLock<Vec<OptionSpec>> = OnceLock::new();
    TABLE.get_or_init(table::rows)
}

/// The options of one place.
pub fn options_of(place: Places) -> impl Iterator<Item = &'static OptionSpec> {
    options()
        .iter()
        .filter(move |option| option.places.meet(place))
}

/// The option of one place that goes by `name`, today's or an older one.
#[must_use]
pub fn find(place: Places, name: &str) -> Option<&'static OptionSpec> {
    let today = RENAMED
        .iter()
        .find(|(old, _)| *old == name)
        .map_or(name, |(_, new)| *new);
    options_of(place).find(|option| option.name == today)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Fate, Literal, Places, RENAMED, find, options, options_of};

    #[test]
    fn an_option_is_declared_once_for_each_place() {
        for (place, name, _) in Places::EACH {
            let mut seen = HashSet::new();
            for option in options_of(place) {
                assert!(seen.insert(option.name), "{} twice in {name}", option.name);
            }
        }
    }

    #[test]
    fn rows_are_complete() {
        for option in options() {
            assert!(
                !option.doc.is_empty() && !option.doc.ends_with('.'),
                "{}",
                option.name
            );
            assert!(
                option
                    .name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            );
            if option.fate != Fate::Built {
                assert_eq!(option.default, Literal::Null, "{}", option.name);
            }
        }
    }

    #[test]
    fn older_spellings_lead_to_options() {
        for (old, new) in RENAMED {
            assert!(options().iter().all(|option| option.name != *old));
            assert_eq!(
                find(Places::FLOW | Places::EXECUTOR, old).map(|o| o.name),
                Some(*new)
            );
        }
    }
}
