//! A response as Python sees it: everything is decoded when it is first asked for.

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use tidegate_core::{Payload, Request, Status};

use super::documents;
use super::header::{PyHeader, PyRoute, PyStatus, PyTimestamp};
use crate::document::{PyDocumentArray, py_to_struct, struct_to_py};

/// What a Flow answers to one request.
///
/// Its attributes have the names and the value types that Jina's `Response` has. Documents and
/// parameters are decoded when they are first asked for.
#[pyclass(frozen, module = "tidegate", name = "Response")]
pub(crate) struct PyResponse {
    request: Request,
    docs: Mutex<Option<Py<PyDocumentArray>>>,
    parameters: Mutex<Option<Py<PyDict>>>,
}

impl PyResponse {
    pub(super) fn new(request: Request) -> Self {
        Self {
            request,
            docs: Mutex::new(None),
            parameters: Mutex::new(None),
        }
    }

    /// The value in `cell`, made by `make` the first time. The lock is not held while Python runs.
    fn cached<'py, T>(
        py: Python<'py>,
        cell: &Mutex<Option<Py<T>>>,
        make: impl FnOnce() -> PyResult<Bound<'py, T>>,
    ) -> PyResult<Bound<'py, T>> {
        let known = cell.lock().as_ref().map(|value| value.clone_ref(py));
        if let Some(value) = known {
            return Ok(value.into_bound(py));
        }
        let made = make()?;
        let kept = cell
            .lock()
            .get_or_insert_with(|| made.clone().unbind())
            .clone_ref(py);
        Ok(kept.into_bound(py))
    }

    fn replace<T>(cell: &Mutex<Option<Py<T>>>, value: Bound<'_, T>) {
        let old = cell.lock().replace(value.unbind());
        drop(old);
    }

    /// The serialised Documents as they stand now.
    fn documents(&self, py: Python<'_>) -> PyResult<Bytes> {
        let docs = self.docs.lock().as_ref().map(|docs| docs.clone_ref(py));
        match (docs, &self.request.payload) {
            (Some(docs), _) => documents::to_bytes(docs.bind(py)),
            (None, Some(payload)) => Ok(payload.0.clone()),
            (None, None) => Ok(Bytes::new()),
        }
    }

    /// The message as it stands now, with what Python has changed in it.
    fn current(&self, py: Python<'_>) -> PyResult<Request> {
        let mut request = self.request.clone();
        let is_touched = self.docs.lock().is_some();
        if is_touched {
            request.payload = Some(Payload(self.documents(py)?));
        }
        let parameters = self
            .parameters
            .lock()
            .as_ref()
            .map(|dict| dict.clone_ref(py));
        if let Some(parameters) = parameters {
            request.parameters = py_to_struct(parameters.bind(py))?;
        }
        Ok(request)
    }
}

#[pymethods]
impl PyResponse {
    /// The Documents.
    #[getter]
    fn docs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDocumentArray>> {
        Self::cached(py, &self.docs, || {
            let bytes = self
                .request
                .payload
                .as_ref()
                .map_or_else(Bytes::new, |p| p.0.clone());
            documents::from_bytes(py, bytes)
        })
    }

    #[setter]
    fn set_docs(&self, value: Bound<'_, PyDocumentArray>) {
        Self::replace(&self.docs, value);
    }

    /// The parameters; what Executors returned as a dict is under `__results__`.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Self::cached(py, &self.parameters, || {
            struct_to_py(py, &self.request.parameters)
        })
    }

    #[setter]
    fn set_parameters(&self, value: Bound<'_, PyDict>) {
        Self::replace(&self.parameters, value);
    }

    /// Id, endpoint, target and outcome.
    #[getter]
    fn header(&self) -> PyHeader {
        PyHeader(self.request.header.clone())
    }

    /// The outcome: `header.status`.
    #[getter]
    fn status(&self) -> PyStatus {
        PyStatus(self.request.header.status.clone().unwrap_or_default())
    }

    /// The request's id: 32 hexadecimal digits.
    #[getter]
    fn request_id(&self) -> &str {
        &self.request.header.request_id
    }

    /// The hops that the request made, the gateway first.
    #[getter]
    fn routes(&self) -> Vec<PyRoute> {
        self.request.routes.iter().cloned().map(PyRoute).collect()
    }

    /// The name of the last Executor that the request came to; `None` where there was none.
    #[getter]
    fn last_executor(&self) -> Option<&str> {
        self.request
            .routes
            .last()
            .map(|route| route.executor.as_str())
    }

    /// The part with the Documents: `data.docs` are the same as `docs`.
    #[getter]
    fn data(slf: Py<Self>) -> PyData {
        PyData(slf)
    }

    /// The Documents of all `responses` as one array; none of them is decoded for it.
    #[staticmethod]
    fn _join<'py>(
        py: Python<'py>,
        responses: Vec<PyRef<'py, Self>>,
    ) -> PyResult<Bound<'py, PyDocumentArray>> {
        let parts: Vec<Bytes> = responses
            .iter()
            .map(|response| response.documents(py))
            .collect::<PyResult<_>>()?;
        // Arrays on the wire are repeated fields: one after the other they are one array.
        let mut whole = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
        for part in &parts {
            whole.extend_from_slice(part);
        }
        documents::from_bytes(py, whole.freeze())
    }

    /// Whether the request failed.
    #[getter]
    fn _failed(&self) -> bool {
        self.request
            .header
            .status
            .as_ref()
            .is_some_and(Status::is_error)
    }

    /// The response as a dict: `header`, `parameters`, `routes` and, as a list, `data`.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let py = slf.py();
        let this = slf.get();
        let dict = PyDict::new(py);
        dict.set_item("header", header_dict(py, &this.request)?)?;
        dict.set_item("parameters", this.parameters(py)?)?;
        let routes = PyList::empty(py);
        for route in &this.request.routes {
            let item = PyDict::new(py);
            item.set_item("executor", &route.executor)?;
            for (key, time) in [("start_time", route.start), ("end_time", route.end)] {
                if time.is_some() {
                    item.set_item(key, PyTimestamp::from(time).ToJsonString(py)?)?;
                }
            }
            if let Some(status) = &route.status {
                item.set_item("status", status_dict(py, status)?)?;
            }
            routes.append(item)?;
        }
        dict.set_item("routes", routes)?;
        dict.set_item("data", documents::to_dicts(&this.docs(py)?)?)?;
        Ok(dict)
    }

    /// The response as a serialised `DataRequestProto`.
    #[allow(non_snake_case, reason = "protobuf's messages have this name")]
    fn SerializeToString<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let request = self.current(py)?;
        Ok(PyBytes::new(py, &tidegate_proto::encode_request(&request)))
    }

    /// The response as a protobuf message, a `DataRequestProto`; needs the extra `tidegate[protobuf]`.
    fn to_protobuf<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = slf.get().SerializeToString(slf.py())?;
        let module = slf.py().import("tidegate._protobuf")?;
        module.call_method1("parse", ("jina.DataRequestProto", bytes))
    }

    /// The response as a protobuf message: `to_protobuf()`.
    #[getter]
    fn proto<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::to_protobuf(slf)
    }

    fn __repr__(&self) -> String {
        let header = &self.request.header;
        let status = header.status.as_ref();
        match status.filter(|status| status.is_error()) {
            Some(status) => format!(
                "<Response request_id={:?} failed: {}>",
                header.request_id, status.description
            ),
            None => format!("<Response request_id={:?}>", header.request_id),
        }
    }
}

/// A response's `data`.
#[pyclass(frozen, module = "tidegate", name = "ResponseData")]
pub(crate) struct PyData(Py<PyResponse>);

#[pymethods]
impl PyData {
    /// The Documents.
    #[getter]
    fn docs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDocumentArray>> {
        self.0.get().docs(py)
    }

    #[setter]
    fn set_docs(&self, value: Bound<'_, PyDocumentArray>) {
        self.0.get().set_docs(value);
    }
}

fn header_dict<'py>(py: Python<'py>, request: &Request) -> PyResult<Bound<'py, PyDict>> {
    let header = &request.header;
    let dict = PyDict::new(py);
    dict.set_item("request_id", &header.request_id)?;
    if let Some(status) = &header.status {
        dict.set_item("status", status_dict(py, status)?)?;
    }
    for (key, text) in [
        ("exec_endpoint", &header.endpoint),
        ("target_executor", &header.target),
    ] {
        if let Some(text) = text {
            dict.set_item(key, text)?;
        }
    }
    if let Some(timeout) = header.timeout {
        dict.set_item("timeout", timeout)?;
    }
    Ok(dict)
}

/// A status without the fields that have their default value, as protobuf's JSON has it.
fn status_dict<'py>(py: Python<'py>, status: &Status) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    if status.is_error() {
        dict.set_item("code", 1)?;
    }
    if !status.description.is_empty() {
        dict.set_item("description", &status.description)?;
    }
    if let Some(exception) = &status.exception {
        let item = PyDict::new(py);
        item.set_item("name", &exception.name)?;
        item.set_item("args", &exception.args)?;
        item.set_item("stacks", &exception.stacks)?;
        item.set_item("executor", &exception.executor)?;
        dict.set_item("exception", item)?;
    }
    Ok(dict)
}
