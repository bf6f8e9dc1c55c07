//! Descriptions in YAML: what loads, and where mistakes are found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use tidegate_core::spec::yaml::{Data, Node, Source, Substitutes, emit, parse};
use tidegate_core::spec::{FileKind, Surroundings, load};

fn loaded(kind: FileKind, text: &str) -> Result<Node, String> {
    let env = |_: &str| None;
    let around = Surroundings {
        substitutes: Some(Substitutes {
            env: &env,
            context: &[],
        }),
        find_file: &|name| (!name.starts_with("no")).then(|| format!("/whole/{name}")),
        looked_in: "here",
    };
    let source = Source {
        name: "f.yml",
        text,
    };
    load(kind, source, None, &around).map_err(|error| error.to_string())
}

fn flow(text: &str) -> Result<Node, String> {
    loaded(FileKind::Flow, text)
}

fn options(flow: &Node, index: usize) -> &Node {
    let executors = flow.get("executors").and_then(Node::as_seq).unwrap();
    executors[index].get("options").unwrap()
}

#[test]
fn jtype_stands_anywhere_and_tags_say_the_same() {
    for text in [
        "jtype: Flow\nexecutors:\n- uses: A\n",
        "executors:\n- uses: A\njtype: Flow\n",
        "!Flow\nexecutors:\n- uses: A\n",
        "deployments:\n- uses: A\njtype: Flow\nversion: '1'\nwith: {}\n",
        "{\"executors\": [{\"uses\": \"A\"}], \"jtype\": \"Flow\"}",
        "a: &x {uses: A}\njtype: Flow\nexecutors: [*x]\n"
            .trim_start_matches("a: &x {uses: A}\n")
            .replace("[*x]", "[{<<: {uses: A}}]")
            .as_str(),
    ] {
        let flow = flow(text).unwrap();
        assert_eq!(options(&flow, 0).get("uses"), options(&flow, 0).get("uses"));
        assert_eq!(
            options(&flow, 0).get("uses").and_then(Node::as_text),
            Some("A"),
            "{text}"
        );
    }
}

#[test]
fn uses_takes_every_form() {
    let text = "jtype: Flow\nexecutors:\n- uses: !MyExec\n    with: {a: 1}\n- uses: dir/e.yml\n\
                - uses:\n    with: {a: 1}\n    jtype: MyExec\n    py_modules: x.py\n- e.yml\n\
                - {jtype: Deployment, with: {uses: A, name: named}}\n- uses: !MyExec {}\n";
    let flow = flow(text).unwrap();
    let jtype = |index| {
        options(&flow, index)
            .get("uses")
            .and_then(|uses| uses.get("jtype"))
    };
    assert_eq!(jtype(0).and_then(Node::as_text), Some("MyExec"));
    assert_eq!(
        options(&flow, 1).get("uses").and_then(Node::as_text),
        Some("/whole/dir/e.yml")
    );
    assert_eq!(jtype(2).and_then(Node::as_text), Some("MyExec"));
    assert_eq!(
        options(&flow, 3).get("uses").and_then(Node::as_text),
        Some("/whole/e.yml")
    );
    assert_eq!(
        options(&flow, 4).get("name").and_then(Node::as_text),
        Some("named")
    );
    assert_eq!(jtype(5).and_then(Node::as_text), Some("MyExec"));
}

#[test]
fn on_is_a_word_and_texts_of_numbers_are_numbers_where_those_belong() {
    let text = "jtype: Flow\nwith: {port: '8080', env: {on: off, A: 1}}\n\
                executors: [{replicas: '2', workspace: 3, uses_requests: {on: on}}]\n";
    let flow = flow(text).unwrap();
    let with = flow.get("with").unwrap();
    assert_eq!(with.get("port").map(|n| &n.data), Some(&Data::Int(8080)));
    assert_eq!(
        with.get("env")
            .and_then(|env| env.get("on"))
            .and_then(Node::as_text),
        Some("off")
    );
    let executor = options(&flow, 0);
    assert_eq!(
        executor.get("replicas").map(|n| &n.data),
        Some(&Data::Int(2))
    );
    assert_eq!(executor.get("workspace").and_then(Node::as_text), Some("3"));
}

#[test]
fn a_mistake_is_found_at_its_place() {
    for (text, said) in [
        (
            "jtype: Flow\nexecutors:\n- name: a\n  needs: b\n- name: b\n  needs: a\n",
            "f.yml:4:10: Executors need each other in a circle",
        ),
        (
            "jtype: Flow\nexecutors:\n- name: a\n  needs: b\n- name: b\n",
            "f.yml:4:10: Executors need each other",
        ),
        (
            "jtype: Flow\nexecutors:\n- name: a\n  needs: [a]\n",
            "f.yml:4:11: Executor `a` needs itself",
        ),
        (
            "jtype: Flow\nexecutors:\n- name: a\n  when: {tags__x: {$grater: 1}}\n",
            "f.yml:4:9: `when` is no filter",
        ),
        (
            "jtype: Flow\nexecutors:\n- method: ned\n",
            "f.yml:3:11: `method` is one of",
        ),
        (
            "jtype: Flow\nexecutors:\n- method: needs\n",
            "f.yml:3:3: `method: needs`",
        ),
        (
            "jtype: Flow\nexecutors: 5\n",
            "f.yml:2:12: `executors` is a list",
        ),
        (
            "jtype: Flow\nexecutors: []\ndeployments: []\n",
            "f.yml:3:14: `deployments` is another name",
        ),
        (
            "jtype: Flow\nwith: {https: true, tls: true}\n",
            "f.yml:2:21: ",
        ),
        (
            "jtype: Flow\nexecutors:\n- uses: {jtpe: A}\n",
            "did you mean `jtype`?",
        ),
        (
            "jtype: Flow\nexecutors:\n- uses: {with: {}}\n",
            "begins with `jtype:`",
        ),
        (
            "jtype: Flow\nexecutors:\n- parallel: 2\n",
            "choose `replicas` or `shards`",
        ),
        (
            "jtype: Flow\nexecutors:\n- py_modules: [a.py, no.py]\n",
            "f.yml:3:22: there is no file `no.py`",
        ),
        ("jtype: Flow\nwith: {port: 70000}\n", "f.yml:2:14: `port`"),
        (
            "jtype: Flow\nwith: {protocol: TELNET}\n",
            "f.yml:2:18: `protocol`",
        ),
        (
            "jtype: Flow\ngateway: {prot: 1}\n",
            "f.yml:2:11: the gateway has no key `prot`; did you mean `port`?",
        ),
        (
            "jtype: Flow\n---\njtype: Flow\n",
            "f.yml:2:1: a second document",
        ),
        ("- 1\n", "a Flow is a mapping"),
        ("jtype: Flow\n\twith: 1\n", "this is no YAML: "),
        (
            "jtype: Flow\nx: !!python/object/apply:os.system [ls]\n",
            "makes objects",
        ),
    ] {
        let error = flow(text).unwrap_err();
        assert!(error.contains(said), "{text}\n{error}");
    }
}

#[test]
fn every_mistake_is_told_in_the_order_of_the_lines() {
    let error = flow("jtype: Flow\nwit: {}\nexecutors:\n- nme: a\n- replicas: 0\n").unwrap_err();
    let places: Vec<&str> = error
        .lines()
        .filter(|line| line.starts_with("f.yml"))
        .collect();
    assert_eq!(places.len(), 3, "{error}");
    assert!(places[0].starts_with("f.yml:2:1: a Flow has no key `wit`; did you mean `with`?"));
    assert!(places[1].starts_with("f.yml:4:3: "));
    assert!(places[2].starts_with("f.yml:5:13: "));
}

#[test]
fn an_executors_description() {
    let text = "jtype: MyExec\nmetas: {name: x, py_modules: a.py}\nrequests: {/x: y}\n\
                dynamic_batching: {/x: {preferred_batch_size: 4, timeout: 5}}\n";
    let executor = loaded(FileKind::Executor, text).unwrap();
    let modules = executor
        .get("metas")
        .and_then(|metas| metas.get("py_modules"))
        .unwrap();
    assert_eq!(modules.as_seq().map(|items| items.len()), Some(1));
    let wrong = text.replace("timeout", "timout");
    let error = loaded(FileKind::Executor, &wrong).unwrap_err();
    assert!(
        error.contains("f.yml:4:50: ") && error.contains("did you mean `timeout`"),
        "{error}"
    );
    assert!(loaded(FileKind::Executor, "jtype: Flow\n").is_err());
    assert!(loaded(FileKind::Any, "jtype: Flow\n").is_ok());
}

#[test]
fn aliases_do_not_grow_without_bounds() {
    let mut text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..12 {
        let items = [&*format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{items}]\n");
    }
    let problem = parse(Source {
        name: "f",
        text: &text,
    })
    .unwrap_err();
    assert!(
        problem.said.contains("aliases followed"),
        "{}",
        problem.said
    );
    let deep = "[".repeat(5000);
    assert!(
        parse(Source {
            name: "f",
            text: &deep
        })
        .is_err()
    );
    let deep = (0..500).fold(String::new(), |text, depth| {
        text + &" ".repeat(depth) + "a:\n"
    });
    assert!(
        parse(Source {
            name: "f",
            text: &deep
        })
        .unwrap_err()
        .said
        .contains("deeper")
    );
}

#[test]
fn merge_keys_give_what_a_mapping_does_not_say() {
    let text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [*a, {z: 4}]}\n";
    let node = parse(Source { name: "f", text }).unwrap();
    assert_eq!(
        emit(&node),
        "a:\n  x: 1\n  y: 2\nb:\n  y: 3\n  x: 1\nc:\n  x: 1\n  y: 2\n  z: 4\n"
    );
}

fn trees() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::Int),
        any::<f64>()
            .prop_filter("equal", |f| !f.is_nan())
            .prop_map(Data::Float),
        "\\PC{0,12}".prop_map(|text| Data::Text(text, false)),
        "[ -~\n\t]{0,12}".prop_map(|text| Data::Text(text, false)),
        prop_oneof![
            Just("on"),
            Just("yes"),
            Just("1"),
            Just("1e3"),
            Just("~"),
            Just("-"),
            Just("? x")
        ]
        .prop_map(|text| Data::Text(text.into(), false)),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let values = proptest::collection::vec(inner.clone().prop_map(Node::new), 0..5);
        let pairs =
            proptest::collection::btree_map("[a-z: #\"]{0,6}", inner.prop_map(Node::new), 0..5);
        prop_oneof![
            values.prop_map(Data::Seq),
            pairs.prop_map(|pairs| {
                let pairs = pairs
                    .into_iter()
                    .map(|(key, value)| (Node::text(key), value));
                Data::Map(pairs.collect())
            }),
        ]
    })
}

/// Without places, and without how a text was quoted.
fn bare(node: Node) -> Node {
    Node::new(match node.data {
        Data::Text(text, _) => Data::Text(text, false),
        Data::Seq(items) => Data::Seq(items.into_iter().map(bare).collect()),
        Data::Map(pairs) => Data::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (bare(key), bare(value)))
                .collect(),
        ),
        other => other,
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(data in trees()) {
        let node = Node::new(data);
        let text = emit(&node);
        let read = parse(Source { name: "f", text: &text });
        let read = read.map_err(|problem| TestCaseError::fail(format!("{}\n{text}", problem.said)))?;
        prop_assert_eq!(bare(read), node, "{}", text);
    }

    #[test]
    fn any_text_loads_or_is_refused(text in "[a-z:{}\\[\\] \n&*!$-]{0,60}") {
        for kind in [FileKind::Any, FileKind::Flow] {
            let _ = loaded(kind, &text);
        }
    }
}
