//! Values against values, as Python compares them.

use std::cmp::Ordering;

use super::found::Found;
use crate::map::Map;
use crate::structure::{self, Value, ValueView};

/// Either kind of number; truth values count as 0 and 1.
#[derive(Debug, Clone, Copy)]
enum Numeric {
    Int(i64),
    Float(f64),
}

fn numeric(value: &Value) -> Option<Numeric> {
    Some(match value {
        Value::Bool(value) => Numeric::Int(i64::from(*value)),
        Value::Int(value) => Numeric::Int(*value),
        Value::Number(value) => Numeric::Float(*value),
        _ => return None,
    })
}

fn found_numeric(found: &Found<'_>) -> Option<Numeric> {
    Some(match found {
        Found::Bool(value) => Numeric::Int(i64::from(*value)),
        Found::Int(value) => Numeric::Int(*value),
        Found::Number(value) => Numeric::Float(*value),
        _ => return None,
    })
}

impl Numeric {
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Float(b)) => exact(a, b),
            (Self::Float(a), Self::Int(b)) => exact(b, a).map(Ordering::reverse),
        }
    }
}

/// Compares a whole number with a float, as if the float were as exact.
#[allow(clippy::cast_possible_truncation)]
fn exact(whole: i64, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= BEYOND {
        Some(Ordering::Less)
    } else if float < -BEYOND {
        Some(Ordering::Greater)
    } else {
        let fraction = 0.0.partial_cmp(&float.fract())?;
        Some(whole.cmp(&(float.trunc() as i64)).then(fraction))
    }
}

/// Whether a value of a row equals another; an error says why that cannot be told.
pub(super) fn equal(found: &Found<'_>, value: &Value) -> Result<bool, String> {
    if let (Some(a), Some(b)) = (found_numeric(found), numeric(value)) {
        return Ok(a.compare(b) == Some(Ordering::Equal));
    }
    match (found, value) {
        (Found::Absent, Value::Null) => Ok(true),
        (Found::Text(a), Value::Text(b)) => Ok(a == b),
        (Found::List(bytes), Value::List(values)) => {
            let mut items = structure::items(bytes);
            for value in values {
                let Some(item) = items.next() else {
                    return Ok(false);
                };
                if !equal(&item.into(), value)? {
                    return Ok(false);
                }
            }
            Ok(items.next().is_none())
        }
        (Found::Map(bytes), Value::Map(values)) => {
            let ours = structure::to_map(bytes);
            Ok(alike(&ours, values))
        }
        (Found::Floats(numbers), Value::List(values)) => Ok(numbers.len() == values.len()
            && numbers
                .iter()
                .zip(values)
                .all(|(number, value)| same(&Value::Number(f64::from(*number)), value))),
        (Found::Array(_) | Found::Scores(..), _) => Err(format!(
            "{} does not compare with {}",
            found.kind(),
            word(value)
        )),
        _ => Ok(false),
    }
}

/// Whether two plain values are equal.
fn same(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (numeric(a), numeric(b)) {
        return a.compare(b) == Some(Ordering::Equal);
    }
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => alike(a, b),
        _ => false,
    }
}

/// Whether two maps have equal values by the same names.
fn alike(a: &Map, b: &Map) -> bool {
    a.len() == b.len()
        && a.iter()
            .all(|(name, value)| b.get(name).is_some_and(|wanted| same(value, wanted)))
}

/// How a value of a row stands to another; an error says why that cannot be told.
pub(super) fn order(found: &Found<'_>, value: &Value) -> Result<Option<Ordering>, String> {
    if let (Some(a), Some(b)) = (found_numeric(found), numeric(value)) {
        return Ok(a.compare(b));
    }
    match (found, value) {
        (Found::Text(a), Value::Text(b)) => Ok(Some((*a).cmp(b))),
        _ => Err(format!(
            "{} is neither less nor more than {}",
            found.kind(),
            word(value)
        )),
    }
}

/// Whether a container has a value of a row in it; an error says why that cannot be told.
pub(super) fn contained(found: &Found<'_>, container: &Value) -> Result<bool, String> {
    match (container, found) {
        (Value::List(values), _) => {
            for value in values {
                if equal(found, value)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Value::Text(text), Found::Text(part)) => Ok(text.contains(part)),
        (Value::Map(values), Found::Text(name)) => Ok(values.contains_key(name)),
        _ => Err(format!("{} cannot be in {}", found.kind(), word(container))),
    }
}

/// Whether a value is a number that a length equals.
pub(super) fn is_length(len: usize, value: &Value) -> bool {
    i64::try_from(len).is_ok_and(|len| same(&Value::Int(len), value))
}

/// What a value is, in a word.
pub(super) fn word(value: &Value) -> &'static str {
    let view = match value {
        Value::Null => ValueView::Null,
        Value::Bool(value) => ValueView::Bool(*value),
        Value::Int(value) => ValueView::Int(*value),
        Value::Number(value) => ValueView::Number(*value),
        Value::Text(text) => ValueView::Text(text),
        Value::List(_) => ValueView::List(&[]),
        Value::Map(_) => ValueView::Map(&[]),
    };
    Found::from(view).kind()
}
