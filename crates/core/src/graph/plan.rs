//! A Flow's graph, checked and indexed. Immutable, and shared by all requests.

use std::sync::Arc;

use tidegate_doc::query::Query;

/// A node's place in a Plan.
pub type Index = usize;

/// Where a node's Documents come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source<T = Index> {
    /// The request itself.
    Gateway,
    /// Another node's answer.
    Node(T),
}

/// An Executor's place in a Plan.
#[derive(Debug, Clone)]
pub struct PlanNode {
    name: Arc<str>,
    needs: Box<[Source]>,
    dependents: Box<[Index]>,
    floating: bool,
    reduce: bool,
    when: Option<Arc<Query>>,
    ancestors: Box<[u64]>,
}

impl PlanNode {
    pub(super) fn new(
        name: Arc<str>,
        needs: Box<[Source]>,
        floating: bool,
        reduce: bool,
        when: Option<Arc<Query>>,
    ) -> Self {
        Self {
            name,
            needs,
            dependents: Box::default(),
            floating,
            reduce,
            when,
            ancestors: Box::default(),
        }
    }

    /// The Executor's name in the Flow, such as `executor0`.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Where its Documents come from, at least one place, in the order in which it was said.
    #[must_use]
    pub fn needs(&self) -> &[Source] {
        &self.needs
    }

    /// Who is given its answer.
    #[must_use]
    pub fn dependents(&self) -> &[Index] {
        &self.dependents
    }

    /// Whether no answer waits for it.
    #[must_use]
    pub fn floating(&self) -> bool {
        self.floating
    }

    /// Whether Documents of several needs are merged by id before it gets them.
    #[must_use]
    pub fn reduce(&self) -> bool {
        self.reduce
    }

    /// Which Documents it is given; `None` for all.
    #[must_use]
    pub fn when(&self) -> Option<&Query> {
        self.when.as_deref()
    }

    /// Whether a request has been through `other` when it reaches this node.
    #[must_use]
    pub fn comes_after(&self, other: Index) -> bool {
        let word = self.ancestors.get(other / 64).copied().unwrap_or_default();
        word & (1 << (other % 64)) != 0
    }
}

/// A Flow's graph, checked and indexed: each node after all that it needs.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    nodes: Box<[PlanNode]>,
    end: Option<Index>,
    awaited: usize,
    dangling: Vec<Arc<str>>,
}

impl Plan {
    pub(super) fn new(
        mut nodes: Vec<PlanNode>,
        end: Option<Index>,
        dangling: Vec<Arc<str>>,
    ) -> Self {
        let words = nodes.len().div_ceil(64);
        let mut dependents = vec![Vec::new(); nodes.len()];
        let mut ancestors: Vec<Box<[u64]>> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let mut before = vec![0u64; words];
            for source in &node.needs {
                let Source::Node(need) = source else { continue };
                if let Some(list) = dependents.get_mut(*need) {
                    list.push(index);
                }
                // The need stands before, so its own ancestors are known.
                let theirs = ancestors.get(*need).map_or(&[][..], |bits| bits);
                before
                    .iter_mut()
                    .zip(theirs)
                    .for_each(|(word, more)| *word |= more);
                if let Some(word) = before.get_mut(*need / 64) {
                    *word |= 1 << (*need % 64);
                }
            }
            ancestors.push(before.into());
        }
        for ((node, dependents), ancestors) in nodes.iter_mut().zip(dependents).zip(ancestors) {
            node.dependents = dependents.into();
            node.ancestors = ancestors;
        }
        let awaited = nodes.iter().filter(|node| !node.floating).count();
        Self {
            nodes: nodes.into(),
            end,
            awaited,
            dangling,
        }
    }

    /// The nodes, each after all that it needs.
    #[must_use]
    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }

    /// The node whose answer is the Flow's; `None` where a Flow answers with what it was sent.
    #[must_use]
    pub fn end(&self) -> Option<Index> {
        self.end
    }

    /// How many nodes an answer waits for.
    #[must_use]
    pub fn awaited(&self) -> usize {
        self.awaited
    }

    /// Whether some node is given only Documents that a condition lets through.
    #[must_use]
    pub fn conditional(&self) -> bool {
        self.nodes.iter().any(|node| node.when.is_some())
    }

    /// The names of those that float though nobody said so: they lead to no answer.
    #[must_use]
    pub fn dangling(&self) -> &[Arc<str>] {
        &self.dangling
    }

    /// The Executors' names, for messages.
    #[must_use]
    pub fn names(&self) -> String {
        if self.nodes.is_empty() {
            return "none".to_owned();
        }
        let names: Vec<&str> = self.nodes.iter().map(|node| &*node.name).collect();
        names.join(", ")
    }

    /// Whether an Executor is called `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| &*node.name == name)
    }
}
