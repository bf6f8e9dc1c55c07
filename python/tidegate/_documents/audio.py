"""A Document's sound: WAV files by the standard library."""

from __future__ import annotations

import io
import wave
from typing import Any

from tidegate._documents import uris
from tidegate._documents.extras import need
from tidegate._tidegate import Document

LOUDEST = 2**15


def save_audio_tensor_to_file(
    document: Document, file: Any, sample_rate: int, sample_width: int
) -> Document:
    """Writes samples of 16 bits, of one channel or, from two columns, of two."""
    tensor = document.tensor
    samples = (tensor * LOUDEST).astype("<h")
    with wave.open(file, "wb") as target:
        target.setnchannels(2 if tensor.ndim > 1 else 1)
        target.setsampwidth(sample_width)
        target.setframerate(sample_rate)
        target.writeframes(samples.tobytes())
    return document


def load_uri_to_audio_tensor(document: Document) -> Document:
    """Reads samples of 16 bits; two channels become two columns."""
    numpy = need("numpy")
    with wave.open(io.BytesIO(uris.read(document.uri)), "rb") as source:
        channels = source.getnchannels()
        data = source.readframes(source.getnframes())
    samples = numpy.frombuffer(data, dtype="<i2").astype(numpy.float32) / LOUDEST
    if channels == 2:
        samples = samples.reshape(-1, 2).astype(numpy.float64)
    document.tensor = samples
    return document
