//! Python's edges of a Flow, as a Topology.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::graph::{self, Topology, TopologyNode};
use tidegate_core::{Error, ErrorKind};
use tidegate_doc::query::Query;

use crate::document::plain;
use crate::errors::to_py;

/// Checks the edges of a Flow, and gives the names in an order in which each comes after all that it
/// needs, the name of the one whose answer is the Flow's, and the names of those that no answer waits for
/// though nobody said `floating`.
///
/// A node is a dict of `name`, `needs` (names, or `gateway`), `floating`, `reduce` and `when` (a filter as
/// a dict, or `None`).
///
/// Raises:
///     ConfigError: A name twice, a need of itself or of nobody, a circle.
#[pyfunction]
pub(crate) fn plan_topology(
    py: Python<'_>,
    nodes: Vec<Bound<'_, PyDict>>,
) -> PyResult<(Vec<String>, Option<String>, Vec<String>)> {
    let plan = topology_of(&nodes)?
        .plan()
        .map_err(|error| to_py(py, &error))?;
    let names = plan.nodes().iter().map(|node| node.name().to_string());
    let end = plan.end().and_then(|index| plan.nodes().get(index));
    Ok((
        names.collect(),
        end.map(|node| node.name().to_string()),
        plan.dangling()
            .iter()
            .map(|name| name.to_string())
            .collect(),
    ))
}

/// Gives the one of `known` that is nearest to what was written, where one is near.
#[pyfunction]
pub(crate) fn nearest(written: &str, known: Vec<String>) -> Option<String> {
    graph::nearest(written, known.iter().map(String::as_str)).map(str::to_owned)
}

pub(super) fn topology_of(nodes: &[Bound<'_, PyDict>]) -> PyResult<Topology> {
    let nodes = nodes.iter().map(node_of).collect::<PyResult<_>>()?;
    Ok(Topology { nodes })
}

fn node_of(node: &Bound<'_, PyDict>) -> PyResult<TopologyNode> {
    let item = |name| node.as_any().get_item(name);
    let name: String = item("name")?.extract()?;
    let when = item("when")?;
    let when = if when.is_none() {
        None
    } else {
        Some(Arc::new(query_of(&name, &when)?))
    };
    Ok(TopologyNode {
        needs: item("needs")?.extract()?,
        floating: item("floating")?.extract()?,
        reduce: item("reduce")?.extract()?,
        when,
        name,
    })
}

fn query_of(name: &str, when: &Bound<'_, PyAny>) -> PyResult<Query> {
    let refused = |why: String| {
        let said = format!("`when` of `{name}`: {why}");
        to_py(when.py(), &Error::new(ErrorKind::Config, said))
    };
    let plain = plain(when, 0, false).ok_or_else(|| {
        refused("a filter holds text, numbers, booleans, None, lists and dicts".to_owned())
    })?;
    Query::parse(&plain).map_err(|error| refused(error.to_string()))
}
