//! From text to nodes, within bounds.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

use super::node::{Data, Mark, Node};
use super::problem::{Problem, Source};
use super::scalar::resolve;

/// Longer texts are refused.
const MOST_BYTES: usize = 4 << 20;
/// More values than this, aliases followed, are refused.
const MOST_NODES: usize = 200_000;
/// Deeper nests are refused.
const MOST_DEPTH: usize = 64;

/// Reads the one document that the text holds.
///
/// Aliases and merge keys are followed. A key that stands twice in a mapping, more than one document,
/// tags that would make objects, and texts beyond the bounds are refused.
///
/// # Errors
/// The first [`Problem`] found.
pub fn parse(source: Source<'_>) -> Result<Node, Problem> {
    if source.text.len() > MOST_BYTES {
        let said = format!("the text is larger than {} MiB", MOST_BYTES >> 20);
        return Err(Problem::new(Mark { line: 1, column: 1 }, 1, said));
    }
    let mut builder = Builder {
        parser: Parser::new_from_str(source.text),
        anchors: HashMap::new(),
        left: MOST_NODES,
    };
    builder.document()
}

type Next<'a> = (Event<'a>, Span);

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    /// How many values may still be made.
    left: usize,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Node, Problem> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    let said = "a second document begins here; give each its own file";
                    return Err(Problem::new(mark(&span.start), 3, said));
                }
                Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::Nothing => {}
                _ => root = Some(self.node(event, span, 0)?),
            }
        }
        Ok(root.unwrap_or(Node::new(Data::Null)))
    }

    fn next(&mut self) -> Result<Next<'a>, Problem> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let said = format!("this is no YAML: {}", error.info());
                Err(Problem::new(mark(error.marker()), 1, said))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Problem> {
        let at = mark(&span.start);
        self.spend(1, at)?;
        if depth > MOST_DEPTH {
            let said = format!("values nest deeper than {MOST_DEPTH}");
            return Err(Problem::new(at, 1, said));
        }
        let before = self.left;
        let (anchor, node) = match event {
            Event::Alias(anchor) => return self.alias(anchor, at, span.len()),
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(&text, style, tag.as_deref(), at)?)
            }
            Event::SequenceStart(anchor, tag) => {
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                        break;
                    }
                    items.push(self.node(event, span, depth + 1)?);
                }
                (anchor, tagged(Data::Seq(items), tag.as_deref(), at)?)
            }
            Event::MappingStart(anchor, tag) => {
                let pairs = self.pairs(depth)?;
                (anchor, tagged(Data::Map(pairs), tag.as_deref(), at)?)
            }
            _ => return Err(Problem::new(at, 1, "this is no YAML: a value is missing")),
        };
        if anchor != 0 {
            self.anchors
                .insert(anchor, (node.clone(), before - self.left + 1));
        }
        Ok(node)
    }

    fn pairs(&mut self, depth: usize) -> Result<Vec<(Node, Node)>, Problem> {
        let mut pairs: Vec<(Node, Node)> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        let mut seen: HashMap<String, Mark> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            let name = key_name(&key)?;
            if matches!(&key.data, Data::Text(text, true) if text == "<<") {
                merged.push(value);
                continue;
            }
            if let Some(first) = seen.insert(name, key.mark) {
                let said = format!(
                    "the key {} stands in this mapping already, in line {}",
                    key.brief(),
                    first.line
                );
                return Err(Problem::new(key.mark, key_width(&key), said));
            }
            pairs.push((key, value));
        }
        for node in merged {
            merge(&mut pairs, &mut seen, node)?;
        }
        Ok(pairs)
    }

    fn alias(&mut self, anchor: usize, at: Mark, width: usize) -> Result<Node, Problem> {
        let Some((_, cost)) = self.anchors.get(&anchor) else {
            return Err(Problem::new(
                at,
                width,
                "an alias of what is not complete yet",
            ));
        };
        let cost = *cost;
        self.spend(cost, at)?;
        let found = self.anchors.get(&anchor).map(|(node, _)| node.clone());
        found.ok_or_else(|| Problem::new(at, width, "an alias of nothing"))
    }

    fn spend(&mut self, count: usize, at: Mark) -> Result<(), Problem> {
        match self.left.checked_sub(count) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let said = format!("more than {MOST_NODES} values, aliases followed");
                Err(Problem::new(at, 1, said))
            }
        }
    }
}

/// Adds what `<<` brings: keys that the mapping does not say itself.
fn merge(
    pairs: &mut Vec<(Node, Node)>,
    seen: &mut HashMap<String, Mark>,
    node: Node,
) -> Result<(), Problem> {
    let at = node.mark;
    let sources = match node.data {
        Data::Map(_) => vec![node],
        Data::Seq(items) => items,
        _ => {
            return Err(Problem::new(
                at,
                1,
                "`<<` takes a mapping, or a list of them",
            ));
        }
    };
    for source in sources {
        let at = source.mark;
        let Data::Map(theirs) = source.data else {
            return Err(Problem::new(
                at,
                1,
                "`<<` takes a mapping, or a list of them",
            ));
        };
        for (key, value) in theirs {
            let name = key_name(&key)?;
            if let Entry::Vacant(free) = seen.entry(name) {
                free.insert(key.mark);
                pairs.push((key, value));
            }
        }
    }
    Ok(())
}

/// What tells a key from others; only scalars are keys.
fn key_name(key: &Node) -> Result<String, Problem> {
    match &key.data {
        Data::Text(text, _) => Ok(format!("t{text}")),
        Data::Seq(_) | Data::Map(_) => Err(Problem::new(
            key.mark,
            1,
            "a key is a word or a number, not a list or a mapping",
        )),
        _ => Ok(key.brief()),
    }
}

/// How many characters a key takes.
#[must_use]
pub(crate) fn key_width(key: &Node) -> usize {
    key.as_text().map_or(1, |text| text.chars().count())
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Mark) -> Result<Node, Problem> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        let data = if plain {
            resolve(text)
        } else {
            Data::Text(text.to_owned(), false)
        };
        return Ok(Node {
            mark: at,
            data,
            tag: None,
        });
    };
    if !tag.is_yaml_core_schema() {
        // `!MyExecutor` with nothing after it.
        let data = if plain {
            resolve(text)
        } else {
            Data::Text(text.to_owned(), false)
        };
        return tagged(data, Some(tag), at);
    }
    let read = resolve(text);
    let data = match (&*tag.suffix, read) {
        ("str", _) => Data::Text(text.to_owned(), false),
        ("null", _) => Data::Null,
        ("float", Data::Int(value)) => Data::Float(value as f64),
        ("int", read @ (Data::Int(_) | Data::BigInt(_)))
        | ("float", read @ Data::Float(_))
        | ("bool", read @ Data::Bool(_)) => read,
        (suffix, _) => {
            let said = format!("`{text}` cannot be read as `!!{suffix}`");
            return Err(Problem::new(at, text.chars().count(), said));
        }
    };
    Ok(Node {
        mark: at,
        data,
        tag: None,
    })
}

fn tagged(data: Data, tag: Option<&Tag>, at: Mark) -> Result<Node, Problem> {
    let Some(tag) = tag else {
        return Ok(Node {
            mark: at,
            data,
            tag: None,
        });
    };
    if tag.is_yaml_core_schema() {
        let fits = matches!(
            (&*tag.suffix, &data),
            ("map", Data::Map(_)) | ("seq", Data::Seq(_))
        );
        if fits {
            return Ok(Node {
                mark: at,
                data,
                tag: None,
            });
        }
        let said = format!(
            "`!!{}` makes objects, which no file may ask for",
            tag.suffix
        );
        return Err(Problem::new(at, 1, said));
    }
    if tag.handle != "!" || tag.suffix.is_empty() {
        // `!` alone says that a scalar is a text.
        return Ok(Node {
            mark: at,
            data,
            tag: None,
        });
    }
    Ok(Node {
        mark: at,
        data,
        tag: Some(tag.suffix.clone()),
    })
}

fn mark(marker: &Marker) -> Mark {
    Mark {
        line: marker.line().max(1),
        column: marker.col() + 1,
    }
}
