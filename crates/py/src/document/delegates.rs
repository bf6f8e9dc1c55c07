//! Methods of arrays whose work is done in Python, by modules that are imported when first used.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{PyDocument, PyDocumentArray};

/// Calls a function of `tidegate._documents.<module>` with the object in front of the arguments.
pub(super) fn hand_over<'py>(
    object: &Bound<'py, PyAny>,
    (module, function): (&str, &str),
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let module = py.import(format!("tidegate._documents.{module}"))?;
    let mut all = vec![object.clone()];
    all.extend(args.iter());
    module
        .getattr(function)?
        .call(PyTuple::new(py, all)?, kwargs)
}

#[pymethods]
impl PyDocumentArray {
    /// Searches. A dict is a filter and gives an array; a vector gives an array of its nearest Documents;
    /// a Document, an array or a matrix gives a list of arrays. See `tidegate._documents.search.find`.
    #[pyo3(signature = (query=None, metric=None, limit=20.0, metric_name=None, exclude_self=false,
        filter=None, only_id=false, index="text", return_root=false, on=None, **kwargs))]
    #[allow(clippy::too_many_arguments)] // The signature is the public one.
    fn find<'py>(
        slf: &Bound<'py, Self>,
        query: Option<Bound<'py, PyAny>>,
        metric: Option<Bound<'py, PyAny>>,
        limit: Option<f64>,
        metric_name: Option<&str>,
        exclude_self: bool,
        filter: Option<Bound<'py, PyAny>>,
        only_id: bool,
        index: &str,
        return_root: bool,
        on: Option<&str>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let (Some(query), None, None, None) = (&query, &filter, on, kwargs)
            && query.is_exact_instance_of::<PyDict>()
        {
            return Ok(Self::filtered(slf, query)?.into_any());
        }
        let args = (
            query,
            metric,
            limit,
            metric_name,
            exclude_self,
            filter,
            only_id,
            index,
        );
        let args = args.into_pyobject(slf.py())?.to_list();
        args.append(return_root)?;
        args.append(on)?;
        hand_over(slf, ("search", "find"), &args.to_tuple(), kwargs)
    }

    /// The Documents that meet a filter.
    fn _filter<'py>(
        slf: &Bound<'py, Self>,
        filter: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        Self::filtered(slf, filter)
    }

    /// Yields arrays of `batch_size` Documents; the last one may be shorter.
    #[pyo3(signature = (batch_size, shuffle=false, show_progress=false))]
    fn batch<'py>(
        slf: &Bound<'py, Self>,
        batch_size: &Bound<'py, PyAny>,
        shuffle: bool,
        show_progress: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let args = (batch_size, shuffle, show_progress).into_pyobject(slf.py())?;
        hand_over(slf, ("grouping", "batch"), &args, None)
    }

    /// Yields lists of `batch_size` ids; the last one may be shorter.
    #[pyo3(signature = (batch_size, shuffle=false))]
    fn batch_ids<'py>(
        slf: &Bound<'py, Self>,
        batch_size: &Bound<'py, PyAny>,
        shuffle: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let args = (batch_size, shuffle).into_pyobject(slf.py())?;
        hand_over(slf, ("grouping", "batch_ids"), &args, None)
    }

    /// A dict from each value of a tag to the array of Documents that have it.
    fn split_by_tag<'py>(slf: &Bound<'py, Self>, tag: &str) -> PyResult<Bound<'py, PyAny>> {
        let args = (tag,).into_pyobject(slf.py())?;
        hand_over(slf, ("grouping", "split_by_tag"), &args, None)
    }

    /// `k` Documents at random, as a new array.
    #[pyo3(signature = (k, seed=None))]
    fn sample<'py>(
        slf: &Bound<'py, Self>,
        k: usize,
        seed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let args = (k, seed).into_pyobject(slf.py())?;
        hand_over(slf, ("grouping", "sample"), &args, None)
    }

    /// All Documents in random order, as a new array.
    #[pyo3(signature = (seed=None))]
    fn shuffle<'py>(
        slf: &Bound<'py, Self>,
        seed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let args = (Self::length(slf)?, seed).into_pyobject(slf.py())?;
        hand_over(slf, ("grouping", "sample"), &args, None)
    }

    /// Calls a function with every Document, in threads or processes, and puts what it returns in its
    /// place. See `tidegate._documents.mapping.apply`.
    #[pyo3(signature = (*args, **kwargs))]
    fn apply<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(slf, ("mapping", "apply"), args, kwargs)
    }

    /// Calls a function with batches of Documents and puts what it returns in their places.
    /// See `tidegate._documents.mapping.apply_batch`.
    #[pyo3(signature = (*args, **kwargs))]
    fn apply_batch<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(slf, ("mapping", "apply_batch"), args, kwargs)
    }

    /// Shows what the array holds: in colours on a terminal, as HTML in a notebook.
    fn summary<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        hand_over(
            slf,
            ("summary", "of_array"),
            &PyTuple::empty(slf.py()),
            None,
        )
    }

    /// Shows it in a notebook.
    fn _ipython_display_(slf: &Bound<'_, Self>) -> PyResult<()> {
        slf.call_method0("summary").map(drop)
    }
}

#[pymethods]
impl PyDocument {
    /// Shows what the Document holds, with its matches and chunks: in colours on a terminal, as HTML in a
    /// notebook.
    fn summary<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        hand_over(
            slf,
            ("summary", "of_document"),
            &PyTuple::empty(slf.py()),
            None,
        )
    }

    /// Sets `matches` to the nearest Documents of an array and returns the Document.
    #[pyo3(name = "match", signature = (*args, **kwargs))]
    fn match_with<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        let array = PyDocumentArray::of(slf.py(), [slf.clone()])?;
        hand_over(array.as_any(), ("search", "match"), args, kwargs)?;
        Ok(slf.clone())
    }
}
