//! Filters over received rows find what a plain model finds in decoded Documents.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidegate_doc::query::Query;
use tidegate_doc::structure::{self, Value};
use tidegate_doc::{Document, DocumentArray, Field, FieldRef, Map, RowView};

const PATHS: [&str; 9] = [
    "text",
    "weight",
    "tags__a",
    "tags__a__0",
    "tags__a__k",
    "location",
    "chunks",
    "chunks__0__text",
    "tags__b__c",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (0..4u8).prop_map(|n| Value::Number(f64::from(n) / 2.0)),
        "[ab0]{0,2}".prop_map(Value::Text),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::btree_map("[ck]", inner, 0..3)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

fn flat() -> impl Strategy<Value = Document> {
    let tags = prop::collection::btree_map("[ab]", value(), 0..3);
    let location = prop::collection::vec((0..3u8).prop_map(f32::from), 0..3);
    ("[ab]{0,2}", tags, location, 0..3u8).prop_map(|(text, tags, location, weight)| {
        let mut document = Document::new().with_text(text);
        document.set_tags(tags);
        document.set_location(location);
        document.set_weight(f32::from(weight) / 2.0);
        document
    })
}

fn docs() -> impl Strategy<Value = DocumentArray> {
    let nested =
        (flat(), prop::collection::vec(flat(), 0..3)).prop_map(|(mut document, chunks)| {
            document.set_chunks(chunks);
            document
        });
    prop::collection::vec(nested, 0..6).prop_map(DocumentArray::from)
}

fn map(name: &str, value: Value) -> Value {
    Value::Map([(name.to_owned(), value)].into())
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = prop::sample::select(&[
        "$eq", "$ne", "$lt", "$gte", "$in", "$nin", "$size", "$exists",
    ]);
    let test = (
        prop::sample::select(&PATHS),
        operator,
        value(),
        prop::collection::vec(value(), 0..3),
        any::<bool>(),
    )
        .prop_map(|(path, operator, value, values, yes)| {
            let operand = match operator {
                "$in" | "$nin" => Value::List(values),
                "$exists" => Value::Bool(yes),
                _ => value,
            };
            map(path, map(operator, operand))
        });
    test.prop_recursive(3, 8, 3, |inner| {
        let name = prop::sample::select(&["$and", "$or", "$not"]);
        (name, prop::collection::vec(inner, 0..3))
            .prop_map(|(name, parts)| map(name, Value::List(parts)))
    })
}

/// What the model finds at a path: a value, or Documents; an error where the way leads nowhere.
fn found(document: &Document, path: &str) -> Result<Value, ()> {
    let number = |value: Option<FieldRef<'_>>| match value {
        Some(FieldRef::Float(number)) => Value::Number(f64::from(number)),
        _ => Value::Number(0.0),
    };
    let mut parts = path.split("__");
    let mut value = match parts.next().unwrap_or_default() {
        "text" => Value::Text(document.text().to_owned()),
        "weight" => number(document.get(Field::Weight)),
        "tags" => Value::Map(document.tags().clone()),
        "location" => match document.get(Field::Location) {
            Some(FieldRef::Floats(floats)) => Value::List(
                floats
                    .iter()
                    .map(|n| Value::Number(f64::from(*n)))
                    .collect(),
            ),
            _ => Value::List(Vec::new()),
        },
        _ => {
            let chunks = document.chunks();
            return match (chunks.get(0), path == "chunks") {
                // Stands for an array of so many Documents, which equals no value.
                (_, true) => Ok(Value::List(vec![Value::Number(f64::NAN); chunks.len()])),
                (Some(first), _) => Ok(Value::Text(first.text().to_owned())),
                (None, _) => Ok(Value::Null),
            };
        }
    };
    for part in parts {
        let empty = match &value {
            Value::Null => true,
            Value::Bool(value) => !value,
            Value::Number(value) => *value == 0.0,
            Value::Text(text) => text.is_empty(),
            Value::List(values) => values.is_empty(),
            Value::Map(values) => values.is_empty(),
            Value::Int(_) => unreachable!(),
        };
        if empty {
            return Ok(Value::Null);
        }
        value = match &value {
            Value::Map(values) => match values.get(part) {
                Some(value) => value.clone(),
                None => return Ok(Value::Null),
            },
            Value::List(values) if part == "0" => values.first().cloned().ok_or(())?,
            Value::Text(text) if part == "0" => Value::Text(text.chars().take(1).collect()),
            _ => return Err(()),
        };
    }
    Ok(value)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Number(value) => Some(*value),
        _ => None,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.iter().any(|(other, b)| name == other && same(a, b)))
        }
        _ => number(a).zip(number(b)).map_or(a == b, |(a, b)| a == b),
    }
}

/// Whether the model says that a Document meets a filter.
fn holds(document: &Document, filter: &Value) -> Result<bool, ()> {
    let parts = match filter {
        Value::List(parts) => parts.clone(),
        Value::Map(fields) => {
            for (name, value) in fields {
                let parts = match value {
                    Value::List(parts) => parts.clone(),
                    other => vec![other.clone()],
                };
                let met = match name.as_str() {
                    "$and" => holds(document, &Value::List(parts))?,
                    "$not" => !holds(document, &Value::List(parts))?,
                    "$or" => {
                        let mut any = false;
                        for part in &parts {
                            any = any || holds(document, part)?;
                        }
                        any
                    }
                    path => test(document, path, value)?,
                };
                if !met {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        _ => unreachable!(),
    };
    for part in &parts {
        if !holds(document, part)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn test(document: &Document, path: &str, tests: &Value) -> Result<bool, ()> {
    let Value::Map(tests) = tests else {
        unreachable!()
    };
    let (operator, operand) = tests.iter().next().unwrap();
    let value = found(document, path)?;
    let ordered = || match (&value, operand) {
        (Value::Text(a), Value::Text(b)) => Ok(a.cmp(b)),
        _ => number(&value)
            .zip(number(operand))
            .and_then(|(a, b)| a.partial_cmp(&b))
            .ok_or(()),
    };
    let contained =
        || matches!(operand, Value::List(values) if values.iter().any(|v| same(&value, v)));
    Ok(match operator.as_str() {
        "$exists" => {
            let default = match path {
                "text" | "weight" | "location" | "chunks" => {
                    number(&value) == Some(0.0)
                        || matches!(&value, Value::Text(text) if text.is_empty())
                        || matches!(&value, Value::List(values) if values.is_empty())
                }
                _ => value == Value::Null,
            };
            *operand == Value::Bool(!default)
        }
        // What stands for Documents equals nothing, not even an empty list.
        "$eq" => path != "chunks" && same(&value, operand),
        "$ne" => path == "chunks" || !same(&value, operand),
        "$in" => path != "chunks" && contained(),
        "$nin" => path == "chunks" || !contained(),
        _ if value == Value::Null => false,
        "$size" => {
            let len = match &value {
                Value::Text(text) => text.chars().count(),
                Value::List(values) => values.len(),
                Value::Map(values) => values.len(),
                _ => return Err(()),
            };
            number(operand).is_some_and(|wanted| wanted == len as f64)
        }
        "$lt" => ordered()?.is_lt(),
        _ => ordered()?.is_ge(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn rows_are_judged_as_decoded_documents_are(docs in docs(), filter in condition()) {
        let query = Query::parse(&filter).unwrap();
        prop_assert!(query.is_plain());
        let parsed = Query::from_struct(&structure::from_map(&Map::from([("$and".into(), filter.clone())]), true));
        prop_assert!(parsed.is_ok());
        let received = DocumentArray::from_bytes(docs.to_bytes()).unwrap();
        let expected: Vec<_> = docs.iter().map(|document| holds(document, &filter)).collect();
        for (document, expected) in received.iter().zip(&expected) {
            let judged = query.matches(RowView::new(&document.to_bytes())).map_err(|_| ());
            prop_assert_eq!(&judged, expected, "{:?} {:?}", filter, document);
        }
        let wire = docs.to_bytes();
        if let Some(place) = expected.iter().position(Result::is_err) {
            prop_assert_eq!(docs.filter(&query).unwrap_err().place(), Some(place));
            prop_assert!(query.filter_bytes(&wire).is_err());
        } else {
            let kept: DocumentArray = docs
                .iter()
                .zip(&expected)
                .filter(|(_, kept)| **kept == Ok(true))
                .map(|(document, _)| document)
                .collect();
            prop_assert_eq!(&docs.filter(&query).unwrap(), &kept);
            prop_assert_eq!(received.filter(&query).unwrap().to_bytes(), kept.to_bytes());
            let bytes = query.filter_bytes(&wire).unwrap();
            prop_assert_eq!(&bytes, &kept.to_bytes());
            prop_assert!(kept.len() < docs.len() || bytes.as_ptr() == wire.as_ptr());
        }
    }
}

#[test]
fn wrong_filters_are_explained() {
    let text = |text: &str| Value::Text(text.to_owned());
    let cases = [
        (
            map("text", map("$exits", Value::Bool(true))),
            "did you mean $exists?",
        ),
        (
            map("$nor", Value::List(Vec::new())),
            "the operator $nor is not known; did you mean $or?",
        ),
        (
            map("wieght", map("$gt", Value::Int(1))),
            "did you mean 'weight'?",
        ),
        (
            map("price", map("$gt", Value::Int(1))),
            "found as 'tags__price'",
        ),
        (
            map("text", map("$exists", Value::Int(1))),
            "$exists takes true or false",
        ),
        (map("text", map("$in", Value::Int(1))), "$in takes a list"),
        (map("text", map("$regex", text("("))), "'(' cannot be read"),
        (
            map("text", map("$eq", text("{a b}"))),
            "'{a b}' begins like a reference",
        ),
        (
            map("text", Value::Int(3)),
            "what is said about 'text' is no filter",
        ),
        (Value::Int(3), "a number is no filter"),
    ];
    for (filter, part) in cases {
        let error = Query::parse(&filter).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let mut deep = map("text", map("$exists", Value::Bool(true)));
    for _ in 0..200 {
        deep = map("$not", deep);
    }
    assert!(
        Query::parse(&deep)
            .unwrap_err()
            .to_string()
            .contains("100 levels")
    );
}

#[test]
fn what_does_not_compare_names_the_document_and_the_field() {
    let docs = DocumentArray::from([Document::new(), Document::new().with_text("a")]);
    let query = Query::parse(&map("text", map("$gt", Value::Int(1)))).unwrap();
    let error = query.filter_bytes(&docs.to_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "docs[0]: 'text' cannot be put to $gt: text is neither less nor more than a number"
    );
}
