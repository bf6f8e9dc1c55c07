//! The endpoints of an Executor, as the engine needs them.

use std::time::Duration;

use crate::document::{PyDocumentArray, Wire, array_as};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use tidegate_executor::{Rule, Weight};
use tidegate_transport::frames::HelloEndpoint;

/// The endpoint that takes what no other does.
pub(crate) const DEFAULT_ENDPOINT: &str = "/default";

/// CPython's `CO_COROUTINE`.
const CO_COROUTINE: u32 = 0x80;

/// One endpoint: its path, the bound method behind it, and the arguments that the method takes.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct Endpoint {
    /// The path, such as `/index`.
    #[pyo3(get)]
    name: String,
    /// The bound method.
    #[pyo3(get)]
    handler: Py<PyAny>,
    /// Whether it runs on the loop; else on the thread for sync methods.
    #[pyo3(get)]
    is_async: bool,
    /// The names of the arguments that it is given.
    #[pyo3(get)]
    arguments: Vec<String>,
    wanted: Wanted,
    batching: Option<Batching>,
}

/// How requests to an endpoint are batched; its fields are those of a Python object.
#[derive(FromPyObject)]
pub(crate) struct Batching {
    preferred_batch_size: u32,
    /// Milliseconds.
    timeout: f64,
    flush_all: bool,
    /// Called with a Document, gives what it weighs.
    pub(crate) metric: Option<Py<PyAny>>,
}

impl Batching {
    fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            metric: self.metric.as_ref().map(|metric| metric.clone_ref(py)),
            ..*self
        }
    }

    /// How many Documents make a batch, where no metric weighs them.
    pub(crate) fn preferred_documents(&self) -> usize {
        usize::try_from(self.preferred_batch_size).unwrap_or(usize::MAX)
    }

    /// The rule, where so many batches with the same parameters run at once.
    pub(crate) fn rule(&self, side_by_side: usize) -> Rule {
        Rule {
            preferred: Weight::of_documents(self.preferred_documents().max(1)),
            timeout: Duration::try_from_secs_f64(self.timeout / 1000.0).unwrap_or(Duration::MAX),
            flush_all: self.flush_all,
            side_by_side,
        }
    }
}

#[pymethods]
impl Endpoint {
    #[new]
    #[pyo3(signature = (name, handler, is_async, arguments, batching = None))]
    fn new(
        name: String,
        handler: &Bound<'_, PyAny>,
        is_async: bool,
        arguments: Vec<String>,
        batching: Option<Batching>,
    ) -> PyResult<Self> {
        if !handler.is_callable() {
            return Err(PyTypeError::new_err(format!(
                "the handler of endpoint '{name}' is not callable"
            )));
        }
        let wanted = Wanted::parse(&arguments)?;
        Ok(Self {
            name,
            handler: handler.clone().unbind(),
            is_async,
            arguments,
            wanted,
            batching,
        })
    }

    fn __repr__(&self) -> String {
        let kind = if self.is_async { "async" } else { "sync" };
        format!("Endpoint('{}', {kind}, {:?})", self.name, self.arguments)
    }
}

/// Which arguments a handler takes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) docs: bool,
    pub(crate) parameters: bool,
    pub(crate) docs_matrix: bool,
    pub(crate) docs_map: bool,
    pub(crate) tracing_context: bool,
}

impl Wanted {
    fn parse(names: &[String]) -> PyResult<Self> {
        let mut wanted = Self::default();
        for name in names {
            match name.as_str() {
                "docs" => wanted.docs = true,
                "parameters" => wanted.parameters = true,
                "docs_matrix" => wanted.docs_matrix = true,
                "docs_map" => wanted.docs_map = true,
                "tracing_context" => wanted.tracing_context = true,
                other => {
                    return Err(PyValueError::new_err(format!(
                        "no handler is given an argument named '{other}'; there are docs, parameters, \
                         docs_matrix, docs_map and tracing_context"
                    )));
                }
            }
        }
        Ok(wanted)
    }
}

/// One row of a [`Table`].
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) handler: Py<PyAny>,
    pub(crate) is_async: bool,
    pub(crate) wanted: Wanted,
    /// Whether calling the handler runs no user code yet, because it is a plain `async def`.
    pub(crate) is_plain: bool,
    /// How its requests are batched, if they are.
    pub(crate) batching: Option<Batching>,
}

/// Every endpoint of an Executor, in the order that indices count.
pub(crate) struct Table {
    /// The Executor's class name.
    pub(crate) executor: String,
    pub(crate) entries: Vec<Entry>,
    /// What arrays of Documents are sent as, `list` or `numpy`; as they are where `None`.
    pub(crate) array_type: Option<String>,
}

impl Table {
    /// Takes the endpoints that Python has made of an Executor.
    pub(crate) fn new(
        py: Python<'_>,
        executor: String,
        endpoints: &[Py<Endpoint>],
        array_type: Option<String>,
    ) -> PyResult<Self> {
        if endpoints.len() >= usize::from(u16::MAX) {
            return Err(PyValueError::new_err(format!(
                "{executor} has {} endpoints; 65,534 is the most",
                endpoints.len()
            )));
        }
        let entries = endpoints.iter().map(|endpoint| {
            let endpoint = endpoint.get();
            Entry {
                name: endpoint.name.clone(),
                handler: endpoint.handler.clone_ref(py),
                is_async: endpoint.is_async,
                wanted: endpoint.wanted,
                is_plain: is_plain(endpoint.handler.bind(py)),
                batching: endpoint
                    .batching
                    .as_ref()
                    .map(|batching| batching.clone_ref(py)),
            }
        });
        Ok(Self {
            executor,
            entries: entries.collect(),
            array_type,
        })
    }

    /// The bytes of an array that an Executor gives back.
    pub(crate) fn wire(&self, array: &Bound<'_, PyDocumentArray>) -> PyResult<Wire> {
        match &self.array_type {
            None => PyDocumentArray::to_wire(array),
            Some(kind) => match PyDocumentArray::to_wire(&array_as(array, kind)?)? {
                Wire::Unchanged(bytes) | Wire::Encoded(bytes) => Ok(Wire::Encoded(bytes)),
            },
        }
    }

    /// What a Hello says of the endpoints.
    pub(crate) fn hello(&self) -> Vec<HelloEndpoint> {
        let row = |entry: &Entry| HelloEndpoint {
            name: entry.name.clone(),
            sync: !entry.is_async,
        };
        self.entries.iter().map(row).collect()
    }
}

fn is_plain(handler: &Bound<'_, PyAny>) -> bool {
    let flags = || -> PyResult<u32> {
        let function = handler
            .getattr("__func__")
            .unwrap_or_else(|_| handler.clone());
        function.getattr("__code__")?.getattr("co_flags")?.extract()
    };
    flags().is_ok_and(|flags| flags & CO_COROUTINE != 0)
}
