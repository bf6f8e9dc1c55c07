//! Between tags and types of the user's own, by way of `serde`.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Number;

use crate::document::Document;
use crate::map::Map;
use crate::value::Value;

/// A number that JSON has not: NaN or an infinity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotFinite(f64);

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the number {} has no form in JSON", self.0)
    }
}

impl std::error::Error for NotFinite {}

/// Whole numbers stay whole where they fit 64 bits with a sign.
///
/// ```
/// use serde_json::json;
/// use tidegate_doc::Value;
///
/// let value = Value::from(json!({"sizes": [1, 2.5]}));
/// assert_eq!(value.at("sizes__1").and_then(Value::as_f64), Some(2.5));
/// assert_eq!(serde_json::Value::try_from(&value)?, json!({"sizes": [1, 2.5]}));
/// assert!(serde_json::Value::try_from(&Value::from(f64::NAN)).is_err());
/// # Ok::<(), tidegate_doc::NotFinite>(())
/// ```
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(value) => value
                .as_i64()
                .map(Self::Int)
                .or_else(|| value.as_f64().map(Self::Number))
                .unwrap_or_default(),
            serde_json::Value::String(value) => Self::Text(value),
            serde_json::Value::Array(values) => values.into(),
            serde_json::Value::Object(values) => Self::Map(values.into()),
        }
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Map {
    fn from(values: serde_json::Map<String, serde_json::Value>) -> Self {
        values
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect()
    }
}

impl TryFrom<&Value> for serde_json::Value {
    type Error = NotFinite;

    fn try_from(value: &Value) -> Result<Self, NotFinite> {
        json(value, |number| {
            Number::from_f64(number).ok_or(NotFinite(number))
        })
    }
}

/// A value as JSON, its doubles as a function makes them.
fn json(
    value: &Value,
    number: impl Fn(f64) -> Result<Number, NotFinite> + Copy,
) -> Result<serde_json::Value, NotFinite> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Number(value) => number(*value)?.into(),
        Value::Text(value) => value.as_str().into(),
        Value::List(values) => {
            let items: Result<_, _> = values.iter().map(|value| json(value, number)).collect();
            serde_json::Value::Array(items?)
        }
        Value::Map(values) => object(values, number)?.into(),
    })
}

fn object(
    values: &Map,
    number: impl Fn(f64) -> Result<Number, NotFinite> + Copy,
) -> Result<serde_json::Map<String, serde_json::Value>, NotFinite> {
    let pair = |(name, value): (&String, &Value)| Ok((name.clone(), json(value, number)?));
    values.iter().map(pair).collect()
}

impl Document {
    /// The tags as a type of the user's own.
    ///
    /// Numbers travel as doubles; those that are whole are given to the type as integers, so that fields
    /// of either kind take them.
    ///
    /// # Errors
    /// When the tags have not the form of the type; the error says where.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    /// struct Offer {
    ///     price: u32,
    ///     colours: Vec<String>,
    /// }
    ///
    /// let offer = Offer { price: 12, colours: vec!["red".into()] };
    /// let mut document = Document::new();
    /// document.set_tags_from(&offer)?;
    /// let received = Document::from_bytes(document.to_bytes())?;
    /// assert_eq!(received.tags_as::<Offer>()?, offer);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tags_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let number = |number: f64| {
            let whole = Value::Number(number).as_i64().map(Number::from);
            whole
                .or_else(|| Number::from_f64(number))
                .ok_or(NotFinite(number))
        };
        let tags = object(self.tags(), number).map_err(serde::de::Error::custom)?;
        serde_json::from_value(tags.into())
    }

    /// Sets the tags to the fields of a value of the user's own, in place of those that it had.
    ///
    /// # Errors
    /// When the value is no struct and no map with text as names; the tags stay as they were.
    pub fn set_tags_from(&mut self, value: &impl Serialize) -> Result<(), serde_json::Error> {
        match serde_json::to_value(value)? {
            serde_json::Value::Object(values) => {
                self.set_tags(Map::from(values));
                Ok(())
            }
            other => Err(serde::ser::Error::custom(format_args!(
                "tags are values with names, and {other} is not"
            ))),
        }
    }
}
