//! Values held against the table: known keys, right kinds, files that are there.

use super::options::{Kind, OptionSpec, Places, RENAMED, find, options_of};
use super::yaml::parse::key_width;
use super::yaml::{Data, Mark, Node, Problem, resolve};
use crate::graph::nearest;

/// Gathers what is wrong while a file is gone through.
pub(super) struct Checker<'a> {
    pub(super) problems: Vec<Problem>,
    /// Gives the whole path of a file that is named, where there is one.
    pub(super) find_file: &'a dyn Fn(&str) -> Option<String>,
    /// Where files are looked for, in words.
    pub(super) looked_in: &'a str,
}

impl Checker<'_> {
    /// Notes a problem with the value or key `node`.
    pub(super) fn wrong(&mut self, node: &Node, said: impl Into<String>) {
        self.problems
            .push(Problem::new(node.mark, key_width(node), said));
    }

    /// Notes a key that nobody knows, with the nearest that somebody does.
    pub(super) fn unknown_key(&mut self, key: &Node, whose: &str, allowed: &[&str]) {
        let written = key.as_text().map_or_else(|| key.brief(), str::to_owned);
        let hint = match (&*written, nearest(&written, allowed.iter().copied())) {
            ("parallel", _) => "choose `replicas` or `shards`".to_owned(),
            (_, Some(near)) => format!("did you mean `{near}`?"),
            (_, None) => "see what is allowed".to_owned(),
        };
        let said = format!("{whose} has no key `{written}`; {hint}");
        let problem = Problem::new(key.mark, key_width(key), said);
        self.problems
            .push(problem.allowing(allowed.iter().copied()));
    }

    /// The pairs of a mapping, none where there is nothing; notes what is no mapping.
    pub(super) fn pairs(&mut self, node: &Node, whose: &str) -> Vec<(Node, Node)> {
        match &node.data {
            Data::Null => Vec::new(),
            Data::Map(pairs) => pairs.clone(),
            _ => {
                self.wrong(node, format!("{whose} is a mapping, not {}", node.brief()));
                Vec::new()
            }
        }
    }

    /// The options of a mapping, by today's names, values of the right kinds.
    pub(super) fn options(
        &mut self,
        pairs: &[(Node, Node)],
        place: Places,
        whose: &str,
        beside: &[&str],
    ) -> Vec<(Node, Node)> {
        let mut kept: Vec<(Node, Node)> = Vec::new();
        for (key, value) in pairs {
            let name = key.as_text().unwrap_or_default();
            if beside.contains(&name) {
                continue;
            }
            let Some(option) = find(place, name) else {
                let mut allowed: Vec<&str> = options_of(place).map(|option| option.name).collect();
                allowed.extend(beside);
                self.unknown_key(key, whose, &allowed);
                continue;
            };
            if kept
                .iter()
                .any(|(known, _)| known.as_text() == Some(option.name))
            {
                let said = format!(
                    "`{name}` is another name of `{}`: give one of them",
                    option.name
                );
                self.wrong(key, said);
                continue;
            }
            let mut today = key.clone();
            if RENAMED.iter().any(|(old, _)| *old == name) {
                today.data = Data::Text(option.name.to_owned(), true);
            }
            let value = self.value(option, value, whose);
            kept.push((today, value));
        }
        kept
    }

    fn value(&mut self, option: &OptionSpec, value: &Node, whose: &str) -> Node {
        if value.is_null() {
            return value.clone();
        }
        let Some(value) = fitting(option.kind, value) else {
            let words = option.kind.words();
            let said = format!(
                "`{}` of {whose} is {words}, not {}",
                option.name,
                value.brief()
            );
            self.wrong(value, said);
            return value.clone();
        };
        match option.name {
            "py_modules" => self.modules(&value),
            "uses" | "uses_before" | "uses_after" => self.yaml_file(&value),
            _ => value,
        }
    }

    /// `uses`, a file made whole.
    fn yaml_file(&mut self, value: &Node) -> Node {
        let Some(text) = value.as_text() else {
            return value.clone();
        };
        if !names_yaml(text) {
            return value.clone();
        }
        self.file(value, text)
    }

    /// `py_modules`, as a list of whole paths; what names a module stays.
    pub(super) fn modules(&mut self, value: &Node) -> Node {
        let items = match &value.data {
            Data::Seq(items) => items.clone(),
            Data::Null => Vec::new(),
            _ => vec![value.clone()],
        };
        let mut made = Vec::with_capacity(items.len());
        for item in &items {
            match item.as_text() {
                Some(text) if is_module(text) && (self.find_file)(text).is_none() => {
                    made.push(item.clone());
                }
                Some(text) => made.push(self.file(item, text)),
                None => self.wrong(item, format!("a Python file's path, not {}", item.brief())),
            }
        }
        Node {
            mark: value.mark,
            data: Data::Seq(made),
            tag: None,
        }
    }

    fn file(&mut self, node: &Node, text: &str) -> Node {
        if text.contains("://") {
            self.wrong(
                node,
                format!("`{text}` is no file of this machine, and only those name code"),
            );
            return node.clone();
        }
        match (self.find_file)(text) {
            Some(path) => Node {
                mark: node.mark,
                data: Data::Text(path, false),
                tag: None,
            },
            None => {
                let said = format!("there is no file `{text}`; looked in {}", self.looked_in);
                self.wrong(node, said);
                node.clone()
            }
        }
    }
}

/// Whether `uses` names a YAML file rather than a class or a text.
#[must_use]
pub(super) fn names_yaml(text: &str) -> bool {
    !text.contains('\n') && (text.ends_with(".yml") || text.ends_with(".yaml"))
}

fn is_module(text: &str) -> bool {
    let part = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    !text.ends_with(".py") && text.split('.').all(part)
}

/// The value as one of `kind`; numbers in quotes are numbers where a number belongs.
pub(super) fn fitting(kind: Kind, value: &Node) -> Option<Node> {
    if let Data::Foreign(_) = value.data {
        return Some(value.clone());
    }
    let fits = match kind {
        Kind::Text | Kind::Texts | Kind::Word(_) | Kind::Words(_) => {
            return texts(kind, value);
        }
        Kind::Bool => matches!(value.data, Data::Bool(_)),
        Kind::Int(low, high) => {
            matches!(value.data, Data::Int(number) if (low..=high).contains(&number))
        }
        Kind::Number => matches!(value.data, Data::Int(_) | Data::Float(_)),
        Kind::Ports => match &value.data {
            Data::Seq(items) => {
                let items = items.iter().map(|item| fitting(Kind::Int(0, 65535), item));
                let data = Data::Seq(items.collect::<Option<_>>()?);
                return Some(Node {
                    mark: value.mark,
                    data,
                    tag: None,
                });
            }
            _ => return fitting(Kind::Int(0, 65535), value),
        },
        Kind::Map => matches!(value.data, Data::Map(_)),
        Kind::TextOrMap => matches!(value.data, Data::Text(..) | Data::Map(_)),
        Kind::Plain => !matches!(value.data, Data::Map(_)),
        Kind::Code => false,
    };
    if fits {
        return Some(value.clone());
    }
    let Data::Text(text, false) = &value.data else {
        return None;
    };
    let read = Node {
        mark: value.mark,
        data: resolve(text),
        tag: None,
    };
    let numeric = matches!(kind, Kind::Bool | Kind::Int(..) | Kind::Number);
    (numeric && !matches!(read.data, Data::Text(..)))
        .then(|| fitting(kind, &read))
        .flatten()
}

fn texts(kind: Kind, value: &Node) -> Option<Node> {
    let made = |data| {
        Some(Node {
            mark: value.mark,
            data,
            tag: None,
        })
    };
    match (kind, &value.data) {
        (Kind::Texts, Data::Seq(items)) => {
            let items = items.iter().map(|item| texts(Kind::Text, item));
            made(Data::Seq(items.collect::<Option<_>>()?))
        }
        (Kind::Words(words), Data::Seq(items)) => {
            let items = items.iter().map(|item| texts(Kind::Word(words), item));
            made(Data::Seq(items.collect::<Option<_>>()?))
        }
        (Kind::Word(words) | Kind::Words(words), Data::Text(text, _)) => words
            .iter()
            .any(|word| word.eq_ignore_ascii_case(text))
            .then(|| value.clone()),
        (Kind::Text | Kind::Texts, Data::Text(..)) => Some(value.clone()),
        // `gpus: 1` and the like: a number where a text belongs is that text.
        (Kind::Text, Data::Int(_) | Data::BigInt(_) | Data::Float(_)) => {
            made(Data::Text(value.brief(), false))
        }
        _ => None,
    }
}

/// A pair of the tree that loading gives.
pub(super) fn pair(key: &str, value: Node) -> (Node, Node) {
    (Node::text(key), value)
}

/// A mapping of the tree that loading gives.
pub(super) fn mapping(mark: Mark, pairs: Vec<(Node, Node)>) -> Node {
    Node {
        mark,
        data: Data::Map(pairs),
        tag: None,
    }
}
