//! A response's header and routes, with Jina's attribute names and value types.

use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyTzInfo};
use tidegate_core as core;

/// The outcome of a request or of one hop.
#[pyclass(frozen, module = "tidegate", name = "Status")]
pub(crate) struct PyStatus(pub(super) core::Status);

#[pymethods]
impl PyStatus {
    /// 0 for success, 1 for an error.
    #[getter]
    fn code(&self) -> i32 {
        i32::from(self.0.is_error())
    }

    /// `repr` of the exception, or what else went wrong; empty for success.
    #[getter]
    fn description(&self) -> &str {
        &self.0.description
    }

    /// The exception; all its fields are empty where there was none.
    #[getter]
    fn exception(&self) -> PyRemoteException {
        PyRemoteException(self.0.exception.clone().unwrap_or_default())
    }

    fn __repr__(&self) -> String {
        format!(
            "<Status code={} description={:?}>",
            self.code(),
            self.0.description
        )
    }
}

/// An exception that was raised in an Executor, as it travels.
#[pyclass(frozen, module = "tidegate", name = "RemoteException")]
pub(crate) struct PyRemoteException(pub(super) core::RemoteException);

#[pymethods]
impl PyRemoteException {
    /// Its class name, such as `ValueError`.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// `str()` of each of its arguments.
    #[getter]
    fn args(&self) -> Vec<String> {
        self.0.args.clone()
    }

    /// The formatted traceback, in pieces.
    #[getter]
    fn stacks(&self) -> Vec<String> {
        self.0.stacks.clone()
    }

    /// The class name of the Executor that raised it.
    #[getter]
    fn executor(&self) -> &str {
        &self.0.executor
    }

    fn __repr__(&self) -> String {
        format!(
            "<RemoteException {}({}) in {:?}>",
            self.0.name,
            self.0.args.join(", "),
            self.0.executor
        )
    }
}

/// Who a request is, where it went, and how it ended.
#[pyclass(frozen, module = "tidegate", name = "Header")]
pub(crate) struct PyHeader(pub(super) core::Header);

#[pymethods]
impl PyHeader {
    /// The request's id: 32 hexadecimal digits.
    #[getter]
    fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The endpoint; empty where none was named.
    #[getter]
    fn exec_endpoint(&self) -> &str {
        self.0.endpoint.as_deref().unwrap_or_default()
    }

    /// The expression that chose the Executors; empty for all of them.
    #[getter]
    fn target_executor(&self) -> &str {
        self.0.target.as_deref().unwrap_or_default()
    }

    /// Jina's `timeout` field; 0 where it is not set.
    #[getter]
    fn timeout(&self) -> u32 {
        self.0.timeout.unwrap_or_default()
    }

    /// The outcome.
    #[getter]
    fn status(&self) -> PyStatus {
        PyStatus(self.0.status.clone().unwrap_or_default())
    }

    fn __repr__(&self) -> String {
        let code = i32::from(self.0.status.as_ref().is_some_and(core::Status::is_error));
        format!(
            "<Header request_id={:?} exec_endpoint={:?} code={code}>",
            self.0.request_id,
            self.exec_endpoint()
        )
    }
}

/// A point in time, as protobuf has it.
#[pyclass(frozen, eq, ord, hash, module = "tidegate", name = "Timestamp")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PyTimestamp {
    /// Whole seconds since 1970-01-01 UTC.
    #[pyo3(get)]
    seconds: i64,
    /// Nanoseconds, 0 to 999,999,999.
    #[pyo3(get)]
    nanos: i32,
}

impl From<Option<core::Timestamp>> for PyTimestamp {
    fn from(time: Option<core::Timestamp>) -> Self {
        let (seconds, nanos) = time.map_or((0, 0), |time| (time.seconds, time.nanos));
        Self { seconds, nanos }
    }
}

#[pymethods]
#[allow(non_snake_case, reason = "protobuf's Timestamp has these names")]
impl PyTimestamp {
    /// The time as a `datetime`: without a time zone and in UTC, or in `tzinfo`.
    #[pyo3(signature = (tzinfo=None))]
    fn ToDatetime<'py>(
        &self,
        py: Python<'py>,
        tzinfo: Option<Bound<'py, PyTzInfo>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let utc = PyTzInfo::utc(py)?;
        #[allow(
            clippy::cast_precision_loss,
            reason = "replaced by the exact microseconds below"
        )]
        let whole = PyDateTime::from_timestamp(py, self.seconds as f64, Some(&utc))?;
        let keywords = pyo3::types::PyDict::new(py);
        keywords.set_item("microsecond", self.nanos / 1000)?;
        if tzinfo.is_none() {
            keywords.set_item("tzinfo", py.None())?;
        }
        let exact = whole.call_method("replace", (), Some(&keywords))?;
        match tzinfo {
            Some(zone) => exact.call_method1("astimezone", (zone,)),
            None => Ok(exact),
        }
    }

    /// Nanoseconds since 1970-01-01 UTC.
    fn ToNanoseconds(&self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }

    /// Whole microseconds since 1970-01-01 UTC.
    fn ToMicroseconds(&self) -> i128 {
        self.ToNanoseconds().div_euclid(1000)
    }

    /// Whole milliseconds since 1970-01-01 UTC.
    fn ToMilliseconds(&self) -> i128 {
        self.ToNanoseconds().div_euclid(1_000_000)
    }

    /// Whole seconds since 1970-01-01 UTC.
    fn ToSeconds(&self) -> i64 {
        self.seconds
    }

    /// The time in the form of RFC 3339, such as `2022-03-04T05:06:07.089Z`.
    pub(super) fn ToJsonString(&self, py: Python<'_>) -> PyResult<String> {
        let whole: String = Self {
            seconds: self.seconds,
            nanos: 0,
        }
        .ToDatetime(py, None)?
        .call_method0("isoformat")?
        .extract()?;
        let nanos = self.nanos;
        Ok(match nanos {
            0 => format!("{whole}Z"),
            _ if nanos % 1_000_000 == 0 => format!("{whole}.{:03}Z", nanos / 1_000_000),
            _ if nanos % 1000 == 0 => format!("{whole}.{:06}Z", nanos / 1000),
            _ => format!("{whole}.{nanos:09}Z"),
        })
    }

    fn __repr__(&self) -> String {
        format!("<Timestamp seconds={} nanos={}>", self.seconds, self.nanos)
    }
}

/// One hop of a request: which Executor, when, and how it went.
#[pyclass(frozen, module = "tidegate", name = "Route")]
pub(crate) struct PyRoute(pub(super) core::Route);

#[pymethods]
impl PyRoute {
    /// The Executor's name, or `gateway`.
    #[getter]
    fn executor(&self) -> &str {
        &self.0.executor
    }

    /// When the hop began.
    #[getter]
    fn start_time(&self) -> PyTimestamp {
        self.0.start.into()
    }

    /// When it ended.
    #[getter]
    fn end_time(&self) -> PyTimestamp {
        self.0.end.into()
    }

    /// How it went.
    #[getter]
    fn status(&self) -> PyStatus {
        PyStatus(self.0.status.clone().unwrap_or_default())
    }

    fn __repr__(&self) -> String {
        format!("<Route {:?}>", self.0.executor)
    }
}
