//! The command as a person meets it: its pages, its answers, its exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use tidegate::cli::{Action, Outcome, Terminal, run};
use tidegate_core::spec::yaml::{Data, Node};

fn tidegate(words: &[&str]) -> (Outcome, String, String) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let outcome = run(
        &words,
        "3.11.7",
        &mut Terminal {
            out: &mut out,
            err: &mut err,
        },
    );
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (outcome, text(out), text(err))
}

fn action(words: &[&str]) -> Action {
    match tidegate(words) {
        (Outcome::Act(action), ..) => action,
        (other, out, err) => panic!("{other:?} {out} {err}"),
    }
}

fn option<'a>(action: &'a Action, name: &str) -> &'a Data {
    &action
        .options
        .iter()
        .find(|(known, _)| known == name)
        .unwrap()
        .1
        .data
}

#[test]
fn the_pages_are_those_that_are_committed() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for (page, made) in [
        ("cli.md", tidegate::cli::reference()),
        ("options.md", tidegate_core::spec::reference()),
        (
            "flow.schema.json",
            format!("{:#}\n", tidegate_core::spec::schema()),
        ),
    ] {
        let committed = std::fs::read_to_string(docs.join(page)).unwrap();
        assert!(
            committed == made,
            "{page} is out of date: cargo run -p xtask -- gen"
        );
    }
}

#[test]
fn jinas_words_are_ours() {
    for lead in [&[][..], &["jina"]] {
        let words = |rest: &[&'static str]| [lead, rest].concat();
        let flow = action(&words(&[
            "flow",
            "--uses",
            "f.yml",
            "--workspace",
            "w",
            "--inspect",
            "HANG",
            "--env",
            "A=1",
            "B: 2",
            "--name",
            "n",
            "--reload",
            "--log-config",
            "x",
            "--port-expose",
            "80",
        ]));
        assert_eq!((flow.verb, flow.file.as_deref()), ("flow", Some("f.yml")));
        assert_eq!(option(&flow, "port"), &Data::Int(80));
        assert_eq!(option(&flow, "reload"), &Data::Bool(true));
        let executor = action(&words(&[
            "executor",
            "--uses",
            "e.yml",
            "--native",
            "--timeout-ready",
            "-1",
            "--py-modules",
            "a.py",
            "b.py",
            "--polling",
            "{\"/x\": \"ALL\"}",
            "--uses-with",
            "{\"a\": 1}",
            "b: c",
            "--pod-role",
            "WORKER",
        ]));
        assert_eq!(option(&executor, "timeout_ready"), &Data::Int(-1));
        assert!(matches!(option(&executor, "uses_with"), Data::Map(pairs) if pairs.len() == 2));
        assert!(matches!(option(&executor, "py_modules"), Data::Seq(items) if items.len() == 2));
        let gateway = action(&words(&[
            "gateway",
            "--graph-description",
            "{}",
            "--protocol",
            "grpc",
        ]));
        assert_eq!(
            option(&gateway, "graph_description"),
            &Node::text("{}").data
        );
        let run = action(&words(&["run", "-m", "x", "--help"]));
        assert_eq!(run.words, ["-m", "x", "--help"]);
    }
}

#[test]
fn every_command_has_help_and_an_exit_code() {
    let (_, listed, _) = tidegate(&["commands"]);
    for verb in listed.lines().filter(|verb| *verb != "run") {
        let (outcome, out, err) = tidegate(&[verb, "--help"]);
        assert_eq!((outcome, &*err), (Outcome::Exit(0), ""), "{verb}");
        assert!(out.contains("Usage: tidegate"), "{out}");
        let (outcome, ..) = tidegate(&[verb, "--no-such-flag"]);
        assert_eq!(outcome, Outcome::Exit(2), "{verb}");
    }
    let (outcome, out, _) = tidegate(&["--version"]);
    assert_eq!(
        (outcome, out),
        (
            Outcome::Exit(0),
            format!("tidegate {}\n", env!("CARGO_PKG_VERSION"))
        )
    );
    assert!(
        tidegate(&["-vf"])
            .1
            .contains("python                         3.11.7\n")
    );
}
