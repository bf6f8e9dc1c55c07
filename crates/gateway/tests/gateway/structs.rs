//! Structs, written and read with the generated codec.

use bytes::Bytes;
use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

pub(crate) fn number(number: f64) -> Value {
    Value {
        kind: Some(Kind::NumberValue(number)),
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value {
        kind: Some(Kind::StringValue(text.to_owned())),
    }
}

pub(crate) fn dict(entries: &[(&str, Value)]) -> Value {
    Value {
        kind: Some(Kind::StructValue(fields(entries))),
    }
}

pub(crate) fn fields(entries: &[(&str, Value)]) -> Struct {
    Struct {
        fields: entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
    }
}

pub(crate) fn encode(entries: &[(&str, Value)]) -> Bytes {
    fields(entries).encode_to_vec().into()
}

pub(crate) fn decode(bytes: &[u8]) -> Struct {
    Struct::decode(bytes).unwrap()
}

/// What stands in `__results__`.
pub(crate) fn results(bytes: &[u8]) -> Struct {
    match &decode(bytes).fields["__results__"].kind {
        Some(Kind::StructValue(results)) => results.clone(),
        other => panic!("{other:?}"),
    }
}
