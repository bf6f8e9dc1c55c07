"""What `jina` and `docarray` consist of: module → name → where it is in Tidegate."""

from __future__ import annotations

import sys
from typing import Any

from tidegate._alias import Constant


def _from(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


_DOCUMENTS = _from("tidegate", "Document DocumentArray")
_FLOWS = _from("tidegate", "Flow AsyncFlow")
#: Asked for by name they say that they are to come; `import *` leaves them out.
TO_COME = ("Deployment", "Gateway", "SingleDocumentRequest", "dynamic_batching", "write")
_TO_COME = _from("tidegate", "Deployment Gateway dynamic_batching")
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

TREE: dict[str, dict[str, Any]] = {
    "jina": {
        **_DOCUMENTS,
        **_FLOWS,
        **_from("tidegate", "Client Executor monitor requests"),
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
    "docarray": {**_DOCUMENTS, "__version__": Constant("0.21.0")},
    "docarray.array": _from("tidegate", "DocumentArray"),
    "docarray.array.chunk": _from("tidegate._tidegate", "ChunkArray"),
    "docarray.array.document": _from("tidegate", "DocumentArray"),
    "docarray.array.match": _from("tidegate._tidegate", "MatchArray"),
    "docarray.array.memory": {"DocumentArrayInMemory": "tidegate:DocumentArray"},
    "docarray.document": _from("tidegate", "Document"),
    "docarray.helper": _from("tidegate._alias.identity", "random_identity random_uuid"),
    "docarray.proto": {},
    "docarray.proto.docarray_pb2": {"*": "tidegate._alias.docarray_pb2"},
    "docarray.score": _from("tidegate._tidegate", "NamedScore"),
}
