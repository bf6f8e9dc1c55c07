//! What a text without quotes stands for.

use super::node::Data;

/// More digits than this are a text, not a number.
const MOST_DIGITS: usize = 4000;

/// Reads a scalar without quotes: YAML's core schema, and `yes` and `no`, but not `on` and `off`, which
/// stay words: `on` is a key of requests.
#[must_use]
pub fn resolve(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" => return Data::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" => return Data::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Data::Float(f64::NAN),
        _ => {}
    }
    whole_number(text)
        .or_else(|| fraction(text))
        .unwrap_or_else(|| Data::Text(text.to_owned(), true))
}

fn whole_number(text: &str) -> Option<Data> {
    let (negative, digits) = sign(text);
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, digits.get(2..)?),
        Some("0o") => (8, digits.get(2..)?),
        Some("0b") => (2, digits.get(2..)?),
        _ => (10, digits),
    };
    let first = digits.chars().next()?;
    if !first.is_digit(radix)
        || digits.len() > MOST_DIGITS
        || !digits.chars().all(|c| c.is_digit(radix) || c == '_')
    {
        return None;
    }
    let mut bare: String = digits.chars().filter(|c| *c != '_').collect();
    if negative {
        bare.insert(0, '-');
    }
    match i64::from_str_radix(&bare, radix) {
        Ok(value) => Some(Data::Int(value)),
        Err(_) if radix == 10 => Some(Data::BigInt(bare)),
        Err(_) => None,
    }
}

fn fraction(text: &str) -> Option<Data> {
    let (negative, rest) = sign(text);
    let signed = |value: f64| Some(Data::Float(if negative { -value } else { value }));
    if matches!(rest, ".inf" | ".Inf" | ".INF") {
        return signed(f64::INFINITY);
    }
    let starts = rest.starts_with(|c: char| c.is_ascii_digit())
        || (rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_ascii_digit()));
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if !starts || !rest.chars().all(known) {
        return None;
    }
    rest.parse().ok().and_then(signed)
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Data;
    use super::resolve;

    #[test]
    fn words_and_numbers() {
        for (text, data) in [
            ("", Data::Null),
            ("~", Data::Null),
            ("yes", Data::Bool(true)),
            ("FALSE", Data::Bool(false)),
            ("12", Data::Int(12)),
            ("-1_000", Data::Int(-1000)),
            ("0x1F", Data::Int(31)),
            ("0o17", Data::Int(15)),
            (
                "99999999999999999999",
                Data::BigInt("99999999999999999999".into()),
            ),
            ("1.5", Data::Float(1.5)),
            ("-.5e1", Data::Float(-5.0)),
            ("+.inf", Data::Float(f64::INFINITY)),
        ] {
            assert_eq!(resolve(text), data, "{text}");
        }
        for text in [
            "on", "off", "y", "n", "-", "+", ".", "1.2.3", "1:30", "0x", "_1", "/index", "e5",
        ] {
            assert_eq!(resolve(text), Data::Text(text.into(), true), "{text}");
        }
    }
}
