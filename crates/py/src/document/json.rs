//! Documents and arrays as dicts, lists, JSON and base64 text.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyType};
use tidegate_doc::json::Dialect;

use super::plain::{Choice, base64_decode, base64_encode};
use super::{PyDocument, PyDocumentArray, encode, json_rows, json_text, plain, proto_json};

fn dialect(protocol: &str) -> PyResult<Dialect> {
    protocol.parse().map_err(PyValueError::new_err)
}

/// Whether there are keywords, which Python's own writer has to take.
fn none_given(kwargs: Option<&Bound<'_, PyDict>>) -> bool {
    kwargs.is_none_or(|kwargs| kwargs.is_empty())
}

/// Keywords of protobuf's own printer that choose names; returns the choice and the other keywords.
fn proto_names<'py>(
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<(bool, Option<Bound<'py, PyDict>>)> {
    const NAME: &str = "preserving_proto_field_name";
    let Some(kwargs) = kwargs else {
        return Ok((false, None));
    };
    let rest = kwargs.copy()?;
    let chosen = kwargs.get_item(NAME)?;
    if chosen.is_some() {
        rest.del_item(NAME)?;
    }
    let chosen = chosen.map_or(Ok(false), |value| value.is_truthy())?;
    Ok((chosen, (!rest.is_empty()).then_some(rest)))
}

fn refuse_rest(rest: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    match rest {
        None => Ok(()),
        Some(rest) => Err(PyTypeError::new_err(format!(
            "unexpected keywords: {}",
            rest.keys()
        ))),
    }
}

fn as_dict<'py>(
    document: &Bound<'py, PyDocument>,
    dialect: Dialect,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<(Bound<'py, PyDict>, Option<Bound<'py, PyDict>>)> {
    match dialect {
        Dialect::Plain => {
            let (choice, rest) = Choice::take(kwargs)?;
            Ok((plain::to_dict(document, &choice)?, rest))
        }
        Dialect::Protobuf => {
            let (names, rest) = proto_names(kwargs)?;
            let wire = encode::document(document)?;
            Ok((proto_json::to_dict(document.py(), &wire, names)?, rest))
        }
    }
}

fn of_dict<'py>(
    cls: &Bound<'py, PyType>,
    value: &Bound<'py, PyAny>,
    protocol: &str,
) -> PyResult<Bound<'py, PyDocument>> {
    match dialect(protocol)? {
        Dialect::Plain => plain::from_dict(cls.as_any(), value, 0),
        Dialect::Protobuf => PyDocument::read(cls, proto_json::from_dict(value)?.into()),
    }
}

fn dumps<'py>(
    value: &Bound<'py, PyAny>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    value
        .py()
        .import("json")?
        .call_method("dumps", (value,), kwargs)
}

fn loads<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    text.py().import("json")?.call_method1("loads", (text,))
}

#[pymethods]
impl PyDocument {
    /// The Document as a dict. 'jsonschema' has every key, None where unset, and takes `exclude_none`,
    /// `include` and `exclude`; 'protobuf' has only what is set, named as protobuf's JSON names it.
    #[pyo3(signature = (protocol="jsonschema", **kwargs))]
    fn to_dict<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (dict, rest) = as_dict(slf, dialect(protocol)?, kwargs)?;
        refuse_rest(rest.as_ref())?;
        Ok(dict)
    }

    /// The Document as JSON, in the form that `to_dict` has; other keywords go to `json.dumps`.
    #[pyo3(signature = (protocol="jsonschema", **kwargs))]
    fn to_json<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let dialect = dialect(protocol)?;
        if none_given(kwargs)
            && let Some(text) = json_text::document(slf, dialect)?
        {
            return Ok(PyString::new(slf.py(), &text).into_any());
        }
        let (dict, rest) = as_dict(slf, dialect, kwargs)?;
        let rest = match (dialect, rest) {
            (Dialect::Protobuf, rest) => {
                let options = PyDict::new(slf.py());
                options.set_item("indent", 2)?;
                if let Some(rest) = rest {
                    options.call_method1("update", (rest,))?;
                }
                Some(options)
            }
            (Dialect::Plain, rest) => rest,
        };
        dumps(dict.as_any(), rest.as_ref())
    }

    /// A Document from a dict in the form that `to_dict` has.
    #[classmethod]
    #[pyo3(signature = (obj, protocol="jsonschema"))]
    fn from_dict<'py>(
        cls: &Bound<'py, PyType>,
        obj: &Bound<'py, PyAny>,
        protocol: &str,
    ) -> PyResult<Bound<'py, Self>> {
        of_dict(cls, obj, protocol)
    }

    /// A Document from JSON in the form that `to_json` has.
    #[classmethod]
    #[pyo3(signature = (obj, protocol="jsonschema"))]
    fn from_json<'py>(
        cls: &Bound<'py, PyType>,
        obj: &Bound<'py, PyAny>,
        protocol: &str,
    ) -> PyResult<Bound<'py, Self>> {
        match json_rows::document(cls, obj, dialect(protocol)?)? {
            Some(document) => Ok(document),
            None => of_dict(cls, &loads(obj)?, protocol),
        }
    }

    /// What `to_bytes` returns, as base64 text.
    #[pyo3(signature = (protocol="protobuf", compress=None))]
    fn to_base64<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        compress: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        base64_encode(Self::to_bytes(slf, protocol, compress)?.as_any())
    }

    /// A Document from what `to_base64` returned; a pickle is read only with `allow_pickle=True`.
    #[classmethod]
    #[pyo3(signature = (data, protocol="protobuf", compress=None, *, allow_pickle=false))]
    fn from_base64<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyAny>,
        protocol: &str,
        compress: Option<&str>,
        allow_pickle: bool,
    ) -> PyResult<Bound<'py, Self>> {
        let data: Bound<'py, PyBytes> = base64_decode(data, "data")?;
        Self::from_bytes(cls, &data, protocol, compress, allow_pickle)
    }
}

#[pymethods]
impl PyDocumentArray {
    /// Every Document as a dict, in the form that `Document.to_dict` has.
    #[pyo3(signature = (protocol="jsonschema", **kwargs))]
    pub(super) fn to_list<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let dialect = dialect(protocol)?;
        let list = PyList::empty(slf.py());
        for document in Self::documents(slf)? {
            let (dict, rest) = as_dict(&document, dialect, kwargs)?;
            refuse_rest(rest.as_ref())?;
            list.append(dict)?;
        }
        Ok(list)
    }

    /// The same as `to_list`.
    #[pyo3(signature = (protocol="jsonschema", **kwargs))]
    fn to_dict<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        Self::to_list(slf, protocol, kwargs)
    }

    /// The array as a JSON list, in the form that `to_list` has.
    #[pyo3(signature = (protocol="jsonschema", **kwargs))]
    fn to_json<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if none_given(kwargs)
            && let Some(text) = json_text::array(slf, dialect(protocol)?)?
        {
            return Ok(PyString::new(slf.py(), &text).into_any());
        }
        dumps(Self::to_list(slf, protocol, kwargs)?.as_any(), None)
    }

    /// An array from dicts in the form that `to_list` has.
    #[classmethod]
    #[pyo3(signature = (values, protocol="jsonschema"))]
    pub(super) fn from_list<'py>(
        cls: &Bound<'py, PyType>,
        values: &Bound<'py, PyAny>,
        protocol: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = cls.py();
        let class = py.get_type::<PyDocument>();
        let mut documents = Vec::new();
        for value in values.try_iter()? {
            documents.push(of_dict(&class, &value?, protocol)?);
        }
        Self::in_class(cls, Self::of(py, documents)?)
    }

    /// The same as `from_list`.
    #[classmethod]
    #[pyo3(signature = (values, protocol="jsonschema"))]
    fn from_dict<'py>(
        cls: &Bound<'py, PyType>,
        values: &Bound<'py, PyAny>,
        protocol: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::from_list(cls, values, protocol)
    }

    /// An array from a JSON list in the form that `to_json` has.
    #[classmethod]
    #[pyo3(signature = (file, protocol="jsonschema"))]
    fn from_json<'py>(
        cls: &Bound<'py, PyType>,
        file: &Bound<'py, PyAny>,
        protocol: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        match json_rows::array(file, dialect(protocol)?)? {
            Some(array) => Self::in_class(cls, array),
            None => Self::from_list(cls, &loads(file)?, protocol),
        }
    }

    /// What `to_bytes` returns, as base64 text.
    #[pyo3(signature = (protocol="protobuf-array", compress=None))]
    fn to_base64<'py>(
        slf: &Bound<'py, Self>,
        protocol: &str,
        compress: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        base64_encode(Self::to_bytes(slf, protocol, compress)?.as_any())
    }

    /// An array from what `to_base64` returned; a pickle is read only with `allow_pickle=True`.
    #[classmethod]
    #[pyo3(signature = (data, protocol="protobuf-array", compress=None, *, allow_pickle=false))]
    fn from_base64<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyAny>,
        protocol: &str,
        compress: Option<&str>,
        allow_pickle: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let data: Bound<'py, PyBytes> = base64_decode(data, "data")?;
        Self::from_bytes(cls, &data, protocol, compress, allow_pickle)
    }
}
