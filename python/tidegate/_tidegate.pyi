# Made by `cargo run -p xtask -- stubs VENV` from the native module. Do not edit.
from _typeshed import Incomplete, SupportsGetItem
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any, SupportsFloat, SupportsIndex, final
from typing_extensions import disjoint_base

@final
class BridgeProbe:
    """
    An Executor, to be called from a test.
    """
    def drain(self, /, grace: SupportsFloat | SupportsIndex) -> None:
        """
        Asks the worker to end.
        """
    def endpoints(self, /) -> list[str]:
        """
        The endpoints.
        """
    def in_flight(self, /) -> int:
        """
        How many calls the worker has not answered yet.
        """
    @staticmethod
    def inline(inbox: Inbox) -> BridgeProbe:
        """
        Over the inbox of an inline Executor.
        """
    def rate(self, /, endpoint: str, payload: bytes, calls: SupportsIndex, in_flight: SupportsIndex) -> tuple[float, list[float]]:
        """
        Makes `calls` calls, `in_flight` at a time; gives the seconds and the latencies in microseconds
        of every call.
        """
    @staticmethod
    def scans() -> int:
        """
        How many payloads were scanned so far in this process.
        """
    def send(self, /, endpoint: str, *payloads, parameters: SupportsGetItem[int, SupportsIndex] | None = None, timeout: SupportsFloat | SupportsIndex | None = None) -> ProbeCall:
        """
        Begins a call.
        """
    @staticmethod
    def worker(channel: SupportsIndex, ledger: SupportsIndex, hello: bytes) -> BridgeProbe:
        """
        Over a channel and a ledger, whose descriptors it takes, to a worker that has said `hello`.
        """

@final
class CallStream:
    """
    An open stream of requests to a gateway, and of its answers.
    """
    def acknowledge(self, /) -> None:
        """
        Makes the descriptor unreadable until the next answers come after a `take`: what is there stays
        there, and a loop that is busy elsewhere is not woken again and again.
        """
    def cancel(self, /) -> None:
        """
        Ends the stream; what still runs for it is cancelled, and its descriptor is closed.
        """
    def close_input(self, /) -> None:
        """
        Says that no more requests will be sent; those that were are still answered.
        """
    def fileno(self, /) -> int:
        """
        The descriptor that becomes readable when `take` has something to give.
        """
    def has_room(self, /) -> bool:
        """
        Whether a request may be sent now without more being under way than `prefetch` allows.
        """
    def input_is_closed(self, /) -> bool:
        """
        Whether nothing more may be sent.
        """
    def recv(self, /) -> "list[tuple[int, Response | BaseException]] | None":
        """
        Waits for answers and returns them with their places; `None` when there are no more.
        """
    def send(self, docs: "DocumentArray | None", /) -> "int | None":
        """
        Sends a request with `docs`, a DocumentArray or `None`, and returns its place in the input;
        `None` where nothing more may be sent. Does not wait.
        """
    def take(self, /) -> "list[tuple[int, Response | BaseException]] | None":
        """
        Returns the answers that are there, with their places; `None` when there are no more.
        """
    def wait_for_room(self, /) -> bool:
        """
        Waits until a request may be sent; false when nothing more may be.
        """

class ChunkArray(DocumentArray):
    """
    The `chunks` of a Document.
    """
    def __init__(self, /, docs: Any, reference_doc: Document | None) -> None: ...
    def __new__(cls, /, *_args, **_kwargs) -> ChunkArray: ...

@final
class ClientChannel:
    """
    A connection to a gateway, shared by all calls of a client.
    """
    def __new__(cls, /, host: str, port: SupportsIndex, *, tls: bool = False) -> ClientChannel: ...
    def dry_run(self, /, timeout: SupportsFloat | SupportsIndex | None = None) -> bool:
        """
        Asks whether every Executor of the Flow answers, waiting up to `timeout` seconds; false where
        nobody can be reached.
        """
    @staticmethod
    def encoded_len(docs: "DocumentArray", /) -> "int":
        """
        The bytes that `docs`, a DocumentArray, take in a request; fails where they cannot travel.
        """
    def open(self, /, spec: "object", watched: "bool") -> "CallStream":
        """
        Opens a stream for one `post`; `watched` is for an event loop, which needs a descriptor.
        """

@disjoint_base
class Document:
    """
    A piece of data that travels through a Flow: content, an embedding, tags, and Documents inside it.
    """
    def __bytes__(self, /) -> bytes: ...
    def __copy__(self, /) -> Document: ...
    def __deepcopy__(self, /, memo: Any) -> Document: ...
    def __delattr__(self, name: Any, /) -> None:
        """
        Deletes what any object's attribute is.
        """
    @property
    def __dict__(self, /) -> Any:
        """
        The attributes that are no fields.
        """
    @__dict__.setter
    def __dict__(self, /, value: Any) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __getattr__(self, name: Any, /) -> Any:
        """
        Attributes of the class that it stands for; there are no others that are not found elsewhere.
        """
    def __hash__(self, /) -> int: ...
    def __init__(self, /, obj: Any | None = None, copy: bool = False, field_resolver: dict | None = None, unknown_fields_handler: str = "catch", *, text: Any | None = None, **kwargs) -> None:
        """
        Takes the fields as keywords, or another Document (whose data it then shares; with `copy=True` it
        copies them), or a dict. What is no field goes into `tags`, unless `unknown_fields_handler` is
        `'drop'` or `'raise'`.
        """
    def __new__(cls, /, *_args, text: Any | None = None, **_kwargs) -> Document: ...
    def __reduce_ex__(self, /, _protocol: Any) -> tuple: ...
    def __repr__(self, /) -> str: ...
    def __setattr__(self, name: Any, value: Any, /) -> None:
        """
        Sets an attribute of the class that it stands for, or what any object's attribute is.
        """
    def __setstate__(self, /, state: Any) -> None:
        """
        Takes the fields that a pickle of docarray has.
        """
    @classmethod
    def _from_dataclass(cls, /, obj: Any) -> Any:
        """
        The Document that stands for an instance of a class made by `dataclass`.
        """
    def _get_attributes(self, /, *fields) -> Any:
        """
        The values of fields, of which `a__b` reaches inside; one field's value is given bare.
        """
    def _ipython_display_(self, /) -> None:
        """
        Shows it in a notebook.
        """
    @property
    def _metadata(self, /) -> Any:
        """
        Remarks that multimodal classes keep about their fields.
        """
    @_metadata.setter
    def _metadata(self, /, value: Any) -> None: ...
    @classmethod
    def _restore(cls, /, bytes: bytes, attributes: Any) -> Document:
        """
        Makes a Document from what a pickle holds.
        """
    @property
    def adjacency(self, /) -> Any:
        """
        How far it is along matches; 0 at the root.
        """
    @adjacency.setter
    def adjacency(self, /, value: Any) -> None: ...
    @property
    def blob(self, /) -> Any:
        """
        Its content as bytes; b'' where unset. Setting it clears text and tensor.
        """
    @blob.setter
    def blob(self, /, value: Any) -> None: ...
    @property
    def chunks(self, /) -> Any:
        """
        The Documents that it consists of. Assigning a list sets their parent_id and granularity.
        """
    @chunks.setter
    def chunks(self, /, value: Any) -> None: ...
    def clear(self, /) -> None:
        """
        Removes the values of all fields, the id too.
        """
    @property
    def content(self, /) -> Any:
        """
        Its content, whichever of text, tensor and blob it is; None where it has none. Setting it chooses
        the field by type: str is text, bytes are a blob, anything else is a tensor.
        """
    @content.setter
    def content(self, /, value: Any) -> None: ...
    @property
    def content_hash(self, /) -> int:
        """
        A hash of its fields other than tensor and embedding.
        """
    @property
    def content_type(self, /) -> str | None:
        """
        Which field its content is in: 'text', 'tensor' or 'blob'; None where it has none.
        """
    def convert_blob_to_datauri(self, /, charset: str | None = "utf-8", base64: bool = False) -> Document:
        """
        Puts `blob` into `uri` as a data URI; `mime_type` must be set.
        """
    def convert_blob_to_image_tensor(self, /, width: SupportsIndex | None = None, height: SupportsIndex | None = None, channel_axis: SupportsIndex = ...) -> Document:
        """
        Decodes the picture in `blob` into `tensor`, resized where `width` or `height` is given.
        """
    def convert_blob_to_tensor(self, /, dtype: Any | None = None, count: SupportsIndex = ..., offset: SupportsIndex = 0) -> Document:
        """
        Takes `blob` for the buffer of an array and makes it the `tensor`.
        """
    def convert_content_to_datauri(self, /) -> Document:
        """
        Puts `text` or `blob` into `uri` as a data URI.
        """
    def convert_image_tensor_to_blob(self, /, channel_axis: SupportsIndex = ..., image_format: str = "png") -> Document:
        """
        Encodes `tensor` as a picture into `blob`.
        """
    def convert_image_tensor_to_sliding_windows(self, /, window_shape: Any | None = ..., strides: Any | None = None, padding: bool = False, channel_axis: SupportsIndex = ..., as_chunks: bool = False) -> Document:
        """
        Cuts the picture in `tensor` into windows: into `tensor`, or into `chunks` that know their `location`.
        """
    def convert_image_tensor_to_uri(self, /, channel_axis: SupportsIndex = ..., image_format: str = "png") -> Document:
        """
        Encodes `tensor` as a picture into `uri`, a data URI.
        """
    def convert_tensor_to_blob(self, /) -> Document:
        """
        Makes the buffer of `tensor` the `blob`.
        """
    def convert_tensor_to_text(self, /, vocab: Any, delimiter: str = " ") -> Document:
        """
        Turns `tensor`, numbers of words in `vocab`, into `text`.
        """
    def convert_text_to_datauri(self, /, charset: str | None = "utf-8", base64: bool = False) -> Document:
        """
        Puts `text` into `uri` as a data URI.
        """
    def convert_text_to_tensor(self, /, vocab: Any, max_length: SupportsIndex | None = None, dtype: str = "int64") -> Document:
        """
        Turns `text` into a `tensor` of the words' numbers in `vocab`: 1 for unknown words, 0 in front where
        it is shorter than `max_length`; a longer one loses words in front.
        """
    def convert_uri_to_datauri(self, /, charset: str | None = "utf-8", base64: bool = False) -> Document:
        """
        Reads `uri` and puts what is there into `uri` as a data URI.
        """
    def copy_from(self, /, other: Any) -> Any:
        """
        Makes the Document a copy of another, id and all.
        """
    def display(self, /, from_: str | None = None) -> Any:
        """
        Shows the picture, sound, video or mesh in a notebook, else prints a summary.
        """
    def display_point_cloud_tensor(self, /) -> Any:
        """
        Shows the points in `tensor`.
        """
    def display_rgbd_tensor(self, /) -> Any:
        """
        Shows the picture in `tensor` beside its depth.
        """
    def display_tensor(self, /) -> Any:
        """
        Shows the picture in `tensor`.
        """
    def display_uri(self, /) -> Any:
        """
        Shows what is at `uri`.
        """
    def display_vertices_and_faces(self, /) -> Any:
        """
        Shows the mesh at `uri` or in the chunks.
        """
    def embed(self, /, *args, **kwargs) -> Document:
        """
        Makes its `embedding` with a model of torch, Keras, paddle or ONNX and returns the Document.
        """
    def embed_feature_hashing(self, /, n_dim: SupportsIndex = 256, sparse: bool = False, fields: Any | None = ..., max_value: SupportsIndex = 1000000) -> Document:
        """
        Makes an `embedding` of `n_dim` numbers of any fields by the hashing trick.
        """
    @property
    def embedding(self, /) -> Any:
        """
        Its embedding: an array, or None where unset.
        """
    @embedding.setter
    def embedding(self, /, value: Any) -> None: ...
    @property
    def evaluations(self, /) -> Any:
        """
        Evaluation results by name: a live dict of NamedScore.
        """
    @evaluations.setter
    def evaluations(self, /, value: Any) -> None: ...
    @classmethod
    def from_base64(cls, /, data: Any, protocol: str = "protobuf", compress: str | None = None, *, allow_pickle: bool = False) -> Document:
        """
        A Document from what `to_base64` returned; a pickle is read only with `allow_pickle=True`.
        """
    @classmethod
    def from_bytes(cls, /, data: bytes, protocol: str = "protobuf", compress: str | None = None, *, allow_pickle: bool = False) -> Document:
        """
        A Document from bytes; a pickle is read only with `allow_pickle=True`.
        """
    @classmethod
    def from_dict(cls, /, obj: Any, protocol: str = "jsonschema") -> Document:
        """
        A Document from a dict in the form that `to_dict` has.
        """
    @classmethod
    def from_json(cls, /, obj: Any, protocol: str = "jsonschema") -> Document:
        """
        A Document from JSON in the form that `to_json` has.
        """
    @classmethod
    def from_protobuf(cls, /, pb_msg: Any) -> Document:
        """
        A Document from a `DocumentProto`.
        """
    @classmethod
    def from_pydantic_model(cls, /, model: Any) -> Any:
        """
        Makes a Document of a pydantic model.
        """
    @classmethod
    def from_strawberry_type(cls, /, model: Any) -> Any:
        """
        Makes a Document of a strawberry type.
        """
    @classmethod
    def generator_from_webcam(cls, /, height_width: Any | None = None, show_window: bool = True, window_title: str = "webcam", fps: SupportsIndex = 30, exit_key: SupportsIndex = 27, exit_event: Any | None = None, tags: Any | None = None) -> Any:
        """
        Yields a Document per picture of the computer's camera, until `exit_event` is set or the key is hit.
        """
    @classmethod
    def get_json_schema(cls, /, indent: SupportsIndex = 2) -> Any:
        """
        The JSON schema of a Document, as text.
        """
    def get_multi_modal_attribute(self, /, attribute: str) -> Any:
        """
        The Documents of an attribute of the class that it stands for.
        """
    def get_vocabulary(self, /, text_attrs: Any | None = ...) -> Any:
        """
        Counts the words of its texts.
        """
    @property
    def granularity(self, /) -> Any:
        """
        How deep it is among chunks; 0 at the root.
        """
    @granularity.setter
    def granularity(self, /, value: Any) -> None: ...
    @property
    def id(self, /) -> Any:
        """
        Its id: 32 random hex digits unless one was given.
        """
    @id.setter
    def id(self, /, value: Any) -> None: ...
    @property
    def is_multimodal(self, /) -> bool:
        """
        Whether it stands for an instance of a class made by `dataclass`.
        """
    def load_pil_image_to_datauri(self, /, image: Any) -> Document:
        """
        Puts a Pillow image into `uri` as a PNG data URI.
        """
    def load_uri_to_audio_tensor(self, /) -> Document:
        """
        Reads the WAV file at `uri` into `tensor`, as numbers from -1 to 1.
        """
    def load_uri_to_blob(self, /, **kwargs) -> Document:
        """
        Reads `uri` (http, https, data or a local path) into `blob`; `timeout` in seconds may be given.
        """
    def load_uri_to_image_tensor(self, /, width: SupportsIndex | None = None, height: SupportsIndex | None = None, channel_axis: SupportsIndex = ..., **kwargs) -> Document:
        """
        Reads the picture at `uri` into `tensor`; the pages of one that has several go into `chunks`.
        """
    def load_uri_to_point_cloud_tensor(self, /, samples: SupportsIndex, as_chunks: bool = False) -> Document:
        """
        Reads the mesh at `uri` and puts points of its surface into `tensor`, or into a chunk per geometry.
        """
    def load_uri_to_text(self, /, charset: str = "utf-8", **kwargs) -> Document:
        """
        Reads `uri` (http, https, data or a local path) into `text`; `timeout` in seconds may be given.
        """
    def load_uri_to_vertices_and_faces(self, /) -> Document:
        """
        Reads the mesh at `uri` into two chunks: its vertices and its faces.
        """
    def load_uri_to_video_tensor(self, /, only_keyframes: bool = False, **kwargs) -> Document:
        """
        Reads the frames of the video at `uri` into `tensor`; their key frames go into `tags`.
        """
    def load_uris_to_rgbd_tensor(self, /) -> Document:
        """
        Reads the pictures at the `uri`s of two chunks, colours and depth, into one `tensor`.
        """
    def load_vertices_and_faces_to_point_cloud(self, /, samples: SupportsIndex) -> Document:
        """
        Makes points of the surface that the chunks' vertices and faces describe the `tensor`.
        """
    @property
    def location(self, /) -> Any:
        """
        Where it lies in what it was cut from: a list of numbers.
        """
    @location.setter
    def location(self, /, value: Any) -> None: ...
    def match(self, /, *args, **kwargs) -> Document:
        """
        Sets `matches` to the nearest Documents of an array and returns the Document.
        """
    @property
    def matches(self, /) -> Any:
        """
        The Documents that match it. Assigning a list sets their adjacency.
        """
    @matches.setter
    def matches(self, /, value: Any) -> None: ...
    @property
    def mime_type(self, /) -> Any:
        """
        The MIME type of its content; a suffix such as 'png' is completed.
        """
    @mime_type.setter
    def mime_type(self, /, value: Any) -> None: ...
    @property
    def modality(self, /) -> Any:
        """
        What kind of content it has, in the user's own words.
        """
    @modality.setter
    def modality(self, /, value: Any) -> None: ...
    @property
    def nbytes(self, /) -> int:
        """
        How many bytes the Document has when serialised.
        """
    @property
    def non_empty_fields(self, /) -> tuple:
        """
        The names of the fields that are set to something other than their default.
        """
    @property
    def offset(self, /) -> Any:
        """
        Where it begins in what it was cut from; a 32-bit float once it has travelled.
        """
    @offset.setter
    def offset(self, /, value: Any) -> None: ...
    @property
    def parent_id(self, /) -> Any:
        """
        The id of the Document that it is a chunk of; '' where unset.
        """
    @parent_id.setter
    def parent_id(self, /, value: Any) -> None: ...
    def plot_matches_sprites(self, /, top_k: SupportsIndex = 10, channel_axis: SupportsIndex = ..., inv_normalize: bool = False, skip_empty: bool = False, canvas_size: SupportsIndex = 1920, min_size: SupportsIndex = 100, output: Any | None = None) -> Any:
        """
        Makes one picture of the Document and its matches, in a file or in a window.
        """
    def pop(self, /, *fields) -> None:
        """
        Removes the values of fields; names that are no fields are passed over.
        """
    def post(self, /, *args, **kwargs) -> Any:
        """
        Sends itself to the Flow at an address and returns the first Document of the answer.
        """
    def save_audio_tensor_to_file(self, /, file: Any, sample_rate: SupportsIndex = 44100, sample_width: SupportsIndex = 2) -> Document:
        """
        Writes the sound in `tensor` as a WAV file; two columns are stereo.
        """
    def save_blob_to_file(self, /, file: Any) -> Document:
        """
        Writes `blob` to a path or to a file object.
        """
    def save_image_tensor_to_file(self, /, file: Any, channel_axis: SupportsIndex = ..., image_format: str = "png") -> Document:
        """
        Writes the picture in `tensor` to a path or to a file object.
        """
    def save_uri_to_file(self, /, file: Any) -> Document:
        """
        Reads `uri` and writes what is there to a path or to a file object.
        """
    def save_video_tensor_to_file(self, /, file: Any, frame_rate: SupportsIndex = 30, codec: str = "h264") -> Document:
        """
        Writes the frames in `tensor` as a video.
        """
    @property
    def scores(self, /) -> Any:
        """
        Scores by name: a live dict of NamedScore.
        """
    @scores.setter
    def scores(self, /, value: Any) -> None: ...
    def set_image_tensor_channel_axis(self, /, original_channel_axis: SupportsIndex, new_channel_axis: SupportsIndex) -> Document:
        """
        Moves the colour axis of `tensor`.
        """
    def set_image_tensor_inv_normalization(self, /, channel_axis: SupportsIndex = ..., img_mean: Any | None = ..., img_std: Any | None = ...) -> Document:
        """
        Makes a normalised float32 picture in `tensor` a uint8 one again.
        """
    def set_image_tensor_normalization(self, /, channel_axis: SupportsIndex = ..., img_mean: Any | None = ..., img_std: Any | None = ...) -> Document:
        """
        Makes a uint8 picture in `tensor` a float32 one of mean 0 and deviation 1 per colour.
        """
    def set_image_tensor_resample(self, /, ratio: SupportsFloat | SupportsIndex, channel_axis: SupportsIndex = ...) -> Document:
        """
        Scales the picture in `tensor` by `ratio`, taking the nearest pixels.
        """
    def set_image_tensor_shape(self, /, shape: Any, channel_axis: SupportsIndex = ...) -> Document:
        """
        Scales the picture in `tensor` to `shape` (height and width), taking the nearest pixels.
        """
    def set_multi_modal_attribute(self, /, attribute: str, value: Any) -> Any:
        """
        Puts other Documents in the place of an attribute of the class that it stands for.
        """
    def summary(self, /) -> Any:
        """
        Shows what the Document holds, with its matches and chunks: in colours on a terminal, as HTML in a
        notebook.
        """
    @property
    def tags(self, /) -> Any:
        """
        Names and values of the user's own: a live dict. Whole numbers come back as floats.
        """
    @tags.setter
    def tags(self, /, value: Any) -> None: ...
    @property
    def tensor(self, /) -> Any:
        """
        Its content as an array; None where unset. Setting it clears text and blob.
        """
    @tensor.setter
    def tensor(self, /, value: Any) -> None: ...
    @property
    def text(self, /) -> Any:
        """
        Its content as text; '' where unset. Setting it clears blob and tensor.
        """
    @text.setter
    def text(self, /, value: Any) -> None: ...
    def to_base64(self, /, protocol: str = "protobuf", compress: str | None = None) -> Any:
        """
        What `to_bytes` returns, as base64 text.
        """
    def to_bytes(self, /, protocol: str = "protobuf", compress: str | None = None) -> bytes:
        """
        The Document as bytes. `protocol` is 'protobuf' or 'pickle'; `compress` one of lz4, bz2, lzma, zlib
        and gzip.
        """
    def to_dict(self, /, protocol: str = "jsonschema", **kwargs) -> dict:
        """
        The Document as a dict. 'jsonschema' has every key, None where unset, and takes `exclude_none`,
        `include` and `exclude`; 'protobuf' has only what is set, named as protobuf's JSON names it.
        """
    def to_json(self, /, protocol: str = "jsonschema", **kwargs) -> Any:
        """
        The Document as JSON, in the form that `to_dict` has; other keywords go to `json.dumps`.
        """
    def to_protobuf(self, /, ndarray_type: str | None = None) -> Any:
        """
        The Document as a `DocumentProto`, its arrays as they are or all as 'list' or 'numpy'.
        """
    def to_pydantic_model(self, /) -> Any:
        """
        The Document as a pydantic model.
        """
    def to_strawberry_type(self, /) -> Any:
        """
        The Document as a strawberry type.
        """
    @property
    def uri(self, /) -> Any:
        """
        Where its content is to be had. Setting it guesses the MIME type.
        """
    @uri.setter
    def uri(self, /, value: Any) -> None: ...
    @property
    def weight(self, /) -> Any:
        """
        Its weight; a 32-bit float once it has travelled.
        """
    @weight.setter
    def weight(self, /, value: Any) -> None: ...

@disjoint_base
class DocumentArray:
    """
    Documents in order: a live mutable sequence that also finds them by id.
    """
    def __add__(self, other: object, /) -> DocumentArray: ...
    def __bool__(self, /) -> bool: ...
    def __bytes__(self, /) -> bytes: ...
    def __contains__(self, value: Any, /) -> bool: ...
    def __copy__(self, /) -> DocumentArray: ...
    def __deepcopy__(self, /, memo: Any) -> DocumentArray: ...
    def __delitem__(self, index: Any, /) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __getitem__(self, index: Any, /) -> Any: ...
    def __iadd__(self, other: object, /) -> None: ...
    def __init__(self, /, docs: Any | None = None, copy: bool = False, **kwargs) -> None:
        """
        Takes the Documents of an iterable, one Document, or another array, whose rows it then shares
        (with `copy=True` it copies the Documents).
        """
    def __iter__(self, /) -> Any: ...
    def __len__(self, /) -> int: ...
    def __new__(cls, /, *_args, **_kwargs) -> DocumentArray: ...
    def __reduce_ex__(self, /, _protocol: Any) -> Any: ...
    def __repr__(self, /) -> str: ...
    def __reversed__(self, /) -> Iterator: ...
    def __setitem__(self, index: Any, value: Any, /) -> None: ...
    def __setstate__(self, /, state: Any) -> None:
        """
        Takes the Documents that a pickle of docarray has.
        """
    def _filter(self, /, filter: Any) -> DocumentArray:
        """
        The Documents that meet a filter.
        """
    def _ipython_display_(self, /) -> None:
        """
        Shows it in a notebook.
        """
    def _nearest(self, /, queries: Any, metric: str, limit: SupportsIndex) -> tuple[list[tuple[list[int], list[float], float, float]], bool] | None:
        """
        What is nearest to each row of a matrix of floats: places, distances, the smallest and the largest
        distance of all, and whether distances are 64-bit floats. None where the embeddings are no dense
        float arrays of one shape that fits the matrix.
        """
    @classmethod
    def _restore(cls, /, documents: list, attributes: Any) -> Any:
        """
        Makes an array from what a pickle holds.
        """
    @property
    def adjacency(self, /) -> Any:
        """
        The adjacency of its Documents, where it is nested in one.
        """
    def append(self, /, value: Any) -> None:
        """
        Adds a Document at the end; in `chunks` and `matches` it is marked as a child.
        """
    def apply(self, /, *args, **kwargs) -> Any:
        """
        Calls a function with every Document, in threads or processes, and puts what it returns in its
        place. See `tidegate._documents.mapping.apply`.
        """
    def apply_batch(self, /, *args, **kwargs) -> Any:
        """
        Calls a function with batches of Documents and puts what it returns in their places.
        See `tidegate._documents.mapping.apply_batch`.
        """
    def batch(self, /, batch_size: Any, shuffle: bool = False, show_progress: bool = False) -> Any:
        """
        Yields arrays of `batch_size` Documents; the last one may be shorter.
        """
    def batch_ids(self, /, batch_size: Any, shuffle: bool = False) -> Any:
        """
        Yields lists of `batch_size` ids; the last one may be shorter.
        """
    @property
    def blobs(self, /) -> list | None:
        """
        The blobs, in order; None for an empty array. Setting takes one per Document, or None for all.
        """
    @blobs.setter
    def blobs(self, /, values: Any) -> None: ...
    def clear(self, /) -> None:
        """
        Removes every Document.
        """
    @staticmethod
    def cloud_delete(name: str) -> Any:
        """
        Refused: there is no cloud to delete from.
        """
    @staticmethod
    def cloud_list(show_table: bool = False) -> Any:
        """
        Refused: there is no cloud to ask.
        """
    @classmethod
    def cloud_pull(cls, /, name: Any, show_progress: bool = False, local_cache: bool = True, *args, **kwargs) -> Any:
        """
        Refused: there is no cloud to read from.
        """
    def cloud_push(self, /, name: Any, show_progress: bool = False, public: bool = True, branding: Any | None = None) -> Any:
        """
        Refused: there is no cloud to write to.
        """
    @property
    def contents(self, /) -> Any:
        """
        The contents: texts, blobs or tensors, by the kind of the first Document's.
        """
    @contents.setter
    def contents(self, /, values: Any) -> None: ...
    def count(self, /, value: Any) -> int:
        """
        How many Documents equal `value`.
        """
    @classmethod
    def dataloader(cls, /, path: Any, func: Any, batch_size: SupportsIndex, protocol: str = "protobuf", compress: str | None = None, backend: str = "thread", num_worker: SupportsIndex | None = None, pool: Any | None = None, show_progress: bool = False, **kwargs) -> Any:
        """
        Yields what a function returns for each batch of a file that was saved as a stream; a pickle is
        read only with `allow_pickle=True`.
        """
    def embed(self, /, embed_model: Any, device: str = "cpu", batch_size: SupportsIndex = 256, to_numpy: bool = False, collate_fn: Any | None = None) -> Any:
        """
        Sets the embeddings to what a model makes of the tensors, or of what `collate_fn` returns.
        """
    def embed_and_evaluate(self, /, metrics: Any, index_data: Any | None = None, ground_truth: Any | None = None, metric_names: Any | None = None, strict: bool = True, label_tag: str = "label", embed_models: Any | None = None, embed_funcs: Any | None = None, device: str = "cpu", batch_size: SupportsIndex = 256, collate_fns: Any | None = None, distance: Any | None = None, limit: SupportsFloat | SupportsIndex | None = 20.0, normalization: Any | None = None, exclude_self: bool = False, use_scipy: bool = False, num_worker: SupportsIndex = 1, match_batch_size: SupportsIndex = 100000, query_sample_size: SupportsIndex | None = 1000, **kwargs) -> Any:
        """
        Embeds, matches and evaluates in one turn.
        See `tidegate._documents.evaluation.embed_and_evaluate`.
        """
    @property
    def embeddings(self, /) -> Any:
        """
        The embeddings, stacked; None where no Document has one. Each Document of an assigned array shows
        its row of it.
        """
    @embeddings.setter
    def embeddings(self, /, values: Any) -> None: ...
    @staticmethod
    def empty(length: SupportsIndex = 0) -> DocumentArray:
        """
        An array of `length` Documents that have nothing but an id.
        """
    def evaluate(self, /, metrics: Any | None = None, ground_truth: Any | None = None, hash_fn: Any | None = None, metric_names: Any | None = None, strict: bool = True, label_tag: str = "label", num_relevant_documents_per_label: Any | None = None, **kwargs) -> Any:
        """
        Judges the `matches` of every Document by ranking metrics and returns their means.
        See `tidegate._documents.evaluation.evaluate`.
        """
    def extend(self, /, values: Any) -> None:
        """
        Adds the Documents of an iterable at the end.
        """
    def find(self, /, query: Any | None = None, metric: Any | None = None, limit: SupportsFloat | SupportsIndex | None = 20.0, metric_name: str | None = None, exclude_self: bool = False, filter: Any | None = None, only_id: bool = False, index: str = "text", return_root: bool = False, on: str | None = None, **kwargs) -> Any:
        """
        Searches. A dict is a filter and gives an array; a vector gives an array of its nearest Documents;
        a Document, an array or a matrix gives a list of arrays. See `tidegate._documents.search.find`.
        """
    def flatten(self, /) -> Any:
        """
        Every Document at every depth as one array: chunks and matches before the Document that has them.
        """
    @classmethod
    def from_base64(cls, /, data: Any, protocol: str = "protobuf-array", compress: str | None = None, *, allow_pickle: bool = False) -> Any:
        """
        An array from what `to_base64` returned; a pickle is read only with `allow_pickle=True`.
        """
    @classmethod
    def from_bytes(cls, /, data: bytes, protocol: str = "protobuf-array", compress: str | None = None, *, allow_pickle: bool = False) -> Any:
        """
        An array from bytes, in the protocol and with the compression that they were written with; a pickle
        is read only with `allow_pickle=True`.
        """
    @classmethod
    def from_csv(cls, /, *args, **kwargs) -> Any:
        """
        Makes an array with a Document per row of a CSV file.
        See `tidegate._documents.generators.from_csv`.
        """
    @classmethod
    def from_dataframe(cls, /, df: Any, *args, **kwargs) -> Any:
        """
        Makes an array with a Document per row of a pandas DataFrame.
        """
    @classmethod
    def from_dict(cls, /, values: Any, protocol: str = "jsonschema") -> Any:
        """
        The same as `from_list`.
        """
    @classmethod
    def from_files(cls, /, *args, **kwargs) -> Any:
        """
        Makes an array with a Document per file that a glob pattern finds.
        See `tidegate._documents.generators.from_files`.
        """
    @classmethod
    def from_huggingface_datasets(cls, /, *args, **kwargs) -> Any:
        """
        Makes an array with a Document per item of a data set that `datasets` loads.
        See `tidegate._documents.generators.from_huggingface_datasets`.
        """
    @classmethod
    def from_json(cls, /, file: Any, protocol: str = "jsonschema") -> Any:
        """
        An array from a JSON list in the form that `to_json` has.
        """
    @classmethod
    def from_lines(cls, /, *args, **kwargs) -> Any:
        """
        Makes an array of the lines of a file or an iterable.
        See `tidegate._documents.generators.from_lines`.
        """
    @classmethod
    def from_list(cls, /, values: Any, protocol: str = "jsonschema") -> Any:
        """
        An array from dicts in the form that `to_list` has.
        """
    @classmethod
    def from_ndarray(cls, /, *args, **kwargs) -> Any:
        """
        Makes an array with a Document per row of a numpy array.
        See `tidegate._documents.generators.from_ndarray`.
        """
    @classmethod
    def from_ndjson(cls, /, *args, **kwargs) -> Any:
        """
        Makes an array with a Document per line of JSON.
        See `tidegate._documents.generators.from_ndjson`.
        """
    @classmethod
    def from_protobuf(cls, /, pb_msg: Any) -> Any:
        """
        An array from a `DocumentArrayProto`.
        """
    @classmethod
    def from_pydantic_model(cls, /, model: Any) -> Any:
        """
        Makes an array of a list of pydantic models.
        """
    @classmethod
    def from_strawberry_type(cls, /, model: Any) -> Any:
        """
        Makes an array of a list of strawberry types.
        """
    @classmethod
    def get_json_schema(cls, /, indent: SupportsIndex = 2) -> Any:
        """
        The JSON schema of an array, as text.
        """
    def get_vocabulary(self, /, min_freq: SupportsIndex = 1, text_attrs: Any | None = None) -> Any:
        """
        The words of all texts, each with a number from 2 up: 0 is for padding, 1 for unknown words.
        """
    @property
    def granularity(self, /) -> Any:
        """
        The granularity of its Documents, where it is nested in one.
        """
    def index(self, /, value: Any, start: SupportsIndex = 0, stop: SupportsIndex | None = None) -> int:
        """
        Where the first Document is that equals `value`.
        """
    def insert(self, /, index: SupportsIndex, value: Any) -> None:
        """
        Puts a Document before the one at an index.
        """
    @classmethod
    def load(cls, /, file: Any, file_format: str = "binary", encoding: str = "utf-8", **kwargs) -> Any:
        """
        Reads an array that `save` wrote: `file_format` is 'binary', 'json' or 'csv'.
        """
    @classmethod
    def load_binary(cls, /, file: Any, protocol: str = "protobuf-array", compress: str | None = None, _show_progress: bool = False, streaming: bool = False, *args, **kwargs) -> Any:
        """
        Reads an array from a file, or bytes, that `save_binary` wrote; with `streaming=True` yields its
        Documents one by one. A pickle is read only with `allow_pickle=True`.
        """
    @classmethod
    def load_csv(cls, /, file: Any, field_resolver: Any | None = None, encoding: str = "utf-8") -> Any:
        """
        Reads an array from a CSV file; columns that are no fields become tags.
        """
    @classmethod
    def load_json(cls, /, file: Any, protocol: str = "jsonschema", encoding: str = "utf-8", **kwargs) -> Any:
        """
        Reads an array from a JSON file.
        """
    def map(self, /, func: Any, backend: str = "thread", num_worker: SupportsIndex | None = None, show_progress: bool = False, pool: Any | None = None) -> Any:
        """
        Calls a function with every Document, in threads or processes, and yields what it returns, in order.
        See `tidegate._documents.mapping.map_each`.
        """
    def map_batch(self, /, func: Any, batch_size: SupportsIndex, backend: str = "thread", num_worker: SupportsIndex | None = None, shuffle: bool = False, show_progress: bool = False, pool: Any | None = None) -> Any:
        """
        Calls a function with batches of Documents and yields what it returns, in order.
        See `tidegate._documents.mapping.map_batch`.
        """
    def match(self, /, darray: Any, metric: Any | None = None, limit: SupportsFloat | SupportsIndex | None = 20.0, normalization: Any | None = None, metric_name: str | None = None, batch_size: SupportsIndex | None = None, exclude_self: bool = False, filter: Any | None = None, only_id: bool = False, use_scipy: bool = False, device: str = "cpu", num_worker: SupportsIndex | None = 1, on: str | None = None, **kwargs) -> Any:
        """
        Sets the `matches` of every Document to its nearest ones in another array.
        See `tidegate._documents.search.match`.
        """
    def plot_embeddings(self, /, title: str = "MyDocumentArray", path: Any | None = None, image_sprites: bool = False, min_image_size: SupportsIndex = 16, channel_axis: SupportsIndex = ..., start_server: bool = True, host: str = "127.0.0.1", port: SupportsIndex | None = None, image_source: str = "tensor", exclude_fields_metas: Any | None = None) -> Any:
        """
        Writes the embeddings as files for the TensorFlow projector, shows a page, returns the folder.
        See `tidegate._documents.projector.plot_embeddings`.
        """
    def plot_image_sprites(self, /, output: Any | None = None, canvas_size: SupportsIndex = 512, min_size: SupportsIndex = 16, channel_axis: SupportsIndex = ..., image_source: str = "tensor", skip_empty: bool = False, show_progress: bool = False, show_index: bool = False, fig_size: tuple[SupportsIndex, SupportsIndex] | None = ..., keep_aspect_ratio: bool = False) -> Any:
        """
        Draws the images of all Documents into one square picture.
        See `tidegate._documents.sprites.plot_image_sprites`.
        """
    def pop(self, /, index: SupportsIndex = ...) -> Document:
        """
        Removes and returns the Document at an index, the last one if none is given.
        """
    def post(self, /, host: str, show_progress: bool = False, batch_size: SupportsIndex | None = None, parameters: Any | None = None, **kwargs) -> Any:
        """
        Sends the array to a Flow at an address like `grpc://host:port/endpoint` and returns its answer.
        """
    @classmethod
    def pull(cls, /, name: Any, show_progress: bool = False, local_cache: bool = True, *args, **kwargs) -> Any:
        """
        Refused: there is no cloud to read from.
        """
    def push(self, /, name: Any, show_progress: bool = False, public: bool = True, branding: Any | None = None) -> Any:
        """
        Refused: there is no cloud to write to.
        """
    def reduce(self, /, other: Any) -> DocumentArray:
        """
        Merges another array into this one and returns it. Documents are matched by id: a field that is set
        here stays, one that is set only there is taken over, chunks and matches are merged the same way;
        Documents that are only there are added at the end.
        """
    def reduce_all(self, /, others: Any) -> DocumentArray:
        """
        Merges several arrays into this one, the first ones first, and returns it.
        """
    @property
    def reference_doc(self, /) -> Document | None:
        """
        The Document that this array is nested in; None for an array of its own.
        """
    def remove(self, /, value: Any) -> None:
        """
        Removes the first Document that equals `value`.
        """
    def reverse(self, /) -> None:
        """
        Turns the order round, in place.
        """
    def sample(self, /, k: SupportsIndex, seed: Any | None = None) -> Any:
        """
        `k` Documents at random, as a new array.
        """
    def save(self, /, file: Any, file_format: str = "binary", encoding: str = "utf-8") -> Any:
        """
        Writes the array to a file: `file_format` is 'binary', 'json' or 'csv'.
        """
    def save_binary(self, /, file: Any, protocol: str = "protobuf-array", compress: str | None = None) -> Any:
        """
        Writes `to_bytes` to a file; the ending of its name may name the protocol and the compression.
        """
    def save_csv(self, /, file: Any, flatten_tags: bool = True, exclude_fields: Any | None = None, dialect: Any | None = None, with_header: bool = True, encoding: str = "utf-8") -> Any:
        """
        Writes a CSV file with the fields of the first Document as its columns.
        See `tidegate._documents.tables.save_csv`.
        """
    def save_embeddings_csv(self, /, file: Any, encoding: str = "utf-8", **kwargs) -> Any:
        """
        Writes the embeddings as a table of numbers, with `numpy.savetxt`.
        """
    def save_gif(self, /, output: Any, channel_axis: SupportsIndex = ..., duration: SupportsIndex = 200, size_ratio: SupportsFloat | SupportsIndex = 1.0, inline_display: bool = False, image_source: str = "tensor", skip_empty: bool = False, show_index: bool = False, show_progress: bool = False) -> Any:
        """
        Writes a moving picture with a frame per Document.
        """
    def save_json(self, /, file: Any, protocol: str = "jsonschema", encoding: str = "utf-8", **kwargs) -> Any:
        """
        Writes `to_json` to a file.
        """
    def shuffle(self, /, seed: Any | None = None) -> Any:
        """
        All Documents in random order, as a new array.
        """
    def split_by_tag(self, /, tag: str) -> Any:
        """
        A dict from each value of a tag to the array of Documents that have it.
        """
    def summary(self, /) -> Any:
        """
        Shows what the array holds: in colours on a terminal, as HTML in a notebook.
        """
    @property
    def tensors(self, /) -> Any:
        """
        The tensors, stacked; None where no Document has one. Each Document of an assigned array shows its
        row of it.
        """
    @tensors.setter
    def tensors(self, /, values: Any) -> None: ...
    @property
    def texts(self, /) -> list | None:
        """
        The texts, in order; None for an empty array. Setting takes one per Document, or None for all.
        """
    @texts.setter
    def texts(self, /, values: Any) -> None: ...
    def to_base64(self, /, protocol: str = "protobuf-array", compress: str | None = None) -> Any:
        """
        What `to_bytes` returns, as base64 text.
        """
    def to_bytes(self, /, protocol: str = "protobuf-array", compress: str | None = None) -> bytes:
        """
        The array as bytes. `protocol` is 'protobuf-array' (one message), 'protobuf' (a stream of length
        and Document), 'pickle-array' or 'pickle'; `compress` one of lz4, bz2, lzma, zlib and gzip.
        """
    def to_dataframe(self, /, **kwargs) -> Any:
        """
        The array as a pandas DataFrame, with a column per field.
        """
    def to_dict(self, /, protocol: str = "jsonschema", **kwargs) -> list:
        """
        The same as `to_list`.
        """
    def to_json(self, /, protocol: str = "jsonschema", **kwargs) -> Any:
        """
        The array as a JSON list, in the form that `to_list` has.
        """
    def to_list(self, /, protocol: str = "jsonschema", **kwargs) -> list:
        """
        Every Document as a dict, in the form that `Document.to_dict` has.
        """
    def to_protobuf(self, /, ndarray_type: str | None = None) -> Any:
        """
        The array as a `DocumentArrayProto`, the Documents' arrays as they are or all as 'list' or 'numpy'.
        """
    def to_pydantic_model(self, /) -> Any:
        """
        The array as a list of pydantic models.
        """
    def to_strawberry_type(self, /) -> Any:
        """
        The array as a list of strawberry types.
        """
    def traverse(self, /, traversal_paths: str, filter_fn: Any | None = None) -> Iterator:
        """
        One array per group of Documents that the paths lead to.
        """
    def traverse_flat(self, /, traversal_paths: str, filter_fn: Any | None = None) -> DocumentArray:
        """
        Every Document that the paths lead to, as one array.
        """
    def traverse_flat_per_path(self, /, traversal_paths: str, filter_fn: Any | None = None) -> Iterator:
        """
        One array per path, with every Document that it leads to.
        """

@final
class Endpoint:
    """
    One endpoint: its path, the bound method behind it, and the arguments that the method takes.
    """
    def __new__(cls, /, name: str, handler: Any, is_async: bool, arguments: SupportsGetItem[int, str], batching: Incomplete | None = None) -> Endpoint: ...
    def __repr__(self, /) -> str: ...
    @property
    def arguments(self, /) -> list[str]:
        """
        The names of the arguments that it is given.
        """
    @property
    def handler(self, /) -> Any:
        """
        The bound method.
        """
    @property
    def is_async(self, /) -> bool:
        """
        Whether it runs on the loop; else on the thread for sync methods.
        """
    @property
    def name(self, /) -> str:
        """
        The path, such as `/index`.
        """

@final
class FlowRuntime:
    """
    Runs a Flow: the gateway in this process, the Executors in workers or inline.
    """
    def __new__(cls, /, *, host: str, port: SupportsIndex | None, max_message_bytes: SupportsIndex, prefetch: SupportsIndex, name: str) -> FlowRuntime: ...
    def add_external(self, /, name: str, addresses: SupportsGetItem[int, tuple[str, SupportsIndex, bool]], *, metadata: SupportsGetItem[int, tuple[str, str]] = ..., timeout_send: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Adds an Executor that is reached at `addresses`, each a host, a port and whether to encrypt;
        `metadata` goes with every call.
        """
    def add_head(self, /, name: str, shards: SupportsGetItem[int, str], *, polling: str, endpoints: dict[str, str], before: str | None = None, after: str | None = None, reduce: bool = True, timeout_send: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Puts members that were added into one Executor: its shards, and who comes before and after them.

        `polling` is `any` or `all`, by the endpoint where `endpoints` says so.
        """
    def add_inline(self, /, name: str, inbox: Inbox, *, timeout_send: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Adds an Executor that runs in this process, behind those added so far.
        """
    def add_worker(self, /, name: str, *, replicas: SupportsIndex, argv: SupportsGetItem[int, str], env: SupportsGetItem[int, tuple[str, str]], settings: bytes, blob: bytes, timeout_ready: SupportsFloat | SupportsIndex | None = None, timeout_send: SupportsFloat | SupportsIndex | None = None, devices: SupportsGetItem[int, str] = ..., single: bool = False) -> None:
        """
        Adds an Executor that runs in `replicas` worker processes, behind those added so far.

        `devices` go round among the replicas as `CUDA_VISIBLE_DEVICES`. With `single` its one Pod goes by
        the name itself.
        """
    def close(self, /, grace: SupportsFloat | SupportsIndex) -> None:
        """
        Finishes what runs within `grace` seconds, closes the Executors, and ends the workers.

        Does nothing the second time. What a signal handler raises meanwhile ends everything at once.
        """
    @property
    def host(self, /) -> str:
        """
        The host that was asked for.
        """
    def is_ready(self, /) -> bool:
        """
        Whether requests are served, and every Executor has a worker.
        """
    @property
    def name(self, /) -> str:
        """
        The Flow's name.
        """
    def pids(self, /) -> dict[str, int]:
        """
        The processes of the Pods that have one.
        """
    @property
    def port(self, /) -> int:
        """
        The port that is listened on; what was asked for while none is.
        """
    def set_event_handler(self, /, handler: Any | None) -> None:
        """
        Has everything worth telling told to `handler(kind, pod, message)`, from a thread of its own, once
        the Flow starts. Kinds: `died`, `restarted`, `crash-loop`, `forced`, `warning`.
        """
    def set_topology(self, /, nodes: SupportsGetItem[int, dict]) -> None:
        """
        Says which Executor needs which; without it they are a chain. See `plan_topology`.
        """
    def start(self, /, on_waiting: Any | None = None) -> None:
        """
        Starts every worker and serves once all are ready; blocks without the GIL.

        `on_waiting(pods)` is called, from this thread, with those that are awaited, whenever they change.
        The first failure is raised after all others have been stopped, as is what a signal handler raises.
        """
    def states(self, /) -> dict[str, str]:
        """
        Where each Pod is in its life: `starting`, `ready`, `restarting`, `draining`, `failed` or `stopped`.
        """

@final
class Header:
    """
    Who a request is, where it went, and how it ended.
    """
    def __repr__(self, /) -> str: ...
    @property
    def exec_endpoint(self, /) -> str:
        """
        The endpoint; empty where none was named.
        """
    @property
    def request_id(self, /) -> str:
        """
        The request's id: 32 hexadecimal digits.
        """
    @property
    def status(self, /) -> Status:
        """
        The outcome.
        """
    @property
    def target_executor(self, /) -> str:
        """
        The expression that chose the Executors; empty for all of them.
        """
    @property
    def timeout(self, /) -> int:
        """
        Jina's `timeout` field; 0 where it is not set.
        """

@final
class Inbox:
    """
    An Executor in this process, on an event loop in a thread of its own.
    """
    def __new__(cls, /, options: Incomplete) -> Inbox:
        """
        Registers with `options.looper`; to be called on its thread.
        """
    def batch_counts(self, /) -> dict:
        """
        What became of the batches of each batched endpoint so far.
        """
    def cancel_all(self, /) -> None:
        """
        Cancels every call. On the loop's thread.
        """
    def close(self, /) -> None:
        """
        Takes leave of the loop; callers that are left are told so. On the loop's thread.
        """
    def drain(self, /) -> None:
        """
        Takes no more calls; `on_idle` is called when the last has ended. On the loop's thread.
        """
    def end_sync(self, /) -> None:
        """
        Ends the thread for sync methods after the call that it is running.
        """
    def run_sync(self, /) -> None:
        """
        Runs sync methods until [`Inbox::end_sync`]; the body of their thread.
        """

class MatchArray(DocumentArray):
    """
    The `matches` of a Document.
    """
    def __init__(self, /, docs: Any, reference_doc: Document | None) -> None: ...
    def __new__(cls, /, *_args, **_kwargs) -> MatchArray: ...

@disjoint_base
class NamedScore:
    """
    A score with a name: its value, the operation that it comes from, a description and what it refers to.
    """
    def __copy__(self, /) -> Any:
        """
        A new score with the same values.
        """
    def __deepcopy__(self, /, _memo: Any) -> Any:
        """
        A new score with the same values.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __init__(self, /, obj: Any | None = None, copy: bool = False, **kwargs) -> None:
        """
        Takes `value`, `op_name`, `description` and `ref_id`, each optional, or another score or a dict.
        """
    def __new__(cls, /, *_args, **_kwargs) -> NamedScore: ...
    def __reduce__(self, /) -> tuple: ...
    def __repr__(self, /) -> str: ...
    def __setstate__(self, /, state: Any) -> None:
        """
        Takes the fields that a pickle of docarray has.
        """
    def clear(self, /) -> Any:
        """
        Sets all fields to their defaults.
        """
    def copy_from(self, /, other: Any) -> Any:
        """
        Makes the score a copy of another.
        """
    @property
    def description(self, /) -> Any:
        """
        What it means; '' where unset.
        """
    @description.setter
    def description(self, /, value: Any | None) -> None: ...
    @property
    def non_empty_fields(self, /) -> tuple:
        """
        The names of the fields that are set.
        """
    @property
    def op_name(self, /) -> Any:
        """
        The operation that it comes from; '' where unset.
        """
    @op_name.setter
    def op_name(self, /, value: Any | None) -> None: ...
    def pop(self, /, *fields) -> Any:
        """
        Sets fields to their defaults.
        """
    @property
    def ref_id(self, /) -> Any:
        """
        The id of what it refers to; '' where unset.
        """
    @ref_id.setter
    def ref_id(self, /, value: Any | None) -> None: ...
    def to_dict(self, /) -> dict:
        """
        The fields that are set, as a dict.
        """
    @property
    def value(self, /) -> Any:
        """
        The number; 0.0 where unset.
        """
    @value.setter
    def value(self, /, value: Any | None) -> None: ...

@final
class ProbeCall:
    """
    A call on its way. Dropping it does nothing; `cancel` does.
    """
    def cancel(self, /) -> None:
        """
        Drops the call, as a caller that leaves does.
        """
    def is_answered(self, /) -> bool:
        """
        Whether the call has ended.
        """
    def wait(self, /, limit: SupportsFloat | SupportsIndex = 20.0) -> dict:
        """
        Waits for the answer: a dict with `payload` and `results`, or with `kind` and the rest of an error.
        """

@final
class RemoteException:
    """
    An exception that was raised in an Executor, as it travels.
    """
    def __repr__(self, /) -> str: ...
    @property
    def args(self, /) -> list[str]:
        """
        `str()` of each of its arguments.
        """
    @property
    def executor(self, /) -> str:
        """
        The class name of the Executor that raised it.
        """
    @property
    def name(self, /) -> str:
        """
        Its class name, such as `ValueError`.
        """
    @property
    def stacks(self, /) -> list[str]:
        """
        The formatted traceback, in pieces.
        """

@final
class Response:
    """
    What a Flow answers to one request.

    Its attributes have the names and the value types that Jina's `Response` has. Documents and
    parameters are decoded when they are first asked for.
    """
    def SerializeToString(self, /) -> bytes:
        """
        The response as a serialised `DataRequestProto`.
        """
    def __repr__(self, /) -> str: ...
    @property
    def _failed(self, /) -> bool:
        """
        Whether the request failed.
        """
    @staticmethod
    def _join(responses: SupportsGetItem[int, Response]) -> DocumentArray:
        """
        The Documents of all `responses` as one array; none of them is decoded for it.
        """
    @property
    def data(self, /) -> ResponseData:
        """
        The part with the Documents: `data.docs` are the same as `docs`.
        """
    @property
    def docs(self, /) -> DocumentArray:
        """
        The Documents.
        """
    @docs.setter
    def docs(self, /, value: DocumentArray) -> None: ...
    @property
    def header(self, /) -> Header:
        """
        Id, endpoint, target and outcome.
        """
    @property
    def last_executor(self, /) -> str | None:
        """
        The name of the last Executor that the request came to; `None` where there was none.
        """
    @property
    def parameters(self, /) -> dict:
        """
        The parameters; what Executors returned as a dict is under `__results__`.
        """
    @parameters.setter
    def parameters(self, /, value: dict) -> None: ...
    @property
    def proto(self, /) -> Any:
        """
        The response as a protobuf message: `to_protobuf()`.
        """
    @property
    def request_id(self, /) -> str:
        """
        The request's id: 32 hexadecimal digits.
        """
    @property
    def routes(self, /) -> list[Route]:
        """
        The hops that the request made, the gateway first.
        """
    @property
    def status(self, /) -> Status:
        """
        The outcome: `header.status`.
        """
    def to_dict(self, /) -> dict:
        """
        The response as a dict: `header`, `parameters`, `routes` and, as a list, `data`.
        """
    def to_protobuf(self, /) -> Any:
        """
        The response as a protobuf message, a `DataRequestProto`; needs the extra `tidegate[protobuf]`.
        """

@final
class ResponseData:
    """
    A response's `data`.
    """
    @property
    def docs(self, /) -> DocumentArray:
        """
        The Documents.
        """
    @docs.setter
    def docs(self, /, value: DocumentArray) -> None: ...

@final
class Route:
    """
    One hop of a request: which Executor, when, and how it went.
    """
    def __repr__(self, /) -> str: ...
    @property
    def end_time(self, /) -> Timestamp:
        """
        When it ended.
        """
    @property
    def executor(self, /) -> str:
        """
        The Executor's name, or `gateway`.
        """
    @property
    def start_time(self, /) -> Timestamp:
        """
        When the hop began.
        """
    @property
    def status(self, /) -> Status:
        """
        How it went.
        """

@final
class Status:
    """
    The outcome of a request or of one hop.
    """
    def __repr__(self, /) -> str: ...
    @property
    def code(self, /) -> int:
        """
        0 for success, 1 for an error.
        """
    @property
    def description(self, /) -> str:
        """
        `repr` of the exception, or what else went wrong; empty for success.
        """
    @property
    def exception(self, /) -> RemoteException:
        """
        The exception; all its fields are empty where there was none.
        """

@final
class Timestamp:
    """
    A point in time, as protobuf has it.
    """
    def ToDatetime(self, /, tzinfo: tzinfo | None = None) -> Any:
        """
        The time as a `datetime`: without a time zone and in UTC, or in `tzinfo`.
        """
    def ToJsonString(self, /) -> str:
        """
        The time in the form of RFC 3339, such as `2022-03-04T05:06:07.089Z`.
        """
    def ToMicroseconds(self, /) -> int:
        """
        Whole microseconds since 1970-01-01 UTC.
        """
    def ToMilliseconds(self, /) -> int:
        """
        Whole milliseconds since 1970-01-01 UTC.
        """
    def ToNanoseconds(self, /) -> int:
        """
        Nanoseconds since 1970-01-01 UTC.
        """
    def ToSeconds(self, /) -> int:
        """
        Whole seconds since 1970-01-01 UTC.
        """
    def __eq__(self, value: object, /) -> bool: ...
    def __ge__(self, value: object, /) -> bool: ...
    def __gt__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __le__(self, value: object, /) -> bool: ...
    def __lt__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def nanos(self, /) -> int:
        """
        Nanoseconds, 0 to 999,999,999.
        """
    @property
    def seconds(self, /) -> int:
        """
        Whole seconds since 1970-01-01 UTC.
        """

@final
class WorkerChannel:
    """
    The channel between a worker and the gateway that has spawned it.
    """
    def __new__(cls, /) -> WorkerChannel:
        """
        Takes the channel from standard input and listens until the parent has said what to run.
        """
    def batch_counts(self, /) -> dict:
        """
        What became of the batches of each batched endpoint so far.
        """
    @property
    def blob(self, /) -> bytes:
        """
        The class and its arguments, pickled by the parent.
        """
    def cancel_all(self, /) -> None:
        """
        Cancels every call.
        """
    def close(self, /) -> None:
        """
        Writes what is left, and takes leave of the loop.
        """
    def closed(self, /) -> None:
        """
        The Executor has been closed: an exit from here on is a good one.
        """
    def drain(self, /, limit: SupportsFloat | SupportsIndex) -> None:
        """
        Takes no more calls; `on_idle` is called when the last has ended. The process must be gone in
        `limit` seconds.
        """
    def end_sync(self, /) -> None:
        """
        Ends the thread for sync methods after the call that it is running.
        """
    def ending(self, /, limit: SupportsFloat | SupportsIndex) -> None:
        """
        The process must be gone in `limit` seconds.
        """
    def fail(self, /, raised: Any, executor: str) -> None:
        """
        Tells the parent that the Executor could not be started, and why.
        """
    def forked(self, /) -> None:
        """
        Lets go of the channel in a forked child: it is the parent's.
        """
    def run_sync(self, /) -> None:
        """
        Runs sync methods until [`WorkerChannel::end_sync`]; the body of their thread.
        """
    def serve(self, /, options: Incomplete) -> None:
        """
        Says Hello, with the endpoints, and serves calls from `options.looper` from now on.
        """
    @property
    def settings(self, /) -> bytes:
        """
        The settings, JSON.
        """

def _cli(words: SupportsGetItem[int, str], python: str) -> Any:
    """
    Does what the words after `tidegate` ask for; gives the exit code, or what is left to do in Python:
    the verb, its words, a file, and options by name.
    """

def _forget_random_ids() -> None:
    """
    Makes a forked process draw random ids of its own.
    """

def _options() -> list[tuple[str, int, str, str, list[Any]]]:
    """
    The table of options: name, places as bits, fate, doc, the values that ask for nothing.
    """

def _renamed_options() -> list[tuple[str, str]]:
    """
    Older spellings of options, and what they are called now.
    """

def draw_flow(name: str, nodes: SupportsGetItem[int, dict], *, vertical: bool = False, format: str = "svg") -> bytes:
    """
    Draws the graph of the Flow called `name`, and gives an SVG or a PNG.

    A node is a dict as `plan_topology` takes it, with `role` (`EXECUTOR`, `JOIN`, `INSPECT`,
    `INSPECT_AUX_PASS` or `JOIN_INSPECT`), `uses`, `replicas`, `shards`, `polling`, `before`, `after`,
    `addresses` and `inline`.

    Raises:
        ConfigError: A name twice, a need of itself or of nobody, a circle, a format that is neither.
    """

def dump_yaml(value: Any) -> str:
    """
    Writes a dict of plain values as YAML.
    """

def load_yaml(source: Any, *, kind: str, name: str, search: SupportsGetItem[int, str], context: dict | None = None, env: dict[str, str] | None = None) -> Any:
    """
    Reads and checks a description of a Flow, a Deployment, an Executor or a gateway.

    `source` is a text or a dict; `name` is what messages call it, `search` the folders in which files
    that it names are looked for. `context` and `env`, before the process's own environment, fill in
    `${{ }}`, which stay as they are where `context` is None.
    """

def nearest(written: str, known: SupportsGetItem[int, str]) -> str | None:
    """
    Gives the one of `known` that is nearest to what was written, where one is near.
    """

def plan_topology(nodes: SupportsGetItem[int, dict]) -> tuple[list[str], str | None, list[str]]:
    """
    Checks the edges of a Flow, and gives the names in an order in which each comes after all that it
    needs, the name of the one whose answer is the Flow's, and the names of those that no answer waits for
    though nobody said `floating`.

    A node is a dict of `name`, `needs` (names, or `gateway`), `floating`, `reduce` and `when` (a filter as
    a dict, or `None`).

    Raises:
        ConfigError: A name twice, a need of itself or of nobody, a circle.
    """

def __getattr__(name: str) -> Incomplete: ...
