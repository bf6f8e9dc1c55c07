//! Why a filter is none, and why a Document cannot be judged by one.

use std::fmt;

use super::operator::{NAMES, nearest_operator};

/// Why a value is no filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryError {
    /// It is no map of fields and operators.
    Shape(String),
    /// An operator is not known.
    Operator(String),
    /// A Document has no such field; the second is what may be meant.
    Field(String, Option<&'static str>),
    /// An operator got a value that it cannot take: the operator, and what it takes.
    Operand(&'static str, &'static str),
    /// A value begins like a reference to another field and is none.
    Reference(String),
    /// A regular expression cannot be read.
    Pattern(String, String),
    /// It is nested too deep.
    Depth,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(what) => write!(
                f,
                "{what} is no filter; a filter looks like {{'field': {{'$operator': value}}}}"
            ),
            Self::Operator(name) => {
                write!(f, "the operator {name} is not known")?;
                if let Some(meant) = nearest_operator(name) {
                    write!(f, "; did you mean {meant}?")?;
                }
                write!(f, " Operators are {}", NAMES.join(", "))
            }
            Self::Field(name, meant) => {
                write!(f, "a Document has no field '{name}' to filter by")?;
                match meant {
                    Some(meant) => write!(f, "; did you mean '{meant}'?"),
                    None => write!(f, "; what is the user's own is found as 'tags__{name}'"),
                }
            }
            Self::Operand(operator, wanted) => write!(f, "{operator} takes {wanted}"),
            Self::Reference(text) => write!(
                f,
                "the value '{text}' begins like a reference to another field and is none; \
                 it should look like '{{tags__name}}'"
            ),
            Self::Pattern(pattern, why) => {
                write!(
                    f,
                    "the regular expression '{pattern}' cannot be read: {why}"
                )
            }
            Self::Depth => write!(f, "the filter is nested deeper than 100 levels"),
        }
    }
}

impl std::error::Error for QueryError {}

/// Why a Document cannot be judged by a filter: values that do not compare.
///
/// ```
/// use tidegate_doc::query::Query;
/// use tidegate_doc::structure::Value;
/// use tidegate_doc::{Document, DocumentArray};
///
/// let more = Value::Map([("$gt".into(), Value::Int(1))].into());
/// let query = Query::parse(&Value::Map([("text".into(), more)].into())).unwrap();
/// let docs = DocumentArray::from([Document::new().with_text("a")]);
/// let error = docs.filter(&query).unwrap_err();
/// assert_eq!((error.place(), error.field()), (Some(0), "text"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchError {
    pub(super) field: String,
    pub(super) operator: &'static str,
    pub(super) why: String,
    pub(super) place: Option<usize>,
}

impl MatchError {
    /// The place of the Document in its array, where that is known.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        self.place
    }

    /// The field that the filter looks at.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "docs[{place}]: ")?;
        }
        write!(
            f,
            "'{}' cannot be put to {}: {}",
            self.field, self.operator, self.why
        )
    }
}

impl std::error::Error for MatchError {}
