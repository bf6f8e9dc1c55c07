"""A Response's parts, with Jina's names and value types."""

import datetime
import json

import pytest
from tidegate import Document, DocumentArray
from tidegate._documents.plain import to_dicts
from tidegate.response import Header, Response, Route, Status, Timestamp


@pytest.fixture
def response(client):
    inputs = DocumentArray([Document(text="a"), Document(text="b")])
    return client.post("/size", inputs, parameters={"x": 1}, return_responses=True)[0]


def test_header(response):
    header = response.header
    assert isinstance(header, Header)
    assert len(header.request_id) == 32
    assert int(header.request_id, 16) >= 0
    assert header.request_id == response.request_id
    assert header.exec_endpoint == "/size"
    assert header.target_executor == ""
    assert isinstance(header.status, Status)
    assert (header.status.code, header.status.description) == (0, "")
    assert (header.status.exception.name, header.status.exception.args) == ("", [])


def test_documents(response):
    assert [doc.text for doc in response.docs] == ["a", "b"]
    assert response.docs is response.docs
    assert response.data.docs is response.docs
    response.docs[0].text = "edited"
    assert response.docs[0].text == "edited"
    response.docs = DocumentArray([Document(text="new")])
    assert response.data.docs[0].text == "new"
    response.data.docs = DocumentArray()
    assert len(response.docs) == 0


def test_parameters(response):
    assert response.parameters["x"] == 1
    assert list(response.parameters["__results__"]) == ["probe/rep-0"]
    assert response.parameters is response.parameters


def test_routes(response):
    gateway, probe = response.routes
    assert isinstance(gateway, Route)
    assert [gateway.executor, probe.executor] == ["gateway", "probe"]
    assert response.last_executor == "probe"
    assert probe.status.code == 0
    assert gateway.start_time <= probe.start_time <= probe.end_time <= gateway.end_time


def test_timestamps(response):
    time = response.routes[0].start_time
    assert isinstance(time, Timestamp)
    stamp = time.ToDatetime()
    assert stamp.tzinfo is None
    now = datetime.datetime.now(datetime.UTC)
    assert abs(now.replace(tzinfo=None) - stamp) < datetime.timedelta(seconds=60)
    assert time.ToDatetime(tzinfo=datetime.UTC) == stamp.replace(tzinfo=datetime.UTC)
    assert stamp.microsecond == time.nanos // 1000
    assert time.ToNanoseconds() == time.seconds * 10**9 + time.nanos
    assert time.ToMilliseconds() == time.ToNanoseconds() // 10**6
    assert time.ToJsonString().startswith(stamp.isoformat()[:19])
    assert time.ToJsonString().endswith("Z")


def test_to_dict(response):
    made = response.to_dict()
    assert set(made) == {"header", "parameters", "routes", "data"}
    assert made["header"]["exec_endpoint"] == "/size"
    assert made["routes"][0]["executor"] == "gateway"
    assert [item["text"] for item in made["data"]] == ["a", "b"]
    assert made["data"][0]["blob"] is None
    assert json.loads(json.dumps(made)) == made


def test_documents_as_dicts():
    numpy = pytest.importorskip("numpy")
    doc = Document(tensor=numpy.arange(6.0).reshape(2, 3), tags={"a": 1.0})
    doc.chunks.append(Document(blob=b"\x00\xff"))
    doc.scores["cosine"].value = 0.5
    (made,) = to_dicts([doc])
    assert made["tensor"] == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert made["tags"] == {"a": 1.0}
    assert made["chunks"][0]["blob"] == "AP8="
    assert made["scores"] == {
        "cosine": {"value": 0.5, "op_name": None, "description": None, "ref_id": None}
    }
    assert json.loads(json.dumps(made)) == made


def test_repr_says_what_failed(client):
    good = client.post("/noop", return_responses=True)[0]
    bad = client.post("/fail", return_responses=True, continue_on_error=True)[0]
    assert "failed" not in repr(good)
    assert "LookupError" in repr(bad)
    assert bad.routes[-1].status.exception.executor == "Probe"


def test_protobuf(response):
    pytest.importorskip("google.protobuf")
    message = response.to_protobuf()
    assert message.DESCRIPTOR.full_name == "jina.DataRequestProto"
    assert message.header.request_id == response.header.request_id
    assert [doc.text for doc in message.data.docs.docs] == ["a", "b"]
    assert message.parameters["x"] == 1
    assert message.routes[0].start_time.ToDatetime() == response.routes[0].start_time.ToDatetime()
    response.docs[0].text = "edited"
    assert response.proto.data.docs.docs[0].text == "edited"


def test_namespaces_of_generated_modules():
    pytest.importorskip("google.protobuf")
    from tidegate import _protobuf

    jina, docarray = _protobuf.namespace("jina"), _protobuf.namespace("docarray")
    assert jina["StatusProto"].ERROR == 1
    request = jina["DataRequestProto"]()
    request.data.docs.docs.add(text="x")
    assert docarray["DocumentProto"](text="x") == request.data.docs.docs[0]
    assert jina["DataRequestProto"].FromString(request.SerializeToString()) == request


def test_without_protobuf_the_extra_is_named(response, monkeypatch):
    import sys

    from tidegate import _protobuf

    _protobuf.pool.cache_clear()
    _protobuf.message_class.cache_clear()
    monkeypatch.setitem(sys.modules, "google.protobuf", None)
    with pytest.raises(ImportError, match=r"tidegate\[protobuf\]"):
        response.to_protobuf()
    assert isinstance(response, Response)
