//! The Executors of a Flow's file together: names, needs, conditions.

use super::check::Checker;
use super::yaml::{Data, Mark, Node, Problem};
use crate::graph::{Topology, TopologyNode, nearest};
use tidegate_doc::query::Query;
use tidegate_doc::structure::Value;

/// One item of `executors:`.
pub(super) struct Entry {
    pub(super) mark: Mark,
    pub(super) name: Option<Node>,
    pub(super) method: &'static str,
    pub(super) needs: Option<Node>,
    pub(super) when: Option<Node>,
    pub(super) floating: bool,
    /// What loading gives for it.
    pub(super) node: Node,
}

/// Refuses names that stand twice, needs of nobody, circles, and filters that are none.
pub(super) fn check(checker: &mut Checker<'_>, entries: &[Entry]) {
    let names = names(entries);
    let before = checker.problems.len();
    twice(checker, entries, &names);
    for (entry, name) in entries.iter().zip(&names) {
        for need in entry.each_need() {
            check_need(checker, need, name, &names);
        }
    }
    if checker.problems.len() == before {
        circles(checker, entries, &names);
    }
    for entry in entries {
        let Some(when) = &entry.when else { continue };
        if let Some(Err(error)) = value_of(when).map(|value| Query::parse(&value)) {
            checker.wrong(when, format!("`when` is no filter: {error}"));
        }
    }
}

impl Entry {
    fn each_need(&self) -> Vec<&Node> {
        let Some(needs) = &self.needs else {
            return Vec::new();
        };
        match needs.as_seq() {
            Some(list) => list.iter().collect(),
            None => vec![needs],
        }
    }
}

fn twice(checker: &mut Checker<'_>, entries: &[Entry], names: &[String]) {
    for (index, entry) in entries.iter().enumerate() {
        let Some(given) = &entry.name else { continue };
        let mut earlier = names.iter().take(index);
        let Some(earlier) = earlier.position(|name| Some(&**name) == given.as_text()) else {
            continue;
        };
        let line = entries.get(earlier).map_or(0, |entry| entry.mark.line);
        let said = format!(
            "two Executors are named {}, the other in line {line}; give one another name",
            given.brief()
        );
        checker.wrong(given, said);
    }
}

fn check_need(checker: &mut Checker<'_>, need: &Node, whose: &str, names: &[String]) {
    let Some(wanted) = need.as_text() else { return };
    if wanted == whose {
        let said = format!("Executor `{whose}` needs itself; name those before it");
        checker.wrong(need, said);
    } else if wanted != "gateway" && !names.iter().any(|name| name == wanted) {
        let known = || {
            let others = names.iter().map(|name| &**name);
            others.filter(|name| *name != whose).chain(["gateway"])
        };
        let hint = nearest(wanted, known())
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        let said =
            format!("Executor `{whose}` needs `{wanted}`, and there is none of that name{hint}");
        let problem = Problem::new(need.mark, wanted.chars().count(), said);
        checker.problems.push(problem.allowing(known()));
    }
}

fn circles(checker: &mut Checker<'_>, entries: &[Entry], names: &[String]) {
    let needs_of = |index: usize| -> Vec<&str> {
        match entries.get(index) {
            Some(entry) if entry.needs.is_some() => entry
                .each_need()
                .into_iter()
                .filter_map(Node::as_text)
                .collect(),
            Some(entry) if entry.method == "add" => {
                let earlier = entries.iter().zip(names).take(index).rev();
                let mut leading =
                    earlier.filter(|(entry, _)| !entry.floating && entry.method != "inspect");
                leading
                    .next()
                    .map(|(_, name)| vec![&**name])
                    .unwrap_or_default()
            }
            _ => Vec::new(),
        }
    };
    let nodes = names.iter().enumerate();
    let nodes = nodes.map(|(index, name)| TopologyNode::new(name, &needs_of(index)));
    let Err(error) = Topology::new(nodes.collect()).plan() else {
        return;
    };
    let place = |name: &str| names.iter().position(|known| known == name);
    let leads_back = |start: usize| {
        let (mut seen, mut left) = (vec![false; names.len()], needs_of(start));
        while let Some(index) = left.pop().and_then(place) {
            if index == start {
                return true;
            }
            if let Some(seen) = seen.get_mut(index).filter(|seen| !**seen) {
                *seen = true;
                left.extend(needs_of(index));
            }
        }
        false
    };
    let says = |index: &usize| {
        entries
            .get(*index)
            .is_some_and(|entry| entry.needs.is_some())
    };
    let guilty = (0..names.len()).find(|index| says(index) && leads_back(*index));
    let entry = guilty.and_then(|index| entries.get(index));
    let need = entry.and_then(|entry| entry.each_need().into_iter().next());
    if let Some(need) = need {
        checker.wrong(need, error.to_string());
    }
}

/// The names that the Executors get, those without one included.
fn names(entries: &[Entry]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let given = entry.name.as_ref().and_then(Node::as_text);
        let name = match (given, entry.method) {
            (Some(name), _) => name.to_owned(),
            (None, "add") => {
                let mut number = index;
                while names
                    .iter()
                    .any(|name| *name == format!("executor{number}"))
                {
                    number += 1;
                }
                format!("executor{number}")
            }
            (None, "needs" | "needs_all") => "joiner".to_owned(),
            (None, method) => method.to_owned(),
        };
        names.push(name);
    }
    names
}

/// A tree as a filter is written in; `None` where something in it has no such form.
fn value_of(node: &Node) -> Option<Value> {
    Some(match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int(value) => Value::Int(*value),
        Data::Float(value) => Value::Number(*value),
        Data::Text(text, _) => Value::Text(text.clone()),
        Data::Seq(items) => Value::List(items.iter().map(value_of).collect::<Option<_>>()?),
        Data::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| {
                let key = key.as_text().map_or_else(|| key.brief(), str::to_owned);
                Some((key, value_of(value)?))
            });
            Value::Map(pairs.collect::<Option<_>>()?)
        }
        Data::BigInt(_) | Data::Foreign(_) => return None,
    })
}
