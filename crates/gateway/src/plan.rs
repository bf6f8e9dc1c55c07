//! What a gateway walks: the Executors of a Flow, checked once and shared by all requests.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use tidegate_core::{Call, Error, ErrorKind};

/// An Executor's place in a Flow.
#[derive(Clone)]
pub struct Node {
    /// The Executor's name in the Flow, such as `executor0`.
    pub name: Arc<str>,
    /// Runs it: a pool of workers, or an Executor in this process.
    pub call: Arc<dyn Call>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The Executors in the order in which a request meets them. Immutable.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    nodes: Vec<Node>,
}

impl Plan {
    /// One Executor after another.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where two have the same name.
    pub fn chain(nodes: Vec<Node>) -> Result<Self, Error> {
        let mut seen = HashSet::new();
        if let Some(twice) = nodes.iter().find(|node| !seen.insert(&node.name)) {
            let message = format!("two Executors are named '{}'", twice.name);
            return Err(Error::new(ErrorKind::Config, message).with_hint("give one another name"));
        }
        Ok(Self { nodes })
    }

    /// The Executors, each after all that it needs.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
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
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.nodes.iter().any(|node| node.name.as_bytes() == name)
    }
}
