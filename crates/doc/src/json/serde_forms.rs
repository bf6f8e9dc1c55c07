//! Documents in the formats of serde: the plain dialect in those that people read, bytes in the others.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Dialect, JsonText, Parser};
use crate::document::Document;
use crate::documents::DocumentArray;
use crate::structure::Value;
use crate::wire::DEPTH_LIMIT;

/// In a format that people read, the plain dialect of JSON with every key; else a serialised
/// `DocumentProto`.
///
/// ```
/// use tidegate_doc::Document;
///
/// let document = Document::new().with_text("hello");
/// let text = serde_json::to_string(&document)?;
/// assert!(text.contains(r#""text":"hello","weight":null"#));
/// assert_eq!(serde_json::from_str::<Document>(&text)?, document);
/// # Ok::<(), serde_json::Error>(())
/// ```
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return to.serialize_bytes(&self.to_bytes());
        }
        let text = self.to_json(Dialect::Plain).map_err(S::Error::custom)?;
        let value = Parser::new(&text).value().map_err(S::Error::custom)?;
        Tree(&value).serialize(to)
    }
}

/// In a format that people read, a list of Documents in the plain dialect of JSON; else a serialised
/// `DocumentArrayProto`.
impl Serialize for DocumentArray {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return to.serialize_bytes(&self.to_bytes());
        }
        let mut list = to.serialize_seq(Some(self.len()))?;
        for document in self.iter() {
            list.serialize_element(&document)?;
        }
        list.end()
    }
}

/// Reads what the other way writes.
impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            let bytes = from.deserialize_byte_buf(BytesVisitor)?;
            return Self::from_bytes(bytes).map_err(de::Error::custom);
        }
        let Tree(value) = Tree::<Value>::deserialize(from)?;
        let mut text = JsonText::new();
        write(&mut text, &value);
        Self::from_json(&text.finish(), Dialect::Plain).map_err(without_place)
    }
}

/// Reads what the other way writes.
impl<'de> Deserialize<'de> for DocumentArray {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return from.deserialize_seq(ListVisitor);
        }
        let bytes = from.deserialize_byte_buf(BytesVisitor)?;
        Self::from_bytes(bytes).map_err(de::Error::custom)
    }
}

/// What is wrong, without a line and column, which would be those of another text.
fn without_place<E: de::Error>(error: super::JsonError) -> E {
    de::Error::custom(match error.path() {
        "" => format!("the Document {}", error.what()),
        path => format!("{path} {}", error.what()),
    })
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = DocumentArray;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of Documents")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DocumentArray, A::Error> {
        let mut documents = DocumentArray::new();
        while let Some(document) = list.next_element::<Document>()? {
            documents.push(document);
        }
        Ok(documents)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a serialised message")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = list.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

/// Any value, as the format has it.
struct Tree<T>(T);

impl Serialize for Tree<&Value> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => to.serialize_unit(),
            Value::Bool(value) => to.serialize_bool(*value),
            Value::Int(value) => to.serialize_i64(*value),
            Value::Number(value) => to.serialize_f64(*value),
            Value::Text(value) => to.serialize_str(value),
            Value::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Tree(item))?;
                }
                list.end()
            }
            Value::Map(fields) => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, &Tree(value))?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree<Value> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TreeVisitor(0)).map(Self)
    }
}

/// Visits a value at a depth.
#[derive(Clone, Copy)]
struct TreeVisitor(usize);

impl TreeVisitor {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.0 > 2 * DEPTH_LIMIT {
            return Err(E::custom("the Document is nested too deep"));
        }
        Ok(Self(self.0 + 1))
    }
}

impl<'de> de::DeserializeSeed<'de> for TreeVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields of a Document")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Number(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(deeper)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut fields: Vec<(String, Value)> = Vec::new();
        while let Some(name) = map.next_key()? {
            fields.push((name, map.next_value_seed(deeper)?));
        }
        Ok(Value::Map(fields.into_iter().collect()))
    }
}

fn write(out: &mut JsonText, value: &Value) {
    match value {
        Value::Null => out.null(),
        Value::Bool(value) => out.bool(*value),
        Value::Int(value) => out.int(*value),
        Value::Number(value) => out.float(*value),
        Value::Text(value) => out.str(value),
        Value::List(items) => {
            out.open('[');
            for item in items {
                out.next();
                write(out, item);
            }
            out.close(']');
        }
        Value::Map(fields) => {
            out.open('{');
            for (name, value) in fields {
                out.key(name);
                write(out, value);
            }
            out.close('}');
        }
    }
}
