"""What Documents of multimodal classes remark in their `_metadata`."""

from __future__ import annotations

from enum import Enum


class DocumentMetadata(str, Enum):  # noqa: UP042 - its str() is docarray's
    """The keys of `_metadata`."""

    MULTI_MODAL_SCHEMA = "multi_modal_schema"
    IMAGE_TYPE = "image_type"
    IMAGE_URI = "image_uri"
    AUDIO_TYPE = "audio_type"
    VIDEO_TYPE = "video_type"
    MESH_TYPE = "mesh_type"
    JSON_TYPE = "json_type"
    BLOB_TYPE = "blob_type"


class AttributeType(str, Enum):  # noqa: UP042 - its str() is docarray's
    """Where an attribute is: in a chunk, in the chunks of a chunk, or in the tags."""

    DOCUMENT = "document"
    PRIMITIVE = "primitive"
    ITERABLE_PRIMITIVE = "iterable_primitive"
    ITERABLE_DOCUMENT = "iterable_document"
    NESTED = "nested"
    ITERABLE_NESTED = "iterable_nested"


class ImageType(str, Enum):  # noqa: UP042 - its str() is docarray's
    """What a picture was given as."""

    PIL = "PIL"
    URI = "uri"
    NDARRAY = "ndarray"
