"""Kinds of attributes for multimodal classes, see `tidegate.dataclasses`."""

from __future__ import annotations

from typing import Any, TypeVar

__all__ = ["JSON", "URI", "Audio", "Blob", "Image", "Mesh", "Tabular", "Text", "Video"]

#: A picture: a URI, an array or a Pillow image.
Image = TypeVar("Image", str, Any)
#: A text.
Text = TypeVar("Text", bound=str)
#: A URI that is kept and not read.
URI = TypeVar("URI", bound=str)
#: A sound: the URI of a WAV file or an array.
Audio = TypeVar("Audio", str, Any)
#: A video: a URI or an array of frames.
Video = TypeVar("Video", str, Any)
#: A mesh: a URI or an array of points.
Mesh = TypeVar("Mesh", str, Any)
#: The path of a CSV file, a Document per row.
Tabular = TypeVar("Tabular", bound=str)
#: Bytes, or the URI where they are.
Blob = TypeVar("Blob", str, bytes)
#: A dict, or the JSON text of one.
JSON = TypeVar("JSON", str, dict[str, Any])
