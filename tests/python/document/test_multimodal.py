"""Classes whose instances become Documents."""

import copy
import pickle
from typing import TypeVar

import numpy as np
import pytest
from tidegate import Document, DocumentArray
from tidegate.dataclasses import dataclass, field, is_multimodal
from tidegate.typing import JSON, Blob, Image, Text


@dataclass
class Section:
    title: Text
    rank: int = 0


@dataclass
class Page:
    title: Text
    picture: Image = None
    first: Section = None
    sections: list[Section] = None
    tags_of_it: list[str] = None
    facts: JSON = None
    raw: Blob = b"raw"
    secret: bytes = b"\x00"


@pytest.fixture
def page():
    return Page(
        title="page",
        picture=np.zeros((2, 2, 3), np.uint8),
        first=Section("first", 3),
        sections=[Section("a"), Section("b", 1)],
        tags_of_it=["x"],
        facts={"n": 1},
    )


def hop(document):
    return Document.from_bytes(document.to_bytes(protocol="protobuf"), protocol="protobuf")


@pytest.mark.parametrize("travel", [lambda d: d, hop, copy.deepcopy, pickle.loads], ids=str)
def test_there_and_back(page, travel):
    document = Document(page)
    document = travel(pickle.dumps(document) if travel is pickle.loads else document)
    assert document.is_multimodal
    back = Page(document)
    assert back.picture.shape == (2, 2, 3)
    assert back.first == page.first
    assert back.sections == page.sections
    assert (back.title, back.facts, back.raw, back.secret, back.tags_of_it) == (
        *("page", {"n": 1}, b"raw", b"\x00", ["x"]),
    )


def test_attributes_are_documents(page):
    document = Document(page)
    assert document.title.text == "page"
    assert document.first.title.text == "first"
    assert [d.title.text for d in document.sections] == ["a", "b"]
    assert document.title.parent_id == document.id
    assert DocumentArray([document])["@.[sections].[title]"].texts == ["a", "b"]
    assert document.get_multi_modal_attribute("title")[0] is document.title


def test_attributes_are_set(page):
    document = Document(page)
    document.title = Document(text="new")
    document.sections = DocumentArray([Document(Section("c"))])
    assert Page(document).title == "new"
    assert Page(document).sections == [Section("c")]
    document.text = "a field is still a field"
    document.other = 1
    assert (document.text, document.other) == ("a field is still a field", 1)
    del document.other
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        document.other  # noqa: B018


def test_a_plain_document_has_no_attributes():
    document = Document(text="x")
    assert not document.is_multimodal
    with pytest.raises(AttributeError, match="Document has no attribute 'title'"):
        document.title  # noqa: B018
    document._metadata = {"other": 1}
    with pytest.raises(AttributeError):
        document.title  # noqa: B018
    document.title = 3
    assert document.title == 3
    with pytest.raises(ValueError, match="not made of an instance"):
        document.get_multi_modal_attribute("title")
    with pytest.raises(AttributeError):
        del document.nothing


def test_refusals(page):
    document = Document(page)
    with pytest.raises(ValueError, match="plain value"):
        document.get_multi_modal_attribute("secret")
    with pytest.raises(ValueError, match="has no attribute `nope`"):
        document.get_multi_modal_attribute("nope")
    with pytest.raises(ValueError, match="not made of an instance"):
        Page(Document())
    with pytest.raises(TypeError, match="an Image is"):
        Document(Page(title="", picture=3))

    @dataclass
    class Wrong:
        x: dict

    with pytest.raises(TypeError, match="`x` is annotated"):
        Document(Wrong({}))
    with pytest.raises(TypeError, match="not a multimodal class"):
        Document._from_dataclass(3)


def test_text_annotations():
    from tidegate.dataclasses.types import AttributeTypeError

    @dataclass
    class Node:
        title: "Text"
        child: "Node" = None

    node = Node("a", Node("b"))
    assert Node(Document(node)) == node
    with pytest.raises(AttributeTypeError, match="define it at the top"):

        @dataclass
        class Wrong:
            x: "NotThere"  # noqa: F821


def test_kinds_of_ones_own():
    kind = TypeVar("kind", bound=str)

    @dataclass(frozen=True)
    class Mine:
        x: kind = field(
            setter=lambda value: Document(text=value.upper()),
            getter=lambda document: document.text.lower(),
            default="dflt",
        )

    assert Document(Mine()).x.text == "DFLT"
    assert Mine(Document(Mine("q"))) == Mine("q")
    assert [is_multimodal(x) for x in (Mine, Mine(), Document(Mine()), Document(), 3)] == [
        *(True, True, True, False, False),
    ]


def test_more_fields_beside_an_instance(page):
    document = Document(page, modality="page")
    assert document.modality == "page"
    assert document.title.text == "page"


def test_subclasses(page):
    class Special(Document):
        def shout(self):
            return self.title.text.upper()

    assert Special(page).shout() == "PAGE"
