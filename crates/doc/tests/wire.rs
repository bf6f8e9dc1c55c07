//! Encoding and decoding are inverse, splices keep what they do not know, and no bytes make a scan panic.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidegate_doc::wire::{Sink, Writer};
use tidegate_doc::{
    Document, DocumentArray, Field, FieldRef, FieldValue, Map, NamedScore, NdArray, Value,
    scan_array,
};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-1e9..1e9f64).prop_map(Value::Number),
        ".{0,8}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[a-z]{0,4}", inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

fn tags() -> impl Strategy<Value = Map> {
    prop::collection::btree_map("[a-z]{1,4}", value(), 0..4)
        .prop_map(|map| map.into_iter().collect())
}

fn flat() -> impl Strategy<Value = Document> {
    let content = prop_oneof![
        ".{0,40}".prop_map(|text| Some((Field::Text, FieldValue::Text(text)))),
        prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|blob| Some((Field::Blob, FieldValue::Blob(blob.into())))),
        prop::collection::vec(-1e3..1e3f32, 0..9)
            .prop_map(|v| Some((Field::Tensor, FieldValue::from(NdArray::from(v))))),
        Just(None),
    ];
    let scores = prop::collection::btree_map("[a-z]{1,3}", -1e3..1e3f32, 0..3);
    (
        content,
        tags(),
        scores,
        ".{0,9}",
        any::<u32>(),
        prop::collection::vec(-9.0..9.0f32, 0..4),
    )
        .prop_map(|(content, tags, scores, uri, level, location)| {
            let mut document = Document::new();
            if let Some((field, value)) = content {
                document.set(field, value).unwrap();
            }
            document.set_tags(tags);
            let scores = scores
                .into_iter()
                .map(|(k, v)| (k, NamedScore::from(v)))
                .collect();
            document
                .set(Field::Scores, FieldValue::Scores(scores))
                .unwrap();
            document.set(Field::Uri, FieldValue::Text(uri)).unwrap();
            document
                .set(Field::Adjacency, FieldValue::Int(level))
                .unwrap();
            document
                .set(Field::Location, FieldValue::Floats(location))
                .unwrap();
            document
        })
}

fn document() -> impl Strategy<Value = Document> {
    flat().prop_recursive(3, 12, 3, |inner| {
        (
            flat(),
            prop::collection::vec(inner.clone(), 0..3),
            prop::collection::vec(inner, 0..3),
        )
            .prop_map(|(mut document, chunks, matches)| {
                document.set_chunks(chunks);
                document.set_matches(matches);
                document
            })
    })
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(documents in prop::collection::vec(document(), 0..4)) {
        let array: DocumentArray = documents.into();
        let bytes = array.to_bytes();
        let again = DocumentArray::from_bytes(bytes.clone()).unwrap();
        prop_assert_eq!(&again, &array);
        prop_assert_eq!(again.to_bytes(), bytes);
    }

    #[test]
    fn unknown_fields_survive_a_change(mut document in flat(), number in 21u32..5000, extra in any::<u64>()) {
        let mut wire = Writer::default();
        wire.raw(&document.to_bytes());
        wire.varint_field(number, extra);
        wire.bytes_field(number + 1, b"kept");
        let mut again = Document::from_bytes(wire.out).unwrap();
        again.set_text("changed");
        document.set_text("changed");
        let out = again.to_bytes();
        let mut tail = Writer::default();
        tail.varint_field(number, extra);
        tail.bytes_field(number + 1, b"kept");
        prop_assert!(out.windows(tail.out.len()).any(|window| window == tail.out));
        prop_assert_eq!(Document::from_bytes(out).unwrap(), document);
    }

    #[test]
    fn no_bytes_make_a_scan_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        touch_everything(&bytes);
    }

    #[test]
    fn damaged_documents_do_not_panic(document in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = DocumentArray::from([document]).to_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        touch_everything(&bytes);
    }
}

/// Reads every field of every Document that a scan lets pass; also what the fuzz target runs.
fn touch_everything(bytes: &[u8]) {
    fn visit(array: &DocumentArray) {
        for document in array {
            for field in Field::ALL {
                if let Some(FieldRef::Documents(nested)) = document.get(field) {
                    visit(nested);
                }
            }
            let again = Document::from_bytes(document.to_bytes());
            assert!(again.is_ok(), "what was accepted must be accepted again");
        }
    }
    if let Ok(array) = DocumentArray::from_bytes(bytes.to_vec()) {
        visit(&array);
    }
}

fn field(number: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Writer::default();
    out.bytes_field(number, payload);
    out.out
}

#[test]
fn errors_name_the_document_and_the_field() {
    let bad = field(4, b"\xff\xfe");
    let nested = field(14, &bad);
    let wire = [field(1, b""), field(1, &[field(14, b""), nested].concat())].concat();
    let error = scan_array(&wire).unwrap_err();
    assert_eq!(
        error.to_string(),
        "docs[1].chunks[1].text is not valid UTF-8 (at byte 0)"
    );
    let tags = field(
        17,
        &field(
            1,
            &[field(1, b"key"), field(2, &field(3, b"\xff"))].concat(),
        ),
    );
    let error = scan_array(&field(1, &tags)).unwrap_err();
    assert_eq!(error.path(), "docs[0].tags[key]");
    let cut = field(1, &field(4, b"hello"));
    let error = scan_array(&cut[..cut.len() - 2]).unwrap_err();
    assert_eq!(error.to_string(), "docs ends in the middle of a field");
}

#[test]
fn nesting_is_bounded() {
    let mut wire = Vec::new();
    for _ in 0..90 {
        wire = field(14, &wire);
    }
    assert!(scan_array(&field(1, &wire)).is_ok());
    for _ in 0..90 {
        wire = field(14, &wire);
    }
    let error = scan_array(&field(1, &wire)).unwrap_err();
    assert!(
        error.to_string().contains("nested deeper than 100"),
        "{error}"
    );
}

#[test]
fn the_last_of_several_contents_wins() {
    let wire = [field(4, b"first"), field(2, b"blob"), field(4, b"last")].concat();
    let document = Document::from_bytes(wire).unwrap();
    assert_eq!((document.text(), document.blob().len()), ("last", 0));
}

#[test]
fn shape_and_buffer_must_agree() {
    let dense = [field(1, &[0; 7]), field(2, &[2]), field(3, b"<f4")].concat();
    let wire = field(
        1,
        &field(16, &[field(1, &dense), field(3, b"numpy")].concat()),
    );
    let error = scan_array(&wire).unwrap_err().to_string();
    assert!(
        error.starts_with("docs[0].embedding has a shape of [2] in <f4"),
        "{error}"
    );
}

#[test]
fn untouched_arrays_are_the_bytes_they_came_in() {
    let wire = DocumentArray::from([Document::new().with_text("a")]).to_bytes();
    let array = DocumentArray::from_bytes(wire.clone()).unwrap();
    assert_eq!(array.get(0).unwrap().text(), "a");
    assert_eq!(array.to_bytes().as_ptr(), wire.as_ptr());
}

#[test]
fn documents_that_came_without_ids_keep_those_that_they_get() {
    let inner = [field(14, &field(4, b"a")), field(14, &field(4, b"b"))].concat();
    let array = DocumentArray::from_bytes([field(1, &inner), field(1, b"")].concat()).unwrap();
    // Decoded one after the other: what was cloned before anybody looked, and the original.
    let (clone, part) = (array.clone(), array.slice(..));
    assert!(array == clone && array == part);
    let ids = |array: &DocumentArray| -> Vec<String> {
        array
            .flatten()
            .iter()
            .map(|document| document.id().to_owned())
            .collect()
    };
    assert_eq!(ids(&array), ids(&part));
    let distinct: std::collections::HashSet<_> = ids(&array).into_iter().collect();
    assert_eq!(distinct.len(), 4);
    assert_eq!(array.position(array.get(0).unwrap().id()), Some(0));
}

#[test]
fn arrays_go_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Document>();
    check::<DocumentArray>();
    check::<NdArray>();
}
