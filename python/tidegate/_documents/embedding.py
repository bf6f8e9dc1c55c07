"""Embeddings made by a model of Torch, Paddle, Keras or ONNX."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tidegate._tidegate import DocumentArray

#: A framework's package, and where in it the class of its models is.
MODELS = {
    "torch": ("torch.nn", "Module"),
    "paddle": ("paddle.nn", "Layer"),
    "tensorflow": ("tensorflow.keras.layers", "Layer"),
    "keras": ("keras.layers", "Layer"),
    "onnxruntime": ("onnxruntime", "InferenceSession"),
}


def framework_of(model: Any) -> str:
    """Names the package whose model this is, without importing one: it is there if it made it."""
    for package, (module, name) in MODELS.items():
        if package in sys.modules and isinstance(
            model, getattr(importlib.import_module(module), name)
        ):
            return {"tensorflow": "keras", "onnxruntime": "onnx"}.get(package, package)
    raise ValueError(
        f"{model!r} is no model of Torch, Paddle, Keras or ONNX; set docs.embeddings to what it "
        "makes of them"
    )


def _tensors(docs: DocumentArray) -> Any:
    return docs.tensors


def _inputs(inputs: Any, convert: Callable[[Any], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(inputs, Mapping):
        return (), {name: convert(value) for name, value in inputs.items()}
    return (convert(inputs),), {}


def _vectors(output: Any) -> Any:
    """What is wanted of an output: models of transformers give an object with several."""
    return getattr(output, "pooler_output", output)


@contextmanager
def _judging(model: Any) -> Iterator[None]:
    """Has a model not train meanwhile."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        if was_training:
            model.train()


@contextmanager
def _torch(model: Any, device: str) -> Iterator[Callable[[Any], Any]]:
    torch = importlib.import_module("torch")
    model = model.to(device)

    def run(inputs: Any) -> Any:
        args, kwargs = _inputs(inputs, lambda value: torch.as_tensor(value, device=device))
        return _vectors(model(*args, **kwargs)).cpu().detach()

    with _judging(model), torch.inference_mode():
        yield run


@contextmanager
def _paddle(model: Any, device: str) -> Iterator[Callable[[Any], Any]]:
    paddle = importlib.import_module("paddle")
    model.to(device=device)

    def run(inputs: Any) -> Any:
        args, kwargs = _inputs(inputs, lambda value: paddle.to_tensor(value, place=device))
        return model(*args, **kwargs)

    with _judging(model):
        yield run


@contextmanager
def _keras(model: Any, device: str) -> Iterator[Callable[[Any], Any]]:
    tensorflow = importlib.import_module("tensorflow")
    # What Torch calls cuda is called GPU here.
    with tensorflow.device(device.replace("cuda", "GPU")):
        yield lambda inputs: _vectors(model(inputs, training=False))


@contextmanager
def _onnx(model: Any, device: str) -> Iterator[Callable[[Any], Any]]:
    supported = importlib.import_module("onnxruntime").get_device()
    if device != "cpu" and device.lower().strip() != supported.lower().strip():
        warnings.warn(
            f"the installed onnxruntime runs on {supported}, and device is {device!r}", stacklevel=5
        )

    def run(inputs: Any) -> Any:
        if not isinstance(inputs, Mapping):
            inputs = {model.get_inputs()[0].name: inputs}
        return model.run(None, inputs)[0]

    yield run


RUNNERS = {"torch": _torch, "paddle": _paddle, "keras": _keras, "onnx": _onnx}


def embed(
    docs: DocumentArray,
    embed_model: Any,
    device: str = "cpu",
    batch_size: int = 256,
    to_numpy: bool = False,
    collate_fn: Callable[[DocumentArray], Any] | None = None,
) -> DocumentArray:
    """Sets the embeddings to what the model makes of the tensors, batch by batch.

    `collate_fn` makes the model's input of a batch: an array, or a dict of arrays by keyword.
    """
    collate_fn = collate_fn or _tensors
    with RUNNERS[framework_of(embed_model)](embed_model, device) as run:
        for batch in docs.batch(batch_size):
            vectors = run(collate_fn(batch))
            if to_numpy and hasattr(vectors, "numpy"):
                vectors = vectors.numpy()
            batch.embeddings = vectors
    return docs
