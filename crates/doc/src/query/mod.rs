//! The filter language: `{'tags__price': {'$lt': 5}, '$or': [...]}`, over received rows.
//!
//! A [`Query`] is read once and then put to any number of rows, of which it looks at nothing but the fields
//! that it names.

mod compare;
mod error;
mod found;
mod operator;
mod parse;
mod pattern;
mod text;

use std::borrow::Cow;
use std::cmp::Ordering;

use bytes::Bytes;

pub use error::{MatchError, QueryError};
pub use operator::nearest_operator;

use crate::documents::DocumentArray;
use crate::row::RowView;
use crate::scan::{ScanError, scan_array};
use crate::structure::Value;
use crate::wire::{Reader, WireType};
use compare::{contained, equal, is_length, order, word};
use found::{Found, Path};
use operator::Operator;
use pattern::Pattern;

/// A filter, read and checked.
///
/// Its operators are `$eq`, `$ne` or `$neq`, `$lt`, `$lte`, `$gt`, `$gte`, `$in`, `$nin`, `$regex`, `$size`,
/// `$exists`, `$and`, `$or` and `$not`; several conditions must all hold. A field is named as docarray names
/// it: `text`, `tags__price`, `tags__list__0`, `scores__cosine__value`, `chunks__0__text`. A value
/// `'{field}'` stands for that field of the same Document.
///
/// ```
/// use tidegate_doc::query::Query;
/// use tidegate_doc::structure::Value;
/// use tidegate_doc::{Document, DocumentArray};
///
/// let cheap = Value::Map([("$lt".into(), Value::Int(5))].into());
/// let query = Query::parse(&Value::Map([("tags__price".into(), cheap)].into())).unwrap();
/// let docs: DocumentArray = [3, 7]
///     .map(|price| {
///         let mut document = Document::new();
///         document.set_tags(vec![("price".into(), Value::Int(price))]);
///         document
///     })
///     .into();
/// assert_eq!(docs.filter(&query).unwrap().len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone)]
enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Test),
}

#[derive(Debug, Clone)]
struct Test {
    path: Path,
    operator: Operator,
    operand: Operand,
}

/// What a field is compared with.
#[derive(Debug, Clone)]
enum Operand {
    Value(Value),
    Pattern(Pattern),
    /// Another field of the same Document.
    Field(Path),
}

/// Why bytes could not be filtered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// They are no Documents.
    #[error("{0}")]
    Scan(#[from] ScanError),
    /// A Document cannot be judged.
    #[error("{0}")]
    Match(#[from] MatchError),
}

impl Query {
    /// Whether a row meets the filter.
    ///
    /// # Errors
    /// When values do not compare, such as text with a number; the error names the field.
    ///
    /// ```
    /// use tidegate_doc::query::Query;
    /// use tidegate_doc::structure::Value;
    /// use tidegate_doc::{Document, RowView};
    ///
    /// let exists = Value::Map([("$exists".into(), Value::Bool(true))].into());
    /// let query = Query::parse(&Value::Map([("text".into(), exists)].into())).unwrap();
    /// let bytes = Document::new().with_text("hello").to_bytes();
    /// assert!(query.matches(RowView::new(&bytes)).unwrap());
    /// ```
    pub fn matches(&self, row: RowView<'_>) -> Result<bool, MatchError> {
        all(&self.conditions, row)
    }

    /// Whether it is met by everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether every regular expression in it is sure to find what Python's `re` finds. Those with words,
    /// spaces, boundaries or flags are not: the two know a few characters differently.
    ///
    /// ```
    /// use tidegate_doc::query::Query;
    /// use tidegate_doc::structure::Value;
    ///
    /// let plain = |pattern: &str| {
    ///     let test = Value::Map([("$regex".into(), Value::Text(pattern.into()))].into());
    ///     Query::parse(&Value::Map([("text".into(), test)].into())).unwrap().is_plain()
    /// };
    /// assert_eq!((plain("^a[bc]+$"), plain(r"\bword")), (true, false));
    /// ```
    #[must_use]
    pub fn is_plain(&self) -> bool {
        fn plain(condition: &Condition) -> bool {
            match condition {
                Condition::All(parts) | Condition::Any(parts) => parts.iter().all(plain),
                Condition::Not(part) => plain(part),
                Condition::Test(test) => match (&test.operator, &test.operand) {
                    (_, Operand::Pattern(pattern)) => pattern.plain,
                    (Operator::Regex, Operand::Field(_)) => false,
                    _ => true,
                },
            }
        }
        self.conditions.iter().all(plain)
    }

    /// The Documents of a serialised `DocumentArrayProto` that meet the filter, serialised again: the very
    /// bytes where all do, and what is kept as it came in any case.
    ///
    /// # Errors
    /// When the bytes are no Documents, or one of them cannot be judged.
    ///
    /// ```
    /// use tidegate_doc::query::Query;
    /// use tidegate_doc::structure::Value;
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let is_a = Value::Map([("$eq".into(), Value::Text("a".into()))].into());
    /// let query = Query::parse(&Value::Map([("text".into(), is_a)].into())).unwrap();
    /// let docs: DocumentArray = ["a", "b"].map(|text| Document::new().with_text(text)).into();
    /// let kept = query.filter_bytes(&docs.to_bytes()).unwrap();
    /// assert_eq!(DocumentArray::from_bytes(kept.clone()).unwrap().len(), 1);
    /// assert_eq!(query.filter_bytes(&kept).unwrap().as_ptr(), kept.as_ptr());
    /// ```
    pub fn filter_bytes(&self, bytes: &Bytes) -> Result<Bytes, FilterError> {
        let rows = scan_array(bytes)?;
        let mut kept = Vec::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            kept.push(
                self.matches(RowView::new(row.of(bytes)))
                    .map_err(|e| e.at(place))?,
            );
        }
        if kept.iter().all(|kept| *kept) {
            return Ok(bytes.clone());
        }
        let mut kept = kept.into_iter();
        let mut out = Vec::new();
        for entry in Reader::new(bytes).flatten() {
            let row = entry.number == 1 && entry.wire == WireType::Bytes;
            if !row || kept.next().unwrap_or(true) {
                out.extend_from_slice(bytes.get(entry.start..entry.end).unwrap_or_default());
            }
        }
        Ok(out.into())
    }
}

impl DocumentArray {
    /// The Documents that meet a filter; rows that were received are judged, and kept, as they lie there.
    ///
    /// # Errors
    /// When values do not compare; the error names the Document and the field.
    ///
    /// ```
    /// use tidegate_doc::query::Query;
    /// use tidegate_doc::structure::Value;
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let starts = Value::Map([("$regex".into(), Value::Text("^a".into()))].into());
    /// let query = Query::parse(&Value::Map([("text".into(), starts)].into())).unwrap();
    /// let docs: DocumentArray = ["an", "by", "at"].map(|text| Document::new().with_text(text)).into();
    /// let found = docs.filter(&query).unwrap();
    /// assert_eq!(found.iter().map(|d| d.text().to_owned()).collect::<Vec<_>>(), ["an", "at"]);
    /// ```
    pub fn filter(&self, query: &Query) -> Result<Self, MatchError> {
        let mut kept = Vec::with_capacity(self.len());
        for place in 0..self.len() {
            let row = self.row_bytes(place).unwrap_or_default();
            kept.push(query.matches(RowView::new(&row)).map_err(|e| e.at(place))?);
        }
        Ok(self.kept(&kept))
    }
}

impl MatchError {
    fn at(mut self, place: usize) -> Self {
        self.place = Some(place);
        self
    }
}

fn all(conditions: &[Condition], row: RowView<'_>) -> Result<bool, MatchError> {
    for condition in conditions {
        if !condition.holds(row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Condition {
    fn holds(&self, row: RowView<'_>) -> Result<bool, MatchError> {
        match self {
            Self::All(parts) => all(parts, row),
            Self::Any(parts) => {
                for part in parts {
                    if part.holds(row)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(part) => Ok(!part.holds(row)?),
            Self::Test(test) => test.holds(row).map_err(|why| MatchError {
                field: test.path.name.clone(),
                operator: test.operator.name(),
                why,
                place: None,
            }),
        }
    }
}

impl Test {
    fn holds(&self, row: RowView<'_>) -> Result<bool, String> {
        // As in docarray, a reference is followed before anything else.
        let value = match &self.operand {
            Operand::Value(value) => Cow::Borrowed(value),
            Operand::Pattern(pattern) => {
                return match self.path.find(row)? {
                    Found::Absent => Ok(false),
                    Found::Text(text) => Ok(pattern.finds(text)),
                    other => Err(format!("{} is no text", other.kind())),
                };
            }
            Operand::Field(path) => {
                let other = path.find(row)?;
                let value = other.to_value();
                Cow::Owned(value.ok_or_else(|| format!("{} is no plain value", other.kind()))?)
            }
        };
        if self.operator == Operator::Exists {
            let exists = match self.path.field() {
                Some(field) => found::is_set(row, field),
                None => !matches!(self.path.find(row)?, Found::Absent),
            };
            return Ok(Value::Bool(exists) == *value);
        }
        self.judge(&self.path.find(row)?, &value)
    }

    fn judge(&self, found: &Found<'_>, value: &Value) -> Result<bool, String> {
        match self.operator {
            Operator::Eq => return equal(found, value),
            Operator::Ne => return equal(found, value).map(|equal| !equal),
            Operator::In => return contained(found, value),
            Operator::Nin => return contained(found, value).map(|contained| !contained),
            _ if matches!(found, Found::Absent) => return Ok(false),
            _ => {}
        }
        match self.operator {
            Operator::Size => {
                let len = found
                    .len()
                    .ok_or_else(|| format!("{} has no length", found.kind()))?;
                Ok(is_length(len, value))
            }
            Operator::Regex => match (found, value) {
                (Found::Text(text), Value::Text(pattern)) => {
                    let pattern = Pattern::new(pattern).map_err(|error| error.to_string())?;
                    Ok(pattern.finds(text))
                }
                _ => Err(format!(
                    "{} and {} are not both text",
                    found.kind(),
                    word(value)
                )),
            },
            _ => {
                let order = order(found, value)?;
                Ok(order.is_some_and(|order| match self.operator {
                    Operator::Lt => order == Ordering::Less,
                    Operator::Lte => order != Ordering::Greater,
                    Operator::Gt => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }))
            }
        }
    }
}
