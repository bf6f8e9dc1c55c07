//! Documents and arrays as bytes: protobuf, the stream framing, compression, and pickles on request.

use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyList, PyType};
use tidegate_doc::compression::Compression;
use tidegate_doc::framing::{MESSAGE_LIMIT, is_pickle, payload_head, payloads, stream_head};

use super::rows::Rows;
use super::unpickling::{may_unpickle, unpickle};
use super::{PyDocument, PyDocumentArray, encode};

fn unknown_protocol(protocol: &str, known: &str) -> PyErr {
    PyValueError::new_err(format!("protocol '{protocol}' is not known; {known} are"))
}

fn algorithm(name: &str) -> PyResult<Compression> {
    let known: Result<Compression, _> = name.parse();
    known.map_err(|error| PyValueError::new_err(error.to_string()))
}

fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Bytes compressed by an algorithm, or as they are.
pub(super) fn compress<'py>(
    py: Python<'py>,
    bytes: &[u8],
    name: Option<&str>,
) -> PyResult<Bound<'py, PyBytes>> {
    let Some(name) = name else {
        return Ok(PyBytes::new(py, bytes));
    };
    let algorithm = algorithm(name)?;
    let compressed = py.detach(|| algorithm.compress(bytes));
    Ok(PyBytes::new(py, &compressed.map_err(refused)?))
}

/// Bytes as they were before `compress`.
pub(super) fn decompress<'py>(
    bytes: &Bound<'py, PyBytes>,
    name: Option<&str>,
) -> PyResult<Bound<'py, PyBytes>> {
    let Some(name) = name else {
        return Ok(bytes.clone());
    };
    let (py, algorithm) = (bytes.py(), algorithm(name)?);
    let received = bytes.as_bytes();
    let plain = py.detach(|| algorithm.decompress(received, MESSAGE_LIMIT));
    Ok(PyBytes::new(py, &plain.map_err(refused)?))
}

/// The bytes of an object of Python's, which they keep alive: nothing is copied.
pub(super) fn shared(bytes: &Bound<'_, PyBytes>) -> Bytes {
    Bytes::from_owner(PyBackedBytes::from(bytes.clone()))
}

/// Reads one Document's payload in a protocol.
fn read_document<'py>(
    cls: &Bound<'py, PyType>,
    payload: &Bound<'py, PyBytes>,
    protocol: &str,
    allow_pickle: bool,
) -> PyResult<Bound<'py, PyDocument>> {
    if protocol == "pickle" || is_pickle(payload.as_bytes()) {
        may_unpickle(cls.py(), allow_pickle)?;
        let class = cls.py().get_type::<PyDocument>();
        return super::array::a_document(unpickle(payload, class.as_any())?);
    }
    PyDocument::read(cls, shared(payload))
}

fn write_document<'py>(
    document: &Bound<'py, PyDocument>,
    protocol: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = document.py();
    match protocol {
        "protobuf" => Ok(PyBytes::new(py, &encode::document(document)?)),
        "pickle" => Ok(py
            .import("pickle")?
            .call_method1("dumps", (document,))?
            .cast_into()?),
        _ => Err(unknown_protocol(protocol, "'protobuf' and 'pickle'")),
    }
}

#[pymethods]
impl PyDocument {
    /// The Document as bytes. `protocol` is 'protobuf' or 'pickle'; `compress` one of lz4, bz2, lzma, zlib
    /// and gzip.
    #[pyo3(signature = (protocol="protobuf", compress=None))]
    pub(super) fn to_bytes<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        compress: Option<&str>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let payload = write_document(slf, protocol)?;
        self::compress(slf.py(), payload.as_bytes(), compress)
    }

    /// A Document from bytes; a pickle is read only with `allow_pickle=True`.
    #[classmethod]
    #[pyo3(signature = (data, protocol="protobuf", compress=None, *, allow_pickle=false))]
    pub(super) fn from_bytes<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyBytes>,
        protocol: &str,
        compress: Option<&str>,
        allow_pickle: bool,
    ) -> PyResult<Bound<'py, Self>> {
        if !matches!(protocol, "protobuf" | "pickle") {
            return Err(unknown_protocol(protocol, "'protobuf' and 'pickle'"));
        }
        read_document(cls, &decompress(data, compress)?, protocol, allow_pickle)
    }

    fn __bytes__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        write_document(slf, "protobuf")
    }
}

#[pymethods]
impl PyDocumentArray {
    /// The array as bytes. `protocol` is 'protobuf-array' (one message), 'protobuf' (a stream of length
    /// and Document), 'pickle-array' or 'pickle'; `compress` one of lz4, bz2, lzma, zlib and gzip.
    #[pyo3(signature = (protocol="protobuf-array", compress=None))]
    pub(super) fn to_bytes<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        compress: Option<&str>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let py = slf.py();
        match protocol {
            "protobuf-array" => {
                // Touched or not, what is written must be readable.
                Self::length(slf)?;
                let bytes = match Self::unchanged(slf)? {
                    Some(bytes) => {
                        let given = |rows: &mut Rows| rows.given.as_ref().map(|g| g.clone_ref(py));
                        match Self::with(slf, given)? {
                            Some(given) => given.into_bound(py),
                            None => PyBytes::new(py, &bytes),
                        }
                    }
                    None => encode::array_bytes(slf)?,
                };
                match compress {
                    None => Ok(bytes),
                    compress => self::compress(py, bytes.as_bytes(), compress),
                }
            }
            "pickle-array" => {
                let pickled = py.import("pickle")?.call_method1("dumps", (slf,))?;
                self::compress(py, pickled.cast_into::<PyBytes>()?.as_bytes(), compress)
            }
            "protobuf" | "pickle" => {
                let documents = Self::documents(slf)?;
                let mut out = stream_head(documents.len() as u64).to_vec();
                for document in &documents {
                    let payload = write_document(document, protocol)?;
                    let payload = self::compress(py, payload.as_bytes(), compress)?;
                    out.extend(payload_head(payload.as_bytes().len()).map_err(refused)?);
                    out.extend_from_slice(payload.as_bytes());
                }
                Ok(PyBytes::new(py, &out))
            }
            _ => Err(unknown_protocol(protocol, KNOWN_PROTOCOLS)),
        }
    }

    /// An array from bytes, in the protocol and with the compression that they were written with; a pickle
    /// is read only with `allow_pickle=True`.
    #[classmethod]
    #[pyo3(signature = (data, protocol="protobuf-array", compress=None, *, allow_pickle=false))]
    pub(super) fn from_bytes<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyBytes>,
        protocol: &str,
        compress: Option<&str>,
        allow_pickle: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = cls.py();
        match protocol {
            "protobuf-array" | "pickle-array" => {
                let data = decompress(data, compress)?;
                if protocol == "pickle-array" || is_pickle(data.as_bytes()) {
                    may_unpickle(py, allow_pickle)?;
                    let array = unpickle(&data, py.get_type::<Self>().as_any())?;
                    return Self::in_class(cls, array.cast_into()?);
                }
                let wire = shared(&data);
                let array = Self::from_wire(py, wire)?.into_bound(py);
                Self::with(&array, |rows| rows.given = Some(data.unbind()))?;
                Self::in_class(cls, array)
            }
            "protobuf" | "pickle" => {
                let document = py.get_type::<PyDocument>();
                let mut documents = Vec::new();
                for payload in payloads(data.as_bytes()).map_err(refused)? {
                    let payload = decompress(&PyBytes::new(py, payload), compress)?;
                    documents.push(read_document(&document, &payload, protocol, allow_pickle)?);
                }
                Self::in_class(cls, Self::of(py, documents)?)
            }
            _ => Err(unknown_protocol(protocol, KNOWN_PROTOCOLS)),
        }
    }

    fn __bytes__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        Self::to_bytes(slf, "protobuf-array", None)
    }

    fn __reduce_ex__<'py>(
        slf: &Bound<'py, Self>,
        _protocol: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let plain = py.get_type::<Self>().getattr("_restore")?;
        let nested = Self::parent(slf)?.is_some();
        let restore = if nested {
            plain
        } else {
            slf.get_type().getattr("_restore")?
        };
        let documents = PyList::new(py, Self::documents(slf)?)?;
        let attributes = super::identity::own_dict(slf.as_any())?;
        (restore, (documents, attributes))
            .into_pyobject(py)
            .map(Bound::into_any)
    }

    /// Makes an array from what a pickle holds.
    #[classmethod]
    fn _restore<'py>(
        cls: &Bound<'py, PyType>,
        documents: &Bound<'py, PyList>,
        attributes: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let documents = super::array::collect(documents.as_any())?;
        let array = Self::in_class(cls, Self::of(cls.py(), documents)?)?;
        if let Ok(attributes) = attributes.cast::<PyDict>() {
            array
                .getattr("__dict__")?
                .call_method1("update", (attributes,))?;
        }
        Ok(array)
    }
}

const KNOWN_PROTOCOLS: &str = "'protobuf-array', 'protobuf', 'pickle-array' and 'pickle'";

impl PyDocumentArray {
    /// An array as it is, or as an instance of a subclass that shares its rows.
    pub(super) fn in_class<'py>(
        cls: &Bound<'py, PyType>,
        array: Bound<'py, Self>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if cls.is(cls.py().get_type::<Self>()) {
            Ok(array.into_any())
        } else {
            cls.call1((array,))
        }
    }
}
