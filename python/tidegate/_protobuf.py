"""Real protobuf messages of Jina's wire format, for those who have protobuf installed.

They are built at run time from the descriptors that the package carries, in a pool of their own:
the process may hold other descriptors of the same names.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

DESCRIPTORS = Path(__file__).with_name("_descriptors.bin")


@cache
def pool() -> Any:
    """The pool with Jina's and docarray's descriptors.

    Raises:
        ImportError: protobuf is not installed.
    """
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool
    except ImportError as error:
        raise ImportError(
            "protobuf messages need the package protobuf; install the extra: "
            "pip install 'tidegate[protobuf]'"
        ) from error
    files = descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())
    own = descriptor_pool.DescriptorPool()
    for file in files.file:
        own.AddSerializedFile(file.SerializeToString())
    return own


@cache
def message_class(full_name: str) -> Any:
    """The class of a message, such as `jina.DataRequestProto`."""
    known = pool()
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(known.FindMessageTypeByName(full_name))


def parse(full_name: str, data: bytes) -> Any:
    """A message of the type `full_name` from its serialised form."""
    return message_class(full_name).FromString(data)


def namespace(package: str) -> dict[str, Any]:
    """Gives what a generated module for `package`, `jina` or `docarray`, has in it.

    That is the classes of its messages, its enums with their values, and `DESCRIPTOR`.
    """
    known = pool()
    from google.protobuf.internal import enum_type_wrapper

    file = known.FindFileByName(f"{package}.proto")
    names: dict[str, Any] = {"DESCRIPTOR": file}
    for name, message in file.message_types_by_name.items():
        names[name] = message_class(message.full_name)
    for name, enum in file.enum_types_by_name.items():
        names[name] = enum_type_wrapper.EnumTypeWrapper(enum)
        names.update((value.name, value.number) for value in enum.values)
    return names
