// What must be true of any bytes that arrive as Documents.

use tidegate_doc::structure::{self, from_map, to_map};
use tidegate_doc::{Document, DocumentArray, Field, FieldRef, path, scan_struct};

/// Scans `input` or refuses it; what was accepted can be read, written and accepted again.
pub fn check(input: &[u8]) {
    if let Ok(array) = DocumentArray::from_bytes(input.to_vec()) {
        assert_eq!(
            array.to_bytes(),
            input,
            "what nobody changed is sent as it came"
        );
        visit(&array);
    }
    if scan_struct(input).is_ok() {
        let map = to_map(input);
        let again = from_map(&map, true);
        scan_struct(&again).expect("what we write can be read");
        assert_eq!(structure::fields(&again).count(), map.len());
    }
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = path::parse(text);
    }
}

fn visit(array: &DocumentArray) {
    let _ = (
        array.texts(),
        array.embeddings(),
        array.tensors(),
        format!("{array:?}"),
    );
    for document in array {
        let mut document = document.clone();
        for field in Field::ALL {
            if let Some(FieldRef::Documents(nested)) = document.get(field) {
                visit(nested);
            }
        }
        // Every known field decoded and encoded again, one after the other.
        for field in Field::ALL {
            if let Some(value) = document.get(field).map(FieldRef::to_value) {
                document
                    .set(field, value)
                    .expect("a field takes what it had");
            }
        }
        let again = Document::from_bytes(document.to_bytes()).expect("what we write can be read");
        assert_eq!(again.id(), document.id());
    }
}
