use std::sync::Arc;

use tidegate_core::{Call, ErrorKind};

use crate::executors::{Played, gateway, request, within};

/// Which of foo, foo2 and bar a target reaches, and the warnings.
async fn reached(target: &str) -> (Vec<&'static str>, Vec<String>) {
    let names = ["foo", "foo2", "bar"];
    let executors: Vec<_> = names.iter().map(|_| Played::idle()).collect();
    let chain: Vec<(&str, Arc<dyn Call>)> = names
        .into_iter()
        .zip(&executors)
        .map(|(name, executor)| (name, Arc::clone(executor) as _))
        .collect();
    let (gateway, warnings) = gateway(&chain);
    for _ in 0..2 {
        let mut sent = request("/", "docs");
        sent.header.target = Some(target.to_owned());
        let answer = within(gateway.handle(sent)).await.unwrap();
        assert_eq!(answer.payload.unwrap().0, "docs");
        assert_eq!(answer.header.target.as_deref(), Some(target));
    }
    let reached = names
        .into_iter()
        .zip(&executors)
        .filter(|(_, executor)| executor.times() == 2);
    let reached = reached.map(|(name, _)| name).collect();
    let warnings = std::mem::take(&mut *warnings.lock().unwrap());
    (reached, warnings)
}

#[tokio::test]
async fn an_expression_matches_whole_names() {
    for (target, expected) in [
        ("foo", &["foo"][..]),
        ("foo|foo2", &["foo", "foo2"]),
        ("foo.*", &["foo", "foo2"]),
        (".*2", &["foo2"]),
        ("ba.", &["bar"]),
        ("^bar$", &["bar"]),
        ("(?i)BAR", &["bar"]),
        ("", &["foo", "foo2", "bar"]),
    ] {
        let (reached, warnings) = reached(target).await;
        assert_eq!(reached, expected, "{target}");
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[tokio::test]
async fn what_matches_nothing_passes_through_with_one_warning() {
    for target in ["ba", "oo", "nobody"] {
        let (reached, warnings) = reached(target).await;
        assert!(reached.is_empty());
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(target) && warnings[0].contains("foo, foo2, bar"));
    }
}

#[tokio::test]
async fn what_is_no_expression_is_bad_input() {
    let (gateway, _) = gateway(&[("foo", Played::idle())]);
    let long = "a".repeat(5000);
    for target in [
        "(",
        "foo)|(bar",
        "*",
        "[z-a]",
        "(a{900}){900}",
        "(?=x)",
        &long,
    ] {
        let mut sent = request("/", "");
        sent.header.target = Some(target.to_owned());
        let error = within(gateway.handle(sent)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("target_executor"), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
