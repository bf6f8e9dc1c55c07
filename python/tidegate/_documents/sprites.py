"""Pictures of an array: its images side by side, or one after the other."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from math import ceil, sqrt
from typing import Any

from tidegate._documents.extras import need
from tidegate._documents.progress import shown
from tidegate._tidegate import Document, DocumentArray

SOURCES = ("tensor", "uri")
WHITE = (255, 255, 255)


def _pixels(document: Document, source: str, channel_axis: int) -> Any:
    """The image of a Document as an array of height, width and channels."""
    import numpy as np

    if source == "uri" or document.content_type != "tensor":
        picture: Any = copy.deepcopy(document)
        return np.asarray(picture.load_uri_to_image_tensor().tensor)
    pixels = np.asarray(document.tensor)
    return np.moveaxis(pixels, channel_axis, -1) if pixels.ndim > 2 else pixels


def _numbered(image: Any, number: int) -> Any:
    need("PIL.ImageDraw").Draw(image).text((0, 0), str(number), WHITE)
    return image


def _image(pixels: Any) -> Any:
    import numpy as np

    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    return need("PIL.Image").fromarray(np.asarray(pixels, dtype="uint8")).convert("RGB")


def _images(
    docs: DocumentArray,
    *,
    source: str,
    channel_axis: int,
    skip_empty: bool,
    show_progress: bool,
) -> Iterator[tuple[int, Any]]:
    """Yields the place and the image of each Document that has one."""
    if source not in SOURCES:
        raise ValueError(f"image_source is {source!r}, and 'tensor' or 'uri' is what it can be")
    for at, document in enumerate(shown(docs, total=len(docs), show=show_progress)):
        if not document.uri and document.tensor is None:
            if skip_empty:
                continue
            raise ValueError(
                f"docs[{at}] has neither a tensor nor a uri to draw; skip_empty=True leaves it out"
            )
        try:
            yield at, _image(_pixels(document, source, channel_axis))
        except (TypeError, ValueError, OSError) as error:
            raise ValueError(
                f"docs[{at}] holds no image that can be drawn; try another image_source or "
                f"channel_axis: {error}"
            ) from error


def plot_image_sprites(
    docs: DocumentArray,
    output: Any = None,
    canvas_size: int = 512,
    min_size: int = 16,
    channel_axis: int = -1,
    image_source: str = "tensor",
    skip_empty: bool = False,
    show_progress: bool = False,
    show_index: bool = False,
    fig_size: tuple[int, int] | None = (10, 10),
    keep_aspect_ratio: bool = False,
) -> None:
    """Draws all images in equal squares, row by row, into a file, or on screen with matplotlib.

    The picture is `canvas_size` wide; images are at least `min_size` wide, and rows are added for
    them. `keep_aspect_ratio` gives all of them the shape of the first.
    """
    if not docs:
        raise ValueError("an empty array has no images to draw")
    per_row = ceil(sqrt(len(docs)))
    width = canvas_size // per_row
    if width < min_size:
        width, per_row = min_size, max(canvas_size // min_size, 1)
    height = width
    canvas = None
    for at, image in _images(
        docs,
        source=image_source,
        channel_axis=channel_axis,
        skip_empty=skip_empty,
        show_progress=show_progress,
    ):
        if canvas is None:
            if keep_aspect_ratio:
                height = int(image.height * width / image.width)
            size = (width * per_row, height * ceil(len(docs) / per_row))
            canvas = need("PIL.Image").new("RGB", size)
        image = image.resize((width, height))
        row, column = divmod(at, per_row)
        canvas.paste(_numbered(image, at) if show_index else image, (column * width, row * height))
    if canvas is None:
        raise ValueError("no Document has an image to draw")
    if output is None:
        _show(canvas, fig_size)
    elif hasattr(output, "write"):
        canvas.save(output, format="PNG")
    else:
        canvas.save(output)


def _show(canvas: Any, fig_size: tuple[int, int] | None) -> None:
    plt = need("matplotlib.pyplot")
    figure = plt.figure(figsize=fig_size, frameon=False)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(canvas)
    plt.show()


def save_gif(
    docs: DocumentArray,
    output: str,
    channel_axis: int = -1,
    duration: int = 200,
    size_ratio: float = 1.0,
    inline_display: bool = False,
    image_source: str = "tensor",
    skip_empty: bool = False,
    show_index: bool = False,
    show_progress: bool = False,
) -> None:
    """Writes a GIF with a frame per Document, each shown for `duration` milliseconds.

    `size_ratio` below 1 makes the frames smaller.
    """
    frames = []
    for at, image in _images(
        docs,
        source=image_source,
        channel_axis=channel_axis,
        skip_empty=skip_empty,
        show_progress=show_progress,
    ):
        if size_ratio < 1:
            image = image.resize((int(image.width * size_ratio), int(image.height * size_ratio)))
        frames.append(_numbered(image, at) if show_index else image)
    if not frames:
        raise ValueError("no Document has an image to draw")
    with open(output, "wb") as file:
        frames[0].save(
            file, format="GIF", append_images=frames[1:], save_all=True, duration=duration, loop=0
        )
    if inline_display:
        display = need("IPython.display")
        display.display(display.Image(output))
