//! A Python exception as data.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use tidegate_core::{Error, RemoteException};

/// The longest text of an exception that travels, in bytes; what is longer is cut.
const MAX_TEXT: usize = 64 * 1024;
/// The most arguments that travel.
const MAX_ARGS: usize = 64;
/// The most traceback chunks that travel: the first ones and the last ones.
const MAX_STACKS: usize = 256;

/// The error that stands for an exception raised by the class `executor`.
pub(crate) fn error_from(py: Python<'_>, raised: &PyErr, executor: &str) -> Error {
    let value = raised.value(py);
    if let Some(traceback) = raised.traceback(py) {
        // Before 3.12 the two travel apart.
        let _ = value.setattr(intern!(py, "__traceback__"), traceback);
    }
    let name = name_of(value);
    let description = text_of(value.repr(), &name);
    let args = args_of(value, &name);
    let mut stacks = stacks_of(value);
    if stacks.is_empty() {
        stacks.push(description.clone());
    }
    Error::executor(
        description,
        RemoteException {
            name,
            args,
            stacks,
            executor: executor.to_owned(),
        },
    )
}

fn name_of(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().name();
    name.map_or_else(
        |_| "Exception".to_owned(),
        |name| cut(name.to_string_lossy().into_owned()),
    )
}

fn args_of(value: &Bound<'_, PyAny>, name: &str) -> Vec<String> {
    let Ok(args) = value
        .getattr("args")
        .and_then(|args| Ok(args.cast_into::<PyTuple>()?))
    else {
        return Vec::new();
    };
    args.iter()
        .take(MAX_ARGS)
        .map(|arg| text_of(arg.str(), name))
        .collect()
}

fn text_of(text: PyResult<Bound<'_, PyString>>, name: &str) -> String {
    match text {
        Ok(text) => cut(text.to_string_lossy().into_owned()),
        Err(_) => format!("<unprintable {name}>"),
    }
}

fn stacks_of(value: &Bound<'_, PyAny>) -> Vec<String> {
    let format = || -> PyResult<Vec<String>> {
        let module = value.py().import("traceback")?;
        let chunks = module.call_method1("format_exception", (value,))?;
        let mut stacks = Vec::new();
        for chunk in chunks.try_iter()? {
            stacks.push(cut(chunk?.str()?.to_string_lossy().into_owned()));
        }
        Ok(stacks)
    };
    let mut stacks = format().unwrap_or_default();
    if stacks.len() > MAX_STACKS {
        let left_out = stacks.len() - MAX_STACKS;
        let note = format!("  [{left_out} more chunks left out]\n");
        stacks.splice(MAX_STACKS / 2..MAX_STACKS / 2 + left_out, [note]);
    }
    stacks
}

/// Cuts `text` where it is longer than may travel, and says so.
fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let whole = text.len();
        let end = (0..=MAX_TEXT).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push_str(&format!("... [{whole} bytes in all]"));
    }
    text
}
