//! One pass over received bytes: where each Document lies, and that all of it can be read later.
//!
//! What passes here never fails to decode afterwards: lengths, nesting and the UTF-8 of every string
//! are checked, so that fields can be decoded on first touch.

use std::borrow::Cow;
use std::fmt;

use crate::field::Field;
use crate::wire::{DEPTH_LIMIT, Entry, Flaw, Reader, Span, WireType};

/// How many characters of either end of a long path an error shows.
const SHOWN: usize = 60;

/// Why received bytes are not Documents: which Document, which field, what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanError {
    path: String,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Flaw(Flaw),
    Utf8(usize),
    FrameTooLarge(usize),
    Shape(String),
}

impl ScanError {
    fn new(reason: Reason) -> Self {
        Self {
            path: String::new(),
            reason,
        }
    }

    /// Where it is, as `docs[3].chunks[0].text`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong, without where.
    pub(crate) fn what(&self) -> String {
        self.reason.to_string()
    }

    fn inside(mut self, step: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => step.to_owned(),
            path if path.starts_with('[') => format!("{step}{path}"),
            path => format!("{step}.{path}"),
        };
        self
    }

    fn inside_item(self, step: &str, index: usize) -> Self {
        self.inside(&format!("{step}[{index}]"))
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", shown(&self.path), self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flaw(flaw) => write!(f, "{flaw}"),
            Self::Utf8(at) => write!(f, "is not valid UTF-8 (at byte {at})"),
            Self::FrameTooLarge(len) => {
                write!(
                    f,
                    "has {len} bytes, and 4 GiB is the most that can be read at once"
                )
            }
            Self::Shape(what) => write!(f, "{what}"),
        }
    }
}

impl std::error::Error for ScanError {}

/// The path as people can read it: of a long one the beginning and the end.
fn shown(path: &str) -> Cow<'_, str> {
    if path.is_empty() {
        return Cow::Borrowed("the message");
    }
    let count = path.chars().count();
    if count <= 2 * SHOWN {
        return Cow::Borrowed(path);
    }
    let start: String = path.chars().take(SHOWN).collect();
    let end: String = path.chars().skip(count - SHOWN).collect();
    Cow::Owned(format!("{start}...{end}"))
}

impl From<Flaw> for ScanError {
    fn from(flaw: Flaw) -> Self {
        Self::new(Reason::Flaw(flaw))
    }
}

type Scan = Result<(), ScanError>;

/// Scans a serialised `DocumentArrayProto`: one span per Document.
///
/// # Errors
/// When any part of it could not be decoded later; the error names the Document and the field.
pub fn scan_array(bytes: &[u8]) -> Result<Vec<Span>, ScanError> {
    scan_rows(bytes, |span, _| span)
}

/// Scans a serialised `DocumentArrayProto`: one row per Document, made of its span and the fields that it
/// has, as [`RowView::mask`](crate::RowView::mask) tells them.
///
/// # Errors
/// When any part of it could not be decoded later; the error names the Document and the field.
pub fn scan_rows<R>(
    bytes: &[u8],
    mut row: impl FnMut(Span, u32) -> R,
) -> Result<Vec<R>, ScanError> {
    check_size(bytes)?;
    let mut rows = Vec::new();
    for entry in Reader::new(bytes) {
        let entry = entry.map_err(|flaw| ScanError::from(flaw).inside("docs"))?;
        if entry.number == 1 && entry.wire == WireType::Bytes {
            let mask = document(entry.payload, 1).map_err(|e| e.inside_item("docs", rows.len()))?;
            if rows.is_empty() {
                // As many as there are if all are as long as the first, and a few more.
                let left = bytes.len() - entry.end;
                rows.reserve(1 + left / (entry.end - entry.start).max(16));
            }
            rows.push(row(
                Span::new(entry.payload_start, entry.payload.len()),
                mask,
            ));
        }
    }
    Ok(rows)
}

/// Scans one serialised `DocumentProto`.
///
/// # Errors
/// When any part of it could not be decoded later; the error names the field.
pub fn scan_document(bytes: &[u8]) -> Scan {
    check_size(bytes)?;
    document(bytes, 0).map(drop)
}

/// The spans of the Documents in field `number` of a message that a scan has passed.
#[must_use]
pub fn nested_rows(message: &[u8], offset: usize, number: u32) -> Vec<Span> {
    Reader::new(message)
        .flatten()
        .filter(|entry| entry.number == number && entry.wire == WireType::Bytes)
        .map(|entry| Span::new(offset + entry.payload_start, entry.payload.len()))
        .collect()
}

/// Scans one serialised `google.protobuf.Struct`.
///
/// # Errors
/// When any part of it could not be decoded later; the error names the key.
pub fn scan_struct(bytes: &[u8]) -> Scan {
    structure(bytes, 0)
}

fn check_size(bytes: &[u8]) -> Scan {
    if u32::try_from(bytes.len()).is_err() {
        return Err(ScanError::new(Reason::FrameTooLarge(bytes.len())));
    }
    Ok(())
}

fn deeper(depth: usize) -> Result<usize, ScanError> {
    if depth >= DEPTH_LIMIT {
        Err(Flaw::Depth.into())
    } else {
        Ok(depth + 1)
    }
}

#[inline]
fn text(bytes: &[u8]) -> Scan {
    if bytes.is_ascii() {
        return Ok(());
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(ScanError::new(Reason::Utf8(error.valid_up_to()))),
    }
}

/// Scans a Document and tells which fields it has.
fn document(bytes: &[u8], depth: usize) -> Result<u32, ScanError> {
    let mut mask = 0;
    let mut seen = [0usize; 2];
    for entry in Reader::new(bytes) {
        let entry = entry?;
        let Some(field) = Field::from_number(entry.number).filter(|f| f.takes(entry.wire)) else {
            continue;
        };
        match field {
            Field::Id | Field::Text => text(entry.payload).map_err(|e| e.inside(field.name()))?,
            Field::Chunks | Field::Matches => {
                let count = &mut seen[usize::from(field == Field::Matches)];
                document(entry.payload, deeper(depth)?)
                    .map_err(|e| e.inside_item(field.name(), *count))?;
                *count += 1;
            }
            _ => field_content(field, &entry, depth).map_err(|e| e.inside(field.name()))?,
        }
        mask = crate::row::noted(mask, field, entry.payload);
    }
    Ok(mask)
}

fn field_content(field: Field, entry: &Entry<'_>, depth: usize) -> Scan {
    match field {
        _ if field.is_text() => text(entry.payload),
        Field::Tensor | Field::Embedding => ndarray(entry.payload, deeper(depth)?),
        Field::Tags | Field::Metadata => structure(entry.payload, deeper(depth)?),
        Field::Scores | Field::Evaluations => {
            let (key, value) = map_entry(entry.payload)?;
            score(value).map_err(|e| e.inside(&format!("[{key}]")))
        }
        Field::Location
            if entry.wire == WireType::Bytes && !entry.payload.len().is_multiple_of(4) =>
        {
            Err(Flaw::Truncated.into())
        }
        _ => Ok(()),
    }
}

fn ndarray(bytes: &[u8], depth: usize) -> Scan {
    for entry in Reader::new(bytes) {
        let entry = entry?;
        if entry.wire != WireType::Bytes {
            continue;
        }
        match entry.number {
            1 => dense(entry.payload)?,
            2 => sparse(entry.payload)?,
            3 => text(entry.payload).map_err(|e| e.inside("cls_name"))?,
            4 => structure(entry.payload, deeper(depth)?).map_err(|e| e.inside("parameters"))?,
            _ => {}
        }
    }
    match crate::tensor::NdArrayView::new(bytes).content {
        crate::tensor::ArrayView::Dense(dense) => agree(&dense),
        crate::tensor::ArrayView::Sparse {
            indices, values, ..
        } => {
            agree(&indices)?;
            agree(&values)
        }
        crate::tensor::ArrayView::None => Ok(()),
    }
}

fn agree(dense: &crate::tensor::DenseView<'_>) -> Scan {
    dense
        .disagreement()
        .map_or(Ok(()), |what| Err(ScanError::new(Reason::Shape(what))))
}

fn dense(bytes: &[u8]) -> Scan {
    for entry in Reader::new(bytes) {
        let entry = entry?;
        if entry.number == 3 && entry.wire == WireType::Bytes {
            text(entry.payload).map_err(|e| e.inside("dtype"))?;
        }
        if entry.number == 2 && entry.wire == WireType::Bytes {
            crate::tensor::check_packed(entry.payload)
                .map_err(|e| ScanError::from(e).inside("shape"))?;
        }
    }
    Ok(())
}

fn sparse(bytes: &[u8]) -> Scan {
    for entry in Reader::new(bytes) {
        let entry = entry?;
        if matches!(entry.number, 1 | 2) && entry.wire == WireType::Bytes {
            dense(entry.payload)?;
        }
    }
    Ok(())
}

fn score(bytes: &[u8]) -> Scan {
    for entry in Reader::new(bytes) {
        let entry = entry?;
        if matches!(entry.number, 2..=4) && entry.wire == WireType::Bytes {
            text(entry.payload)?;
        }
    }
    Ok(())
}

/// The key and value of one map entry whose key is text.
fn map_entry(bytes: &[u8]) -> Result<(&str, &[u8]), ScanError> {
    let (mut key, mut value): (&str, &[u8]) = ("", &[]);
    for entry in Reader::new(bytes) {
        let entry = entry?;
        match (entry.number, entry.wire) {
            (1, WireType::Bytes) => {
                text(entry.payload).map_err(|e| e.inside("key"))?;
                key = entry.text();
            }
            (2, WireType::Bytes) => value = entry.payload,
            _ => {}
        }
    }
    Ok((key, value))
}

fn structure(bytes: &[u8], depth: usize) -> Scan {
    for entry in Reader::new(bytes) {
        let entry = entry?;
        if entry.number == 1 && entry.wire == WireType::Bytes {
            let (key, content) = map_entry(entry.payload)?;
            value(content, deeper(depth)?).map_err(|e| e.inside(&format!("[{key}]")))?;
        }
    }
    Ok(())
}

fn value(bytes: &[u8], depth: usize) -> Scan {
    for entry in Reader::new(bytes) {
        let entry = entry?;
        if entry.wire != WireType::Bytes {
            continue;
        }
        match entry.number {
            3 => text(entry.payload)?,
            5 => structure(entry.payload, deeper(depth)?)?,
            6 => {
                for (index, item) in Reader::new(entry.payload).enumerate() {
                    let item = item?;
                    if item.number == 1 && item.wire == WireType::Bytes {
                        value(item.payload, deeper(depth)?)
                            .map_err(|e| e.inside(&format!("[{index}]")))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
