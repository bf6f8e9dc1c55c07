//! Methods of arrays and Documents that load, save, judge, embed, draw, post and model them.
//!
//! Each hands its arguments to a function of `tidegate._documents`, whose module is imported when first
//! used. The signatures here are what `inspect.signature` and the stub tell.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::delegates::hand_over;
use super::{PyDocument, PyDocumentArray, PyNamedScore};

type Object<'py> = Bound<'py, PyAny>;

/// Class methods that build an array from outside; an instance has a stub in their place that refuses.
const OF_THE_CLASS_ALONE: [&str; 6] = [
    "from_ndarray",
    "from_files",
    "from_csv",
    "from_huggingface_datasets",
    "from_ndjson",
    "from_lines",
];

/// Makes methods of a class that pass all they get to a function of a module.
macro_rules! methods {
    ($class:ident: $(
        $(#[doc = $doc:literal])*
        $name:ident => $module:literal, $function:literal;
        ($($arg:ident: [$($ty:tt)*] $(= [$($default:tt)*])?),*) $(*$rest:ident)? $(**$kwargs:ident)?;
    )*) => {
        #[pymethods]
        impl $class {$(
            $(#[doc = $doc])*
            #[pyo3(signature = ($($arg $(= $($default)*)?,)* $(*$rest,)? $(**$kwargs)?))]
            #[allow(clippy::too_many_arguments)] // The signature is the public one.
            fn $name<'py>(
                slf: &Bound<'py, Self>,
                $($arg: $($ty)*,)*
                $($rest: &Bound<'py, PyTuple>,)?
                $($kwargs: Option<&Bound<'py, PyDict>>)?
            ) -> PyResult<Bound<'py, PyAny>> {
                passed!(slf, $module, $function, [$($arg),*] [$($rest)?] [$($kwargs)?])
            }
        )*}
    };
}

/// As `methods`, for class methods: the function gets the class first.
macro_rules! class_methods {
    ($class:ident: $(
        $(#[doc = $doc:literal])*
        $name:ident => $module:literal, $function:literal;
        ($($arg:ident: [$($ty:tt)*] $(= [$($default:tt)*])?),*) $(*$rest:ident)? $(**$kwargs:ident)?;
    )*) => {
        #[pymethods]
        impl $class {$(
            $(#[doc = $doc])*
            #[classmethod]
            #[pyo3(signature = ($($arg $(= $($default)*)?,)* $(*$rest,)? $(**$kwargs)?))]
            #[allow(clippy::too_many_arguments)] // The signature is the public one.
            fn $name<'py>(
                cls: &Bound<'py, PyType>,
                $($arg: $($ty)*,)*
                $($rest: &Bound<'py, PyTuple>,)?
                $($kwargs: Option<&Bound<'py, PyDict>>)?
            ) -> PyResult<Bound<'py, PyAny>> {
                passed!(cls, $module, $function, [$($arg),*] [$($rest)?] [$($kwargs)?])
            }
        )*}
    };
}

macro_rules! passed {
    ($object:expr, $module:literal, $function:literal, [$($arg:ident),*] [$($rest:ident)?] [$($kwargs:ident)?]) => {{
        let object = $object.as_any();
        #[allow(unused_mut)]
        let mut args: Vec<Object<'_>> = vec![$($arg.into_bound_py_any(object.py())?),*];
        $(args.extend($rest.iter());)?
        #[allow(unused_variables)]
        let named: Option<&Bound<'_, PyDict>> = None;
        $(let named = $kwargs;)?
        hand_over(object, ($module, $function), &PyTuple::new(object.py(), args)?, named)
    }};
}

class_methods! { PyDocumentArray:
    /// Makes an array with a Document per row of a numpy array.
    /// See `tidegate._documents.generators.from_ndarray`.
    from_ndarray => "loading", "from_ndarray"; () *args **kwargs;
    /// Makes an array with a Document per file that a glob pattern finds.
    /// See `tidegate._documents.generators.from_files`.
    from_files => "loading", "from_files"; () *args **kwargs;
    /// Makes an array with a Document per row of a CSV file.
    /// See `tidegate._documents.generators.from_csv`.
    from_csv => "loading", "from_csv"; () *args **kwargs;
    /// Makes an array with a Document per item of a data set that `datasets` loads.
    /// See `tidegate._documents.generators.from_huggingface_datasets`.
    from_huggingface_datasets => "loading", "from_huggingface_datasets"; () *args **kwargs;
    /// Makes an array with a Document per line of JSON.
    /// See `tidegate._documents.generators.from_ndjson`.
    from_ndjson => "loading", "from_ndjson"; () *args **kwargs;
    /// Makes an array of the lines of a file or an iterable.
    /// See `tidegate._documents.generators.from_lines`.
    from_lines => "loading", "from_lines"; () *args **kwargs;
    /// Reads an array that `save` wrote: `file_format` is 'binary', 'json' or 'csv'.
    load => "files", "load";
        (file: [Object<'py>], file_format: [&str] = ["binary"], encoding: [&str] = ["utf-8"]) **kwargs;
    /// Reads an array from a file, or bytes, that `save_binary` wrote; with `streaming=True` yields its
    /// Documents one by one. A pickle is read only with `allow_pickle=True`.
    load_binary => "files", "load_binary";
        (file: [Object<'py>], protocol: [&str] = ["protobuf-array"],
         compress: [Option<&str>] = [None], _show_progress: [bool] = [false],
         streaming: [bool] = [false]) *args **kwargs;
    /// Reads an array from a JSON file.
    load_json => "files", "load_json";
        (file: [Object<'py>], protocol: [&str] = ["jsonschema"], encoding: [&str] = ["utf-8"]) **kwargs;
    /// Reads an array from a CSV file; columns that are no fields become tags.
    load_csv => "tables", "load_csv";
        (file: [Object<'py>], field_resolver: [Option<Object<'py>>] = [None],
         encoding: [&str] = ["utf-8"]);
    /// Makes an array with a Document per row of a pandas DataFrame.
    from_dataframe => "tables", "from_dataframe"; (df: [Object<'py>]) *args **kwargs;
    /// Makes an array of a list of pydantic models.
    from_pydantic_model => "models", "array_from_model"; (model: [Object<'py>]);
    /// The JSON schema of an array, as text.
    get_json_schema => "models", "schema_of_array"; (indent: [usize] = [2]);
    /// Makes an array of a list of strawberry types.
    from_strawberry_type => "graphql", "array_from_type"; (model: [Object<'py>]);
    /// Yields what a function returns for each batch of a file that was saved as a stream; a pickle is
    /// read only with `allow_pickle=True`.
    dataloader => "loading", "dataloader";
        (path: [Object<'py>], func: [Object<'py>], batch_size: [usize],
         protocol: [&str] = ["protobuf"], compress: [Option<&str>] = [None],
         backend: [&str] = ["thread"], num_worker: [Option<usize>] = [None],
         pool: [Option<Object<'py>>] = [None], show_progress: [bool] = [false]) **kwargs;
    /// Refused: there is no cloud to read from.
    pull => "refused", "pull";
        (name: [Object<'py>], show_progress: [bool] = [false], local_cache: [bool] = [true]) *args **kwargs;
    /// Refused: there is no cloud to read from.
    cloud_pull => "refused", "pull";
        (name: [Object<'py>], show_progress: [bool] = [false], local_cache: [bool] = [true]) *args **kwargs;
}

methods! { PyDocumentArray:
    /// Writes the array to a file: `file_format` is 'binary', 'json' or 'csv'.
    save => "files", "save";
        (file: [Object<'py>], file_format: [&str] = ["binary"], encoding: [&str] = ["utf-8"]);
    /// Writes `to_bytes` to a file; the ending of its name may name the protocol and the compression.
    save_binary => "files", "save_binary";
        (file: [Object<'py>], protocol: [&str] = ["protobuf-array"], compress: [Option<&str>] = [None]);
    /// Writes `to_json` to a file.
    save_json => "files", "save_json";
        (file: [Object<'py>], protocol: [&str] = ["jsonschema"], encoding: [&str] = ["utf-8"]) **kwargs;
    /// Writes a CSV file with the fields of the first Document as its columns.
    /// See `tidegate._documents.tables.save_csv`.
    save_csv => "tables", "save_csv";
        (file: [Object<'py>], flatten_tags: [bool] = [true],
         exclude_fields: [Option<Object<'py>>] = [None], dialect: [Option<Object<'py>>] = [None],
         with_header: [bool] = [true], encoding: [&str] = ["utf-8"]);
    /// Writes the embeddings as a table of numbers, with `numpy.savetxt`.
    save_embeddings_csv => "tables", "save_embeddings_csv";
        (file: [Object<'py>], encoding: [&str] = ["utf-8"]) **kwargs;
    /// The array as a pandas DataFrame, with a column per field.
    to_dataframe => "tables", "to_dataframe"; () **kwargs;
    /// The array as a list of pydantic models.
    to_pydantic_model => "models", "array_to_model"; ();
    /// The array as a list of strawberry types.
    to_strawberry_type => "graphql", "array_to_type"; ();
    /// Judges the `matches` of every Document by ranking metrics and returns their means.
    /// See `tidegate._documents.evaluation.evaluate`.
    evaluate => "evaluation", "evaluate";
        (metrics: [Option<Object<'py>>] = [None], ground_truth: [Option<Object<'py>>] = [None],
         hash_fn: [Option<Object<'py>>] = [None], metric_names: [Option<Object<'py>>] = [None],
         strict: [bool] = [true], label_tag: [&str] = ["label"],
         num_relevant_documents_per_label: [Option<Object<'py>>] = [None]) **kwargs;
    /// Embeds, matches and evaluates in one turn.
    /// See `tidegate._documents.evaluation.embed_and_evaluate`.
    embed_and_evaluate => "evaluation", "embed_and_evaluate";
        (metrics: [Object<'py>], index_data: [Option<Object<'py>>] = [None],
         ground_truth: [Option<Object<'py>>] = [None], metric_names: [Option<Object<'py>>] = [None],
         strict: [bool] = [true], label_tag: [&str] = ["label"],
         embed_models: [Option<Object<'py>>] = [None], embed_funcs: [Option<Object<'py>>] = [None],
         device: [&str] = ["cpu"], batch_size: [usize] = [256],
         collate_fns: [Option<Object<'py>>] = [None], distance: [Option<Object<'py>>] = [None],
         limit: [Option<f64>] = [20.0], normalization: [Option<Object<'py>>] = [None],
         exclude_self: [bool] = [false], use_scipy: [bool] = [false], num_worker: [usize] = [1],
         match_batch_size: [usize] = [100000], query_sample_size: [Option<usize>] = [1000]) **kwargs;
    /// Sets the embeddings to what a model makes of the tensors, or of what `collate_fn` returns.
    embed => "embedding", "embed";
        (embed_model: [Object<'py>], device: [&str] = ["cpu"], batch_size: [usize] = [256],
         to_numpy: [bool] = [false], collate_fn: [Option<Object<'py>>] = [None]);
    /// Sends the array to a Flow at an address like `grpc://host:port/endpoint` and returns its answer.
    post => "posting", "post";
        (host: [&str], show_progress: [bool] = [false], batch_size: [Option<usize>] = [None],
         parameters: [Option<Object<'py>>] = [None]) **kwargs;
    /// The words of all texts, each with a number from 2 up: 0 is for padding, 1 for unknown words.
    get_vocabulary => "words", "vocabulary_of_array";
        (min_freq: [i64] = [1], text_attrs: [Option<Object<'py>>] = [None]);
    /// Writes the embeddings as files for the TensorFlow projector, shows a page, returns the folder.
    /// See `tidegate._documents.projector.plot_embeddings`.
    plot_embeddings => "projector", "plot_embeddings";
        (title: [&str] = ["MyDocumentArray"], path: [Option<Object<'py>>] = [None],
         image_sprites: [bool] = [false], min_image_size: [i64] = [16], channel_axis: [i64] = [-1],
         start_server: [bool] = [true], host: [&str] = ["127.0.0.1"], port: [Option<u16>] = [None],
         image_source: [&str] = ["tensor"], exclude_fields_metas: [Option<Object<'py>>] = [None]);
    /// Draws the images of all Documents into one square picture.
    /// See `tidegate._documents.sprites.plot_image_sprites`.
    plot_image_sprites => "sprites", "plot_image_sprites";
        (output: [Option<Object<'py>>] = [None], canvas_size: [i64] = [512], min_size: [i64] = [16],
         channel_axis: [i64] = [-1], image_source: [&str] = ["tensor"], skip_empty: [bool] = [false],
         show_progress: [bool] = [false], show_index: [bool] = [false],
         fig_size: [Option<(i64, i64)>] = [(10, 10)], keep_aspect_ratio: [bool] = [false]);
    /// Writes a moving picture with a frame per Document.
    save_gif => "sprites", "save_gif";
        (output: [Object<'py>], channel_axis: [i64] = [-1], duration: [i64] = [200],
         size_ratio: [f64] = [1.0], inline_display: [bool] = [false],
         image_source: [&str] = ["tensor"], skip_empty: [bool] = [false], show_index: [bool] = [false],
         show_progress: [bool] = [false]);
    /// Sets the `matches` of every Document to its nearest ones in another array.
    /// See `tidegate._documents.search.match`.
    r#match => "search", "match";
        (darray: [Object<'py>], metric: [Option<Object<'py>>] = [None], limit: [Option<f64>] = [20.0],
         normalization: [Option<Object<'py>>] = [None], metric_name: [Option<&str>] = [None],
         batch_size: [Option<usize>] = [None], exclude_self: [bool] = [false],
         filter: [Option<Object<'py>>] = [None], only_id: [bool] = [false], use_scipy: [bool] = [false],
         device: [&str] = ["cpu"], num_worker: [Option<usize>] = [1], on: [Option<&str>] = [None]) **kwargs;
    /// Calls a function with every Document, in threads or processes, and yields what it returns, in order.
    /// See `tidegate._documents.mapping.map_each`.
    map => "mapping", "map_each";
        (func: [Object<'py>], backend: [&str] = ["thread"], num_worker: [Option<usize>] = [None],
         show_progress: [bool] = [false], pool: [Option<Object<'py>>] = [None]);
    /// Calls a function with batches of Documents and yields what it returns, in order.
    /// See `tidegate._documents.mapping.map_batch`.
    map_batch => "mapping", "map_batch";
        (func: [Object<'py>], batch_size: [i64], backend: [&str] = ["thread"],
         num_worker: [Option<usize>] = [None], shuffle: [bool] = [false],
         show_progress: [bool] = [false], pool: [Option<Object<'py>>] = [None]);
    /// Refused: there is no cloud to write to.
    push => "refused", "push";
        (name: [Object<'py>], show_progress: [bool] = [false], public: [bool] = [true],
         branding: [Option<Object<'py>>] = [None]);
    /// Refused: there is no cloud to write to.
    cloud_push => "refused", "push";
        (name: [Object<'py>], show_progress: [bool] = [false], public: [bool] = [true],
         branding: [Option<Object<'py>>] = [None]);
}

#[pymethods]
impl PyDocumentArray {
    /// Refused: there is no cloud to ask.
    #[staticmethod]
    #[pyo3(signature = (show_table=false))]
    fn cloud_list<'py>(py: Python<'py>, show_table: bool) -> PyResult<Bound<'py, PyAny>> {
        let arguments = PyTuple::new(py, [show_table])?;
        hand_over(py.None().bind(py), ("refused", "listing"), &arguments, None)
    }

    /// Refused: there is no cloud to delete from.
    #[staticmethod]
    fn cloud_delete<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let arguments = PyTuple::new(py, [name])?;
        hand_over(py.None().bind(py), ("refused", "delete"), &arguments, None)
    }
}

class_methods! { PyDocument:
    /// Makes a Document of a pydantic model.
    from_pydantic_model => "models", "document_from_model"; (model: [Object<'py>]);
    /// The JSON schema of a Document, as text.
    get_json_schema => "models", "schema_of_document"; (indent: [usize] = [2]);
    /// Makes a Document of a strawberry type.
    from_strawberry_type => "graphql", "document_from_type"; (model: [Object<'py>]);
}

methods! { PyDocument:
    /// The Document as a pydantic model.
    to_pydantic_model => "models", "document_to_model"; ();
    /// The Document as a strawberry type.
    to_strawberry_type => "graphql", "document_to_type"; ();
    /// Makes the Document a copy of another, id and all.
    copy_from => "copying", "copy_from"; (other: [Object<'py>]);
}

methods! { PyNamedScore:
    /// Sets fields to their defaults.
    pop => "copying", "pop_score"; () *fields;
    /// Sets all fields to their defaults.
    clear => "copying", "clear_score"; ();
    /// Makes the score a copy of another.
    copy_from => "copying", "copy_from"; (other: [Object<'py>]);
}

#[pymethods]
impl PyDocument {
    /// How many bytes the Document has when serialised.
    #[getter]
    fn nbytes(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Ok(super::encode::document(slf)?.len())
    }
}

/// A class method that an instance does not have.
#[pyclass(frozen)]
struct ClassOnly(Py<PyAny>);

#[pymethods]
impl ClassOnly {
    fn __get__<'py>(
        &self,
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if instance.is_none() {
            return self.0.bind(py).call_method1("__get__", (py.None(), owner));
        }
        py.import("tidegate._documents.loading")?
            .getattr("refuse_on_instance")
    }
}

/// Puts the class methods out of the reach of instances.
pub(super) fn seal(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let class = py.get_type::<PyDocumentArray>();
    let methods = class.getattr("__dict__")?;
    for name in OF_THE_CLASS_ALONE {
        class.setattr(name, ClassOnly(methods.get_item(name)?.unbind()))?;
    }
    Ok(())
}
