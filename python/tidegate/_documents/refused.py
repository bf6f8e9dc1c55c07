"""What docarray does with a cloud that Tidegate has not."""

from __future__ import annotations

from typing import Any, NoReturn

from tidegate.errors import NotSupportedError

INSTEAD = "keep arrays as files: docs.save_binary(path), DocumentArray.load_binary(path)"


def push(docs: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refuses to write to the cloud."""
    raise NotSupportedError(f"push() writes to a cloud, which Tidegate has not; {INSTEAD}")


def pull(cls: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refuses to read from the cloud."""
    raise NotSupportedError(f"pull() reads from a cloud, which Tidegate has not; {INSTEAD}")


def listing(_: Any, *args: Any) -> NoReturn:
    """Refuses to list what the cloud holds."""
    raise NotSupportedError(f"cloud_list() asks a cloud, which Tidegate has not; {INSTEAD}")


def delete(_: Any, *args: Any) -> NoReturn:
    """Refuses to delete from the cloud."""
    raise NotSupportedError(f"cloud_delete() asks a cloud, which Tidegate has not; {INSTEAD}")
