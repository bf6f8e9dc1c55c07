"""The modules of docarray's memory side, but for its media: module → name → where it is."""

from __future__ import annotations

from typing import Any

#: The modules that DocumentArray is put together of in docarray, and the class in each.
_ARRAY_MIXINS = {
    "content": "ContentPropertyMixin",
    "delitem": "DelItemMixin",
    "embed": "EmbedMixin",
    "empty": "EmptyMixin",
    "evaluation": "EvaluationMixin",
    "find": "FindMixin",
    "getattr": "GetAttributeMixin",
    "getitem": "GetItemMixin",
    "group": "GroupMixin",
    "io.binary": "BinaryIOMixin",
    "io.common": "CommonIOMixin",
    "io.csv": "CsvIOMixin",
    "io.dataframe": "DataframeIOMixin",
    "io.from_gen": "FromGeneratorMixin",
    "io.json": "JsonIOMixin",
    "io.pushpull": "PushPullMixin",
    "dataloader": "DataLoaderMixin",
    "match": "MatchMixin",
    "parallel": "ParallelMixin",
    "plot": "PlotMixin",
    "post": "PostMixin",
    "pydantic": "PydanticMixin",
    "reduce": "ReduceMixin",
    "sample": "SampleMixin",
    "setitem": "SetItemMixin",
    "strawberry": "StrawberryMixin",
    "text": "TextToolsMixin",
    "traverse": "TraverseMixin",
}
_ARRAY = "tidegate:DocumentArray"
_SCORE = "tidegate._tidegate:NamedScore"
_LOOKUPS = "tidegate._alias.lookup"
_NUMBERS = "tidegate._alias.mathematics"
_RECORDS = "tidegate._alias.records"
_FRAMEWORKS = "tidegate._documents.arrays"


def _from(module: str, names: str) -> dict[str, str]:
    return {name: f"{module}:{name}" for name in names.split()}


DOCUMENTS: dict[str, dict[str, Any]] = {
    "docarray.base": _from(_RECORDS, "BaseDCType"),
    "docarray.score": {
        "NamedScore": _SCORE,
        "AllMixins": _SCORE,
        **_from(_RECORDS, "BaseDCType NamedScoreData"),
    },
    "docarray.score.data": {
        "NamedScoreData": f"{_RECORDS}:NamedScoreData",
        "default_values": f"{_RECORDS}:score_defaults",
    },
    "docarray.score.mixins": dict.fromkeys(
        ("AllMixins", "PropertyMixin", "RepresentMixin"), _SCORE
    ),
    "docarray.score.mixins.property": {"PropertyMixin": _SCORE},
    "docarray.score.mixins.representer": {"RepresentMixin": _SCORE},
    "docarray.document": {
        "Document": "tidegate:Document",
        "AllMixins": "tidegate:Document",
        **_from(_RECORDS, "BaseDCType DocumentData"),
        **_from(_FRAMEWORKS, "detach_tensor_if_present"),
    },
    "docarray.document.data": {
        "DocumentData": f"{_RECORDS}:DocumentData",
        "default_values": f"{_RECORDS}:document_defaults",
    },
    "docarray.document.generators": _from(
        "tidegate._documents.generators",
        "from_ndarray from_files from_csv from_huggingface_datasets from_ndjson from_lines",
    ),
    "docarray.document.pydantic_model": _from(
        "tidegate._documents.models", "PydanticDocument PydanticDocumentArray _NamedScore"
    ),
    "docarray.document.strawberry_type": {"*": "tidegate._documents.graphql"},
    "docarray.array.base": _from(_RECORDS, "BaseDocumentArray"),
    "docarray.array.document": {
        "DocumentArray": _ARRAY,
        "AllMixins": _ARRAY,
        **_from(_RECORDS, "BaseDocumentArray"),
    },
    "docarray.array.memory": dict.fromkeys(("DocumentArrayInMemory", "DocumentArray"), _ARRAY),
    "docarray.array.mixins": dict.fromkeys(("AllMixins", *_ARRAY_MIXINS.values()), _ARRAY),
    "docarray.array.mixins.io": {},
    **{
        f"docarray.array.mixins.{module}": {
            name: _ARRAY,
            "_raise_attribute_error": "tidegate._documents.loading:refuse_on_instance",
        }
        for module, name in _ARRAY_MIXINS.items()
    },
    "docarray.array.queryset": _from(_LOOKUPS, "QueryParser"),
    "docarray.array.queryset.lookup": _from(
        _LOOKUPS,
        "Q LookupLeaf LookupNode LookupTreeElem LookupyError PLACEHOLDER_PATTERN lookup "
        "dunder_partition iff iff_not_none guard_type guard_str guard_list guard_Q guard_iter",
    ),
    "docarray.array.queryset.parser": _from(
        _LOOKUPS,
        "QueryParser Q LookupNode LookupLeaf LOGICAL_OPERATORS COMPARISON_OPERATORS "
        "REGEX_OPERATORS ARRAY_OPERATORS MEMBERSHIP_OPERATORS SUPPORTED_OPERATORS",
    ),
    "docarray.array.storage": {},
    "docarray.array.storage.base": {},
    "docarray.array.storage.base.backend": {"BaseBackendMixin": _ARRAY},
    "docarray.array.storage.base.getsetdel": {"BaseGetSetDelMixin": _ARRAY},
    "docarray.array.storage.base.seqlike": {"BaseSequenceLikeMixin": _ARRAY},
    "docarray.array.storage.memory": dict.fromkeys(
        ("StorageMixins", "BackendMixin", "FindMixin", "GetSetDelMixin", "SequenceLikeMixin"),
        _ARRAY,
    ),
    "docarray.array.storage.memory.backend": {"BackendMixin": _ARRAY},
    "docarray.array.storage.memory.find": {"FindMixin": _ARRAY},
    "docarray.array.storage.memory.getsetdel": {"GetSetDelMixin": _ARRAY},
    "docarray.array.storage.memory.seqlike": {"SequenceLikeMixin": _ARRAY},
    "docarray.math": {},
    "docarray.math.distance": {
        **_from(_NUMBERS, "cdist pdist"),
        **_from(_FRAMEWORKS, "get_array_type"),
    },
    "docarray.math.distance.numpy": _from(
        _NUMBERS,
        "cosine sqeuclidean euclidean sparse_cosine sparse_sqeuclidean sparse_euclidean",
    ),
    "docarray.math.evaluation": _from(
        "tidegate._documents.metrics",
        "r_precision precision_at_k hit_at_k average_precision reciprocal_rank recall_at_k "
        "f1_score_at_k dcg_at_k ndcg_at_k",
    ),
    "docarray.math.helper": _from(
        _NUMBERS, "minmax_normalize top_k update_rows_x_mat_best EPSILON"
    ),
    "docarray.math.ndarray": _from(
        _FRAMEWORKS,
        "get_array_type to_numpy_array to_list get_array_rows check_arraylike_equality "
        "detach_tensor_if_present unravel ravel",
    ),
    "docarray.proto.io": {
        **_from("tidegate._alias.messages", "parse_proto flush_proto read_ndarray flush_ndarray"),
        **_from("tidegate._alias.docarray_pb2", "DocumentProto NdArrayProto"),
    },
    "docarray.proto.io.ndarray": _from("tidegate._alias.messages", "read_ndarray flush_ndarray"),
    "docarray.proto.pb": {},
    "docarray.proto.pb.docarray_pb2": {"*": "tidegate._alias.docarray_pb2"},
    "docarray.proto.pb2": {},
    "docarray.proto.pb2.docarray_pb2": {"*": "tidegate._alias.docarray_pb2"},
}
