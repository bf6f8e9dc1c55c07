// What must be true of any text that claims to describe a Flow, a Deployment or an Executor.

use tidegate_core::spec::yaml::{Source, Substitutes, emit, parse};
use tidegate_core::spec::{FileKind, Surroundings, load};

/// Reads, fills in and checks `input`; what is read is written and reads back.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let source = Source {
        name: "fuzz.yml",
        text,
    };
    let around = Surroundings {
        substitutes: Some(Substitutes {
            env: &|name| (name == "A").then(|| "a".to_owned()),
            context: &[],
        }),
        find_file: &|name| (name.len() < 9).then(|| format!("/{name}")),
        looked_in: "nowhere",
    };
    for kind in [
        FileKind::Any,
        FileKind::Flow,
        FileKind::Deployment,
        FileKind::Gateway,
    ] {
        if let Err(error) = load(kind, source, None, &around) {
            assert!(!error.to_string().is_empty());
        }
    }
    if let Ok(node) = parse(source) {
        let written = emit(&node);
        let again = Source {
            name: "again.yml",
            text: &written,
        };
        match parse(again) {
            Ok(read) => assert_eq!(emit(&read), written),
            // Followed aliases make a tree that is deeper and larger than its text.
            Err(problem) if is_of_bounds(&problem.said) => {}
            Err(problem) => panic!(
                "what was written does not read: {}\n{written}",
                problem.said
            ),
        }
    }
}

fn is_of_bounds(said: &str) -> bool {
    ["nest deeper", "more than", "larger than"]
        .iter()
        .any(|bound| said.contains(bound))
}
