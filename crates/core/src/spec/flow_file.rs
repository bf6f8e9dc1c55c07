//! Files that describe a Flow, a Deployment, an Executor or a gateway.

use super::check::{Checker, fitting, mapping, pair};
use super::entries::{self, Entry};
use super::options::{Kind, Places};
use super::yaml::problem::{error, place};
use super::yaml::{Data, Mark, Node, Problem, Source, Substitutes, parse, substitute};
use crate::error::Error;
use crate::graph::nearest;

/// What a file is to describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `jtype: Flow`.
    Flow,
    /// `jtype: Deployment`.
    Deployment,
    /// `jtype: MyExecutor`.
    Executor,
    /// `jtype: MyGateway`.
    Gateway,
    /// Whatever its `jtype` says.
    Any,
}

/// What a description is read with.
pub struct Surroundings<'a> {
    /// What fills in `${{ }}`; `None` leaves them as they stand.
    pub substitutes: Option<Substitutes<'a>>,
    /// Gives the whole path of a file that the description names, where there is one.
    pub find_file: &'a dyn Fn(&str) -> Option<String>,
    /// Where that looks, in words.
    pub looked_in: &'a str,
}

pub(super) const FLOW_KEYS: &[&str] = &[
    "jtype",
    "version",
    "with",
    "executors",
    "deployments",
    "gateway",
];
pub(super) const DEPLOYMENT_KEYS: &[&str] = &["jtype", "version", "with"];
pub(super) const EXECUTOR_KEYS: &[&str] = &[
    "jtype",
    "version",
    "with",
    "metas",
    "requests",
    "dynamic_batching",
    "py_modules",
];
pub(super) const GATEWAY_KEYS: &[&str] =
    &["jtype", "version", "with", "py_modules", "port", "protocol"];
pub(super) const BATCHING_KEYS: &[&str] = &[
    "preferred_batch_size",
    "timeout",
    "flush_all",
    "custom_metric",
    "use_custom_metric",
    "use_dynamic_batching",
];
pub(super) const METHODS: &[&str] = &["add", "needs", "needs_all", "inspect", "gather_inspect"];
pub(super) const VERSIONS: &[&str] = &["1", "1.0"];

/// Reads and checks a description; `root` is its tree where it did not come as a text.
///
/// A Flow becomes `{jtype, with, executors: [{method, at, options}], gateway: {at, options} | null}`,
/// `at` being `file:line:column`; a Deployment `{jtype, with}`; an Executor `{jtype, with, metas,
/// requests, dynamic_batching, py_modules}`; a gateway the same with `port` and `protocol`.
///
/// # Errors
/// [`crate::ErrorKind::Config`] with every mistake: its place, the line, what is allowed, what is nearest.
pub fn load(
    kind: FileKind,
    source: Source<'_>,
    root: Option<Node>,
    around: &Surroundings<'_>,
) -> Result<Node, Error> {
    let alone = |problem: Problem| error(source, vec![problem]);
    let root = match root {
        Some(root) => root,
        None => parse(source).map_err(alone)?,
    };
    let root = match &around.substitutes {
        Some(substitutes) => substitute(&root, substitutes).map_err(alone)?,
        None => root,
    };
    let root = untagged(root);
    let mut file = File {
        check: Checker {
            problems: Vec::new(),
            find_file: around.find_file,
            looked_in: around.looked_in,
        },
        source,
    };
    let loaded = file.load(kind, &root);
    if file.check.problems.is_empty() {
        return Ok(loaded);
    }
    Err(error(source, file.check.problems))
}

struct File<'a> {
    check: Checker<'a>,
    source: Source<'a>,
}

impl File<'_> {
    fn load(&mut self, kind: FileKind, root: &Node) -> Node {
        let jtype = root
            .get("jtype")
            .and_then(Node::as_text)
            .unwrap_or_default();
        let is_flow = matches!(jtype, "Flow" | "AsyncFlow");
        let described = match (kind, jtype) {
            (FileKind::Any, _) if is_flow => FileKind::Flow,
            (FileKind::Any, "Deployment") => FileKind::Deployment,
            (FileKind::Any, "") if root.get("executors").or(root.get("deployments")).is_some() => {
                FileKind::Flow
            }
            (FileKind::Any, _) => FileKind::Executor,
            (kind, _) => kind,
        };
        let wanted = match described {
            FileKind::Flow => (is_flow || jtype.is_empty(), "a Flow"),
            FileKind::Deployment => (matches!(jtype, "" | "Deployment"), "a Deployment"),
            FileKind::Executor => (!is_flow && jtype != "Deployment", "an Executor"),
            FileKind::Gateway | FileKind::Any => (!is_flow && jtype != "Deployment", "a gateway"),
        };
        if !wanted.0 {
            let at = root.get("jtype").unwrap_or(root);
            self.check
                .wrong(at, format!("this describes `{jtype}`, not {}", wanted.1));
            return Node::new(Data::Null);
        }
        self.version(root);
        match described {
            FileKind::Flow => self.flow(root),
            FileKind::Deployment => self.deployment(root),
            FileKind::Executor => self.code(root, "an Executor's description", EXECUTOR_KEYS),
            FileKind::Gateway | FileKind::Any => {
                self.code(root, "a gateway's description", GATEWAY_KEYS)
            }
        }
    }

    fn at(&self, node: &Node) -> Node {
        Node::text(place(self.source.name, node.mark))
    }

    fn version(&mut self, root: &Node) {
        let Some(version) = root.get("version") else {
            return;
        };
        let written = version
            .as_text()
            .map_or_else(|| version.brief(), str::to_owned);
        if !VERSIONS.contains(&&*written) && !version.is_null() {
            let said = format!("`version: {}` is not known; it is '1'", version.brief());
            self.check.wrong(version, said);
        }
    }

    /// The pairs of a description, after a look at its keys.
    fn keys(&mut self, root: &Node, whose: &str, allowed: &[&str]) -> Vec<(Node, Node)> {
        let pairs = self.check.pairs(root, whose);
        for (key, _) in &pairs {
            if !key.as_text().is_some_and(|name| allowed.contains(&name)) {
                self.check.unknown_key(key, whose, allowed);
            }
        }
        pairs
    }

    fn flow(&mut self, root: &Node) -> Node {
        self.keys(root, "a Flow", FLOW_KEYS);
        let with = self.with(root, Places::FLOW, "the Flow");
        let (listed, second) = (root.get("executors"), root.get("deployments"));
        if let (Some(_), Some(second)) = (listed, second) {
            self.check.wrong(
                second,
                "`deployments` is another name of `executors`: give one of them",
            );
        }
        let executors = listed
            .or(second)
            .map(|node| self.executors(node))
            .unwrap_or_default();
        let gateway = root
            .get("gateway")
            .filter(|node| !node.is_null())
            .map(|node| self.gateway(node));
        let jtype = root.get("jtype").and_then(Node::as_text).unwrap_or("Flow");
        mapping(
            root.mark,
            vec![
                pair("jtype", Node::text(jtype)),
                pair("at", self.at(root.get("with").unwrap_or(root))),
                pair("with", with),
                pair("executors", Node::new(Data::Seq(executors))),
                pair("gateway", gateway.unwrap_or(Node::new(Data::Null))),
            ],
        )
    }

    fn with(&mut self, root: &Node, place: Places, whose: &str) -> Node {
        let Some(with) = root.get("with") else {
            return mapping(Mark::default(), Vec::new());
        };
        let pairs = self.check.pairs(with, "`with`");
        let options = self.check.options(&pairs, place, whose, &[]);
        let options = self.nested(options);
        mapping(with.mark, options)
    }

    /// `uses` that is a description of its own, checked as one.
    fn nested(&mut self, options: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
        let described =
            |key: &Node| matches!(key.as_text(), Some("uses" | "uses_before" | "uses_after"));
        let each = options.into_iter().map(|(key, value)| {
            let value = match &value.data {
                Data::Map(_) if described(&key) => {
                    self.code(&value, "an Executor's description", EXECUTOR_KEYS)
                }
                _ => value,
            };
            (key, value)
        });
        each.collect()
    }

    fn deployment(&mut self, root: &Node) -> Node {
        self.keys(root, "a Deployment", DEPLOYMENT_KEYS);
        let with = self.with(root, Places::DEPLOYMENT, "the Deployment");
        mapping(
            root.mark,
            vec![
                pair("jtype", Node::text("Deployment")),
                pair("at", self.at(root.get("with").unwrap_or(root))),
                pair("with", with),
            ],
        )
    }

    fn gateway(&mut self, node: &Node) -> Node {
        let mut pairs = self.check.pairs(node, "`gateway`");
        for (key, _) in &mut pairs {
            if key.as_text() == Some("with") {
                key.data = Data::Text("uses_with".to_owned(), true);
            } else if key.as_text() == Some("jtype") {
                key.data = Data::Text("uses".to_owned(), true);
            }
        }
        let options = self
            .check
            .options(&pairs, Places::GATEWAY, "the gateway", &[]);
        mapping(
            node.mark,
            vec![
                pair("at", self.at(node)),
                pair("options", mapping(node.mark, options)),
            ],
        )
    }

    fn executors(&mut self, node: &Node) -> Vec<Node> {
        let items = match &node.data {
            Data::Null => return Vec::new(),
            Data::Seq(items) => items,
            _ => {
                self.check
                    .wrong(node, format!("`executors` is a list, not {}", node.brief()));
                return Vec::new();
            }
        };
        let entries: Vec<Entry> = items.iter().map(|item| self.entry(item)).collect();
        entries::check(&mut self.check, &entries);
        entries.into_iter().map(|entry| entry.node).collect()
    }

    fn entry(&mut self, item: &Node) -> Entry {
        let pairs = match &item.data {
            Data::Text(..) => vec![pair_at("uses", item)],
            _ => self.check.pairs(item, "an Executor"),
        };
        // An item may be a Deployment's own description.
        let inner = pairs.iter().find(|(key, _)| key.as_text() == Some("with"));
        let described = pairs.iter().any(|(key, value)| {
            key.as_text() == Some("jtype") && value.as_text() == Some("Deployment")
        });
        let pairs = match inner {
            Some((_, with)) if described => self.check.pairs(with, "`with`"),
            _ => pairs,
        };
        let name = value_of(&pairs, "name").cloned();
        let whose = match name.as_ref().and_then(Node::as_text) {
            Some(name) => format!("Executor `{name}`"),
            None => "an Executor".to_owned(),
        };
        let method = self.method(value_of(&pairs, "method"));
        let options = self
            .check
            .options(&pairs, Places::EXECUTOR, &whose, &["method"]);
        let options = self.nested(options);
        let needs = value_of(&options, "needs").cloned();
        if method == "needs" && needs.is_none() {
            self.check.wrong(
                item,
                format!("`method: needs` of {whose} names the Executors in `needs`"),
            );
        }
        let when = value_of(&options, "when")
            .filter(|when| !when.is_null())
            .cloned();
        let floating = matches!(
            value_of(&options, "floating").map(|node| &node.data),
            Some(Data::Bool(true))
        );
        let node = mapping(
            item.mark,
            vec![
                pair("method", Node::text(method)),
                pair("at", self.at(item)),
                pair("options", mapping(item.mark, options)),
            ],
        );
        Entry {
            mark: item.mark,
            name,
            method,
            needs,
            when,
            floating,
            node,
        }
    }

    fn method(&mut self, given: Option<&Node>) -> &'static str {
        let Some(given) = given.filter(|node| !node.is_null()) else {
            return METHODS[0];
        };
        let written = given.as_text().unwrap_or_default();
        if let Some(method) = METHODS.iter().find(|method| **method == written) {
            return method;
        }
        let hint = nearest(written, METHODS.iter().copied())
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        let said = format!(
            "`method` is one of those of a Flow, not {}{hint}",
            given.brief()
        );
        let problem = Problem::new(given.mark, written.chars().count(), said);
        self.check
            .problems
            .push(problem.allowing(METHODS.iter().copied()));
        METHODS[0]
    }

    /// A description that names code.
    fn code(&mut self, root: &Node, whose: &str, keys: &[&str]) -> Node {
        let pairs = self.keys(root, whose, keys);
        if !pairs.iter().any(|(key, _)| key.as_text() == Some("jtype")) && root.as_map().is_some() {
            self.check.wrong(
                root,
                format!("{whose} begins with `jtype:`, the name of a class"),
            );
        }
        let mut made = Vec::with_capacity(pairs.len());
        for (key, value) in &pairs {
            let name = key.as_text().unwrap_or_default();
            let value = match name {
                "jtype" => self.of_kind(Kind::Text, name, value),
                "py_modules" => self.check.modules(value),
                "with" | "metas" | "requests" | "dynamic_batching" => {
                    self.of_kind(Kind::Map, name, value)
                }
                "port" => self.of_kind(Kind::Ports, name, value),
                _ => value.clone(),
            };
            if name == "dynamic_batching" {
                self.batching(&value);
            }
            made.push((key.clone(), self.metas(name, value)));
        }
        mapping(root.mark, made)
    }

    fn of_kind(&mut self, kind: Kind, name: &str, value: &Node) -> Node {
        if value.is_null() {
            return value.clone();
        }
        fitting(kind, value).unwrap_or_else(|| {
            self.check.wrong(
                value,
                format!("`{name}` is {}, not {}", kind.words(), value.brief()),
            );
            value.clone()
        })
    }

    /// `metas` may name modules too.
    fn metas(&mut self, name: &str, value: Node) -> Node {
        let Node {
            mark,
            data: Data::Map(pairs),
            ..
        } = &value
        else {
            return value;
        };
        if name != "metas" {
            return value;
        }
        let pairs = pairs.iter().map(|(key, inner)| match key.as_text() {
            Some("py_modules") => (key.clone(), self.check.modules(inner)),
            _ => (key.clone(), inner.clone()),
        });
        mapping(*mark, pairs.collect())
    }

    fn batching(&mut self, value: &Node) {
        for (endpoint, settings) in value.as_map().unwrap_or_default() {
            let whose = format!("the batching of {}", endpoint.brief());
            let pairs = self.check.pairs(settings, &whose);
            for (key, _) in &pairs {
                if !key
                    .as_text()
                    .is_some_and(|name| BATCHING_KEYS.contains(&name))
                {
                    self.check.unknown_key(key, &whose, BATCHING_KEYS);
                }
            }
        }
    }
}

fn value_of<'a>(pairs: &'a [(Node, Node)], key: &str) -> Option<&'a Node> {
    pairs
        .iter()
        .find(|(known, _)| known.as_text() == Some(key))
        .map(|(_, value)| value)
}

fn pair_at(key: &str, value: &Node) -> (Node, Node) {
    let mut node = Node::text(key);
    node.mark = value.mark;
    (node, value.clone())
}

/// `!Flow` and `!MyExecutor` said as `jtype`.
fn untagged(node: Node) -> Node {
    let Node { mark, data, tag } = node;
    let data = match data {
        Data::Seq(items) => Data::Seq(items.into_iter().map(untagged).collect()),
        Data::Map(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| (key, untagged(value)));
            Data::Map(pairs.collect())
        }
        Data::Null if tag.is_some() => Data::Map(Vec::new()),
        other => other,
    };
    let mut node = Node {
        mark,
        data,
        tag: None,
    };
    if let (Some(tag), Data::Map(pairs)) = (tag, &mut node.data)
        && !pairs.iter().any(|(key, _)| key.as_text() == Some("jtype"))
    {
        let mut named = Node::text(tag);
        named.mark = mark;
        pairs.insert(0, pair("jtype", named));
    }
    node
}
