//! Filters as people read them: `tags__price < 5 and not text = ""`.

use std::fmt;

use super::operator::Operator;
use super::{Condition, Operand, Query, Test};
use crate::structure::Value;

impl fmt::Display for Query {
    /// Writes the filter for people, in one line; it cannot be read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(f, &self.conditions, " and ", true)
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    conditions: &[Condition],
    word: &str,
    outermost: bool,
) -> fmt::Result {
    match conditions {
        [] => f.write_str("true"),
        [only] => put(f, only, outermost),
        _ => {
            let bracketed = !outermost;
            f.write_str(if bracketed { "(" } else { "" })?;
            for (index, condition) in conditions.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { word })?;
                put(f, condition, false)?;
            }
            f.write_str(if bracketed { ")" } else { "" })
        }
    }
}

fn put(f: &mut fmt::Formatter<'_>, condition: &Condition, outermost: bool) -> fmt::Result {
    match condition {
        Condition::All(conditions) => join(f, conditions, " and ", outermost),
        Condition::Any(conditions) => join(f, conditions, " or ", outermost),
        Condition::Not(condition) => {
            f.write_str("not ")?;
            put(f, condition, false)
        }
        Condition::Test(test) => write!(f, "{test}"),
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.operator {
            Operator::Eq => "=",
            Operator::Ne => "\u{2260}",
            Operator::Lt => "<",
            Operator::Lte => "\u{2264}",
            Operator::Gt => ">",
            Operator::Gte => "\u{2265}",
            Operator::In => "in",
            Operator::Nin => "not in",
            Operator::Regex => "matches",
            Operator::Size => "has length",
            Operator::Exists => {
                let not = matches!(self.operand, Operand::Value(Value::Bool(false)));
                return write!(
                    f,
                    "{}{}",
                    self.path.name,
                    if not { " is not set" } else { " is set" }
                );
            }
        };
        write!(f, "{} {sign} ", self.path.name)?;
        match &self.operand {
            Operand::Value(value) => write!(f, "{value}"),
            Operand::Pattern(pattern) => write!(f, "/{}/", pattern.text()),
            Operand::Field(path) => f.write_str(&path.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::query::Query;
    use crate::structure::Value;

    fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
        Value::Map(fields.map(|(name, value)| (name.into(), value)).into())
    }

    #[test]
    fn people_read_it() {
        let price = |sign: &str| map([("tags__price", map([(sign, Value::Int(5))]))]);
        let text = |text: &str| Value::Text(text.into());
        let either = Value::List(vec![price("$lt"), price("$gte")]);
        for (query, read) in [
            (map([]), "true"),
            (price("$lt"), "tags__price < 5"),
            (
                map([("text", map([("$regex", text("^a"))]))]),
                "text matches /^a/",
            ),
            (
                map([("uri", map([("$exists", Value::Bool(false))]))]),
                "uri is not set",
            ),
            (
                map([("$or", either.clone()), ("text", map([("$ne", text("x"))]))]),
                "(tags__price < 5 or tags__price \u{2265} 5) and text \u{2260} \"x\"",
            ),
            (
                map([("$or", either)]),
                "tags__price < 5 or tags__price \u{2265} 5",
            ),
            (map([("$not", price("$eq"))]), "not tags__price = 5"),
        ] {
            assert_eq!(Query::parse(&query).unwrap().to_string(), read);
        }
    }
}
