//! The fuzz targets' checks, over everything that is kept in their corpora.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../fuzz/checks/documents.rs"]
#[allow(unreachable_pub)]
mod documents;
#[cfg(all(feature = "bz2", feature = "lz4", feature = "lzma", feature = "flate"))]
#[path = "../../../fuzz/checks/framings.rs"]
#[allow(unreachable_pub)]
mod framings;
#[path = "../../../fuzz/checks/json.rs"]
#[allow(unreachable_pub)]
mod json;

use std::path::Path;

fn run(name: &str, check: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus.join(name)).unwrap() {
        let path = entry.unwrap().path();
        check(&std::fs::read(&path).unwrap());
        count += 1;
    }
    assert!(count >= 10, "the corpus has only {count} files");
}

#[test]
fn documents_of_the_corpus_do_not_break_the_parser() {
    run("documents", documents::check);
}

#[test]
fn json_of_the_corpus_does_not_break_the_parser() {
    run("json", json::check);
    run("documents", json::check);
}

#[cfg(all(feature = "bz2", feature = "lz4", feature = "lzma", feature = "flate"))]
#[test]
fn files_of_the_corpus_do_not_break_the_reader() {
    run("framings", framings::check);
}
