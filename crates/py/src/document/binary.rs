//! Documents and arrays as bytes: protobuf, the stream framing, compression, and pickles on request.

use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyList, PyType};

use super::rows::Rows;
use super::unpickling::{may_unpickle, unpickle};
use super::{PyDocument, PyDocumentArray, encode};

/// The first byte of the stream framing.
const STREAM_VERSION: u8 = 1;

fn unknown_protocol(protocol: &str, known: &str) -> PyErr {
    PyValueError::new_err(format!("protocol '{protocol}' is not known; {known} are"))
}

/// The algorithms by the module that has them.
fn algorithm<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let module = match name {
        "lz4" => "lz4.frame",
        "gzip" | "bz2" | "lzma" | "zlib" => name,
        _ => {
            return Err(PyValueError::new_err(format!(
                "compression '{name}' is not known; lz4, bz2, lzma, zlib and gzip are"
            )));
        }
    };
    py.import("tidegate._documents.extras")?
        .call_method1("need", (module,))
}

/// Bytes compressed by an algorithm, or as they are.
pub(super) fn compress<'py>(
    py: Python<'py>,
    bytes: &[u8],
    name: Option<&str>,
) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = PyBytes::new(py, bytes);
    match name {
        None => Ok(bytes),
        Some(name) => Ok(algorithm(py, name)?
            .call_method1("compress", (bytes,))?
            .cast_into()?),
    }
}

/// Bytes as they were before `compress`.
pub(super) fn decompress<'py>(
    bytes: &Bound<'py, PyBytes>,
    name: Option<&str>,
) -> PyResult<Bound<'py, PyBytes>> {
    match name {
        None => Ok(bytes.clone()),
        Some(name) => {
            let py = bytes.py();
            let plain = algorithm(py, name)?
                .call_method1("decompress", (bytes,))
                .map_err(|error| {
                    let why = PyValueError::new_err(format!(
                        "these bytes are no whole {name}: {}; name the compression that they were \
                         written with",
                        error.value(py)
                    ));
                    why.set_cause(py, Some(error));
                    why
                })?;
            Ok(plain.cast_into()?)
        }
    }
}

fn is_pickle(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x80)
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
                let mut out = vec![STREAM_VERSION];
                out.extend((documents.len() as u64).to_be_bytes());
                for document in &documents {
                    let payload = write_document(document, protocol)?;
                    let payload = self::compress(py, payload.as_bytes(), compress)?;
                    let len = u32::try_from(payload.as_bytes().len()).map_err(|_| {
                        PyValueError::new_err(
                            "a Document above 4 GiB does not fit the stream framing",
                        )
                    })?;
                    out.extend(len.to_be_bytes());
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
                for payload in stream(data.as_bytes())? {
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

/// The payloads of a stream: a version byte, a count, and per Document a length and that many bytes.
fn stream(bytes: &[u8]) -> PyResult<Vec<&[u8]>> {
    let cut =
        |at: &str| PyValueError::new_err(format!("the stream of Documents is cut off within {at}"));
    let (version, rest) = bytes.split_first().ok_or_else(|| cut("its header"))?;
    if *version != STREAM_VERSION {
        return Err(PyValueError::new_err(format!(
            "the stream of Documents has version {version}, and {STREAM_VERSION} is what is read; \
             was it written with another protocol?"
        )));
    }
    let (count, mut rest) = rest
        .split_first_chunk::<8>()
        .ok_or_else(|| cut("its header"))?;
    let count = u64::from_be_bytes(*count);
    let mut payloads = Vec::new();
    for at in 0..count {
        let within = || cut(&format!("docs[{at}] of {count}"));
        let (len, tail) = rest.split_first_chunk::<4>().ok_or_else(within)?;
        let (payload, tail) = tail
            .split_at_checked(u32::from_be_bytes(*len) as usize)
            .ok_or_else(within)?;
        payloads.push(payload);
        rest = tail;
    }
    Ok(payloads)
}
