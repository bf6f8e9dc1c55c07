//! The filter language: `{'tags__price': {'$lt': 5}, '$or': [...]}`.

use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use tidegate_doc::query::{self, nearest_operator};
use tidegate_doc::structure::{Map, Value};
use tidegate_doc::{Field, RowView};

use super::rows::Row;
use super::{PyDocument, PyDocumentArray};

/// A condition on a Document.
pub(super) enum Query<'py> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test {
        field: String,
        operator: Operator,
        operand: Operand<'py>,
    },
}

#[derive(Clone, Copy)]
pub(super) enum Operator {
    Compare(CompareOp),
    Regex,
    Size,
    Exists,
    In,
    NotIn,
}

/// What a field is compared with: a value, or another field of the same Document.
pub(super) enum Operand<'py> {
    Value(Bound<'py, PyAny>),
    Field(String),
}

const OPERATORS: &str =
    "$eq, $ne, $neq, $lt, $lte, $gt, $gte, $in, $nin, $regex, $size, $exists, $and, $or and $not";

fn malformed(query: &Bound<'_, PyAny>) -> PyErr {
    PyValueError::new_err(format!(
        "{query} is no filter; a filter looks like {{'field': {{'$operator': value}}}}, with the operators {OPERATORS}"
    ))
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "$eq" => Operator::Compare(CompareOp::Eq),
        "$ne" | "$neq" => Operator::Compare(CompareOp::Ne),
        "$lt" => Operator::Compare(CompareOp::Lt),
        "$lte" => Operator::Compare(CompareOp::Le),
        "$gt" => Operator::Compare(CompareOp::Gt),
        "$gte" => Operator::Compare(CompareOp::Ge),
        "$regex" => Operator::Regex,
        "$size" => Operator::Size,
        "$exists" => Operator::Exists,
        "$in" => Operator::In,
        "$nin" => Operator::NotIn,
        _ => return None,
    })
}

impl<'py> Query<'py> {
    /// Reads a filter: a dict of fields and logical operators, or a list of such dicts.
    pub(super) fn parse(query: &Bound<'py, PyAny>) -> PyResult<Self> {
        Self::parse_at(query, 0)
    }

    fn parse_at(query: &Bound<'py, PyAny>, depth: usize) -> PyResult<Self> {
        if depth > 100 {
            return Err(PyValueError::new_err(
                "the filter is nested deeper than 100 levels",
            ));
        }
        Self::parts(query, depth).map(Self::All)
    }

    /// The conditions that a dict or list lists.
    fn parts(query: &Bound<'py, PyAny>, depth: usize) -> PyResult<Vec<Self>> {
        if let Ok(list) = query.cast::<PyList>() {
            return list
                .iter()
                .map(|part| Self::parse_at(&part, depth + 1))
                .collect();
        }
        let dict = query.cast::<PyDict>().map_err(|_| malformed(query))?;
        let mut parts = Vec::new();
        for (key, value) in dict.iter() {
            let key = key.cast_into::<PyString>().map_err(|_| malformed(query))?;
            let key = key.to_str()?;
            if let Some(part) = Self::logical(key, &value, depth)? {
                parts.push(part);
            } else if key.starts_with('$') {
                return Err(unknown(key));
            } else {
                let tests = value.cast::<PyDict>().map_err(|_| malformed(query))?;
                if tests.is_empty() {
                    return Err(malformed(query));
                }
                for (name, operand) in tests.iter() {
                    let name = name.cast_into::<PyString>().map_err(|_| malformed(query))?;
                    parts.push(Self::test(key, name.to_str()?, operand, depth)?);
                }
            }
        }
        Ok(parts)
    }

    fn logical(name: &str, value: &Bound<'py, PyAny>, depth: usize) -> PyResult<Option<Self>> {
        Ok(Some(match name {
            "$and" => Self::All(Self::parts(value, depth + 1)?),
            "$or" => Self::Any(Self::parts(value, depth + 1)?),
            "$not" => Self::Not(Box::new(Self::parse_at(value, depth + 1)?)),
            _ => return Ok(None),
        }))
    }

    fn test(field: &str, name: &str, operand: Bound<'py, PyAny>, depth: usize) -> PyResult<Self> {
        if let Some(part) = Self::logical(name, &operand, depth)? {
            return Ok(part);
        }
        let operator = operator(name).ok_or_else(|| unknown(name))?;
        if matches!(operator, Operator::Exists) && !operand.is_instance_of::<PyBool>() {
            return Err(PyValueError::new_err("$exists takes True or False"));
        }
        if matches!(operator, Operator::In | Operator::NotIn) && operand.try_iter().is_err() {
            return Err(PyTypeError::new_err(format!(
                "{name} takes a list of values"
            )));
        }
        let operand = match operand.cast::<PyString>() {
            Ok(text) if text.to_str()?.starts_with('{') => {
                Operand::Field(placeholder(text.to_str()?)?)
            }
            _ => Operand::Value(operand),
        };
        Ok(Self::Test {
            field: field.to_owned(),
            operator,
            operand,
        })
    }

    /// Whether a Document meets the condition.
    pub(super) fn holds(&self, document: &Bound<'py, PyDocument>) -> PyResult<bool> {
        match self {
            Self::All(parts) => {
                for part in parts {
                    if !part.holds(document)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.holds(document)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(part) => Ok(!part.holds(document)?),
            Self::Test {
                field,
                operator,
                operand,
            } => {
                let operand = match operand {
                    Operand::Value(value) => value.clone(),
                    Operand::Field(name) => PyDocument::attribute(document, name)?,
                };
                check(document, field, *operator, &operand)
            }
        }
    }
}

fn unknown(name: &str) -> PyErr {
    let meant =
        nearest_operator(name).map_or(String::new(), |meant| format!(" (is {meant} meant?)"));
    PyValueError::new_err(format!(
        "the operator {name} is not known{meant}; {OPERATORS} are"
    ))
}

/// The field that a value of the form `{field}` refers to.
fn placeholder(text: &str) -> PyResult<String> {
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .map(str::trim);
    match inner {
        Some(name) if !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric()) => {
            Ok(name.to_owned())
        }
        _ => Err(PyValueError::new_err(format!(
            "the value '{text}' begins like a reference to another field and is none; \
             it should look like '{{tags__name}}'"
        ))),
    }
}

fn check<'py>(
    document: &Bound<'py, PyDocument>,
    field: &str,
    operator: Operator,
    operand: &Bound<'py, PyAny>,
) -> PyResult<bool> {
    if let Operator::Exists = operator {
        let exists = match Field::from_name(field) {
            Some(field) => PyDocument::is_set(document, field)?,
            None => !PyDocument::attribute(document, field)?.is_none(),
        };
        return Ok(exists == operand.is_truthy()?);
    }
    let value = PyDocument::attribute(document, field)?;
    match operator {
        Operator::Compare(op @ (CompareOp::Eq | CompareOp::Ne)) => {
            value.rich_compare(operand, op)?.is_truthy()
        }
        Operator::In => operand.contains(&value),
        Operator::NotIn => Ok(!operand.contains(&value)?),
        _ if value.is_none() => Ok(false),
        Operator::Compare(op) => value.rich_compare(operand, op)?.is_truthy(),
        Operator::Size => operand.eq(value.len()?),
        Operator::Regex => {
            let py = value.py();
            let arguments = PyTuple::new(py, [operand, &value])?;
            Ok(!py
                .import("re")?
                .call_method1("search", arguments)?
                .is_none())
        }
        Operator::Exists => Ok(false),
    }
}

/// The filter as one over received rows; `None` where it has values that those cannot hold, or where
/// Python's own ways could make a difference.
fn native(filter: &Bound<'_, PyAny>) -> Option<query::Query> {
    let query = query::Query::parse(&plain(filter, 0, false)?).ok()?;
    query.is_plain().then_some(query)
}

/// A plain value; `None` where it is more than that. Tuples count as lists only where `tuples` says so: a
/// tuple equals no list.
pub(crate) fn plain(value: &Bound<'_, PyAny>, depth: usize, tuples: bool) -> Option<Value> {
    if depth > 100 {
        return None;
    }
    let list = |items: Vec<Bound<'_, PyAny>>| {
        let items = items.iter().map(|item| plain(item, depth + 1, false));
        items.collect::<Option<Vec<_>>>().map(Value::List)
    };
    if value.is_none() {
        Some(Value::Null)
    } else if let Ok(value) = value.cast_exact::<PyString>() {
        value.to_str().ok().map(|text| Value::Text(text.to_owned()))
    } else if let Ok(value) = value.cast_exact::<PyBool>() {
        Some(Value::Bool(value.is_true()))
    } else if value.is_exact_instance_of::<PyInt>() {
        value.extract().ok().map(Value::Int)
    } else if let Ok(value) = value.cast_exact::<PyFloat>() {
        Some(Value::Number(value.value()))
    } else if let Ok(values) = value.cast_exact::<PyList>() {
        list(values.iter().collect())
    } else if let (Ok(values), true) = (value.cast_exact::<PyTuple>(), tuples) {
        list(values.iter().collect())
    } else {
        let mut fields = Map::new();
        for (key, value) in value.cast_exact::<PyDict>().ok()?.iter() {
            let key = key.cast_exact::<PyString>().ok()?.to_str().ok()?.to_owned();
            let tuples = matches!(key.as_str(), "$in" | "$nin");
            fields.insert(key, plain(&value, depth + 1, tuples)?);
        }
        Some(Value::Map(fields))
    }
}

impl PyDocumentArray {
    /// Which rows meet a filter, as far as their received bytes can tell: no Document is made for it.
    fn judged(slf: &Bound<'_, Self>, query: &query::Query) -> PyResult<Vec<Option<bool>>> {
        let py = slf.py();
        let (own, sources) = Self::with(slf, |rows| {
            let each = rows.list.iter().map(|row| match row {
                Row::Raw(span, _) => Some((None, *span)),
                Row::Live(document) => PyDocument::with(document.bind(py), |state| {
                    let (frame, span) = state.source().filter(|_| !state.is_dirty())?;
                    Some((Some(frame.clone()), span))
                })
                .ok()
                .flatten(),
            });
            (rows.frame.clone(), each.collect::<Vec<_>>())
        })?;
        Ok(py.detach(|| {
            let each = sources.iter().map(|source| {
                let (frame, span) = source.as_ref()?;
                let frame = frame.as_ref().or(own.as_ref())?;
                query.matches(RowView::new(span.of(frame))).ok()
            });
            each.collect()
        }))
    }

    /// The Documents that meet a filter, as a new array; an empty filter gives the array itself.
    pub(super) fn filtered<'py>(
        slf: &Bound<'py, Self>,
        filter: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        if !filter.is_truthy()? {
            return Ok(slf.clone());
        }
        let query = Query::parse(filter)?;
        let judged = match native(filter) {
            Some(native) => Self::judged(slf, &native)?,
            None => vec![None; Self::length(slf)?],
        };
        let mut kept = Vec::new();
        for (at, judged) in judged.into_iter().enumerate() {
            if judged == Some(false) {
                continue;
            }
            let Some(document) = Self::at(slf, at)? else {
                break;
            };
            if judged.is_some() || query.holds(&document)? {
                kept.push(document);
            }
        }
        Self::of(slf.py(), kept)
    }
}
