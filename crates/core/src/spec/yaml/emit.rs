//! Nodes written as YAML that reads back as the same nodes.

use std::fmt::Write as _;

use super::node::{Data, Node};
use super::scalar::resolve;

/// Writes a tree as block YAML; a [`Data::Foreign`] becomes `null`.
#[must_use]
pub fn emit(node: &Node) -> String {
    let mut out = String::new();
    match &node.data {
        Data::Map(pairs) if !pairs.is_empty() => mapping(pairs, 0, &mut out),
        Data::Seq(items) if !items.is_empty() => sequence(items, 0, &mut out),
        _ => {
            out.push_str(&scalar(node));
            out.push('\n');
        }
    }
    out
}

fn mapping(pairs: &[(Node, Node)], depth: usize, out: &mut String) {
    for (index, (key, value)) in pairs.iter().enumerate() {
        // The first key after a dash stands beside it.
        if index > 0 || !out.ends_with("- ") {
            indent(depth, out);
        }
        out.push_str(&scalar(key));
        out.push(':');
        match &value.data {
            Data::Map(inner) if !inner.is_empty() => {
                out.push('\n');
                mapping(inner, depth + 1, out);
            }
            Data::Seq(items) if !items.is_empty() => {
                out.push('\n');
                sequence(items, depth, out);
            }
            _ => {
                let _ = writeln!(out, " {}", scalar(value));
            }
        }
    }
}

fn sequence(items: &[Node], depth: usize, out: &mut String) {
    for item in items {
        indent(depth, out);
        match &item.data {
            Data::Map(pairs) if !pairs.is_empty() => {
                out.push_str("- ");
                mapping(pairs, depth + 1, out);
            }
            Data::Seq(inner) if !inner.is_empty() => {
                out.push_str("-\n");
                sequence(inner, depth + 1, out);
            }
            _ => {
                let _ = writeln!(out, "- {}", scalar(item));
            }
        }
    }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn scalar(node: &Node) -> String {
    match &node.data {
        Data::Null | Data::Foreign(_) => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::BigInt(digits) => digits.clone(),
        Data::Float(value) if value.is_nan() => ".nan".to_owned(),
        Data::Float(value) if value.is_infinite() => {
            if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned()
        }
        Data::Float(value) => format!("{value:?}"),
        Data::Text(text, _) if is_safe(text) => text.clone(),
        Data::Text(text, _) => quoted(text),
        Data::Seq(_) => "[]".to_owned(),
        Data::Map(_) => "{}".to_owned(),
    }
}

/// Whether a text may stand without quotes.
fn is_safe(text: &str) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$' | '+');
    !text.starts_with(['-', '.', '$', '+'])
        && text.chars().all(|c| of_word(c) && c.is_ascii())
        && matches!(resolve(text), Data::Text(..))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
