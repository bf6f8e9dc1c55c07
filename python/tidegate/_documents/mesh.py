"""A Document's mesh or point cloud, by trimesh."""

from __future__ import annotations

import urllib.parse
from typing import Any

from tidegate._documents.extras import need
from tidegate._tidegate import Document

VERTICES, FACES, COLORS = "vertices", "faces", "point_cloud_colors"


def load(document: Document, force: str | None = None) -> Any:
    """Gives the mesh or scene at `uri`, as what `force` says."""
    trimesh = need("trimesh")
    if urllib.parse.urlparse(document.uri).scheme in ("http", "https"):
        return trimesh.load_remote(document.uri, force=force)
    return trimesh.load(document.uri, force=force)


def named(document: Document, name: str) -> Any:
    """Gives the tensor of the last chunk that is tagged with a name."""
    found = [chunk.tensor for chunk in document.chunks if chunk.tags.get("name") == name]
    return found[-1] if found else None


def load_uri_to_point_cloud_tensor(document: Document, samples: int, as_chunks: bool) -> Document:
    """Takes points of the surface."""
    numpy = need("numpy")
    if not as_chunks:
        document.tensor = numpy.array(load(document, "mesh").sample(samples))
        return document
    for geometry in load(document, "scene").geometry.values():
        document.chunks.append(Document(tensor=numpy.array(geometry.sample(samples))))
    return document


def load_uri_to_vertices_and_faces(document: Document) -> Document:
    """Puts vertices and faces into two chunks."""
    numpy = need("numpy")
    mesh = load(document, "mesh")
    document.chunks = [
        Document(name=VERTICES, tensor=mesh.vertices.view(numpy.ndarray)),
        Document(name=FACES, tensor=mesh.faces.view(numpy.ndarray)),
    ]
    return document


def load_vertices_and_faces_to_point_cloud(document: Document, samples: int) -> Document:
    """Takes points of the surface that the chunks describe."""
    vertices, faces = named(document, VERTICES), named(document, FACES)
    if vertices is None or faces is None:
        raise AttributeError(
            f"Document {document.id} has no chunks tagged as vertices and faces; "
            "call load_uri_to_vertices_and_faces() first"
        )
    mesh = need("trimesh").Trimesh(vertices=vertices, faces=faces)
    document.tensor = need("numpy").array(mesh.sample(samples))
    return document


def load_uris_to_rgbd_tensor(document: Document) -> Document:
    """Puts the depth behind the colours."""
    numpy, pictures = need("numpy"), need("PIL.Image")
    if len(document.chunks) != 2:
        raise ValueError(
            f"Document {document.id} has {len(document.chunks)} chunks; "
            "two are needed, with the uri of the colours and the uri of the depth"
        )
    for chunk in document.chunks:
        if not chunk.uri:
            raise ValueError(f"the chunk {chunk.id} of Document {document.id} has no uri")
    with pictures.open(document.chunks[0].uri) as picture:
        colors = numpy.array(picture.convert("RGB"))
    with pictures.open(document.chunks[1].uri) as picture:
        depth = numpy.array(picture)
    if colors.shape[:2] != depth.shape:
        raise ValueError(
            f"the colours of Document {document.id} have the shape {colors.shape[:2]} "
            f"and the depth has {depth.shape}; they must be the same"
        )
    document.tensor = numpy.concatenate((colors, depth[:, :, None]), axis=-1)
    return document
