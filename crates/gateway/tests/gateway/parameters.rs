use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use prost_types::Value;
use tidegate_core::{Call, CallReply, ErrorKind, Results};

use crate::executors::{Played, gateway, request, within};
use crate::structs::{decode, dict, encode, fields, number, results, text};

/// What the Executors `bb`, `c` and `d_e__f` see, what comes back, and the warnings.
async fn seen(parameters: Bytes) -> (Vec<Bytes>, Bytes, Vec<String>) {
    let names = ["bb", "c", "d_e__f"];
    let executors: Vec<_> = names.iter().map(|_| Played::idle()).collect();
    let chain: Vec<(&str, Arc<dyn Call>)> = names
        .into_iter()
        .zip(&executors)
        .map(|(name, executor)| (name, Arc::clone(executor) as _))
        .collect();
    let (gateway, warnings) = gateway(&chain);
    let mut sent = request("/", "");
    sent.parameters = parameters;
    // Twice: a warning is given once.
    within(gateway.handle(sent.clone())).await.unwrap();
    let answer = within(gateway.handle(sent)).await.unwrap();
    let seen = executors
        .iter()
        .map(|executor| executor.last().parameters)
        .collect();
    let warnings = std::mem::take(&mut *warnings.lock().unwrap());
    (seen, answer.parameters, warnings)
}

#[tokio::test]
async fn an_addressed_key_reaches_its_executor_alone() {
    let sent = [
        ("a", number(1.0)),
        ("bb__z", text("for bb")),
        ("d_e__f__k", number(3.0)),
    ];
    let (seen, answer, warnings) = seen(encode(&sent)).await;
    let all = ("a", number(1.0));
    assert_eq!(
        decode(&seen[0]),
        fields(&[all.clone(), ("z", text("for bb"))])
    );
    assert_eq!(decode(&seen[1]), fields(std::slice::from_ref(&all)));
    assert_eq!(decode(&seen[2]), fields(&[all, ("k", number(3.0))]));
    let [a, b, c] = sent;
    assert_eq!(
        decode(&answer),
        fields(&[a, b, c, ("__results__", dict(&[]))])
    );
    assert!(warnings.is_empty());
}

#[tokio::test]
async fn an_addressed_key_overrides_that_for_all_wherever_it_stands() {
    // Written by hand: the generated codec sorts them.
    let (all, addressed) = (
        encode(&[("k", number(1.0))]),
        encode(&[("bb__k", number(2.0))]),
    );
    for sent in [[&all[..], &addressed], [&addressed[..], &all]] {
        let (seen, _, _) = seen(sent.concat().into()).await;
        assert_eq!(decode(&seen[0]), fields(&[("k", number(2.0))]));
        assert_eq!(decode(&seen[1]), fields(&[("k", number(1.0))]));
    }
}

#[tokio::test]
async fn a_dict_under_a_name_is_merged_in_and_stays_visible() {
    let own = dict(&[("a", number(2.0)), ("n", number(3.0))]);
    let sent = [
        ("a", number(1.0)),
        ("c", own.clone()),
        ("bb", text("no dict")),
    ];
    let (seen, answer, _) = seen(encode(&sent)).await;
    assert_eq!(decode(&seen[0]), fields(&sent));
    let merged = [
        ("a", number(2.0)),
        ("n", number(3.0)),
        ("c", own),
        ("bb", text("no dict")),
    ];
    assert_eq!(decode(&seen[1]), fields(&merged));
    assert_eq!(decode(&answer).fields["a"], number(1.0));
}

#[tokio::test]
async fn keys_that_begin_or_end_with_underscores_are_for_all() {
    let sent = [
        ("__bb__z", number(1.0)),
        ("bb__", number(2.0)),
        ("__", number(3.0)),
        ("b_b", number(4.0)),
    ];
    let (seen, _, warnings) = seen(encode(&sent)).await;
    for parameters in &seen {
        assert_eq!(decode(parameters), fields(&sent));
    }
    assert!(warnings.is_empty());
}

#[tokio::test]
async fn a_key_for_nobody_is_warned_about() {
    let (seen, answer, warnings) = seen(encode(&[("nobody__k", number(1.0))])).await;
    assert!(seen.iter().all(|parameters| parameters.is_empty()));
    assert!(decode(&answer).fields.contains_key("nobody__k"));
    assert_eq!(warnings.len(), 1);
    for word in ["nobody__k", "'nobody'", "bb, c, d_e__f"] {
        assert!(warnings[0].contains(word), "{}", warnings[0]);
    }
}

#[tokio::test]
async fn what_callers_put_under_results_stays_where_it_is_a_dict() {
    let sent = encode(&[("__results__", dict(&[("old", number(1.0))]))]);
    let (seen, answer, warnings) = seen(sent.clone()).await;
    assert!(seen.iter().all(|parameters| *parameters == sent));
    assert_eq!(answer, sent);
    assert!(warnings.is_empty());
}

#[tokio::test]
async fn what_callers_put_under_results_is_reset_where_it_is_none() {
    let sent = encode(&[("__results__", number(1.0)), ("a", number(2.0))]);
    let (seen, answer, warnings) = seen(sent).await;
    for parameters in &seen {
        assert_eq!(decode(parameters), fields(&[("a", number(2.0))]));
    }
    assert_eq!(
        decode(&answer),
        fields(&[("a", number(2.0)), ("__results__", dict(&[]))])
    );
    assert!(warnings[0].contains("__results__"), "{warnings:?}");
}

#[tokio::test]
async fn results_join_those_that_were_sent() {
    let returning = Played::new(&["/default"], |_| {
        let dict = encode(&[("n", number(1.0))]);
        Ok(CallReply {
            payload: None,
            results: vec![Results {
                pod: "x/rep-0".into(),
                dict,
            }],
            ..CallReply::default()
        })
    });
    let (gateway, _) = gateway(&[("x", returning)]);
    let mut sent = request("/", "");
    let old = dict(&[("k", text("v"))]);
    sent.parameters = encode(&[("__results__", dict(&[("old", old.clone())]))]);
    let answer = within(gateway.handle(sent)).await.unwrap();
    let all = results(&answer.parameters);
    assert_eq!((&all.fields["old"], all.fields.len()), (&old, 2));
    // The entry is there once.
    let count = answer
        .parameters
        .windows(11)
        .filter(|bytes| bytes == b"__results__")
        .count();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn marks_of_whole_numbers_survive() {
    // A Value with an unknown field beside its number, under an addressed key.
    let value = b"\x11\0\0\0\0\0\0\xf0\x3f\xc8\x3e\x02";
    let key = b"bb__n";
    let mut entry = vec![0x0a, key.len() as u8];
    entry.extend_from_slice(key);
    entry.extend_from_slice(&[0x12, value.len() as u8]);
    entry.extend_from_slice(value);
    let mut sent = vec![0x0a, entry.len() as u8];
    sent.extend_from_slice(&entry);
    let (seen, answer, _) = seen(sent.into()).await;
    for bytes in [&seen[0], &answer] {
        assert!(
            bytes.windows(value.len()).any(|window| window == value),
            "{bytes:?}"
        );
    }
    assert!(seen[1].is_empty());
}

#[tokio::test]
async fn what_is_no_struct_is_bad_input() {
    let (gateway, _) = gateway(&[("x", Played::idle())]);
    for bytes in [&b"\x0a\x05\x0a"[..], b"\xff\xff", b"\x0a\x04\x0a\x7fab"] {
        let mut sent = request("/", "");
        sent.parameters = Bytes::from(bytes);
        let error = within(gateway.handle(sent)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("parameters"), "{error}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<f64>()
            .prop_filter("NaN is not itself", |n| !n.is_nan())
            .prop_map(number),
        ".{0,8}".prop_map(|it| text(&it)),
        proptest::collection::btree_map(
            "[a-c_]{0,4}",
            any::<u8>().prop_map(|n| number(n.into())),
            0..4
        )
        .prop_map(|entries| {
            let entries: Vec<_> = entries
                .iter()
                .map(|(k, v)| (k.as_str(), v.clone()))
                .collect();
            dict(&entries)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn each_executor_sees_what_the_rules_say(
        entries in proptest::collection::btree_map("(bb|c|d_e__f|[a-c_]{0,3})(__)?[a-c]{0,2}", value(), 0..8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sent: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
            let (seen, answer, _) = seen(encode(&sent)).await;
            let mut expected = fields(&sent);
            expected.fields.insert("__results__".into(), dict(&[]));
            assert_eq!(decode(&answer), expected);
            for (name, seen) in ["bb", "c", "d_e__f"].into_iter().zip(seen) {
                let mut expected = std::collections::BTreeMap::new();
                for (key, value) in &entries {
                    let exempt = key.starts_with("__") || key.ends_with("__") || key == name;
                    match key.rsplit_once("__").filter(|_| !exempt) {
                        Some((to, rest)) if to == name => {
                            expected.insert(rest.to_owned(), value.clone());
                        }
                        Some(_) => {}
                        None => {
                            expected.entry(key.clone()).or_insert_with(|| value.clone());
                        }
                    }
                }
                let own = entries.get(name).and_then(|value| match &value.kind {
                    Some(prost_types::value::Kind::StructValue(own)) => Some(own.fields.clone()),
                    _ => None,
                });
                expected.extend(own.unwrap_or_default());
                assert_eq!(decode(&seen).fields, expected, "{name}");
            }
        });
    }
}
