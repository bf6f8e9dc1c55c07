//! The fuzz target's checks, over everything that is kept in its corpus.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../fuzz/checks/flow_yaml.rs"]
#[allow(unreachable_pub)]
mod checks;

use std::path::Path;

#[test]
fn the_corpus_holds_nothing_that_breaks_the_parser() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/flow_yaml");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        checks::check(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count >= 3, "the corpus has only {count} files");
}
