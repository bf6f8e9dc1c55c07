"""Asks a served Flow through Jina's own generated stubs and grpcio's: `services.py PORT`."""

import json
import sys
import traceback

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.empty_pb2 import Empty
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from jina.proto import jina_pb2, jina_pb2_grpc

CASES = {}
SINGLE = "/jina.JinaSingleDataRequestRPC/process_single_data"


def case(function):
    """Names a question."""
    CASES[function.__name__] = function
    return function


def single(channel):
    """The unary call, without what Jina's own stub does to its messages."""
    message = jina_pb2.DataRequestProto
    return channel.unary_unary(SINGLE, message.SerializeToString, message.FromString)


@case
def health(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
    return {"status": health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}


@case
def reflection(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    pool = DescriptorPool(database)
    call = pool.FindServiceByName("jina.JinaRPC").methods_by_name["Call"]
    wanted = {
        "jina.JinaRPC",
        "jina.JinaSingleDataRequestRPC",
        "jina.JinaDiscoverEndpointsRPC",
        "jina.JinaGatewayDryRunRPC",
        "jina.JinaInfoRPC",
        "grpc.health.v1.Health",
    }
    return {"missing": sorted(wanted - services), "input": call.input_type.full_name}


@case
def dry_run(channel):
    answer = jina_pb2_grpc.JinaGatewayDryRunRPCStub(channel).dry_run(Empty(), timeout=10)
    return {"code": int(answer.code)}


@case
def info(channel):
    answer = jina_pb2_grpc.JinaInfoRPCStub(channel)._status(Empty(), timeout=10)
    return {"versions": len(answer.jina) > 0}


@case
def endpoints(channel):
    stub = jina_pb2_grpc.JinaDiscoverEndpointsRPCStub(channel)
    answer = stub.endpoint_discovery(Empty(), timeout=10)
    return {"some": {"/upper", "/fail", "/double"} <= set(answer.endpoints)}


@case
def trailers(channel):
    """An Executor's error travels in the message, and the call itself goes well."""
    request = jina_pb2.DataRequestProto()
    request.header.request_id = "r"
    request.header.exec_endpoint = "/fail"
    request.data.docs.docs.add().text = "x"
    answer, call = single(channel).with_call(request, timeout=10)
    return {
        "code": call.code().name,
        "status": int(answer.header.status.code),
        "id": answer.header.request_id,
        "text": answer.data.docs.docs[0].text,
    }


@case
def late(channel):
    """A deadline that passes."""
    request = jina_pb2.DataRequestProto()
    request.header.exec_endpoint = "/slow"
    request.data.docs.docs.add().tags["delay"] = 3.0
    try:
        single(channel)(request, timeout=0.3)
    except grpc.RpcError as error:
        return {"code": error.code().name}
    return None


@case
def unknown_method(channel):
    call = channel.unary_unary("/jina.Nowhere/nothing")
    try:
        call(b"", timeout=10)
    except grpc.RpcError as error:
        return {"code": error.code().name}
    return None


@case
def nonsense(channel):
    """Bytes that are no message."""
    call = channel.unary_unary(SINGLE)
    try:
        call(b"\xff\xff\xff", timeout=10)
    except grpc.RpcError as error:
        return {"refused": error.code().name}
    return None


def main():
    """Asks every question and prints what was answered, a line of JSON for each."""
    channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}")
    for name, ask in CASES.items():
        try:
            answer = {"case": name, "gave": ask(channel)}
        except Exception:
            answer = {"case": name, "gave": traceback.format_exc()}
        print("PEER", json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
