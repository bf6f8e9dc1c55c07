//! The edges of a Flow as written, and the way from there to a Plan.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tidegate_doc::query::Query;

use super::nearest::nearest;
use super::plan::{Index, Plan, PlanNode, Source};
use crate::error::{Error, ErrorKind};

/// An Executor's place in a Flow as written.
#[derive(Debug, Clone)]
pub struct TopologyNode {
    /// Its name, which no other has.
    pub name: String,
    /// Whose Documents it is given: names of other nodes, or `gateway` for those of the request.
    /// None at all stands for `gateway`.
    pub needs: Vec<String>,
    /// Whether nobody waits for it: its answer goes nowhere.
    pub floating: bool,
    /// Whether Documents of several needs are merged by id before it gets them.
    pub reduce: bool,
    /// Which Documents it is given; `None` for all.
    pub when: Option<Arc<Query>>,
}

impl TopologyNode {
    /// A node that needs the named ones.
    #[must_use]
    pub fn new(name: impl Into<String>, needs: &[&str]) -> Self {
        Self {
            name: name.into(),
            needs: needs.iter().map(|name| (*name).to_owned()).collect(),
            floating: false,
            reduce: true,
            when: None,
        }
    }
}

/// The Executors of a Flow as written, in the order in which they were added.
///
/// ```
/// use tidegate_core::graph::{Topology, TopologyNode};
///
/// let topology = Topology::new(vec![
///     TopologyNode::new("encoder", &[]),
///     TopologyNode::new("ranker", &["encodr"]),
/// ]);
/// let error = topology.plan().unwrap_err().to_string();
/// assert!(error.contains("did you mean `encoder`?"), "{error}");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// The nodes, in the order in which they were added.
    pub nodes: Vec<TopologyNode>,
}

/// The pseudo node that a request comes from and goes back to.
const GATEWAY: &str = "gateway";

impl Topology {
    /// A Flow of `nodes`.
    #[must_use]
    pub fn new(nodes: Vec<TopologyNode>) -> Self {
        Self { nodes }
    }

    /// One node after another.
    #[must_use]
    pub fn chain<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut before = GATEWAY;
        let nodes = names.into_iter().map(|name| {
            let node = TopologyNode::new(name, &[before]);
            before = name;
            node
        });
        Self::new(nodes.collect())
    }

    /// Checks the edges, and puts the nodes into an order in which each comes after all that it needs.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a name twice, a need of itself or of nobody, and a cycle, each with the
    /// names that it is about.
    pub fn plan(&self) -> Result<Plan, Error> {
        let places = self.places()?;
        let needs = self.sources(&places)?;
        let order = self.sorted(&needs)?;
        let mut at = vec![0; order.len()];
        for (index, place) in order.iter().enumerate() {
            if let Some(slot) = at.get_mut(*place) {
                *slot = index;
            }
        }
        let floating = self.floating(&needs, &order);
        let mut nodes: Vec<PlanNode> = Vec::with_capacity(order.len());
        for place in order {
            let (Some(node), Some(sources)) = (self.nodes.get(place), needs.get(place)) else {
                continue;
            };
            let sources = sources.iter().map(|source| match source {
                Source::Gateway => Source::Gateway,
                Source::Node(place) => Source::Node(at.get(*place).copied().unwrap_or_default()),
            });
            nodes.push(PlanNode::new(
                Arc::from(&*node.name),
                sources.collect(),
                floating.contains(&place),
                node.reduce,
                node.when.clone(),
            ));
        }
        let end = self.end().and_then(|place| at.get(place).copied());
        let dangling = self.dangling(&floating);
        Ok(Plan::new(nodes, end, dangling))
    }

    fn places(&self) -> Result<HashMap<&str, usize>, Error> {
        let mut places = HashMap::with_capacity(self.nodes.len());
        for (place, node) in self.nodes.iter().enumerate() {
            if node.name == GATEWAY {
                return Err(
                    config("an Executor is named `gateway`, as the flow's own gateway is")
                        .with_hint("give it another name"),
                );
            }
            if places.insert(&*node.name, place).is_some() {
                return Err(config(format!("two Executors are named `{}`", node.name))
                    .with_hint("give one another name"));
            }
        }
        Ok(places)
    }

    fn sources(&self, places: &HashMap<&str, usize>) -> Result<Vec<Vec<Source<usize>>>, Error> {
        let mut all = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let mut sources = Vec::with_capacity(node.needs.len().max(1));
            for name in &node.needs {
                let source = match places.get(&**name) {
                    _ if name == GATEWAY => Source::Gateway,
                    Some(_) if *name == node.name => {
                        let said = format!("Executor `{name}` needs itself");
                        return Err(config(said).with_hint("name the Executors before it"));
                    }
                    Some(place) => Source::Node(*place),
                    None => return Err(self.unknown(node, name)),
                };
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
            if sources.is_empty() {
                sources.push(Source::Gateway);
            }
            all.push(sources);
        }
        Ok(all)
    }

    fn unknown(&self, node: &TopologyNode, name: &str) -> Error {
        let known = || self.nodes.iter().map(|node| &*node.name);
        let hint = match nearest(name, known().chain([GATEWAY])) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let names: Vec<_> = known().filter(|known| *known != node.name).collect();
                format!("there are: gateway, {}", names.join(", "))
            }
        };
        let said = format!(
            "Executor `{}` needs `{name}`, and the flow has none of that name",
            node.name
        );
        config(said).with_hint(hint)
    }

    /// The places in an order in which each comes after all that it needs, else as they were added.
    fn sorted(&self, needs: &[Vec<Source<usize>>]) -> Result<Vec<usize>, Error> {
        let mut left: Vec<usize> = needs.iter().map(|s| node_places(s).count()).collect();
        let mut dependents = vec![Vec::new(); needs.len()];
        for (place, sources) in needs.iter().enumerate() {
            for source in node_places(sources) {
                if let Some(list) = dependents.get_mut(source) {
                    list.push(place);
                }
            }
        }
        // The least place first, so that a chain stays as it was written.
        let mut ready: std::collections::BTreeSet<usize> = (0..left.len())
            .filter(|place| left.get(*place) == Some(&0))
            .collect();
        let mut order = Vec::with_capacity(left.len());
        while let Some(place) = ready.pop_first() {
            order.push(place);
            for dependent in dependents.get(place).into_iter().flatten() {
                if let Some(count) = left.get_mut(*dependent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(*dependent);
                    }
                }
            }
        }
        if order.len() == needs.len() {
            return Ok(order);
        }
        Err(self.cycle(needs, &order.into_iter().collect()))
    }

    /// Names one cycle among the nodes that could not be put in order.
    fn cycle(&self, needs: &[Vec<Source<usize>>], sorted: &HashSet<usize>) -> Error {
        let next = |place: usize| {
            let sources = needs.get(place).map(Vec::as_slice).unwrap_or_default();
            node_places(sources).find(|source| !sorted.contains(source))
        };
        let mut way: Vec<usize> = Vec::new();
        let mut at = (0..needs.len()).find(|place| !sorted.contains(place));
        while let Some(place) = at {
            if let Some(start) = way.iter().position(|seen| *seen == place) {
                way.drain(..start);
                break;
            }
            way.push(place);
            at = next(place);
        }
        way.extend(way.first().copied());
        let names: Vec<String> = way
            .iter()
            .filter_map(|place| self.nodes.get(*place))
            .map(|node| format!("`{}`", node.name))
            .collect();
        let said = format!(
            "Executors need each other in a circle, so a request never reaches them: {}",
            names.join(" needs ")
        );
        config(said).with_hint("take one of these needs away")
    }

    /// The node whose answer is the Flow's: the last that does not float.
    fn end(&self) -> Option<usize> {
        self.nodes.iter().rposition(|node| !node.floating)
    }

    /// What nobody waits for: what floats, and all that does not lead to the end.
    fn floating(&self, needs: &[Vec<Source<usize>>], order: &[usize]) -> HashSet<usize> {
        let mut awaited: HashSet<usize> = self.end().into_iter().collect();
        for place in order.iter().rev() {
            if awaited.contains(place) {
                awaited.extend(node_places(needs.get(*place).map_or(&[], Vec::as_slice)));
            }
        }
        (0..needs.len())
            .filter(|place| !awaited.contains(place))
            .collect()
    }

    /// The names of those that float though nobody said so.
    fn dangling(&self, floating: &HashSet<usize>) -> Vec<Arc<str>> {
        let floats = |place: usize| {
            floating.contains(&place) && self.nodes.get(place).is_some_and(|node| !node.floating)
        };
        (0..self.nodes.len())
            .filter(|place| floats(*place))
            .filter_map(|place| self.nodes.get(place).map(|node| Arc::from(&*node.name)))
            .collect()
    }
}

fn node_places(sources: &[Source<usize>]) -> impl Iterator<Item = Index> + '_ {
    sources.iter().filter_map(|source| match source {
        Source::Gateway => None,
        Source::Node(place) => Some(*place),
    })
}

fn config(said: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, said)
}
