//! The option table and YAML, as Python reads them.

use std::collections::HashMap;
use std::path::Path;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use tidegate::cli::{self, Outcome, Terminal};
use tidegate_core::spec::yaml::{Data, Node, Source, Substitutes, emit};
use tidegate_core::spec::{self, FileKind, Literal, RENAMED, Surroundings};

use crate::errors::to_py;

/// Objects nest no deeper than this.
const MOST_DEPTH: usize = 64;

type Row<'py> = (
    &'static str,
    u8,
    &'static str,
    &'static str,
    Vec<Bound<'py, PyAny>>,
);

/// The table of options: name, places as bits, fate, doc, the values that ask for nothing.
#[pyfunction]
pub(crate) fn _options(py: Python<'_>) -> PyResult<Vec<Row<'_>>> {
    spec::options()
        .iter()
        .map(|option| {
            let idle = option.idle.iter().map(|value| literal(py, *value));
            let fate = match option.fate {
                spec::Fate::Built => "BUILT",
                spec::Fate::Inert => "INERT",
                spec::Fate::Unbuilt => "UNBUILT",
            };
            Ok((
                option.name,
                option.places.bits(),
                fate,
                option.doc,
                idle.collect::<PyResult<_>>()?,
            ))
        })
        .collect()
}

/// Older spellings of options, and what they are called now.
#[pyfunction]
pub(crate) fn _renamed_options() -> Vec<(&'static str, &'static str)> {
    RENAMED.to_vec()
}

fn literal(py: Python<'_>, value: Literal) -> PyResult<Bound<'_, PyAny>> {
    match value {
        Literal::Null => Ok(py.None().into_bound(py)),
        Literal::Bool(value) => value.into_bound_py_any(py),
        Literal::Int(value) => value.into_bound_py_any(py),
        Literal::Text(text) => text.into_bound_py_any(py),
        Literal::Empty => Ok(PyList::empty(py).into_any()),
    }
}

/// Reads and checks a description of a Flow, a Deployment, an Executor or a gateway.
///
/// `source` is a text or a dict; `name` is what messages call it, `search` the folders in which files
/// that it names are looked for. `context` and `env`, before the process's own environment, fill in
/// `${{ }}`, which stay as they are where `context` is None.
#[pyfunction]
#[pyo3(signature = (source, *, kind, name, search, context=None, env=None))]
pub(crate) fn load_yaml<'py>(
    source: &Bound<'py, PyAny>,
    kind: &str,
    name: &str,
    search: Vec<String>,
    context: Option<&Bound<'py, PyDict>>,
    env: Option<HashMap<String, String>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = source.py();
    let kind = match kind {
        "flow" => FileKind::Flow,
        "deployment" => FileKind::Deployment,
        "executor" => FileKind::Executor,
        "gateway" => FileKind::Gateway,
        _ => FileKind::Any,
    };
    let mut foreign = Vec::new();
    let mut given = Vec::new();
    for (key, value) in context.into_iter().flatten() {
        given.push((
            key.str()?.to_string(),
            from_python(&value, &mut foreign, 0)?,
        ));
    }
    let text: Option<String> = source.extract().ok();
    let root = match &text {
        Some(_) => None,
        None => Some(from_python(source, &mut foreign, 0)?),
    };
    let variable = |wanted: &str| {
        let own = env.as_ref().and_then(|env| env.get(wanted).cloned());
        own.or_else(|| std::env::var(wanted).ok())
    };
    let find_file = |wanted: &str| find(wanted, &search);
    let around = Surroundings {
        substitutes: context.is_some().then_some(Substitutes {
            env: &variable,
            context: &given,
        }),
        find_file: &find_file,
        looked_in: &search.join(", "),
    };
    let source = Source {
        name,
        text: text.as_deref().unwrap_or_default(),
    };
    let loaded = spec::load(kind, source, root, &around).map_err(|error| to_py(py, &error))?;
    to_python(py, &loaded, &foreign)
}

/// Writes a dict of plain values as YAML.
#[pyfunction]
pub(crate) fn dump_yaml(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let mut foreign = Vec::new();
    let node = from_python(value, &mut foreign, 0)?;
    match foreign.first() {
        None => Ok(emit(&node)),
        Some(object) => {
            let said = format!("{} cannot be written as YAML", object.repr()?);
            Err(PyValueError::new_err(said))
        }
    }
}

/// The whole path of a file, or of a package's folder, in the first of the folders that has it.
fn find(wanted: &str, folders: &[String]) -> Option<String> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let path = match wanted.strip_prefix("~/") {
        Some(rest) => Path::new(&home).join(rest),
        None => Path::new(wanted).to_owned(),
    };
    let found = folders
        .iter()
        .map(|folder| Path::new(folder).join(&path))
        .find(|path| path.is_file() || path.join("__init__.py").is_file())?;
    let whole = std::path::absolute(&found).unwrap_or(found);
    Some(whole.to_string_lossy().into_owned())
}

fn from_python<'py>(
    value: &Bound<'py, PyAny>,
    foreign: &mut Vec<Bound<'py, PyAny>>,
    depth: usize,
) -> PyResult<Node> {
    if depth > MOST_DEPTH {
        return Err(PyValueError::new_err("values nest too deep"));
    }
    let data = if value.is_none() {
        Data::Null
    } else if let Ok(flag) = value.cast::<PyBool>() {
        Data::Bool(flag.is_true())
    } else if value.is_exact_instance_of::<PyInt>() {
        match value.extract() {
            Ok(number) => Data::Int(number),
            Err(_) => Data::BigInt(value.str()?.to_string()),
        }
    } else if value.is_exact_instance_of::<PyFloat>() {
        Data::Float(value.extract()?)
    } else if value.is_exact_instance_of::<PyString>() {
        Data::Text(value.extract()?, false)
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value
            .try_iter()?
            .map(|item| from_python(&item?, foreign, depth + 1));
        Data::Seq(items.collect::<PyResult<_>>()?)
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        let mut pairs = Vec::new();
        for pair in mapping.items()? {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            let key = from_python(&key, foreign, depth + 1)?;
            pairs.push((key, from_python(&value, foreign, depth + 1)?));
        }
        Data::Map(pairs)
    } else {
        foreign.push(value.clone());
        Data::Foreign(foreign.len() - 1)
    };
    Ok(Node::new(data))
}

fn to_python<'py>(
    py: Python<'py>,
    node: &Node,
    foreign: &[Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    match &node.data {
        Data::Null => Ok(py.None().into_bound(py)),
        Data::Bool(value) => value.into_bound_py_any(py),
        Data::Int(value) => value.into_bound_py_any(py),
        Data::BigInt(digits) => py.get_type::<PyInt>().call1((digits,)),
        Data::Float(value) => value.into_bound_py_any(py),
        Data::Text(text, _) => text.into_bound_py_any(py),
        Data::Seq(items) => {
            let items = items.iter().map(|item| to_python(py, item, foreign));
            PyList::new(py, items.collect::<PyResult<Vec<_>>>()?).map(Bound::into_any)
        }
        Data::Map(pairs) => {
            let dict = PyDict::new(py);
            for (key, value) in pairs {
                dict.set_item(to_python(py, key, foreign)?, to_python(py, value, foreign)?)?;
            }
            Ok(dict.into_any())
        }
        Data::Foreign(index) => match foreign.get(*index) {
            Some(object) => Ok(object.clone()),
            None => Ok(py.None().into_bound(py)),
        },
    }
}

/// Does what the words after `tidegate` ask for; gives the exit code, or what is left to do in Python:
/// the verb, its words, a file, and options by name.
#[pyfunction]
pub(crate) fn _cli<'py>(
    py: Python<'py>,
    words: Vec<String>,
    python: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let outcome = py.detach(|| {
        let mut terminal = Terminal {
            out: &mut std::io::stdout(),
            err: &mut std::io::stderr(),
        };
        cli::run(&words, python, &mut terminal)
    });
    let action = match outcome {
        Outcome::Exit(code) => return code.into_bound_py_any(py),
        Outcome::Act(action) => action,
    };
    let options = PyDict::new(py);
    for (name, value) in &action.options {
        options.set_item(name, to_python(py, value, &[])?)?;
    }
    (action.verb, action.words, action.file, options).into_bound_py_any(py)
}
