//! Methods of a Document about text, bytes, pictures, sound, video and meshes: each hands over to a
//! function of the same name in `tidegate._documents`, whose modules are imported when first used.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::PyDocument;
use super::delegates::hand_over;

/// Any object, or nothing.
type Any<'py> = Option<Bound<'py, PyAny>>;

/// Not given: the function's own default applies.
const DEFAULT: Any<'static> = None;

/// Makes methods that hand their arguments to functions of one module.
macro_rules! delegates {
    ($module:literal, $ret:ident { $(
        $(#[$($attr:tt)*])*
        fn $name:ident($($arg:ident: [$($type:tt)+]),* $(; $kwargs:ident)?);
    )* }) => {
        #[pymethods]
        impl PyDocument {
            $(
                $(#[$($attr)*])*
                #[allow(clippy::too_many_arguments)] // as many as docarray's have
                fn $name<'py>(
                    slf: &Bound<'py, Self>,
                    $($arg: $($type)+,)*
                    $($kwargs: Option<&Bound<'py, PyDict>>,)?
                ) -> PyResult<Bound<'py, $ret>> {
                    let args = ($($arg,)*).into_pyobject(slf.py())?;
                    let kwargs: Option<&Bound<'py, PyDict>> = None;
                    $(let kwargs = kwargs.or($kwargs);)?
                    let home = ($module, stringify!($name));
                    Ok(hand_over(slf, home, &args, kwargs)?.cast_into()?)
                }
            )*
        }
    };
}

delegates! { "text", Self {
    /// Reads `uri` (http, https, data or a local path) into `text`; `timeout` in seconds may be given.
    #[pyo3(signature = (charset="utf-8", **kwargs))]
    fn load_uri_to_text(charset: [&str]; kwargs);

    /// Turns `text` into a `tensor` of the words' numbers in `vocab`: 1 for unknown words, 0 in front where
    /// it is shorter than `max_length`; a longer one loses words in front.
    #[pyo3(signature = (vocab, max_length=None, dtype="int64"))]
    fn convert_text_to_tensor(
        vocab: [&Bound<'py, PyAny>],
        max_length: [Option<i64>],
        dtype: [&str]
    );

    /// Turns `tensor`, numbers of words in `vocab`, into `text`.
    #[pyo3(signature = (vocab, delimiter=" "))]
    fn convert_tensor_to_text(vocab: [&Bound<'py, PyAny>], delimiter: [&str]);

    /// Puts `text` into `uri` as a data URI.
    #[pyo3(signature = (charset="utf-8", base64=false))]
    fn convert_text_to_datauri(charset: [Option<&str>], base64: [bool]);
} }

delegates! { "text", PyAny {
    /// Counts the words of its texts.
    #[pyo3(
        signature = (text_attrs=DEFAULT),
        text_signature = "($self, text_attrs=('text',))"
    )]
    fn get_vocabulary(text_attrs: [Any<'py>]);
} }

delegates! { "content", Self {
    /// Reads `uri` (http, https, data or a local path) into `blob`; `timeout` in seconds may be given.
    #[pyo3(signature = (**kwargs))]
    fn load_uri_to_blob(; kwargs);

    /// Puts `blob` into `uri` as a data URI; `mime_type` must be set.
    #[pyo3(signature = (charset="utf-8", base64=false))]
    fn convert_blob_to_datauri(charset: [Option<&str>], base64: [bool]);

    /// Writes `blob` to a path or to a file object.
    #[pyo3(signature = (file))]
    fn save_blob_to_file(file: [&Bound<'py, PyAny>]);

    /// Takes `blob` for the buffer of an array and makes it the `tensor`.
    #[pyo3(
        signature = (dtype=None, count=-1, offset=0),
        text_signature = "($self, dtype=None, count=-1, offset=0)"
    )]
    fn convert_blob_to_tensor(dtype: [Any<'py>], count: [i64], offset: [i64]);

    /// Makes the buffer of `tensor` the `blob`.
    #[pyo3(signature = ())]
    fn convert_tensor_to_blob();

    /// Reads `uri` and puts what is there into `uri` as a data URI.
    #[pyo3(signature = (charset="utf-8", base64=false))]
    fn convert_uri_to_datauri(charset: [Option<&str>], base64: [bool]);

    /// Puts `text` or `blob` into `uri` as a data URI.
    #[pyo3(signature = ())]
    fn convert_content_to_datauri();

    /// Reads `uri` and writes what is there to a path or to a file object.
    #[pyo3(signature = (file))]
    fn save_uri_to_file(file: [&Bound<'py, PyAny>]);
} }

delegates! { "image", Self {
    /// Moves the colour axis of `tensor`.
    #[pyo3(signature = (original_channel_axis, new_channel_axis))]
    fn set_image_tensor_channel_axis(original_channel_axis: [i64], new_channel_axis: [i64]);

    /// Puts a Pillow image into `uri` as a PNG data URI.
    #[pyo3(signature = (image))]
    fn load_pil_image_to_datauri(image: [&Bound<'py, PyAny>]);

    /// Decodes the picture in `blob` into `tensor`, resized where `width` or `height` is given.
    #[pyo3(
        signature = (width=None, height=None, channel_axis=-1),
        text_signature = "($self, width=None, height=None, channel_axis=-1)"
    )]
    fn convert_blob_to_image_tensor(
        width: [Option<i64>],
        height: [Option<i64>],
        channel_axis: [i64]
    );

    /// Encodes `tensor` as a picture into `uri`, a data URI.
    #[pyo3(
        signature = (channel_axis=-1, image_format="png"),
        text_signature = "($self, channel_axis=-1, image_format='png')"
    )]
    fn convert_image_tensor_to_uri(channel_axis: [i64], image_format: [&str]);

    /// Encodes `tensor` as a picture into `blob`.
    #[pyo3(
        signature = (channel_axis=-1, image_format="png"),
        text_signature = "($self, channel_axis=-1, image_format='png')"
    )]
    fn convert_image_tensor_to_blob(channel_axis: [i64], image_format: [&str]);

    /// Scales the picture in `tensor` by `ratio`, taking the nearest pixels.
    #[pyo3(
        signature = (ratio, channel_axis=-1),
        text_signature = "($self, ratio, channel_axis=-1)"
    )]
    fn set_image_tensor_resample(ratio: [f64], channel_axis: [i64]);

    /// Scales the picture in `tensor` to `shape` (height and width), taking the nearest pixels.
    #[pyo3(
        signature = (shape, channel_axis=-1),
        text_signature = "($self, shape, channel_axis=-1)"
    )]
    fn set_image_tensor_shape(shape: [&Bound<'py, PyAny>], channel_axis: [i64]);

    /// Writes the picture in `tensor` to a path or to a file object.
    #[pyo3(
        signature = (file, channel_axis=-1, image_format="png"),
        text_signature = "($self, file, channel_axis=-1, image_format='png')"
    )]
    fn save_image_tensor_to_file(
        file: [&Bound<'py, PyAny>],
        channel_axis: [i64],
        image_format: [&str]
    );

    /// Reads the picture at `uri` into `tensor`; the pages of one that has several go into `chunks`.
    #[pyo3(
        signature = (width=None, height=None, channel_axis=-1, **kwargs),
        text_signature = "($self, width=None, height=None, channel_axis=-1, **kwargs)"
    )]
    fn load_uri_to_image_tensor(
        width: [Option<i64>],
        height: [Option<i64>],
        channel_axis: [i64];
        kwargs
    );

    /// Makes a normalised float32 picture in `tensor` a uint8 one again.
    #[pyo3(
        signature = (channel_axis=-1, img_mean=DEFAULT, img_std=DEFAULT),
        text_signature = "($self, channel_axis=-1, img_mean=(0.485, 0.456, 0.406), img_std=(0.229, 0.224, 0.225))"
    )]
    fn set_image_tensor_inv_normalization(
        channel_axis: [i64],
        img_mean: [Any<'py>],
        img_std: [Any<'py>]
    );

    /// Makes a uint8 picture in `tensor` a float32 one of mean 0 and deviation 1 per colour.
    #[pyo3(
        signature = (channel_axis=-1, img_mean=DEFAULT, img_std=DEFAULT),
        text_signature = "($self, channel_axis=-1, img_mean=(0.485, 0.456, 0.406), img_std=(0.229, 0.224, 0.225))"
    )]
    fn set_image_tensor_normalization(
        channel_axis: [i64],
        img_mean: [Any<'py>],
        img_std: [Any<'py>]
    );

    /// Cuts the picture in `tensor` into windows: into `tensor`, or into `chunks` that know their `location`.
    #[pyo3(
        signature = (window_shape=DEFAULT, strides=None, padding=false, channel_axis=-1, as_chunks=false),
        text_signature = "($self, window_shape=(64, 64), strides=None, padding=False, channel_axis=-1, as_chunks=False)"
    )]
    fn convert_image_tensor_to_sliding_windows(
        window_shape: [Any<'py>],
        strides: [Any<'py>],
        padding: [bool],
        channel_axis: [i64],
        as_chunks: [bool]
    );
} }

delegates! { "audio", Self {
    /// Writes the sound in `tensor` as a WAV file; two columns are stereo.
    #[pyo3(signature = (file, sample_rate=44100, sample_width=2))]
    fn save_audio_tensor_to_file(
        file: [&Bound<'py, PyAny>],
        sample_rate: [i64],
        sample_width: [i64]
    );

    /// Reads the WAV file at `uri` into `tensor`, as numbers from -1 to 1.
    #[pyo3(signature = ())]
    fn load_uri_to_audio_tensor();
} }

delegates! { "video", Self {
    /// Reads the frames of the video at `uri` into `tensor`; their key frames go into `tags`.
    #[pyo3(signature = (only_keyframes=false, **kwargs))]
    fn load_uri_to_video_tensor(only_keyframes: [bool]; kwargs);

    /// Writes the frames in `tensor` as a video.
    #[pyo3(signature = (file, frame_rate=30, codec="h264"))]
    fn save_video_tensor_to_file(file: [&Bound<'py, PyAny>], frame_rate: [i64], codec: [&str]);
} }

delegates! { "mesh", Self {
    /// Reads the mesh at `uri` and puts points of its surface into `tensor`, or into a chunk per geometry.
    #[pyo3(signature = (samples, as_chunks=false))]
    fn load_uri_to_point_cloud_tensor(samples: [i64], as_chunks: [bool]);

    /// Reads the mesh at `uri` into two chunks: its vertices and its faces.
    #[pyo3(signature = ())]
    fn load_uri_to_vertices_and_faces();

    /// Makes points of the surface that the chunks' vertices and faces describe the `tensor`.
    #[pyo3(signature = (samples))]
    fn load_vertices_and_faces_to_point_cloud(samples: [i64]);

    /// Reads the pictures at the `uri`s of two chunks, colours and depth, into one `tensor`.
    #[pyo3(signature = ())]
    fn load_uris_to_rgbd_tensor();
} }

delegates! { "hashing", Self {
    /// Makes an `embedding` of `n_dim` numbers of any fields by the hashing trick.
    #[pyo3(
        signature = (n_dim=256, sparse=false, fields=DEFAULT, max_value=1_000_000),
        text_signature = "($self, n_dim=256, sparse=False, fields=('text', 'tags'), max_value=1000000)"
    )]
    fn embed_feature_hashing(n_dim: [i64], sparse: [bool], fields: [Any<'py>], max_value: [i64]);
} }

delegates! { "display", PyAny {
    /// Shows the picture, sound, video or mesh in a notebook, else prints a summary.
    #[pyo3(signature = (from_=None))]
    fn display(from_: [Option<&str>]);

    /// Shows the picture in `tensor`.
    #[pyo3(signature = ())]
    fn display_tensor();

    /// Shows what is at `uri`.
    #[pyo3(signature = ())]
    fn display_uri();

    /// Shows the mesh at `uri` or in the chunks.
    #[pyo3(signature = ())]
    fn display_vertices_and_faces();

    /// Shows the points in `tensor`.
    #[pyo3(signature = ())]
    fn display_point_cloud_tensor();

    /// Shows the picture in `tensor` beside its depth.
    #[pyo3(signature = ())]
    fn display_rgbd_tensor();

    /// Makes one picture of the Document and its matches, in a file or in a window.
    #[pyo3(
        signature = (top_k=10, channel_axis=-1, inv_normalize=false, skip_empty=false, canvas_size=1920, min_size=100, output=None),
        text_signature = "($self, top_k=10, channel_axis=-1, inv_normalize=False, skip_empty=False, canvas_size=1920, min_size=100, output=None)"
    )]
    fn plot_matches_sprites(
        top_k: [i64],
        channel_axis: [i64],
        inv_normalize: [bool],
        skip_empty: [bool],
        canvas_size: [i64],
        min_size: [i64],
        output: [Any<'py>]
    );
} }
