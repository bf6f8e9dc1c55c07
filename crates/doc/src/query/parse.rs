//! From a value to a [`Query`].

use super::compare::word;
use super::error::QueryError;
use super::found::Path;
use super::operator::{Junction, Operator, nearest};
use super::pattern::Pattern;
use super::{Condition, Operand, Query, Test};
use crate::field::Field;
use crate::structure::Value;

/// How deep a filter may be nested.
const DEPTH: usize = 100;

impl Query {
    /// Reads a filter: a map of fields and logical operators, or a list of such maps.
    ///
    /// # Errors
    /// When it is no filter; the error says what is wrong, and which operator or field is probably meant.
    ///
    /// ```
    /// use tidegate_doc::query::Query;
    /// use tidegate_doc::structure::Value;
    ///
    /// let test = Value::Map([("$grater".into(), Value::Int(3))].into());
    /// let error = Query::parse(&Value::Map([("weight".into(), test)].into())).unwrap_err();
    /// assert!(error.to_string().starts_with("the operator $grater is not known"));
    /// ```
    pub fn parse(query: &Value) -> Result<Self, QueryError> {
        let conditions = conditions(query, 0)?;
        Ok(Self { conditions })
    }

    /// Reads a filter from a serialised `Struct`, as it stands in parameters.
    ///
    /// # Errors
    /// When it is no filter; the error says what is wrong.
    ///
    /// ```
    /// use tidegate_doc::query::Query;
    /// use tidegate_doc::structure::{self, Map, Value};
    ///
    /// let test = Value::Map([("$size".into(), Value::Int(3))].into());
    /// let parameters = structure::from_map(&Map::from([("chunks".into(), test)]), true);
    /// assert!(!Query::from_struct(&parameters).unwrap().is_empty());
    /// ```
    pub fn from_struct(bytes: &[u8]) -> Result<Self, QueryError> {
        Self::parse(&Value::Map(crate::structure::to_map(bytes)))
    }
}

/// The conditions that a map or a list lists.
fn conditions(query: &Value, depth: usize) -> Result<Vec<Condition>, QueryError> {
    if depth > DEPTH {
        return Err(QueryError::Depth);
    }
    let fields = match query {
        Value::List(parts) => {
            return parts
                .iter()
                .map(|part| conditions(part, depth + 1).map(Condition::All))
                .collect();
        }
        Value::Map(fields) => fields,
        other => return Err(QueryError::Shape(word(other).to_owned())),
    };
    let mut parts = Vec::new();
    for (name, value) in fields {
        if let Some(junction) = Junction::from_name(name) {
            parts.push(joined(junction, value, depth)?);
        } else if name.starts_with('$') {
            return Err(QueryError::Operator(name.clone()));
        } else {
            match value {
                Value::Map(tests) if !tests.is_empty() => {
                    for (operator, operand) in tests {
                        parts.push(test(name, operator, operand, depth)?);
                    }
                }
                _ => return Err(QueryError::Shape(format!("what is said about '{name}'"))),
            }
        }
    }
    Ok(parts)
}

fn joined(junction: Junction, value: &Value, depth: usize) -> Result<Condition, QueryError> {
    let parts = conditions(value, depth + 1)?;
    Ok(match junction {
        Junction::And => Condition::All(parts),
        Junction::Or => Condition::Any(parts),
        Junction::Not => Condition::Not(Box::new(Condition::All(parts))),
    })
}

fn test(field: &str, name: &str, operand: &Value, depth: usize) -> Result<Condition, QueryError> {
    if let Some(junction) = Junction::from_name(name) {
        return joined(junction, operand, depth);
    }
    let operator =
        Operator::from_name(name).ok_or_else(|| QueryError::Operator(name.to_owned()))?;
    let wanted = |wanted| Err(QueryError::Operand(operator.name(), wanted));
    match (operator, operand) {
        (Operator::Exists, Value::Bool(_))
        | (Operator::In | Operator::Nin, Value::List(_) | Value::Map(_) | Value::Text(_))
        | (Operator::Regex, Value::Text(_)) => {}
        (Operator::Exists, _) => return wanted("true or false"),
        (Operator::In | Operator::Nin, _) => return wanted("a list of values"),
        (Operator::Regex, _) => return wanted("a regular expression"),
        _ => {}
    }
    let operand = match operand {
        Value::Text(text) if text.starts_with('{') => Operand::Field(path(&reference(text)?)?),
        Value::Text(text) if operator == Operator::Regex => Operand::Pattern(Pattern::new(text)?),
        value => Operand::Value(value.clone()),
    };
    Ok(Condition::Test(Test {
        path: path(field)?,
        operator,
        operand,
    }))
}

fn path(name: &str) -> Result<Path, QueryError> {
    Path::new(name).ok_or_else(|| {
        let first = name.split("__").next().unwrap_or_default();
        let fields = Field::ALL.iter().map(|field| field.name());
        QueryError::Field(first.to_owned(), nearest(first, fields))
    })
}

/// The field that a value of the form `{field}` refers to.
fn reference(text: &str) -> Result<String, QueryError> {
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .map(str::trim);
    match inner {
        Some(name) if !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric()) => {
            Ok(name.to_owned())
        }
        _ => Err(QueryError::Reference(text.to_owned())),
    }
}
