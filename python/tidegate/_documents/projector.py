"""Embeddings as the files that the TensorFlow projector reads, and a page that shows them."""

from __future__ import annotations

import contextlib
import functools
import html
import http.server
import json
import os
import tempfile
import warnings
import webbrowser
from math import ceil, sqrt
from typing import Any

from tidegate._documents.tables import save_csv, save_embeddings_csv
from tidegate._tidegate import DocumentArray

#: Browsers refuse larger pictures.
LARGEST_CANVAS = 8192
HIDDEN = ("embedding", "tensor", "scores")
CONFIG = "config.json"
PAGE = "index.html"
#: What a page says: the points by their first two principal components, drawn offline.
TEMPLATE = """<!doctype html>
<meta charset="utf-8">
<title>{title}</title>
<style>body{{font:14px sans-serif;margin:1em}}canvas{{border:1px solid #ccc}}</style>
<h1>{title}</h1>
<p>{count} embeddings of {size} numbers, by their first two principal components. Point at one to
see its row in {metas}. The files beside this page can be loaded into the TensorFlow projector.</p>
<canvas id="plane" width="900" height="700"></canvas>
<pre id="row"></pre>
<script>
const points = {points}, rows = {rows};
const plane = document.getElementById("plane"), pen = plane.getContext("2d");
const at = ([x, y]) => [20 + x * (plane.width - 40), 20 + y * (plane.height - 40)];
pen.fillStyle = "#1769aa";
for (const point of points) {{
  const [x, y] = at(point);
  pen.beginPath(); pen.arc(x, y, 3, 0, 7); pen.fill();
}}
plane.onmousemove = (event) => {{
  let nearest = -1, least = 100;
  points.forEach((point, i) => {{
    const [x, y] = at(point);
    const far = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
    if (far < least) {{ least = far; nearest = i; }}
  }});
  document.getElementById("row").textContent = nearest < 0 ? "" : rows[nearest];
}};
</script>
"""


def _sprite(
    docs: DocumentArray, file: str, min_image_size: int, channel_axis: int, image_source: str
) -> dict[str, Any]:
    from tidegate._documents.sprites import plot_image_sprites

    per_row = ceil(sqrt(len(docs)))
    canvas = min(per_row * min_image_size, LARGEST_CANVAS)
    size = max(canvas // per_row, min_image_size)
    most = ceil(canvas / size) ** 2
    if len(docs) > most:
        warnings.warn(
            f"{len(docs)} images do not fit a picture of {LARGEST_CANVAS} pixels, {most} do: draw "
            "fewer, or make min_image_size less, or image_sprites=False",
            stacklevel=4,
        )
    plot_image_sprites(
        docs,
        file,
        canvas_size=canvas,
        min_size=min_image_size,
        channel_axis=channel_axis,
        image_source=image_source,
    )
    return {
        "imagePath": f"/static/{os.path.basename(file)}",
        "singleImageDim": [size, size],
    }


def _add_to_config(path: str, entry: dict[str, Any]) -> None:
    """Puts the newest entry in front of those that the folder already has."""
    file = os.path.join(path, CONFIG)
    entries = [entry]
    if os.path.exists(file):
        with open(file, encoding="utf-8") as handle:
            entries += json.load(handle).get("embeddings", [])
    with open(file, "w", encoding="utf-8") as handle:
        json.dump({"embeddings": entries}, handle)


def _plane(matrix: Any) -> list[list[float]]:
    """Each row's first two principal components, scaled to between 0 and 1."""
    import numpy as np

    centred = np.asarray(matrix, dtype=float).reshape(len(matrix), -1)
    centred = centred - centred.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    flat = centred @ axes.T
    if flat.shape[1] < 2:
        flat = np.hstack([flat, np.zeros((len(flat), 2 - flat.shape[1]))])
    spread = np.ptp(flat, axis=0)
    scaled: list[list[float]] = ((flat - flat.min(axis=0)) / np.where(spread, spread, 1)).tolist()
    return scaled


def _write_page(path: str, title: str, matrix: Any, metas: str, with_header: bool) -> None:
    with open(os.path.join(path, metas), encoding="utf-8") as handle:
        rows = handle.read().splitlines()[int(with_header) :]

    def script(value: Any) -> str:
        return json.dumps(value).replace("<", "\\u003c")

    page = TEMPLATE.format(
        title=html.escape(title),
        count=len(matrix),
        size=matrix.shape[-1],
        metas=html.escape(metas),
        points=script(_plane(matrix)),
        rows=script(rows),
    )
    with open(os.path.join(path, PAGE), "w", encoding="utf-8") as handle:
        handle.write(page)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the folder under `/static/`, as its config has it, without a word."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/static"))

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def _serve(path: str, host: str, port: int | None) -> None:
    """Shows the page until it is interrupted."""
    handler = functools.partial(_Handler, directory=path)
    with http.server.ThreadingHTTPServer((host, port or 0), handler) as server:
        url = f"http://{host}:{server.server_address[1]}/static/{PAGE}?config={CONFIG}"
        webbrowser.open(url, new=2)
        print(f"{url} shows the embeddings, until you interrupt")  # noqa: T201 - it is the answer
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


def plot_embeddings(
    docs: DocumentArray,
    title: str = "MyDocumentArray",
    path: Any = None,
    image_sprites: bool = False,
    min_image_size: int = 16,
    channel_axis: int = -1,
    start_server: bool = True,
    host: str = "127.0.0.1",
    port: int | None = None,
    image_source: str = "tensor",
    exclude_fields_metas: list[str] | None = None,
) -> str:
    """Writes `{title}.tsv`, `{title}.metas.tsv`, the config of the projector and a page.

    The page needs no network. With `start_server` it is served and opened; several arrays written
    to the same `path` under different titles stand in one config. Returns the folder.
    """
    if not docs:
        raise ValueError("an empty array has no embeddings to show")
    matrix = docs.embeddings
    if matrix is None:
        raise ValueError("the Documents have no embeddings to show")
    folder = os.fspath(path or tempfile.mkdtemp())
    os.makedirs(folder, exist_ok=True)
    sprite: dict[str, Any] = {}
    if image_sprites:
        file = os.path.join(folder, f"{title}.png")
        sprite = _sprite(docs, file, min_image_size, channel_axis, image_source)
    table, metas = f"{title}.tsv", f"{title}.metas.tsv"
    save_embeddings_csv(docs, os.path.join(folder, table), delimiter="\t")
    hidden = [*HIDDEN, *(exclude_fields_metas or [])]
    # The projector wants no header where there is but one column.
    with_header = len(set(docs[0].non_empty_fields) - set(hidden)) > 1
    save_csv(
        docs,
        os.path.join(folder, metas),
        exclude_fields=hidden,
        dialect="excel-tab",
        with_header=with_header,
    )
    _add_to_config(
        folder,
        {
            "tensorName": title,
            "tensorShape": list(matrix.shape),
            "tensorPath": f"/static/{table}",
            "metadataPath": f"/static/{metas}",
            "sprite": sprite,
        },
    )
    _write_page(folder, title, matrix, metas, with_header)
    if start_server:
        _serve(folder, host, port)
    return str(folder)
