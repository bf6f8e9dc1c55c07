//! Documents as JSON, in the two dialects that docarray has.
//!
//! - [`Dialect::Plain`] (`jsonschema` in Python): an object with a key for every field, null where it is
//!   unset, arrays as nested lists of numbers, a blob as base64. At the top level of tags 0 and 1 are
//!   `false` and `true`, other whole numbers floats. Unknown keys are passed over.
//! - [`Dialect::Protobuf`]: only what is set, with camel-case names, arrays as dtype, shape and bytes.
//!   It loses nothing. Unknown keys are refused.
//!
//! Both write what Python's `json` writes and read what it reads, so `NaN` and `Infinity` are numbers here.
//! Rows are written straight from the received bytes. With the feature `serde` Documents are also
//! `Serialize` and `Deserialize`: in the plain dialect where people read the format, else as their bytes.
//!
//! ```
//! use tidegate_doc::json::Dialect;
//! use tidegate_doc::{Document, DocumentArray};
//!
//! let documents = DocumentArray::from([Document::new().with_text("größe")]);
//! let text = documents.to_json(Dialect::Plain)?;
//! assert_eq!(DocumentArray::from_json(&text, Dialect::Plain)?, documents);
//!
//! let error = DocumentArray::from_json(r#"[{"text": "a"}, {"weight": []}]"#, Dialect::Plain);
//! let said = error.unwrap_err().to_string();
//! assert_eq!(said, "docs[1].weight is a list, and a number is needed (line 1, column 28)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod draft;
mod error;
mod frame;
mod numbers;
mod parser;
pub mod plain;
pub mod proto;
pub mod schema;
#[cfg(feature = "serde")]
mod serde_forms;
mod text;

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use array::{NoLists, write_dense};
pub use draft::Score as JsonScore;
pub use error::{JsonError, NoJson};
pub use frame::{Exact, JsonRow, JsonRows};
pub use parser::{Kind, NESTING_LIMIT, Number, Parser};
pub use text::JsonText;

use crate::document::Document;
use crate::documents::DocumentArray;
use crate::field::Field;
use crate::scan::ScanError;
use crate::wire::{Sink, Writer};

/// Which form of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// A key for every field, as docarray's pydantic model has them.
    #[default]
    Plain,
    /// Protobuf's own mapping.
    Protobuf,
}

impl std::str::FromStr for Dialect {
    type Err = String;

    /// The dialect by the name that Python's `protocol` has for it.
    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "jsonschema" => Ok(Self::Plain),
            "protobuf" => Ok(Self::Protobuf),
            _ => Err(format!(
                "protocol '{name}' is not known; 'jsonschema' and 'protobuf' are"
            )),
        }
    }
}

/// Takes base64 text.
fn base64_text(parser: &mut Parser<'_>) -> Result<Vec<u8>, JsonError> {
    if parser.kind()? != Kind::String {
        return Err(parser.wanted("base64 text"));
    }
    let text = parser.string()?;
    STANDARD
        .decode(text.as_bytes())
        .map_err(|error| parser.error(format!("is not base64: {error}")).odd())
}

fn scanned(error: &ScanError) -> JsonError {
    JsonError::new(error.what(), 0).inside(error.path())
}

/// Reads a JSON list of Documents in the plain dialect. Where `exact`, what a Document's bytes cannot hold
/// exactly is handed out beside them, and odd values are refused rather than rounded.
///
/// # Errors
/// When the text is no JSON or its values are no Documents; the error says where.
pub fn read_plain(text: &str, exact: bool) -> Result<JsonRows, JsonError> {
    let mut rows = JsonRows::default();
    read_list(text, exact, |parser| {
        let draft = draft::Draft::read(parser, 0)?;
        rows.push(draft, exact)
    })?;
    Ok(rows)
}

/// Reads one Document in the plain dialect, like [`read_plain`].
///
/// # Errors
/// When the text is no JSON or its values are no Document; the error says where.
pub fn read_plain_one(text: &str, exact: bool) -> Result<JsonRows, JsonError> {
    let mut rows = JsonRows::default();
    read_one(text, exact, |parser| {
        let draft = draft::Draft::read(parser, 0)?;
        rows.push(draft, exact)
    })?;
    Ok(rows)
}

/// Reads a JSON list of Documents in the protobuf dialect, as a serialised array that a scan has yet to pass.
///
/// # Errors
/// When the text is no JSON or its values are no Documents; the error says where.
pub fn read_proto(text: &str) -> Result<Vec<u8>, JsonError> {
    let mut out = Writer::default();
    read_list(text, false, |parser| {
        out.bytes_field(1, &proto::read_row(parser)?);
        Ok(())
    })?;
    Ok(out.out)
}

/// Reads one Document in the protobuf dialect, as a serialised one that a scan has yet to pass.
///
/// # Errors
/// When the text is no JSON or its values are no Document; the error says where.
pub fn read_proto_one(text: &str) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::new();
    read_one(text, false, |parser| {
        out = proto::read_row(parser)?;
        Ok(())
    })?;
    Ok(out)
}

fn read_list<'a>(
    text: &'a str,
    exact: bool,
    mut f: impl FnMut(&mut Parser<'a>) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    read_one(text, exact, |parser| {
        if parser.kind()? != Kind::List {
            return Err(parser.wanted("a list of Documents"));
        }
        parser.list(|parser, index| f(parser).map_err(|e| e.inside(&format!("docs[{index}]"))))
    })
}

fn read_one<'a>(
    text: &'a str,
    exact: bool,
    f: impl FnOnce(&mut Parser<'a>) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    let mut parser = if exact {
        Parser::exact(text)
    } else {
        Parser::new(text)
    };
    let read = f(&mut parser).and_then(|()| parser.end());
    read.map_err(|error| error.placed(text))
}

impl Document {
    /// The Document as a JSON object.
    ///
    /// # Errors
    /// In the plain dialect, when it holds an array that is no list of numbers.
    ///
    /// ```
    /// use tidegate_doc::Document;
    /// use tidegate_doc::json::Dialect;
    ///
    /// let mut document = Document::new().with_text("hello");
    /// document.set_id("a");
    /// let text = document.to_json(Dialect::Protobuf)?;
    /// assert_eq!(text, "{\n  \"id\": \"a\",\n  \"text\": \"hello\"\n}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_json(&self, dialect: Dialect) -> Result<String, NoJson> {
        let bytes = self.to_bytes();
        let mut out = match dialect {
            Dialect::Plain => JsonText::new(),
            Dialect::Protobuf => JsonText::indented(2),
        };
        match dialect {
            Dialect::Plain => {
                let fields = plain::Fields::new(&bytes).with_id(Some(self.id().to_owned()));
                plain::write_fields(&mut out, &fields)?;
            }
            Dialect::Protobuf => proto::write_row(&mut out, &bytes),
        }
        Ok(out.finish())
    }

    /// A Document from a JSON object.
    ///
    /// # Errors
    /// When the text is no JSON or its values are no Document; the error says where.
    ///
    /// ```
    /// use tidegate_doc::Document;
    /// use tidegate_doc::json::Dialect;
    ///
    /// let document = Document::from_json(r#"{"text": "hello", "id": "a"}"#, Dialect::Plain)?;
    /// assert_eq!((document.text(), &*document.id()), ("hello", "a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_json(text: &str, dialect: Dialect) -> Result<Self, JsonError> {
        let bytes = match dialect {
            Dialect::Plain => {
                let rows = read_plain_one(text, false)?;
                let row = rows.rows.first().map(|row| row.span.of(&rows.frame));
                row.unwrap_or_default().to_vec()
            }
            Dialect::Protobuf => read_proto_one(text)?,
        };
        Self::from_bytes(bytes).map_err(|error| scanned(&error))
    }
}

impl DocumentArray {
    /// The Documents as a JSON list.
    ///
    /// # Errors
    /// In the plain dialect, when one holds an array that is no list of numbers.
    pub fn to_json(&self, dialect: Dialect) -> Result<String, NoJson> {
        let mut out = JsonText::new();
        out.open('[');
        for (index, document) in self.iter().enumerate() {
            out.next();
            write_one(&mut out, document, dialect)
                .map_err(|error| error.inside(&format!("docs[{index}]")))?;
        }
        out.close(']');
        Ok(out.finish())
    }

    /// Documents from a JSON list.
    ///
    /// # Errors
    /// When the text is no JSON or its values are no Documents; the error says where.
    pub fn from_json(text: &str, dialect: Dialect) -> Result<Self, JsonError> {
        let frame = match dialect {
            Dialect::Plain => read_plain(text, false)?.frame,
            Dialect::Protobuf => read_proto(text)?,
        };
        Self::from_bytes(frame).map_err(|error| scanned(&error))
    }

    /// Writes the Documents as a JSON list, one after the other.
    ///
    /// # Errors
    /// What writing fails with, and as [`Self::to_json`].
    ///
    /// ```
    /// use tidegate_doc::json::Dialect;
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let documents = DocumentArray::from([Document::new(), Document::new()]);
    /// let mut file = Vec::new();
    /// documents.write_json(&mut file, Dialect::Plain)?;
    /// assert_eq!(DocumentArray::read_json(&file[..], Dialect::Plain)?, documents);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_json(&self, mut to: impl Write, dialect: Dialect) -> std::io::Result<()> {
        to.write_all(b"[")?;
        for (index, document) in self.iter().enumerate() {
            if index > 0 {
                to.write_all(b", ")?;
            }
            let mut out = JsonText::new();
            write_one(&mut out, document, dialect)
                .map_err(|error| std::io::Error::other(error.inside(&format!("docs[{index}]"))))?;
            to.write_all(out.finish().as_bytes())?;
        }
        to.write_all(b"]")
    }

    /// Reads the Documents of a JSON list.
    ///
    /// # Errors
    /// What reading fails with, and as [`Self::from_json`].
    pub fn read_json(mut from: impl Read, dialect: Dialect) -> std::io::Result<Self> {
        let mut text = String::new();
        from.read_to_string(&mut text)?;
        Self::from_json(&text, dialect).map_err(std::io::Error::other)
    }
}

fn write_one(out: &mut JsonText, document: &Document, dialect: Dialect) -> Result<(), NoJson> {
    let bytes = document.to_bytes();
    match dialect {
        Dialect::Plain => {
            let mut fields = plain::Fields::new(&bytes);
            if document.has(Field::Id) && !fields.has_id() {
                fields = fields.with_id(Some(document.id().to_owned()));
            }
            plain::write_fields(out, &fields)
        }
        Dialect::Protobuf => {
            proto::write_row(out, &bytes);
            Ok(())
        }
    }
}
