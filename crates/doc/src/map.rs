//! Values with names, in order.

use std::fmt;
use std::ops::Index;

use indexmap::{IndexMap, map};

use crate::value::Value;

/// Values by name, in the order in which they were inserted; each name once.
///
/// Two maps are equal where they have the same values by the same names, in any order.
///
/// ```
/// use tidegate_doc::{Map, Value};
///
/// let mut map = Map::from([("colour".to_owned(), Value::from("red"))]);
/// map.insert("price", 12);
/// assert_eq!(map["colour"].as_str(), Some("red"));
/// assert_eq!(map.keys().collect::<Vec<_>>(), ["colour", "price"]);
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Map {
    values: IndexMap<String, Value>,
}

impl Map {
    /// Makes an empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The value with a name, in place.
    ///
    /// ```
    /// use tidegate_doc::{Map, Value};
    ///
    /// let mut map = Map::from([("a".to_owned(), Value::from(1))]);
    /// if let Some(value) = map.get_mut("a") {
    ///     *value = Value::from("one");
    /// }
    /// assert_eq!(map["a"].as_str(), Some("one"));
    /// ```
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.values.get_mut(name)
    }

    /// The value with a name, in place; nothing ([`Value::Null`]) is inserted where there is none.
    ///
    /// ```
    /// use tidegate_doc::{Map, Value};
    ///
    /// let mut map = Map::new();
    /// *map.get_or_null("price") = Value::from(12);
    /// assert_eq!(map["price"].as_i64(), Some(12));
    /// ```
    pub fn get_or_null(&mut self, name: impl Into<String>) -> &mut Value {
        self.values.entry(name.into()).or_default()
    }

    /// Whether it has a value with a name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Gives a name a value, and returns the one that it had; its place stays.
    ///
    /// ```
    /// use tidegate_doc::{Map, Value};
    ///
    /// let mut map = Map::new();
    /// assert_eq!(map.insert("a", 1), None);
    /// assert_eq!(map.insert("a", 2), Some(Value::from(1)));
    /// ```
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.values.insert(name.into(), value.into())
    }

    /// Removes and returns the value with a name; the order of the others stays.
    ///
    /// ```
    /// use tidegate_doc::{Map, Value};
    ///
    /// let mut map = Map::from([("a".to_owned(), Value::from(1))]);
    /// assert_eq!(map.remove("a"), Some(Value::from(1)));
    /// assert!(map.is_empty());
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.values.shift_remove(name)
    }

    /// Keeps the values for which a condition holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.values.retain(|name, value| keep(name, value));
    }

    /// Removes every value.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Its names and values, in order.
    pub fn iter(&self) -> map::Iter<'_, String, Value> {
        self.values.iter()
    }

    /// Its names and values, in order, the values in place.
    pub fn iter_mut(&mut self) -> map::IterMut<'_, String, Value> {
        self.values.iter_mut()
    }

    /// Its names, in order.
    pub fn keys(&self) -> map::Keys<'_, String, Value> {
        self.values.keys()
    }

    /// Its values, in order.
    pub fn values(&self) -> map::Values<'_, String, Value> {
        self.values.values()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)
    }
}

/// As [`std::collections::HashMap`]'s: panics where there is no such name; [`Map::get`] does not.
impl Index<&str> for Map {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        &self.values[name]
    }
}

impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        let values = values.into_iter().collect();
        Self { values }
    }
}

impl Extend<(String, Value)> for Map {
    fn extend<I: IntoIterator<Item = (String, Value)>>(&mut self, values: I) {
        self.values.extend(values);
    }
}

impl<const N: usize> From<[(String, Value); N]> for Map {
    fn from(values: [(String, Value); N]) -> Self {
        values.into_iter().collect()
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a String, &'a Value);
    type IntoIter = map::Iter<'a, String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl<'a> IntoIterator for &'a mut Map {
    type Item = (&'a String, &'a mut Value);
    type IntoIter = map::IterMut<'a, String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter_mut()
    }
}
