//! `Document` and `DocumentArray` as Python sees them.
//!
//! A `Document` keeps what Python gave it as Python objects, and what came over the wire as bytes until
//! somebody looks. An array keeps the frame that it came in and makes a `Document` per row on first touch.

mod array;
mod batch;
mod binary;
mod bulk;
mod cell;
mod content;
mod decode;
mod delegates;
mod delegates_arrays;
mod delegates_media;
mod delegates_multimodal;
mod encode;
mod encode_array;
mod encode_quick;
mod fields;
mod filter;
mod fresh_bytes;
mod gather;
mod identity;
mod index;
mod json;
mod json_rows;
mod json_text;
mod nearest;
mod nested_arrays;
mod nested_list;
mod node;
mod numpy_layout;
mod packed;
mod plain;
mod properties;
mod proto_json;
mod protobuf;
mod recursion;
mod reduce;
mod rows;
mod score;
mod sequence;
mod state;
mod structs;
mod tensor;
mod tracking;
mod traverse;
mod unpickling;

use pyo3::prelude::*;

#[allow(unused_imports)]
pub(crate) use array::{PyChunkArray, PyDocumentArray, PyMatchArray, Wire, scans};
pub(crate) use batch::{Received, batch_of, documents_of};
pub(crate) use filter::plain;
pub(crate) use node::{_forget_random_ids, PyDocument};
pub(crate) use protobuf::array_as;
pub(crate) use score::PyNamedScore;
#[allow(unused_imports)]
pub(crate) use structs::{py_to_struct, struct_to_py};

/// Does what the classes need of other modules: fresh ids in a forked child, an abc's blessing.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let hooks = pyo3::types::PyDict::new(py);
    hooks.set_item("after_in_child", module.getattr("_forget_random_ids")?)?;
    py.import("os")?
        .call_method("register_at_fork", (), Some(&hooks))?;
    let sequences = py.import("_collections_abc")?.getattr("MutableSequence")?;
    sequences.call_method1("register", (module.getattr("DocumentArray")?,))?;
    delegates_arrays::seal(module)?;
    Ok(())
}
