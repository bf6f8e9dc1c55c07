"""Our text, bytes, pictures, sound, video, meshes and multimodal classes beside docarray's.

Each case runs with both, in one process and on the same data. Runs in the environment of peers;
ends with an AssertionError where they differ.
"""

import inspect
import pathlib
import random
import sys
import tempfile
import typing
from collections.abc import Callable
from typing import Any

import docarray
import docarray.dataclasses.enums
import docarray.dataclasses.getter
import docarray.typing
import numpy
import PIL.Image
import tidegate
import tidegate.dataclasses
import tidegate.dataclasses.enums
import tidegate.dataclasses.getter
import tidegate.typing
import trimesh

CASES: list[Callable[[Any], Any]] = []
HERE = pathlib.Path(tempfile.mkdtemp())
FIELDS = ("text", "blob", "tensor", "embedding", "uri", "mime_type", "tags", "location", "modality")


def case(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    CASES.append(function)
    return function


def plain(value: Any) -> Any:
    """What a result is, in terms that both libraries share."""
    if hasattr(value, "non_empty_fields"):
        found = {name: plain(getattr(value, name)) for name in FIELDS}
        for name in ("chunks", "matches"):
            found[name] = [plain(d) for d in getattr(value, name)]
        metadata = value._metadata or {}
        return {**found, "_metadata": plain(dict(metadata))}
    if isinstance(value, numpy.ndarray):
        return [str(value.dtype), value.shape, value.tolist()]
    if type(value).__name__ in ("DocumentArray", "DocumentArrayInMemory", "ChunkArray"):
        return [plain(d) for d in value]
    if isinstance(value, dict):
        return {str(getattr(k, "value", k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return getattr(value, "value", value)


def outcome(run: Callable[[Any], Any], library: Any) -> Any:
    try:
        return plain(run(library))
    except Exception as error:
        return type(error).__name__


def pixels(seed: int, *shape: int) -> Any:
    return numpy.random.default_rng(seed).integers(0, 256, shape, dtype=numpy.uint8)


def write(name: str, data: bytes | str) -> str:
    path = HERE / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


TEXTS = ["", "Hello, world! hello?", "a-b_c\td\ne", "ümlaut Straße ÜMLAUT", "x " * 20]


@case
def vocabulary(library: Any) -> Any:
    return [dict(library.Document(text=text).get_vocabulary()) for text in TEXTS]


@case
def text_to_tensor_and_back(library: Any) -> Any:
    vocab = {"hello": 2, "world": 3, "x": 4}
    found = []
    for text in TEXTS:
        for length in (None, 0, 1, 3, 10):
            d = library.Document(text=text).convert_text_to_tensor(vocab, max_length=length)
            found.append(plain(d))
            found.append(d.convert_tensor_to_text(vocab, delimiter="-").text)
    return found


@case
def text_uris(library: Any) -> Any:
    path = write("words.txt", "grüß dich")
    found = []
    for uri in (path, "data:text/plain,a%20b", "data:text/plain;base64,aGVsbG8="):
        d = library.Document(uri=uri)
        found.append(d.load_uri_to_text())
        found.append(library.Document(uri=uri).load_uri_to_blob(timeout=5))
    for text in TEXTS:
        found.append(library.Document(text=text, mime_type="text/plain").convert_text_to_datauri())
        found.append(library.Document(text=text).convert_text_to_datauri(charset=None))
    return found


@case
def latin_text(library: Any) -> Any:
    path = write("latin.txt", "grüß".encode("latin-1"))
    return library.Document(uri=path).load_uri_to_text(charset="latin-1")


@case
def no_such_file(library: Any) -> Any:
    return library.Document(uri="/not/there").load_uri_to_blob()


@case
def blob_uris(library: Any) -> Any:
    found = []
    for data in (b"", b"abc \xff\x00", bytes(range(256))):
        for base64 in (False, True):
            d = library.Document(blob=data, mime_type="application/x-y")
            found.append(d.convert_blob_to_datauri(base64=base64))
            d = library.Document(uri=write("some.bin", data), mime_type="application/x-y")
            found.append(d.convert_uri_to_datauri(base64=base64).convert_uri_to_datauri())
    return found


@case
def blob_without_mime_type(library: Any) -> Any:
    return library.Document(blob=b"x").convert_blob_to_datauri()


@case
def content_uris(library: Any) -> Any:
    return [
        library.Document(text="a b").convert_content_to_datauri(),
        library.Document(blob=b"a b", mime_type="text/plain").convert_content_to_datauri(),
        library.Document().convert_content_to_datauri(),
    ]


@case
def content_uri_of_tensor(library: Any) -> Any:
    return library.Document(tensor=numpy.zeros(3)).convert_content_to_datauri()


@case
def buffers(library: Any) -> Any:
    data = numpy.arange(6, dtype="<f8").tobytes()
    found = [
        library.Document(blob=data).convert_blob_to_tensor(),
        library.Document(blob=data).convert_blob_to_tensor("int16", 4, 2),
        library.Document(tensor=numpy.arange(4.0)).convert_tensor_to_blob(),
    ]
    path = HERE / "out"
    found[2].save_blob_to_file(str(path))
    written = path.read_bytes()
    library.Document(uri=write("in", b"123")).save_uri_to_file(str(path))
    return [*map(plain, found), written, path.read_bytes()]


def png(name: str, mode: str = "RGB") -> str:
    shape = {"RGB": (9, 12, 3), "L": (9, 12), "RGBA": (9, 12, 4), "P": (9, 12)}[mode]
    picture = PIL.Image.fromarray(pixels(3, *shape))
    path = str(HERE / name)
    picture.convert(mode).save(path)
    return path


@case
def pictures_read(library: Any) -> Any:
    found = []
    for mode in ("RGB", "L", "RGBA", "P"):
        path = png(f"{mode}.png", mode)
        data = pathlib.Path(path).read_bytes()
        for size in ({}, {"width": 5}, {"height": 4}, {"width": 20, "height": 7}):
            for axis in (-1, 0, 1):
                d = library.Document(uri=path)
                found.append(d.load_uri_to_image_tensor(**size, channel_axis=axis))
                d = library.Document(blob=data)
                found.append(d.convert_blob_to_image_tensor(**size, channel_axis=axis))
    return found


@case
def pages(library: Any) -> Any:
    path = str(HERE / "pages.tiff")
    first, *rest = [PIL.Image.fromarray(pixels(n, 4, 5, 3)) for n in range(3)]
    first.save(path, save_all=True, append_images=rest)
    return [
        library.Document(uri=path).load_uri_to_image_tensor(),
        library.Document(uri=path).load_uri_to_image_tensor(width=3, channel_axis=0),
        library.Document(blob=pathlib.Path(path).read_bytes()).convert_blob_to_image_tensor(),
    ]


@case
def pictures_written(library: Any) -> Any:
    found = []
    for shape in ((6, 7, 3), (6, 7), (6, 7, 1), (1, 6, 7, 3)):
        for kind in ("png", "jpeg", "jpg"):
            d = library.Document(tensor=pixels(1, *shape))
            found.append(d.convert_image_tensor_to_uri(image_format=kind))
            d = library.Document(tensor=pixels(1, *shape))
            found.append(d.convert_image_tensor_to_blob(image_format=kind))
    moved = library.Document(tensor=pixels(1, 3, 6, 7))
    found.append(moved.convert_image_tensor_to_blob(channel_axis=0))
    path = HERE / "written.png"
    library.Document(tensor=pixels(1, 6, 7, 3)).save_image_tensor_to_file(str(path))
    image = PIL.Image.fromarray(pixels(5, 4, 4, 3))
    found.append(library.Document().load_pil_image_to_datauri(image))
    return [*map(plain, found), path.read_bytes()]


@case
def flat_pictures(library: Any) -> Any:
    d = library.Document(tensor=pixels(1, 28 * 28)).convert_image_tensor_to_blob()
    return d.convert_blob_to_image_tensor()


@case
def unknown_picture_format(library: Any) -> Any:
    return library.Document(tensor=pixels(1, 4, 4, 3)).convert_image_tensor_to_blob(-1, "gif")


@case
def not_a_picture(library: Any) -> Any:
    return library.Document(tensor=pixels(1, 4, 4, 3, 2)).convert_image_tensor_to_blob()


@case
def shapes(library: Any) -> Any:
    found = []
    for axis, shape in ((-1, (10, 13, 3)), (0, (3, 10, 13)), (1, (10, 3, 13))):
        for target in ((5, 6), (20, 20), (1, 1), (10, 13)):
            d = library.Document(tensor=pixels(2, *shape))
            found.append(d.set_image_tensor_shape(target, axis))
        for ratio in (0.5, 1, 2.3):
            d = library.Document(tensor=pixels(2, *shape))
            found.append(d.set_image_tensor_resample(ratio, channel_axis=axis))
        for other in (-1, 0, 2):
            d = library.Document(tensor=pixels(2, *shape))
            found.append(d.set_image_tensor_channel_axis(axis, other))
    return found


@case
def normalization(library: Any) -> Any:
    found = []
    for axis, shape in ((-1, (5, 6, 3)), (0, (3, 5, 6))):
        d = library.Document(tensor=pixels(2, *shape)).set_image_tensor_normalization(axis)
        found.append(plain(d))
        found.append(plain(d.set_image_tensor_inv_normalization(channel_axis=axis)))
        d = library.Document(tensor=pixels(2, *shape))
        found.append(plain(d.set_image_tensor_normalization(axis, (0.1, 0.2, 0.3), (1, 2, 3))))
    return found


@case
def normalization_of_floats(library: Any) -> Any:
    return library.Document(tensor=numpy.zeros((3, 3, 3))).set_image_tensor_normalization()


@case
def inverse_of_bytes(library: Any) -> Any:
    return library.Document(tensor=pixels(1, 3, 3, 3)).set_image_tensor_inv_normalization()


@case
def windows(library: Any) -> Any:
    found = []
    # Where windows end at the edge and colours are last; elsewhere docarray reads other memory.
    for shape in ((12, 8, 3), (24, 16, 1)):
        for window, strides in (((4, 4), None), ((4, 4), (4, 2)), ((6, 8), (3, 1)), ((2, 4), None)):
            for chunks in (False, True):
                d = library.Document(tensor=pixels(4, *shape), location=[1, 2] if chunks else None)
                d.convert_image_tensor_to_sliding_windows(window, strides, as_chunks=chunks)
                found.append(plain(d))
    for window in ((5, 5), (7, 3)):
        d = library.Document(tensor=pixels(4, 12, 8, 3))
        found.append(d.convert_image_tensor_to_sliding_windows(window, padding=True))
    return found


@case
def sound(library: Any) -> Any:
    found = []
    for shape in ((50,), (50, 2)):
        samples = numpy.random.default_rng(1).uniform(-0.9, 0.9, shape)
        path = str(HERE / "sound.wav")
        library.Document(tensor=samples).save_audio_tensor_to_file(path, sample_rate=8000)
        found.append(pathlib.Path(path).read_bytes())
        found.append(plain(library.Document(uri=path).load_uri_to_audio_tensor()))
    return found


def film() -> str:
    path = str(HERE / "film.mp4")
    frames = numpy.repeat(pixels(7, 6, 16, 16, 3), 4, axis=0)
    tidegate.Document(tensor=frames).save_video_tensor_to_file(path, codec="mpeg4")
    return path


@case
def video(library: Any) -> Any:
    path = film()
    return [
        library.Document(uri=path).load_uri_to_video_tensor(),
        library.Document(uri=path).load_uri_to_video_tensor(only_keyframes=True),
    ]


@case
def video_written(library: Any) -> Any:
    path = str(HERE / "written.mp4")
    d = library.Document(tensor=pixels(7, 6, 16, 32, 3))
    d.save_video_tensor_to_file(path, frame_rate=10, codec="mpeg4")
    return library.Document(uri=path).load_uri_to_video_tensor()


@case
def not_frames(library: Any) -> Any:
    return library.Document(tensor=numpy.zeros((3, 3))).save_video_tensor_to_file("x.mp4")


@case
def meshes(library: Any) -> Any:
    path = str(HERE / "box.ply")
    trimesh.creation.box((1, 2, 3)).export(path)
    found = [library.Document(uri=path).load_uri_to_vertices_and_faces()]
    for chunks in (False, True):
        numpy.random.seed(1)
        d = library.Document(uri=path).load_uri_to_point_cloud_tensor(20, as_chunks=chunks)
        cloud = d.chunks[0].tensor if chunks else d.tensor
        found.append([cloud.shape, float(abs(cloud).max()) <= 1.5])
    cloud = found[0].load_vertices_and_faces_to_point_cloud(30).tensor
    return [plain(found[0].chunks), *found[1:], cloud.shape]


@case
def no_vertices(library: Any) -> Any:
    return library.Document().load_vertices_and_faces_to_point_cloud(3)


@case
def depth(library: Any) -> Any:
    colors, gray = png("colors.png"), png("depth.png", "L")
    chunks = [library.Document(uri=colors), library.Document(uri=gray)]
    return library.Document(chunks=chunks).load_uris_to_rgbd_tensor()


@case
def depth_of_nothing(library: Any) -> Any:
    return library.Document().load_uris_to_rgbd_tensor()


def hashed(rng: random.Random) -> dict[str, Any]:
    values = [0, 1, -5, 2.7, "a", " yes ", "False", "", [1, 2], {"b": 1}, None, True, "17", 10**9]
    tags = {f"k{n}": rng.choice(values) for n in range(rng.randrange(5))}
    return {"text": rng.choice([*TEXTS, "yes no true 1 2"]), "tags": tags, "weight": 2.5}


@case
def hashing(library: Any) -> Any:
    rng = random.Random(4)
    found = []
    for _ in range(60):
        d = library.Document(**hashed(rng))
        n_dim = rng.choice([2, 16, 256])
        found.append(d.embed_feature_hashing(n_dim).embedding.tolist())
        found.append(d.embed_feature_hashing(n_dim, fields=("tags",)).embedding.tolist())
        d.embed_feature_hashing(n_dim, fields=("text", "weight"), max_value=1000)
        found.append(d.embedding.tolist())
    return found


def classes(library: Any) -> tuple[Any, Any, Any]:
    make = library.dataclasses
    kinds = library.typing
    List = typing.List  # noqa: UP006 - all that docarray knows

    def set_upper(value: str) -> Any:
        return library.Document(text=value.upper())

    def get_lower(d: Any) -> str:
        return str(d.text).lower()

    @make.dataclass
    class Inner:
        title: kinds.Text
        count: int = 1

    kind = typing.TypeVar("kind", bound=str)

    @make.dataclass(order=True)
    class Outer:
        title: kinds.Text
        picture: kinds.Image
        inner: Inner
        many: List[Inner]
        texts: List[kinds.Text]
        words: List[str]
        data: bytes
        score: float
        own: kind = make.field(setter=set_upper, getter=get_lower, default="dflt")
        facts: kinds.JSON = None
        link: kinds.URI = "http://x/y.txt"
        raw: kinds.Blob = b"raw"
        missing: kinds.Text = None

    return Inner, Outer, make


def instance(library: Any) -> tuple[Any, Any]:
    inner, outer, _ = classes(library)
    made = outer(
        title="t",
        picture=pixels(2, 3, 3, 3),
        inner=inner("i", 2),
        many=[inner("m1"), inner("m2", 5)],
        texts=["one", "two"],
        words=["a", "b"],
        data=b"\x00\xff",
        score=1.5,
        facts={"a": [1, {"b": None}]},
    )
    return outer, made


def shown(made: Any) -> Any:
    fields = {n: getattr(made, n) for n in made.__dataclass_fields__}
    return {
        n: [shown(e) for e in v]
        if n == "many"
        else shown(v)
        if hasattr(v, "__dataclass_fields__")
        else plain(v)
        for n, v in fields.items()
    }


@case
def multimodal(library: Any) -> Any:
    outer, made = instance(library)
    d = library.Document(made)
    hop = library.Document.from_bytes(d.to_bytes(protocol="protobuf"), protocol="protobuf")
    found = []
    for each in (d, hop):
        found += [
            each.is_multimodal,
            plain(each),
            shown(outer(each)),
            plain(each.title),
            plain(each.many),
            plain(each.inner.title),
            plain(each.get_multi_modal_attribute("texts")),
            plain(library.DocumentArray([each, each])["@.[title,texts]"]),
            plain(library.DocumentArray([each])["@.[many].[title]"]),
            plain(library.DocumentArray([each])["@.[many][:1]"]),
            [library.dataclasses.is_multimodal(e) for e in (each, made, outer, library.Document())],
        ]
        each.title = library.Document(text="set")
        each.set_multi_modal_attribute(
            "texts", library.DocumentArray([library.Document(text="new")])
        )
        found += [plain(each), shown(outer(each))["texts"]]
    return found


@case
def picture_of_a_class(library: Any) -> Any:
    kinds, make = library.typing, library.dataclasses
    List = typing.List  # noqa: UP006 - all that docarray knows

    @make.dataclass
    class Pictures:
        path: kinds.Image
        pillow: kinds.Image
        both: List[kinds.Image]

    image = PIL.Image.fromarray(pixels(5, 4, 4, 3))
    path = png("of_a_class.png")
    d = library.Document(Pictures(path=path, pillow=image, both=[path, pixels(1, 2, 2, 3)]))
    back = Pictures(d)
    return [plain(d), back.path, numpy.array(back.pillow).tolist(), back.both[0]]


@case
def media_of_a_class(library: Any) -> Any:
    kinds, make = library.typing, library.dataclasses
    sound, box = str(HERE / "sound.wav"), str(HERE / "box.ply")

    @make.dataclass
    class Media:
        heard: kinds.Audio
        seen: kinds.Video
        kept: kinds.Blob
        shape: kinds.Mesh

    samples = numpy.zeros(4)
    d = library.Document(Media(sound, film(), write("kept.bin", b"kept"), samples))
    back = Media(library.Document(Media(sound, film(), b"blob", box)))
    return [plain(d), back.heard, back.seen, back.kept, back.shape]


@case
def refusals_of_classes(library: Any) -> Any:
    make, kinds = library.dataclasses, library.typing

    @make.dataclass
    class Wrong:
        x: dict

    @make.dataclass
    class Right:
        t: kinds.Text
        n: int = 1

    d = library.Document(Right("a"))
    return [
        outcome(run, library)
        for run in (
            lambda lib: lib.Document(Wrong({})),
            lambda lib: Right(lib.Document()),
            lambda lib: d.get_multi_modal_attribute("n"),
            lambda lib: d.get_multi_modal_attribute("nope"),
            lambda lib: lib.Document().get_multi_modal_attribute("nope"),
            lambda lib: d.nope,
            lambda lib: d.n,
            lambda lib: d.t,
            lambda lib: lib.DocumentArray([lib.Document()])["@.[t]"],
            lambda lib: lib.Document._from_dataclass(3),
            lambda lib: lib.Document(object()),
        )
    ]


@case
def own_kinds(library: Any) -> Any:
    make = library.dataclasses
    kind = typing.TypeVar("kind", bound=str)

    def maker(source: Any) -> Any:
        return make.field(
            setter=lambda value: library.Document(text=f"<{value}>"),
            getter=lambda d: d.text[1:-1],
            _source_field=source,
        )

    @make.dataclass(type_var_map={kind: maker})
    class Mine:
        x: kind
        t: library.typing.Text = "t"

    d = library.Document(Mine("v"))
    return [plain(d), shown(Mine(d))]


@case
def enums(library: Any) -> Any:
    module = library.dataclasses.enums
    return [
        (name, [(m.name, m.value, str(m)) for m in getattr(module, name)])
        for name in ("DocumentMetadata", "AttributeType", "ImageType")
    ]


def signatures() -> None:
    """Every public method of docarray's Document takes the same names and defaults here."""
    # docarray takes what it hands on as it comes; and a tuple of one cannot be told natively.
    loose = {"match", "embed", "post", "get_vocabulary"}
    for name, theirs in inspect.getmembers(docarray.Document, callable):
        if name.startswith("_") or name in loose or not hasattr(tidegate.Document, name):
            continue
        if theirs.__module__.rpartition(".")[2] not in MIXINS:
            continue
        ours = inspect.signature(getattr(tidegate.Document, name))
        expected = inspect.signature(theirs)
        told = [(p.name, p.default) for p in ours.parameters.values()]
        wanted = [(p.name, p.default) for p in expected.parameters.values()]
        assert told == wanted, f"{name}: {ours} instead of {expected}"


MIXINS = {
    *("audio", "blob", "convert", "dump", "featurehash", "image", "mesh", "multimodal", "plot"),
    *("text", "video", "content"),
}


def main() -> None:
    differ = []
    for run in CASES:
        theirs, ours = outcome(run, docarray), outcome(run, tidegate)
        if theirs != ours:
            differ.append(f"{run.__name__}:\n  docarray {theirs!r:.600}\n  tidegate {ours!r:.600}")
    assert not differ, "\n".join(differ)
    signatures()
    print(f"{len(CASES)} cases are the same", file=sys.stderr)


main()
