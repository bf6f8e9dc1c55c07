// What must be true of any text that arrives as JSON, and of any Documents that leave as it.

use tidegate_doc::json::{Dialect, Parser, read_plain};
use tidegate_doc::{Document, DocumentArray};

/// Reads `input` as JSON in each dialect or refuses it; what was read is written and read again. Then takes
/// it as received Documents, which are written as JSON and read back.
pub fn check(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = Parser::new(text).value();
        for dialect in [Dialect::Plain, Dialect::Protobuf] {
            if let Ok(array) = DocumentArray::from_json(text, dialect) {
                // Eight bytes for a digit and its comma, 32 for an id that was missing, and tags.
                assert!(array.to_bytes().len() <= 200 + 64 * input.len());
                settles(&array, dialect);
            }
            if let Ok(document) = Document::from_json(text, dialect) {
                settles(&DocumentArray::from([document]), dialect);
            }
        }
        if let Ok(rows) = read_plain(text, true) {
            DocumentArray::from_bytes(rows.frame).expect("a frame is what a scan passes");
        }
    }
    if let Ok(array) = DocumentArray::from_bytes(input.to_vec()) {
        for dialect in [Dialect::Plain, Dialect::Protobuf] {
            settles(&array, dialect);
        }
    }
}

/// What is written and read again and again is at last written the same: the first readings make up for what
/// the dialect loses, and tell each Document how deep it lies, a level at a time.
fn settles(array: &DocumentArray, dialect: Dialect) {
    let Ok(mut text) = array.to_json(dialect) else {
        return;
    };
    for _ in 0..110 {
        assert!(text.is_ascii(), "JSON is written in ASCII");
        // Numbers that are not finite have no place in a Struct of the protobuf dialect, and levels end.
        let Ok(again) = DocumentArray::from_json(&text, dialect) else {
            return;
        };
        assert_eq!(again.len(), array.len());
        let written = again
            .to_json(dialect)
            .expect("what was read can be written");
        if written == text {
            return;
        }
        text = written;
    }
    panic!("the text changes at every reading");
}
