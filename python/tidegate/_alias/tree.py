"""What `jina` and `docarray` consist of: module → name → where it is in Tidegate."""

from __future__ import annotations

import sys
from typing import Any

from tidegate._alias import Constant
from tidegate._alias.documents_tree import DOCUMENTS


def _from(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


_DOCUMENTS = _from("tidegate", "Document DocumentArray")
_FLOWS = _from("tidegate", "Flow AsyncFlow Deployment")
#: Asked for by name they say that they are to come; `import *` leaves them out.
TO_COME = ("Gateway", "SingleDocumentRequest", "write")
_TO_COME = _from("tidegate", "Gateway")
_RESPONSES = {
    "DataRequest": "tidegate.response:Response",
    "Response": "tidegate.response:Response",
}
_EXECUTORS = {
    "BaseExecutor": "tidegate.executor:Executor",
    "Executor": "tidegate.executor:Executor",
}
_NUMBERS = _from(
    "tidegate._alias.identity",
    "random_port random_ports random_identity random_uuid get_internal_ip cached_property "
    "extend_rest_interface",
)
_LOGGERS = {"JinaLogger": "tidegate.logger:Logger"}

_GETTERS = (
    "image_getter text_getter uri_getter audio_getter video_getter mesh_getter tabular_getter "
    "blob_getter json_getter"
)
#: The modules that Document is put together of in docarray, and the class in each.
_MIXINS = {
    "attribute": "GetAttributesMixin",
    "audio": "AudioDataMixin",
    "blob": "BlobDataMixin",
    "content": "ContentPropertyMixin",
    "convert": "ConvertMixin",
    "dump": "UriFileMixin",
    "featurehash": "FeatureHashMixin",
    "image": "ImageDataMixin",
    "mesh": "MeshDataMixin",
    "multimodal": "MultiModalMixin",
    "plot": "PlotMixin",
    "porting": "PortingMixin",
    "property": "PropertyMixin",
    "protobuf": "ProtobufMixin",
    "pydantic": "PydanticMixin",
    "strawberry": "StrawberryMixin",
    "sugar": "SingletonSugarMixin",
    "text": "TextDataMixin",
    "video": "VideoDataMixin",
}

TREE: dict[str, dict[str, Any]] = {
    "jina": {
        **_DOCUMENTS,
        **_FLOWS,
        **_from("tidegate", "Client Executor dynamic_batching monitor requests"),
        **_TO_COME,
        "__version__": Constant("3.34.0"),
        "__docarray_version__": Constant("0.21.0"),
        "__proto_version__": Constant("0.1.27"),
        "__windows__": Constant(sys.platform == "win32"),
    },
    "jina.clients": _from("tidegate", "Client"),
    "jina.clients.helper": _from("tidegate._alias.routes", "pprint_routes"),
    "jina.constants": {
        "__default_host__": Constant("0.0.0.0"),
        "__default_executor__": Constant("BaseExecutor"),
        "__default_endpoint__": Constant("/default"),
        "__default_grpc_gateway__": Constant("GRPCGateway"),
        "__windows__": Constant(sys.platform == "win32"),
    },
    "jina.enums": {"*": "tidegate._alias.enums"},
    "jina.excepts": {"*": "tidegate.errors"},
    "jina.helper": _NUMBERS,
    "jina.importer": _from("tidegate._alias.extensions", "ImportExtensions"),
    "jina.logging": {},
    "jina.logging.logger": _LOGGERS,
    "jina.logging.predefined": _from("tidegate._alias.timing", "default_logger"),
    "jina.logging.profile": _from("tidegate._alias.timing", "TimeContext"),
    "jina.orchestrate": {},
    "jina.orchestrate.flow": {},
    "jina.orchestrate.flow.asyncio": _from("tidegate", "AsyncFlow"),
    "jina.orchestrate.flow.base": _FLOWS,
    "jina.proto": {},
    "jina.proto.jina_pb2": {"*": "tidegate._alias.jina_pb2"},
    "jina.serve": {},
    "jina.serve.executors": _EXECUTORS,
    "jina.serve.executors.decorators": {
        **_from("tidegate", "requests dynamic_batching monitor"),
        "write": "tidegate:write",
    },
    "jina.types": {},
    "jina.types.request": {"Request": "tidegate.response:Response"},
    "jina.types.request.data": {
        **_RESPONSES,
        "SingleDocumentRequest": "tidegate:SingleDocumentRequest",
    },
    "docarray": {
        **_DOCUMENTS,
        **_from("tidegate.dataclasses", "dataclass field"),
        **_from("tidegate._alias.sundries", "login logout"),
        "__version__": Constant("0.21.0"),
    },
    "docarray.array": _from("tidegate", "DocumentArray"),
    "docarray.array.chunk": _from("tidegate._tidegate", "ChunkArray"),
    "docarray.array.document": _from("tidegate", "DocumentArray"),
    "docarray.array.match": _from("tidegate._tidegate", "MatchArray"),
    "docarray.array.memory": {"DocumentArrayInMemory": "tidegate:DocumentArray"},
    "docarray.dataclasses": _from("tidegate.dataclasses", "dataclass field is_multimodal"),
    "docarray.dataclasses.enums": _from(
        "tidegate.dataclasses.enums", "DocumentMetadata AttributeType ImageType"
    ),
    "docarray.dataclasses.getter": {"*": "tidegate.dataclasses.getter"},
    "docarray.dataclasses.setter": {"*": "tidegate.dataclasses.setter"},
    "docarray.dataclasses.types": {
        **_from("tidegate.dataclasses.enums", "DocumentMetadata AttributeType ImageType"),
        **_from("tidegate.dataclasses.getter", _GETTERS),
        **_from("tidegate.dataclasses.setter", _GETTERS.replace("getter", "setter")),
        **_from("tidegate.typing", "Image Text Audio Video Mesh Tabular Blob JSON URI"),
        "*": "tidegate.dataclasses.types",
    },
    "docarray.document": _from("tidegate", "Document"),
    "docarray.document.mixins": {
        "AllMixins": "tidegate:Document",
        **dict.fromkeys(_MIXINS.values(), "tidegate:Document"),
    },
    **{
        f"docarray.document.mixins.{module}": {name: "tidegate:Document"}
        for module, name in _MIXINS.items()
    },
    "docarray.document.mixins._property": {"_PropertyMixin": "tidegate:Document"},
    "docarray.document.mixins.attribute": {
        "GetAttributesMixin": "tidegate:Document",
        "dunder_get": "tidegate._documents.content:dunder_get",
    },
    "docarray.document.mixins.featurehash": {
        "FeatureHashMixin": "tidegate:Document",
        "_any_hash": "tidegate._documents.hashing:number",
    },
    "docarray.document.mixins.helper": {
        "_uri_to_blob": "tidegate._documents.uris:read",
        "_to_datauri": "tidegate._documents.uris:to_data",
        "_is_uri": "tidegate._documents.uris:is_uri",
        "_is_datauri": "tidegate._documents.uris:is_data",
        "_get_file_context": "tidegate._documents.uris:to_write",
    },
    "docarray.document.mixins.image": {
        "ImageDataMixin": "tidegate:Document",
        "_move_channel_axis": "tidegate._documents.image:moved",
        "_to_image_tensor": "tidegate._documents.image:decoded",
        "_to_image_buffer": "tidegate._documents.image:encoded",
    },
    "docarray.document.mixins.mesh": {
        "MeshDataMixin": "tidegate:Document",
        **_from("tidegate._alias.mesh_names", "MeshEnum PointCloudEnum"),
    },
    "docarray.document.mixins.multimodal": {
        "MultiModalMixin": "tidegate:Document",
        **_from("tidegate.dataclasses.enums", "DocumentMetadata AttributeType"),
        **_from("tidegate.dataclasses.types", "is_multimodal AttributeTypeError"),
    },
    "docarray.document.mixins.plot": {
        "PlotMixin": "tidegate:Document",
        **_from("tidegate._alias.mesh_names", "MeshEnum PointCloudEnum"),
    },
    "docarray.document.mixins.porting": {
        "PortingMixin": "tidegate:Document",
        **_from("tidegate._alias.sundries", "compress_bytes decompress_bytes"),
    },
    "docarray.document.mixins.text": {
        "TextDataMixin": "tidegate:Document",
        "_text_to_word_sequence": "tidegate._documents.text:words",
    },
    "docarray.helper": {
        **_from(
            "tidegate._alias.sundries",
            "typename deprecate_by dunder_get random_identity random_uuid random_port "
            "cached_property compress_bytes decompress_bytes get_compress_ctx "
            "dataclass_from_dict protocol_and_compress_from_file_path "
            "add_protocol_and_compress_to_file_path filter_dict login logout",
        ),
        "DEFAULT_MIN_PORT": Constant(49153),
        "MAX_PORT": Constant(65535),
    },
    "docarray.proto": {},
    "docarray.proto.docarray_pb2": {"*": "tidegate._alias.docarray_pb2"},
    "docarray.score": _from("tidegate._tidegate", "NamedScore"),
    "docarray.typing": {"*": "tidegate.typing"},
}
TREE.update(DOCUMENTS)
