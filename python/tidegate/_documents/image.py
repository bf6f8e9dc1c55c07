"""A Document's picture: decoded by Pillow, kept as an array of height, width and colours."""

from __future__ import annotations

import base64
import contextlib
import io
import warnings
from collections.abc import Sequence
from typing import Any

from tidegate._documents import uris
from tidegate._documents.extras import need
from tidegate._tidegate import Document, DocumentArray

#: What the colours of the pictures of ImageNet are, from 0 to 1.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
WINDOW = (64, 64)
#: The sides of the pictures that come as one row of pixels: MNIST's.
FLAT_SIDE = 28


def moved(tensor: Any, source: int = -1, target: int = -1) -> Any:
    """Moves an axis."""
    return tensor if source == target else need("numpy").moveaxis(tensor, source, target)


def _pixels(picture: Any, size: tuple[int, int] | None) -> Any:
    """The pixels of a picture as RGB where it can be converted."""
    with contextlib.suppress(ValueError, OSError):
        picture = picture.convert("RGB")
    return need("numpy").array(picture.resize(size) if size else picture)


def decoded(source: Any, width: int | None = None, height: int | None = None) -> Any:
    """Gives the pixels of a picture in a file, or a list of them for one that has several pages."""
    picture = need("PIL.Image").open(source)
    size = (width or picture.width, height or picture.height) if width or height else None
    pages = getattr(picture, "n_frames", 1)
    if pages == 1:
        # Resized as it is stored, then converted: the order decides about the pixels.
        return _pixels(picture.resize(size) if size else picture, None)
    found = []
    for page in range(pages):
        picture.seek(page)
        found.append(_pixels(picture, size))
    return found


def encoded(tensor: Any, image_format: str) -> bytes:
    """Gives the file of a picture."""
    if image_format not in ("png", "jpeg", "jpg"):
        raise ValueError(f"image_format is {image_format!r}, and 'png' or 'jpeg' is what it can be")
    numpy = need("numpy")
    array = numpy.asarray(tensor).astype(numpy.uint8).squeeze()
    if array.ndim == 1:
        # Mirrored, as docarray writes them.
        array = array.reshape(FLAT_SIDE, FLAT_SIDE)[:, ::-1]
        mode, image_format = "RGBA", "png"
    elif array.ndim in (2, 3):
        mode = "L" if array.ndim == 2 else "RGB"
    else:
        raise ValueError(f"an array of shape {array.shape} is no picture")
    out = io.BytesIO()
    kind = "JPEG" if image_format == "jpg" else image_format.upper()
    need("PIL.Image").fromarray(array).convert(mode).save(out, format=kind)
    return out.getvalue()


def _data_uri(image_format: str, data: bytes) -> str:
    return f"data:image/{image_format};base64,{base64.b64encode(data).decode()}"


def set_image_tensor_channel_axis(
    document: Document, original_channel_axis: int, new_channel_axis: int
) -> Document:
    """Moves the colour axis."""
    document.tensor = moved(document.tensor, original_channel_axis, new_channel_axis)
    return document


def load_pil_image_to_datauri(document: Document, image: Any) -> Document:
    """Puts a Pillow image into `uri`."""
    out = io.BytesIO()
    image.save(out, format="png")
    document.uri = _data_uri("png", out.getvalue())
    return document


def convert_blob_to_image_tensor(
    document: Document, width: int | None, height: int | None, channel_axis: int
) -> Document:
    """Decodes the picture in `blob`; one that has several pages gives a list of arrays."""
    document.tensor = moved(decoded(io.BytesIO(document.blob), width, height), channel_axis, -1)
    return document


def load_uri_to_image_tensor(
    document: Document, width: int | None, height: int | None, channel_axis: int, **kwargs: Any
) -> Document:
    """Decodes the picture at `uri`; the pages of one that has several go into `chunks`."""
    found = decoded(io.BytesIO(uris.read(document.uri, **kwargs)), width, height)
    if isinstance(found, list):
        pages = [Document(tensor=moved(page, channel_axis, -1)) for page in found]
        document.chunks = DocumentArray(pages)
    else:
        document.tensor = moved(found, channel_axis, -1)
    return document


def convert_image_tensor_to_uri(
    document: Document, channel_axis: int, image_format: str
) -> Document:
    """Encodes the picture into `uri`."""
    data = encoded(moved(document.tensor, channel_axis, -1), image_format)
    document.uri = _data_uri(image_format, data)
    return document


def convert_image_tensor_to_blob(
    document: Document, channel_axis: int, image_format: str
) -> Document:
    """Encodes the picture into `blob`."""
    document.blob = encoded(moved(document.tensor, channel_axis, -1), image_format)
    return document


def save_image_tensor_to_file(
    document: Document, file: Any, channel_axis: int, image_format: str
) -> Document:
    """Encodes the picture into a file."""
    if isinstance(file, str) and not file.endswith(image_format.lower()):
        warnings.warn(
            f"the file {file!r} will hold a {image_format} picture, which its name does not say; "
            "change the name or image_format",
            stacklevel=2,
        )
    data = encoded(moved(document.tensor, channel_axis, -1), image_format)
    with uris.to_write(file) as target:
        target.write(data)
    return document


def set_image_tensor_resample(document: Document, ratio: float, channel_axis: int) -> Document:
    """Scales the picture by a ratio."""
    rows, columns, _ = moved(document.tensor, channel_axis, -1).shape
    shape = (int(rows * ratio), int(columns * ratio))
    return set_image_tensor_shape(document, shape, channel_axis)


def set_image_tensor_shape(document: Document, shape: Sequence[int], channel_axis: int) -> Document:
    """Scales the picture to a height and width by its nearest pixels."""
    numpy = need("numpy")
    tensor = moved(document.tensor, channel_axis, -1)

    def nearest(old: int, new: int) -> Any:
        # Up to the last but one row: so docarray scales, and what it gave is what models saw.
        places = numpy.around(numpy.linspace(0, old - 2, new))
        return numpy.clip(places, 0, old - 1).astype(int)

    rows = nearest(tensor.shape[0], shape[0])
    columns = nearest(tensor.shape[1], shape[1])
    document.tensor = moved(tensor[rows[:, None], columns[None, :], :], -1, channel_axis)
    return document


def _statistics(
    img_mean: Sequence[float] | None, img_std: Sequence[float] | None
) -> tuple[Any, Any]:
    numpy = need("numpy")
    mean = numpy.asarray(MEAN if img_mean is None else img_mean, dtype=numpy.float32)
    deviation = numpy.asarray(DEVIATION if img_std is None else img_std, dtype=numpy.float32)
    return mean[:, None, None], deviation[:, None, None]


def _check(document: Document, dtype: str) -> Any:
    tensor = document.tensor
    if getattr(tensor, "ndim", None) != 3 or str(tensor.dtype) != dtype:
        given = f"{getattr(tensor, 'dtype', type(tensor).__name__)} with shape "
        given += str(getattr(tensor, "shape", None))
        raise ValueError(
            f"`tensor` of Document {document.id} is {given}; "
            f"a picture of {dtype} with three axes is needed"
        )
    return tensor


def set_image_tensor_normalization(
    document: Document,
    channel_axis: int,
    img_mean: Sequence[float] | None,
    img_std: Sequence[float] | None,
) -> Document:
    """Makes bytes numbers of mean 0 and deviation 1."""
    numpy = need("numpy")
    tensor = (_check(document, "uint8") / 255.0).astype(numpy.float32)
    mean, deviation = _statistics(img_mean, img_std)
    normal = (moved(tensor, channel_axis, 0) - mean) / deviation
    document.tensor = moved(normal, 0, channel_axis)
    return document


def set_image_tensor_inv_normalization(
    document: Document,
    channel_axis: int,
    img_mean: Sequence[float] | None,
    img_std: Sequence[float] | None,
) -> Document:
    """Makes normalised numbers bytes again."""
    numpy = need("numpy")
    tensor = moved(_check(document, "float32"), channel_axis, 0)
    mean, deviation = _statistics(img_mean, img_std)
    plain = ((tensor * deviation + mean) * 255).astype(numpy.uint8)
    document.tensor = moved(plain, 0, channel_axis)
    return document


def _padding(length: int, window: int, stride: int) -> int:
    """What is missing for the last window that begins in the picture."""
    return max(0, (length - 1) // stride * stride + window - length)


def _padded(tensor: Any, window: Sequence[int], stride: Sequence[int]) -> Any:
    sizes = zip(tensor.shape[:2], window, stride, strict=True)
    extra = [(0, _padding(*size)) for size in sizes]
    return need("numpy").pad(tensor, (*extra, (0, 0)), mode="constant", constant_values=0)


def _windows(tensor: Any, window: Sequence[int], stride: Sequence[int]) -> Any:
    """All windows that lie in the picture, as an array of five axes."""
    views = need("numpy").lib.stride_tricks.sliding_window_view(tensor, window, axis=(0, 1))
    return views[:: stride[0], :: stride[1]].transpose(0, 1, 3, 4, 2)


def convert_image_tensor_to_sliding_windows(
    document: Document,
    window_shape: Sequence[int] | None,
    strides: Sequence[int] | None,
    padding: bool,
    channel_axis: int,
    as_chunks: bool,
) -> Document:
    """Cuts the picture into windows."""
    window = WINDOW if window_shape is None else window_shape
    stride = strides or window
    tensor = moved(document.tensor, channel_axis, -1)
    if padding:
        tensor = _padded(tensor, window, stride)
    for length, size in zip(tensor.shape[:2], window, strict=True):
        if length < size:
            raise ValueError(
                f"a picture of shape {tensor.shape} is smaller than a window of {tuple(window)}; "
                "set padding=True or take smaller windows"
            )
    windows = _windows(tensor, window, stride)
    columns = windows.shape[1]
    flat = windows.reshape(-1, *windows.shape[2:])
    if not as_chunks:
        document.tensor = moved(flat, -1, channel_axis)
        return document
    top, left = document.location[:2] if document.location else (0, 0)
    for at, part in enumerate(flat):
        row, column = divmod(at, columns)
        place = (row * stride[0] + top, column * stride[1] + left, *window)
        chunk = Document(tensor=moved(part, -1, channel_axis), location=place)
        document.chunks.append(chunk)
    return document
