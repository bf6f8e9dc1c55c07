//! Scores with names.

use std::collections::BTreeMap;

use crate::wire::{Counter, Entry, Reader, Sink, WireType};

/// A score: its value, the operation that it comes from, a description and what it refers to.
///
/// ```
/// use tidegate_doc::NamedScore;
///
/// let score = NamedScore::from(0.5);
/// assert_eq!(score, NamedScore { value: 0.5, ..NamedScore::default() });
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NamedScore {
    /// The number.
    pub value: f32,
    /// The operation that it comes from.
    pub op_name: String,
    /// What it means.
    pub description: String,
    /// The id of what it refers to.
    pub ref_id: String,
}

impl From<f32> for NamedScore {
    fn from(value: f32) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }
}

impl NamedScore {
    /// Reads a `NamedScoreProto` that a scan has passed.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mut score = Self::default();
        for entry in Reader::new(bytes).flatten() {
            match (entry.number, entry.wire) {
                (1, WireType::Fixed32) => score.value = entry.float(),
                (2, WireType::Bytes) => entry.text().clone_into(&mut score.op_name),
                (3, WireType::Bytes) => entry.text().clone_into(&mut score.description),
                (4, WireType::Bytes) => entry.text().clone_into(&mut score.ref_id),
                _ => {}
            }
        }
        score
    }

    /// Writes it as a `NamedScoreProto`.
    pub fn write(&self, sink: &mut impl Sink) {
        if self.value != 0.0 {
            sink.float_field(1, self.value);
        }
        for (number, text) in (2..).zip([&self.op_name, &self.description, &self.ref_id]) {
            if !text.is_empty() {
                sink.bytes_field(number, text.as_bytes());
            }
        }
    }
}

/// Scores by name, as [`Document::scores`](crate::Document::scores) has them.
pub type Scores = BTreeMap<String, NamedScore>;

/// Reads one entry of a map from names to scores.
pub(crate) fn read_entry(entry: &Entry<'_>) -> (String, NamedScore) {
    let (mut name, mut score) = (String::new(), NamedScore::default());
    for part in Reader::new(entry.payload).flatten() {
        match (part.number, part.wire) {
            (1, WireType::Bytes) => part.text().clone_into(&mut name),
            (2, WireType::Bytes) => score = NamedScore::read(part.payload),
            _ => {}
        }
    }
    (name, score)
}

/// Writes a map from names to scores as field `number`.
pub(crate) fn write_map<'a>(
    sink: &mut impl Sink,
    number: u32,
    scores: impl IntoIterator<Item = (&'a String, &'a NamedScore)>,
) {
    for (name, score) in scores {
        let mut value = Counter::default();
        score.write(&mut value);
        let mut entry = Counter::default();
        entry.bytes_field(1, name.as_bytes());
        entry.head(2, value.len);
        sink.head(number, entry.len + value.len);
        sink.bytes_field(1, name.as_bytes());
        sink.head(2, value.len);
        score.write(sink);
    }
}
