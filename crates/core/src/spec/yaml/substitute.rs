//! `${{ ENV.X }}`, `${{ CONTEXT.X }}`, `${{ this.x }}` and `${{ root.x }}`, filled in.

use std::cell::Cell;

use super::node::{Data, Mark, Node};
use super::problem::Problem;
use super::scalar::resolve;
use crate::graph::nearest;

/// References may lead through this many others.
const MOST_STEPS: usize = 16;
/// Values and characters that references may bring in all.
const MOST_BROUGHT: usize = 1 << 20;

/// Where the values come from that are no part of the file.
pub struct Substitutes<'a> {
    /// The value of an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// What the caller gives by name.
    pub context: &'a [(String, Node)],
}

/// Gives the tree with every expression in its texts filled in.
///
/// A text that is one expression becomes what that stands for, of its own type; within a longer text it
/// is written out. `$X` and `${X}` stand for environment variables that are set, else for themselves.
///
/// # Errors
/// A [`Problem`] for an expression that stands for nothing, or for itself.
pub fn substitute(root: &Node, from: &Substitutes<'_>) -> Result<Node, Problem> {
    let filler = Filler {
        root,
        from,
        left: Cell::new(MOST_BROUGHT),
    };
    filler.node(root, root, 0)
}

struct Filler<'a> {
    root: &'a Node,
    from: &'a Substitutes<'a>,
    left: Cell<usize>,
}

impl Filler<'_> {
    fn node(&self, node: &Node, this: &Node, steps: usize) -> Result<Node, Problem> {
        let data = match &node.data {
            Data::Text(text, plain) if text.contains('$') => {
                return self.text(node, (text, *plain), this, steps);
            }
            Data::Seq(items) => {
                let items = items.iter().map(|item| self.node(item, this, steps));
                Data::Seq(items.collect::<Result<_, _>>()?)
            }
            Data::Map(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.node(value, node, steps)?)));
                Data::Map(pairs.collect::<Result<_, Problem>>()?)
            }
            other => other.clone(),
        };
        if steps > 0 {
            self.spend(1, node.mark)?;
        }
        Ok(Node {
            mark: node.mark,
            data,
            tag: node.tag.clone(),
        })
    }

    fn text(
        &self,
        node: &Node,
        (text, plain): (&str, bool),
        this: &Node,
        steps: usize,
    ) -> Result<Node, Problem> {
        let made = |data| Node {
            mark: node.mark,
            data,
            tag: node.tag.clone(),
        };
        let mut written = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${{") {
            let (before, after) = rest.split_at(start);
            let Some(end) = after.find("}}") else { break };
            let inner = after.get(3..end).unwrap_or_default().trim();
            let at = offset(node, text, text.len() - after.len());
            let value = self.value(inner, (at, end + 2), this, steps)?;
            rest = after.get(end + 2..).unwrap_or_default();
            let whole = before.is_empty() && written.is_empty() && rest.is_empty();
            if whole {
                let data = match value.data {
                    Data::Text(text, _) => resolve(&text),
                    data => data,
                };
                return Ok(made(data));
            }
            self.plain_variables(before, &mut written);
            self.spend(1, node.mark)?;
            self.write(&value, (at, end + 2), &mut written)?;
        }
        self.plain_variables(rest, &mut written);
        self.spend(written.len(), node.mark)?;
        if written == text || !plain {
            return Ok(made(Data::Text(written, plain)));
        }
        Ok(made(resolve(&written)))
    }

    fn write(
        &self,
        value: &Node,
        (at, width): (Mark, usize),
        to: &mut String,
    ) -> Result<(), Problem> {
        match &value.data {
            Data::Text(text, _) => {
                self.spend(text.len(), at)?;
                to.push_str(text);
            }
            Data::Null => {}
            Data::Bool(_) | Data::Int(_) | Data::BigInt(_) | Data::Float(_) => {
                to.push_str(&value.brief());
            }
            Data::Seq(_) | Data::Map(_) | Data::Foreign(_) => {
                let said = format!("{} cannot be part of a text", value.brief());
                return Err(Problem::new(at, width, said));
            }
        }
        Ok(())
    }

    /// What one expression stands for.
    fn value(
        &self,
        inner: &str,
        (at, width): (Mark, usize),
        this: &Node,
        steps: usize,
    ) -> Result<Node, Problem> {
        let wrong = |said: String| Problem::new(at, width, said);
        let (scope, path) = inner.split_once('.').unwrap_or(("", inner));
        match scope {
            "ENV" | "env" => match (self.from.env)(path) {
                Some(value) => Ok(Node::text(value)),
                None => Err(wrong(format!(
                    "the environment variable `{path}` is not set"
                ))),
            },
            "CONTEXT" | "context" => self.of_context(path).map_err(wrong),
            "this" | "root" => {
                if steps >= MOST_STEPS {
                    let said = format!("`{inner}` leads through more than {MOST_STEPS} references");
                    return Err(wrong(said));
                }
                let from = if scope == "this" { this } else { self.root };
                let (found, holder) = follow(from, path).map_err(wrong)?;
                self.node(found, holder, steps + 1)
            }
            _ => self.of_context(inner).map_err(wrong),
        }
    }

    fn of_context(&self, path: &str) -> Result<Node, String> {
        let names = || self.from.context.iter().map(|(name, _)| &**name);
        if let Some((_, value)) = self.from.context.iter().find(|(name, _)| name == path) {
            return Ok(value.clone());
        }
        let first = path.split(['.', '[']).next().unwrap_or(path);
        if let Some((_, value)) = self.from.context.iter().find(|(name, _)| name == first) {
            let inner = path.get(first.len()..).unwrap_or_default();
            return follow(value, inner.trim_start_matches('.')).map(|(found, _)| found.clone());
        }
        Err(match nearest(first, names()) {
            Some(near) => format!("`context=` gives no `{first}`; did you mean `{near}`?"),
            None if (self.from.env)(path).is_some() => {
                format!("`context=` gives no `{path}`; did you mean `ENV.{path}`?")
            }
            None => {
                format!("`context=` gives no `{first}`; did you mean `ENV.`, `this.` or `root.`?")
            }
        })
    }

    /// Writes `text` with `$X` and `${X}` replaced where the variable is set.
    fn plain_variables(&self, text: &str, to: &mut String) {
        let mut rest = text;
        while let Some(start) = rest.find('$') {
            let (before, after) = rest.split_at(start);
            to.push_str(before);
            let (name, length) = variable(after);
            match (!name.is_empty()).then(|| (self.from.env)(name)).flatten() {
                Some(value) => to.push_str(&value),
                None => to.push_str(after.get(..length).unwrap_or_default()),
            }
            rest = after.get(length..).unwrap_or_default();
        }
        to.push_str(rest);
    }

    fn spend(&self, count: usize, at: Mark) -> Result<(), Problem> {
        match self.left.get().checked_sub(count) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Problem::new(
                at,
                1,
                "the references of this file bring too much",
            )),
        }
    }
}

/// The name of a variable at the start of `text`, which begins with `$`, and how long it is written.
fn variable(text: &str) -> (&str, usize) {
    let inner = text.get(1..).unwrap_or_default();
    if let Some(braced) = inner.strip_prefix('{') {
        if let Some(end) = braced.find('}') {
            let name = braced.get(..end).unwrap_or_default();
            if !name.is_empty() && name.chars().all(is_of_name) {
                return (name, end + 3);
            }
        }
        return ("", 1);
    }
    let length = inner.find(|c| !is_of_name(c)).unwrap_or(inner.len());
    (inner.get(..length).unwrap_or_default(), length + 1)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The value at `a.b[0].c` below `from`, and the mapping in which it stands.
fn follow<'a>(from: &'a Node, path: &str) -> Result<(&'a Node, &'a Node), String> {
    let (mut at, mut holder) = (from, from);
    let mut way = String::new();
    let steps = path
        .split(['.', '['])
        .map(|step| step.trim_end_matches(']'));
    for step in steps.filter(|step| !step.is_empty()) {
        if at.as_map().is_some() {
            holder = at;
        }
        let found = match &at.data {
            Data::Seq(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
            _ => at.get(step),
        };
        let Some(found) = found else {
            let keys = at
                .as_map()
                .unwrap_or_default()
                .iter()
                .filter_map(|(key, _)| key.as_text());
            let hint = nearest(step, keys)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            let place = if way.is_empty() {
                "there".to_owned()
            } else {
                format!("in `{way}`")
            };
            return Err(format!("nothing is called `{step}` {place}{hint}"));
        };
        if !way.is_empty() {
            way.push('.');
        }
        way.push_str(step);
        at = found;
    }
    Ok((at, holder))
}

/// The place of the byte `start` of a text, where that is on the text's first line.
fn offset(node: &Node, text: &str, start: usize) -> Mark {
    let before = text.get(..start).unwrap_or_default();
    if node.mark.line == 0 || before.contains('\n') {
        return node.mark;
    }
    let quote = usize::from(matches!(node.data, Data::Text(_, false)));
    let column = node.mark.column + before.chars().count() + quote;
    Mark {
        column,
        ..node.mark
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::Source;
    use super::super::{emit, parse};
    use super::{Node, Substitutes, substitute};

    fn filled(text: &str) -> Result<Node, super::Problem> {
        let root = parse(Source {
            name: "t.yml",
            text,
        })?;
        let env = |name: &str| match name {
            "PORT" => Some("8080".to_owned()),
            "NAME" => Some("x".to_owned()),
            _ => None,
        };
        let context = [("size".to_owned(), super::resolve("4").into_node())];
        substitute(
            &root,
            &Substitutes {
                env: &env,
                context: &context,
            },
        )
    }

    impl super::Data {
        fn into_node(self) -> Node {
            Node::new(self)
        }
    }

    #[test]
    fn all_scopes() {
        let text = "a: ${{ ENV.PORT }}\nb: '${{ENV.NAME}}-${{ CONTEXT.size }}'\nc: ${{ size }}\n\
            d: $NAME/${NAME}/$OTHER\ne: {f: 1, g: '${{ this.f }}', h: '${{ root.a }}'}\n\
            i: [1, '${{ this.a }}']\nj: ${{ root.e }}\nk: ${{ root.i[0] }}\n";
        let node = filled(text).unwrap();
        assert_eq!(
            emit(&node),
            "a: 8080\nb: x-4\nc: 4\nd: x/x/$OTHER\ne:\n  f: 1\n  g: 1\n  h: 8080\ni:\n- 1\n- 8080\n\
             j:\n  f: 1\n  g: 1\n  h: 8080\nk: 1\n"
        );
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        for (text, said) in [
            ("a: ${{ ENV.NONE }}", "`NONE` is not set"),
            ("a: ${{ szie }}", "did you mean `size`"),
            ("a: ${{ PORT }}", "did you mean `ENV.PORT`"),
            ("a: ${{ this.b }}", "nothing is called `b`"),
            ("abc: 1\na: ${{ root.acb }}", "did you mean `abc`"),
            ("a: ${{ this.a }}", "more than 16"),
            ("a: ${{ this.b }}\nb: ${{ this.a }}", "more than 16"),
            ("a: {b: 1}\nc: x${{ this.a }}", "part of a text"),
        ] {
            let problem = filled(text).unwrap_err();
            assert!(problem.said.contains(said), "{text}: {}", problem.said);
        }
        let problem = filled("a: 1\nb: x ${{ ENV.NONE }}").unwrap_err();
        assert_eq!((problem.mark.line, problem.mark.column), (2, 6));
    }

    #[test]
    fn references_do_not_grow_without_bounds() {
        let mut text = "a0: [1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
        for level in 1..14 {
            let item = format!("\"${{{{ root.a{} }}}}\"", level - 1);
            text += &format!("a{level}: [{}]\n", [&*item; 8].join(", "));
        }
        assert!(filled(&text).unwrap_err().said.contains("too much"));
    }
}
