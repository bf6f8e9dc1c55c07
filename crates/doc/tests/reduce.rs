//! Merged arrays are what a plain model of Documents and lists says.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use proptest::prelude::*;
use tidegate_doc::structure::Value;
use tidegate_doc::{
    Document, DocumentArray, Field, FieldRef, FieldValue, NamedScore, NdArray, reduce,
};

const PLAIN: [Field; 12] = [
    Field::Blob,
    Field::Tensor,
    Field::Text,
    Field::Weight,
    Field::Uri,
    Field::Modality,
    Field::MimeType,
    Field::Offset,
    Field::Location,
    Field::Embedding,
    Field::Tags,
    Field::Scores,
];

fn field(document: &Document, field: Field) -> Option<FieldRef<'_>> {
    document.get(field).filter(|value| !value.is_empty())
}

fn level(document: &Document, field: Field) -> u32 {
    match document.get(field) {
        Some(FieldRef::Int(level)) => level,
        _ => 0,
    }
}

/// The array that the model makes of two.
fn merged(
    ours: &DocumentArray,
    theirs: &DocumentArray,
    parent: Option<(&Document, Field)>,
) -> DocumentArray {
    let mut out: Vec<Document> = ours.iter().cloned().collect();
    for mut document in theirs.clone() {
        let known = out.iter().rposition(|known| known.id() == document.id());
        if let Some(known) = known.and_then(|at| out.get_mut(at)) {
            merge(known, &document);
            continue;
        }
        if let Some((parent, field)) = parent {
            let depth = if field == Field::Chunks {
                Field::Granularity
            } else {
                Field::Adjacency
            };
            document.set(depth, level(parent, depth) + 1).unwrap();
            if field == Field::Chunks {
                document.set_parent_id(parent.id());
            }
        }
        out.push(document);
    }
    out.into()
}

fn merge(ours: &mut Document, theirs: &Document) {
    let before = ours.clone();
    for name in PLAIN {
        if let (None, Some(value)) = (field(&before, name), field(theirs, name)) {
            ours.set(name, value.to_value()).unwrap();
        }
    }
    for name in [Field::Chunks, Field::Matches] {
        let nested = |document: &Document| match document.get(name) {
            Some(FieldRef::Documents(documents)) => documents.clone(),
            _ => DocumentArray::new(),
        };
        if !nested(theirs).is_empty() {
            let all = merged(&nested(ours), &nested(theirs), Some((&before, name)));
            ours.set(name, all).unwrap();
        }
    }
}

fn flat() -> impl Strategy<Value = Document> {
    let value = prop_oneof![
        "[ab]{0,2}".prop_map(|text| (Field::Text, FieldValue::Text(text))),
        prop::collection::vec(any::<u8>(), 0..3)
            .prop_map(|blob| (Field::Blob, FieldValue::Blob(blob.into()))),
        Just((
            Field::Tensor,
            FieldValue::from(NdArray::from(vec![1.0_f32, 2.0]))
        )),
        Just((
            Field::Embedding,
            FieldValue::from(NdArray::from(vec![3.0_f64]))
        )),
        (0..3u8).prop_map(|w| (Field::Weight, FieldValue::Float(f32::from(w)))),
        "[ab]{0,2}".prop_map(|text| (Field::Uri, FieldValue::Text(text))),
        prop::collection::vec(0.0..2.0_f32, 0..3)
            .prop_map(|at| (Field::Location, FieldValue::Floats(at))),
        (0..3i64).prop_map(|n| {
            let tags = [("n".to_owned(), Value::Number(n as f64))].into();
            (Field::Tags, FieldValue::Map(tags))
        }),
        (0..3u8).prop_map(|n| {
            let scores = [("s".to_owned(), NamedScore::from(f32::from(n)))].into();
            (Field::Scores, FieldValue::Scores(scores))
        }),
    ];
    (0..4u8, prop::collection::vec(value, 0..4)).prop_map(|(id, values)| {
        let mut document = Document::new();
        document.set_id(format!("d{id}"));
        for (field, value) in values {
            document.set(field, value).unwrap();
        }
        document
    })
}

fn document() -> impl Strategy<Value = Document> {
    flat().prop_recursive(3, 12, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 0..3);
        (flat(), several(), several()).prop_map(|(mut document, chunks, matches)| {
            document.set_chunks(chunks);
            document.set_matches(matches);
            document
        })
    })
}

fn array() -> impl Strategy<Value = DocumentArray> {
    prop::collection::vec(document(), 0..5).prop_map(DocumentArray::from)
}

proptest! {
    #[test]
    fn merging_does_what_the_model_does(arrays in prop::collection::vec(array(), 1..4)) {
        let mut expected = arrays[0].clone();
        for other in &arrays[1..] {
            expected = merged(&expected, other, None);
        }
        let wires: Vec<Bytes> = arrays.iter().map(DocumentArray::to_bytes).collect();
        let bytes = reduce(&wires).unwrap();
        prop_assert_eq!(&DocumentArray::from_bytes(bytes.clone()).unwrap(), &expected);
        if bytes == wires[0] {
            prop_assert_eq!(bytes.as_ptr(), wires[0].as_ptr());
        }
        let mut live = arrays[0].clone();
        live.reduce_all(&arrays[1..]);
        prop_assert_eq!(&live, &expected);
        let read = |wire: &Bytes| DocumentArray::from_bytes(wire.clone()).unwrap();
        let mut received = read(&wires[0]);
        received.reduce_all(&wires[1..].iter().map(read).collect::<Vec<_>>());
        prop_assert_eq!(&received, &expected);
    }
}

#[test]
fn rows_that_nobody_merges_stay_as_they_came() {
    let mut unknown = Document::new().with_text("kept").to_bytes().to_vec();
    unknown.extend(b"\xfa\x7f\x03abc");
    let other = Document::new().with_text("other");
    let first = DocumentArray::from([Document::from_bytes(unknown.clone()).unwrap()]).to_bytes();
    let merged = reduce(&[first.clone(), DocumentArray::from([other]).to_bytes()]).unwrap();
    assert!(merged.starts_with(&first));
    assert!(
        merged
            .windows(unknown.len())
            .any(|window| window == unknown)
    );
    assert_eq!(reduce(&[]).unwrap(), Bytes::new());
    let error = reduce(&[first, Bytes::from_static(b"\x0a\x02")]).unwrap_err();
    assert_eq!(error.to_string(), "docs ends in the middle of a field");
}
