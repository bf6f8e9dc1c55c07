//! Values with names: what tags and parameters hold.

use std::fmt;

use crate::map::Map;

/// What stands between the names of a path such as `size__width`.
const STEP: &str = "__";

/// One value: of a tag, of a parameter, or inside another value.
///
/// Made from what it holds by [`From`]; looked into with the `as_` methods.
///
/// ```
/// use tidegate_doc::{Map, Value};
///
/// let value = Value::from(vec![1.5, 2.0]);
/// assert_eq!(value.at("1").and_then(Value::as_f64), Some(2.0));
/// assert_eq!(Value::from("red").as_str(), Some("red"));
/// assert_eq!(Value::from(None::<bool>), Value::Null);
/// assert_eq!(value.to_string(), "[1.5, 2.0]");
/// ```
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number; in tags it travels as a double, and comes back as a [`Value::Number`] that equals it.
    Int(i64),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values with names.
    Map(Map),
}

impl Value {
    /// Whether it is nothing.
    ///
    /// ```
    /// assert!(tidegate_doc::Value::Null.is_null());
    /// ```
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The truth value that it is.
    ///
    /// ```
    /// assert_eq!(tidegate_doc::Value::from(true).as_bool(), Some(true));
    /// ```
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number that it is, whole or not.
    ///
    /// ```
    /// use tidegate_doc::Value;
    ///
    /// assert_eq!(Value::from(3).as_f64(), Some(3.0));
    /// assert_eq!(Value::from("3").as_f64(), None);
    /// ```
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number that it is, also where it travelled as a double.
    ///
    /// ```
    /// use tidegate_doc::Value;
    ///
    /// assert_eq!(Value::from(3.0).as_i64(), Some(3));
    /// assert_eq!(Value::from(3.5).as_i64(), None);
    /// ```
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Number(value) => whole(*value),
            _ => None,
        }
    }

    /// The text that it is.
    ///
    /// ```
    /// assert_eq!(tidegate_doc::Value::from("red").as_str(), Some("red"));
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The values that it lists.
    ///
    /// ```
    /// assert_eq!(tidegate_doc::Value::from([1, 2]).as_list().map(<[_]>::len), Some(2));
    /// ```
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// The values with names that it holds.
    ///
    /// ```
    /// use tidegate_doc::{Map, Value};
    ///
    /// assert!(Value::from(Map::new()).as_map().is_some_and(Map::is_empty));
    /// ```
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(values) => Some(values),
            _ => None,
        }
    }

    /// The value at a path inside this one: names and list indices, with `__` between them.
    ///
    /// ```
    /// use tidegate_doc::{Map, Value};
    ///
    /// let sizes = Value::from(vec![10, 20]);
    /// let value = Value::from(Map::from([("sizes".to_owned(), sizes)]));
    /// assert_eq!(value.at("sizes__1").and_then(Value::as_i64), Some(20));
    /// assert_eq!(value.at("sizes__2"), None);
    /// ```
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        match self {
            Self::Map(values) => at(values, path),
            Self::List(values) => {
                let (index, rest) = split(path);
                let item = values.get(index.parse::<usize>().ok()?)?;
                rest.map_or(Some(item), |rest| item.at(rest))
            }
            _ => None,
        }
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once(STEP)
        .map_or((path, None), |(first, rest)| (first, Some(rest)))
}

/// The value at a path; a name that is the whole path comes first.
pub(crate) fn at<'a>(map: &'a Map, path: &str) -> Option<&'a Value> {
    if let Some(value) = map.get(path) {
        return Some(value);
    }
    let (name, rest) = split(path);
    map.get(name)?.at(rest?)
}

/// Sets the value at a path, with maps on the way where there are none.
pub(crate) fn set_at(map: &mut Map, path: &str, value: Value) {
    match split(path) {
        (name, Some(rest)) if !map.contains_key(path) => {
            let inner = map.get_or_null(name);
            if !matches!(inner, Value::Map(_)) {
                *inner = Value::Map(Map::new());
            }
            if let Value::Map(inner) = inner {
                set_at(inner, rest, value);
            }
        }
        _ => {
            map.insert(path, value);
        }
    }
}

/// The integer that a double is exactly.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (value.trunc() == value && (-LIMIT..LIMIT).contains(&value)).then_some(value as i64)
}

/// Numbers are equal by value: the whole number 3 and the double 3.0 are.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Int(a), Self::Number(b)) | (Self::Number(b), Self::Int(a)) => {
                whole(*b) == Some(*a)
            }
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

/// As JSON has it; numbers that JSON has not are `NaN`, `inf` and `-inf`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
            Self::Map(values) => {
                f.write_str("{")?;
                for (index, (name, value)) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{name:?}: {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

macro_rules! from {
    ($($type:ty => $make:expr;)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                $make(value)
            }
        }
    )*};
}

from! {
    bool => Value::Bool;
    i8 => |value| Value::Int(i64::from(value));
    i16 => |value| Value::Int(i64::from(value));
    i32 => |value| Value::Int(i64::from(value));
    i64 => Value::Int;
    u8 => |value| Value::Int(i64::from(value));
    u16 => |value| Value::Int(i64::from(value));
    u32 => |value| Value::Int(i64::from(value));
    f32 => |value| Value::Number(f64::from(value));
    f64 => Value::Number;
    &str => |value: &str| Value::Text(value.to_owned());
    String => Value::Text;
    Map => Value::Map;
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
