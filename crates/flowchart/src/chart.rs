//! What is drawn: the Plan's nodes between the gateway's two ends.

use std::collections::HashMap;

use tidegate_core::graph::{Plan, Source};

use crate::look::{Look, Role};

/// What a vertex stands for.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Where requests come in.
    Entry,
    /// Where answers go out.
    Exit,
    /// An Executor or a joint.
    Node(Box<Node>),
}

/// An Executor or a joint.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) look: Look,
    pub(crate) needs: usize,
    pub(crate) floating: bool,
    pub(crate) reduce: bool,
    pub(crate) when: Option<String>,
}

/// An arrow between vertices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) floating: bool,
}

/// Vertices, each after all that it needs, and the arrows between them.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) edges: Vec<Edge>,
}

impl Chart {
    pub(crate) fn new(plan: &Plan, looks: &[Look]) -> Self {
        let looks: HashMap<&str, &Look> = looks.iter().map(|look| (&*look.name, look)).collect();
        let mut kinds = vec![Kind::Entry];
        let mut edges = Vec::new();
        // The vertex that each node of the Plan is drawn as.
        let mut drawn: Vec<usize> = Vec::with_capacity(plan.nodes().len());
        for node in plan.nodes() {
            let mut needs: Vec<usize> = Vec::new();
            for source in node.needs() {
                let from = match source {
                    Source::Gateway => 0,
                    Source::Node(index) => drawn.get(*index).copied().unwrap_or(0),
                };
                if !needs.contains(&from) {
                    needs.push(from);
                }
            }
            let look = looks.get(&**node.name()).map(|look| (*look).clone());
            let look = look.unwrap_or_else(|| Look {
                name: node.name().to_string(),
                ..Look::default()
            });
            if let (Role::Passing, [stands_for]) = (look.role, &*needs) {
                drawn.push(*stands_for);
                continue;
            }
            let to = kinds.len();
            drawn.push(to);
            edges.extend(needs.iter().map(|from| Edge {
                from: *from,
                to,
                floating: node.floating(),
            }));
            kinds.push(Kind::Node(Box::new(Node {
                look,
                needs: needs.len(),
                floating: node.floating(),
                reduce: node.reduce(),
                when: node.when().map(ToString::to_string),
            })));
        }
        let end = plan.end().and_then(|index| drawn.get(index).copied());
        edges.push(Edge {
            from: end.unwrap_or(0),
            to: kinds.len(),
            floating: false,
        });
        kinds.push(Kind::Exit);
        Self { kinds, edges }
    }
}

impl Kind {
    /// The name under which the vertex is known.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Entry => "request",
            Self::Exit => "answer",
            Self::Node(node) => &node.look.name,
        }
    }
}
