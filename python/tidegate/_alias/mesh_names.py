"""The names of `docarray.document.mixins.mesh`."""

from __future__ import annotations

from enum import Enum

from tidegate._documents import mesh


class MeshEnum(Enum):
    """The files that hold meshes, and the tags of chunks that hold parts of one."""

    FILE_EXTENSIONS = ["glb", "obj", "ply"]  # noqa: RUF012 - docarray has a list
    VERTICES = mesh.VERTICES
    FACES = mesh.FACES


class PointCloudEnum(Enum):
    """The tag of the chunk that holds the colours of points."""

    COLORS = mesh.COLORS
