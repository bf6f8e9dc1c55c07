"""Packages that only some methods need: imported when used, named with their extra if missing."""

from __future__ import annotations

import importlib
from typing import Any

#: Which extra of ours installs a module.
EXTRAS = {
    "IPython": "show",
    "PIL": "image",
    "av": "video",
    "cv2": "webcam",
    "datasets": "datasets",
    "lz4": "lz4",
    "matplotlib": "show",
    "mpl_toolkits": "show",
    "numpy": "numpy",
    "pandas": "tables",
    "pydantic": "models",
    "scipy": "scipy",
    "strawberry": "graphql",
    "trimesh": "mesh",
}


def need(module: str) -> Any:
    """Imports a module, or says which extra brings it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        extra = EXTRAS[package]
        raise ModuleNotFoundError(
            f"this needs the package {package}; install the extra: pip install 'tidegate[{extra}]'",
            name=error.name,
        ) from None
