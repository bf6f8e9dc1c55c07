//! A Flow's graph, drawn for Python.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tidegate_core::{Error, ErrorKind};
use tidegate_flowchart::{Direction, Look, Role, draw};

use super::topology::topology_of;
use crate::errors::to_py;

/// What is drawn of a node beside what `plan_topology` takes.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Drawn {
    name: String,
    role: String,
    uses: Option<String>,
    replicas: usize,
    shards: usize,
    polling: String,
    before: Option<String>,
    after: Option<String>,
    addresses: Vec<String>,
    inline: bool,
}

/// Draws the graph of the Flow called `name`, and gives an SVG or a PNG.
///
/// A node is a dict as `plan_topology` takes it, with `role` (`EXECUTOR`, `JOIN`, `INSPECT`,
/// `INSPECT_AUX_PASS` or `JOIN_INSPECT`), `uses`, `replicas`, `shards`, `polling`, `before`, `after`,
/// `addresses` and `inline`.
///
/// Raises:
///     ConfigError: A name twice, a need of itself or of nobody, a circle, a format that is neither.
#[pyfunction]
#[pyo3(signature = (name, nodes, *, vertical=false, format="svg"))]
pub(crate) fn draw_flow<'py>(
    py: Python<'py>,
    name: &str,
    nodes: Vec<Bound<'py, PyDict>>,
    vertical: bool,
    format: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let plan = topology_of(&nodes)?.plan();
    let plan = plan.map_err(|error| to_py(py, &error))?;
    let looks = nodes.iter().map(look).collect::<PyResult<Vec<_>>>()?;
    let direction = if vertical {
        Direction::Down
    } else {
        Direction::Right
    };
    let drawn = py.detach(|| {
        let drawing = draw(name, &plan, &looks, direction);
        match format {
            "svg" => Ok(drawing.svg().into_bytes()),
            "png" => drawing.png(),
            _ => Err(Error::new(
                ErrorKind::Config,
                format!("a flow is not drawn as `{format}`"),
            )
            .with_hint("give `svg` or `png`")),
        }
    });
    let drawn = drawn.map_err(|error| to_py(py, &error))?;
    Ok(PyBytes::new(py, &drawn))
}

fn look(node: &Bound<'_, PyDict>) -> PyResult<Look> {
    let drawn: Drawn = node.extract()?;
    Ok(Look {
        name: drawn.name,
        role: match &*drawn.role {
            "JOIN" | "JOIN_INSPECT" => Role::Joiner,
            "INSPECT" => Role::Inspector,
            "INSPECT_AUX_PASS" => Role::Passing,
            _ => Role::Executor,
        },
        uses: drawn.uses,
        replicas: drawn.replicas,
        shards: drawn.shards,
        polling: drawn.polling,
        before: drawn.before,
        after: drawn.after,
        addresses: drawn.addresses,
        inline: drawn.inline,
    })
}
