//! Every format holds what every other one holds, and no bytes make a reader panic or take much memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use tidegate_doc::compression::Compression;
use tidegate_doc::framing::{Framing, FramingError, StreamReader, StreamWriter};
use tidegate_doc::json::Dialect;
use tidegate_doc::structure::Value;
use tidegate_doc::{Document, DocumentArray, Field, FieldValue, NamedScore, NdArray};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |n| n.is_finite()),
        (-5i32..5).prop_map(f64::from)
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(Value::Number),
        any::<String>().prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

fn flat() -> impl Strategy<Value = Document> {
    let content = prop_oneof![
        any::<String>().prop_map(|text| Some((Field::Text, FieldValue::Text(text)))),
        prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|blob| Some((Field::Blob, FieldValue::Blob(blob.into())))),
        prop::collection::vec(number(), 0..9)
            .prop_map(|v| Some((Field::Tensor, FieldValue::Array(NdArray::from(v).into())))),
        prop::collection::vec(any::<i64>(), 1..9)
            .prop_map(|v| Some((Field::Tensor, FieldValue::Array(NdArray::from(v).into())))),
        Just(None),
    ];
    let tags = prop::collection::btree_map(any::<String>(), value(), 0..4);
    let scores = prop::collection::btree_map(any::<String>(), (-1e3..1e3f32, ".{0,3}"), 0..3);
    let numbers = (
        any::<f32>(),
        -1e9..1e9f32,
        prop::collection::vec(-9.0..9.0f32, 0..4),
    );
    (
        content,
        tags,
        scores,
        any::<String>(),
        0..u32::MAX - 9,
        numbers,
    )
        .prop_map(
            |(content, tags, scores, text, level, (weight, offset, location))| {
                let mut document = Document::new();
                if let Some((field, value)) = content {
                    document.set(field, value).unwrap();
                }
                document.set_tags(tags);
                let scores = scores.into_iter().map(|(name, (value, op_name))| {
                    let score = NamedScore {
                        op_name,
                        ..NamedScore::from(value)
                    };
                    (name, score)
                });
                document
                    .set(Field::Scores, FieldValue::Scores(scores.collect()))
                    .unwrap();
                document.set(Field::Uri, FieldValue::Text(text)).unwrap();
                document
                    .set(Field::Adjacency, FieldValue::Int(level))
                    .unwrap();
                let weight = if weight.is_nan() { 0.0 } else { weight };
                document
                    .set(Field::Weight, FieldValue::Float(weight))
                    .unwrap();
                document
                    .set(Field::Offset, FieldValue::Float(offset))
                    .unwrap();
                document
                    .set(Field::Location, FieldValue::Floats(location))
                    .unwrap();
                document
            },
        )
}

/// Documents whose children know their parents, as JSON's readers make them.
fn document() -> impl Strategy<Value = Document> {
    (
        flat(),
        prop::collection::vec(flat(), 0..3),
        prop::collection::vec(flat(), 0..3),
    )
        .prop_map(|(mut document, chunks, matches)| {
            document.set_chunks(chunks);
            document.set_matches(matches);
            document
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_format_holds_what_the_others_hold(documents in prop::collection::vec(document(), 0..4)) {
        let array: DocumentArray = documents.into();
        for dialect in [Dialect::Plain, Dialect::Protobuf] {
            let text = array.to_json(dialect).unwrap();
            prop_assert!(text.is_ascii());
            let again = DocumentArray::from_json(&text, dialect).unwrap();
            prop_assert_eq!(again.to_json(dialect).unwrap(), text.clone());
            prop_assert_eq!(&again, &array);
            let mut file = Vec::new();
            again.write_json(&mut file, dialect).unwrap();
            prop_assert_eq!(String::from_utf8(file).unwrap(), text);
            for document in array.iter() {
                let text = document.to_json(dialect).unwrap();
                prop_assert_eq!(&Document::from_json(&text, dialect).unwrap(), document);
            }
        }
        prop_assert_eq!(&DocumentArray::from_base64(&array.to_base64()).unwrap(), &array);
        let compressions = Compression::ALL.into_iter().filter(|c| c.is_built_in()).map(Some);
        for compression in compressions.chain([None]) {
            for framing in [Framing::Array, Framing::Stream] {
                let mut file = Vec::new();
                array.save(&mut file, framing, compression).unwrap();
                prop_assert_eq!(&DocumentArray::load(&file[..], framing, compression).unwrap(), &array);
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_everything(&bytes);
    }

    #[test]
    fn damaged_files_do_not_panic(document in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let array = DocumentArray::from([document]);
        for dialect in [Dialect::Plain, Dialect::Protobuf] {
            let mut text = array.to_json(dialect).unwrap().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            read_everything(&text);
        }
        for compression in Compression::ALL.into_iter().filter(|c| c.is_built_in()).map(Some).chain([None]) {
            let mut file = Vec::new();
            array.save(&mut file, Framing::Stream, compression).unwrap();
            let at = at.index(file.len());
            file[at] = byte;
            drop(DocumentArray::load(&file[..], Framing::Stream, compression));
        }
    }
}

fn read_everything(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        for dialect in [Dialect::Plain, Dialect::Protobuf] {
            drop(DocumentArray::from_json(text, dialect));
            drop(Document::from_json(text, dialect));
        }
        drop(DocumentArray::from_base64(text));
    }
    for compression in Compression::ALL.into_iter().map(Some).chain([None]) {
        for framing in [Framing::Array, Framing::Stream] {
            drop(DocumentArray::load(bytes, framing, compression));
        }
    }
}

#[test]
fn a_stream_that_lies_makes_no_room() {
    let mut lie = vec![1];
    lie.extend(u64::MAX.to_be_bytes());
    lie.extend(u32::MAX.to_be_bytes());
    lie.extend(b"short");
    let read: Vec<_> = StreamReader::new(&lie[..], None).unwrap().collect();
    assert!(matches!(
        read[..],
        [Err(FramingError::Cut(Some((0, u64::MAX))))]
    ));
    assert!(matches!(
        tidegate_doc::framing::payloads(&lie),
        Err(FramingError::Cut(_))
    ));
}

#[test]
fn pickles_and_other_versions_are_refused() {
    for framing in [Framing::Array, Framing::Stream] {
        let error = DocumentArray::load(&b"\x80\x04\x95"[..], framing, None).unwrap_err();
        assert!(matches!(error, FramingError::Pickle), "{error}");
    }
    let error = DocumentArray::load(&[2; 20][..], Framing::Stream, None).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("version 2, and 1 is what is read"),
        "{error}"
    );
    let error = DocumentArray::load(&[][..], Framing::Stream, None).unwrap_err();
    assert!(matches!(error, FramingError::Cut(None)), "{error}");
}

#[test]
fn a_writer_counts() {
    let mut writer = StreamWriter::new(Vec::new(), 1, None).unwrap();
    writer.write(&Document::new()).unwrap();
    assert!(writer.write(&Document::new()).is_err());
    assert!(
        StreamWriter::new(Vec::new(), 1, None)
            .unwrap()
            .finish()
            .is_err()
    );
}

#[test]
fn what_is_compressed_too_well_is_refused() {
    for compression in Compression::ALL.into_iter().filter(|c| c.is_built_in()) {
        let small = compression.compress(&vec![0; 1 << 20]).unwrap();
        let error = compression.decompress(&small, 1000).unwrap_err();
        assert!(error.to_string().contains("more than 1000"), "{error}");
        assert!(compression.decompress(b"nonsense", 1000).is_err());
    }
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [120, 100_000] {
        for start in [
            "[{\"chunks\": ",
            "[{\"tags\": {\"a\": ",
            "[{\"nothing\": [",
            "[{\"tensor\": [[[",
        ] {
            let text = start.to_string() + &"[{\"a\": ".repeat(depth) + &start.repeat(depth);
            for dialect in [Dialect::Plain, Dialect::Protobuf] {
                assert!(DocumentArray::from_json(&text, dialect).is_err());
            }
        }
        let text = "[{\"chunks\": ".repeat(depth) + &"}]".repeat(depth);
        let error = DocumentArray::from_json(&text, Dialect::Plain).unwrap_err();
        assert!(error.to_string().contains("deeper than"), "{error}");
    }
}

#[test]
fn errors_name_the_document_the_field_and_the_place() {
    for (text, said) in [
        (
            "[{}, {\"granularity\": -1}]",
            "docs[1].granularity is -1, and 0 to 2**32 - 1 is what it can be (line 1, column 24)",
        ),
        (
            "[{\"tags\":\n {\"a\": [1, {\"b\": nope}]}}]",
            "docs[0].tags[a][1][b]: null is expected here (line 2, column 18)",
        ),
        (
            "[{\"embedding\": [1, [2]]}]",
            "docs[0].embedding is a ragged list: every item of a dimension must have the same length (line 1, column 20)",
        ),
        ("", "ends where a value is expected (line 1, column 1)"),
    ] {
        assert_eq!(
            DocumentArray::from_json(text, Dialect::Plain)
                .unwrap_err()
                .to_string(),
            said
        );
    }
}

#[test]
fn numbers_that_json_has_not_are_read() {
    let text = r#"[{"weight": Infinity, "tags": {"a": NaN}, "embedding": [1, -Infinity]}]"#;
    let array = DocumentArray::from_json(text, Dialect::Plain).unwrap();
    let again = array.to_json(Dialect::Plain).unwrap();
    assert!(again.contains(r#""weight": Infinity"#), "{again}");
    assert!(again.contains(r#""tags": {"a": NaN}"#), "{again}");
    assert!(
        again.contains(r#""embedding": [1.0, -Infinity]"#),
        "{again}"
    );
}
