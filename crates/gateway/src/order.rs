//! The Documents of an answer in the order of the request.

use std::collections::HashMap;

use tidegate_core::{Error, ErrorKind, Payload};
use tidegate_doc::wire::{Counter, Sink, Span, Writer};
use tidegate_doc::{Field, RowView, ScanError, scan_array};

/// The Documents of `answer` in the order in which those of the same id stand in `sent`; ids that were
/// not sent come at the end, in the order that they have.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] where one of them is no serialised `DocumentArrayProto`.
pub(crate) fn as_sent(sent: &Payload, answer: &Payload) -> Result<Payload, Error> {
    let wanted = scan_array(&sent.0).map_err(malformed)?;
    let mut rows = scan_array(&answer.0).map_err(malformed)?;
    let mut places: HashMap<&[u8], usize> = HashMap::with_capacity(wanted.len());
    for (place, span) in wanted.iter().enumerate() {
        places.entry(id(span.of(&sent.0))).or_insert(place);
    }
    let place = |span: &Span| {
        let known = places.get(id(span.of(&answer.0))).copied();
        known.unwrap_or(usize::MAX)
    };
    if rows.is_sorted_by_key(place) {
        return Ok(answer.clone());
    }
    rows.sort_by_cached_key(place);
    let mut size = Counter::default();
    rows.iter()
        .for_each(|row| size.bytes_field(1, row.of(&answer.0)));
    let mut out = Writer::with_capacity(size.len);
    rows.iter()
        .for_each(|row| out.bytes_field(1, row.of(&answer.0)));
    Ok(Payload(out.out.into()))
}

fn id(row: &[u8]) -> &[u8] {
    RowView::new(row)
        .find(Field::Id)
        .map_or(&[], |entry| entry.payload)
}

/// What is wrong with the Documents that came.
pub(crate) fn malformed(error: ScanError) -> Error {
    Error::new(ErrorKind::InvalidInput, error.to_string())
}
