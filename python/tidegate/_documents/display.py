"""A Document before a person's eyes, in a notebook or a window."""

from __future__ import annotations

import html
import urllib.parse
from typing import Any

from tidegate._documents import mesh, uris
from tidegate._documents.extras import need
from tidegate._tidegate import Document


def _show(thing: Any) -> None:
    need("IPython.display").display(thing)


def _kind(document: Document) -> str | None:
    """What of three dimensions it holds, if anything."""
    shape = getattr(document.tensor, "shape", None)
    if shape is not None and len(shape) == 2 and shape[-1] == 3:
        return "points"
    if shape is not None and len(shape) == 3 and shape[-1] == 4:
        return "depth"
    names = {chunk.tags.get("name") for chunk in document.chunks}
    return "mesh" if {mesh.VERTICES, mesh.FACES} <= names else None


def display(document: Document, from_: str | None) -> None:
    """Shows what the Document holds in the way that suits it."""
    show = {
        "points": display_point_cloud_tensor,
        "depth": display_rgbd_tensor,
        "mesh": display_vertices_and_faces,
    }.get(_kind(document) or "")
    if show is None:
        given = "uri" if document.uri else "tensor" if document.tensor is not None else ""
        show = {"uri": display_uri, "tensor": display_tensor}.get(from_ or given)
    if show is None:
        document.summary()
    else:
        show(document)


def display_tensor(document: Document) -> None:
    """Shows an RGB picture as it is, and any other array as a map of colours."""
    if document.tensor is None:
        raise ValueError(f"Document {document.id} has no tensor to show")
    try:
        picture = need("PIL.Image").fromarray(document.tensor)
    except (TypeError, ValueError):
        picture = None
    if picture is not None and picture.mode == "RGB":
        _show(picture)
    else:
        need("matplotlib.pyplot").matshow(document.tensor)


def display_vertices_and_faces(document: Document) -> None:
    """Shows the mesh at `uri`, or that of the chunks."""
    if document.uri:
        _show(mesh.load(document).show())
        return
    vertices, faces = mesh.named(document, mesh.VERTICES), mesh.named(document, mesh.FACES)
    _show(need("trimesh").Trimesh(vertices=vertices, faces=faces).show())


def display_point_cloud_tensor(document: Document) -> None:
    """Shows points, in the colours of a chunk that has some."""
    numpy, trimesh = need("numpy"), need("trimesh")
    colors = mesh.named(document, mesh.COLORS)
    if colors is None or colors.shape[-1] not in (3, 4):
        colors = numpy.zeros((len(document.tensor), 3), dtype=int)
    points = trimesh.points.PointCloud(vertices=document.tensor, colors=colors)
    _show(trimesh.Scene(geometry=points).show())


def display_rgbd_tensor(document: Document) -> None:
    """Shows colours and depth side by side."""
    plots = need("matplotlib.pyplot")
    colors, depth = document.tensor[:, :, :3], document.tensor[:, :, -1]
    figure, (left, right) = plots.subplots(1, 2, figsize=(16, 6))
    left.imshow(colors, interpolation="none")
    left.set_title("RGB image", fontsize=16)
    shown = right.imshow(depth, cmap="gray")
    right.set_title("Depth image", fontsize=16)
    figure.colorbar(shown, ax=right, orientation="vertical", label="Depth")
    plots.show()


def display_uri(document: Document) -> None:
    """Shows a picture or plays a sound or video."""
    uri = document.uri
    if not uri:
        raise ValueError(f"Document {document.id} has no uri to show")
    kind = document.mime_type.partition("/")[0]
    if uri.startswith("data:"):
        kind = uri.removeprefix("data:").partition("/")[0]
    shown = need("IPython.display")
    if kind in ("audio", "video"):
        if urllib.parse.urlparse(uri).scheme not in ("data", "http", "https"):
            uri = uris.to_data(document.mime_type, uris.read(uri))
        shown.display(shown.HTML(_player(kind, html.escape(uri, quote=True))))
    elif uri.startswith("data:image/"):
        shown.display(shown.HTML(f'<img src="{html.escape(uri, quote=True)}" height="200">'))
    else:
        shown.display(shown.Image(uri))


def _player(kind: str, uri: str) -> str:
    extra = 'width="320" height="240" autoplay muted' if kind == "video" else 'style="width:320px"'
    return f'<{kind} controls {extra}><source src="{uri}"></{kind}>'


def plot_matches_sprites(
    document: Document,
    top_k: int,
    channel_axis: int,
    inv_normalize: bool,
    skip_empty: bool,
    canvas_size: int,
    min_size: int,
    output: Any,
) -> None:
    """Pastes the Document's picture and those of its matches on one canvas."""
    if not document.matches:
        raise ValueError(f"Document {document.id} has no matches to show")
    if top_k <= 0:
        raise ValueError(f"top_k is {top_k}, and a number above 0 is needed")
    shown = [document, *_shown(document, top_k, skip_empty)]
    count = min(top_k, len(document.matches)) + 2
    side = max(min_size, (canvas_size - 50) // count)
    canvas = _canvas(
        [_picture(each, channel_axis, inv_normalize) for each in shown],
        width=canvas_size if side > min_size else count * side + 50,
        side=side,
        count=count,
    )
    picture = need("PIL.Image").fromarray(canvas)
    if output:
        picture.save(output, format="png" if "." not in str(output) else None)
        return
    plots = need("matplotlib.pyplot")
    plots.figure(figsize=(count, 2))
    plots.axis("off")
    plots.imshow(picture, interpolation="none")
    plots.show()


def _shown(document: Document, top_k: int, skip_empty: bool) -> list[Document]:
    """The matches that have a picture."""
    found = []
    for each in document.matches[:top_k]:
        if each.uri or each.tensor is not None:
            found.append(each)
        elif not skip_empty:
            raise ValueError(
                f"the match {each.id} has neither uri nor tensor; skip_empty=True leaves it out"
            )
    return found


def _picture(document: Document, channel_axis: int, inv_normalize: bool) -> Document:
    """A copy that holds the picture, colours last."""
    copy = Document(document, copy=True)
    try:
        if copy.content_type != "tensor":
            copy.load_uri_to_image_tensor()
            channel_axis = -1
        if inv_normalize:
            copy.set_image_tensor_inv_normalization(channel_axis)
        return copy.set_image_tensor_channel_axis(channel_axis, -1)
    except Exception as error:
        raise ValueError(
            f"Document {document.id} has no picture with its colours at axis {channel_axis}"
        ) from error


def _canvas(pictures: list[Document], *, width: int, side: int, count: int) -> Any:
    """The pictures in a row on white, a gap after the first."""
    numpy = need("numpy")
    rows, columns = pictures[0].tensor.shape[:2]
    height = int(rows * side / columns)
    canvas = numpy.full((height + 20, width, 3), 255, dtype=numpy.uint8)
    for at, picture in enumerate(pictures):
        left = (at + 1) * (width // count) if at else 10
        picture.set_image_tensor_shape((height, side))
        part = canvas[10 : height + 10, left : left + side]
        part[...] = picture.tensor[:, : part.shape[1]]
    return canvas
