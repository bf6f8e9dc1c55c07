"""A Flow's graph, drawn."""

import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from tidegate import Deployment, Executor, Flow
from tidegate.errors import ConfigError, FlowTopologyError

SVG = "{http://www.w3.org/2000/svg}"


class Encoder(Executor):
    pass


def texts(svg: str | bytes) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def arrows(svg: str | bytes) -> set[str]:
    groups = ElementTree.fromstring(svg).iter(f"{SVG}g")
    return {group.findtext(f"{SVG}title", "") for group in groups if group.get("class") == "arrow"}


def everything() -> Flow:
    return (
        Flow(name="Search")
        .add(name="encoder", uses=Encoder, replicas=3)
        .inspect(name="watch")
        .add(name="english", needs="encoder", when={"tags__language": {"$eq": "<en>"}})
        .add(name="far", needs="encoder", external=True, host="grpcs://far.example:443")
        .add(name="log", needs="english", floating=True)
        .needs(["english", "far"], name="both", no_reduce=True)
        .add(
            name="indexer",
            shards=2,
            polling={"/search": "ALL", "*": "ANY"},
            uses_before=Encoder,
            uses_after="my_package.Merger",
        )
    )


def test_all_that_matters_is_written(tmp_path: Path) -> None:
    flow = everything()
    assert flow.plot(tmp_path / "flow.svg") is flow
    written = (tmp_path / "flow.svg").read_text()
    said = texts(written)
    for line in [
        "encoder",
        "Encoder",
        "3 replicas",
        'when tags__language = "<en>"',
        "grpcs://far.example:443",
        "external",
        "floating",
        "joins 2 without reduce",
        "2 shards",
        "polling any, /search: all",
        "before: Encoder",
        "head",
        "shard 1",
        "after: Merger",
        "inspects",
        "gather_inspect",
        "joins 2 by id",
    ]:
        assert line in said, (line, said)
    assert arrows(written) == {
        "request → encoder",
        "encoder → watch",
        "encoder → english",
        "encoder → far",
        "english → log",
        "english → both",
        "far → both",
        "both → indexer",
        "indexer → gather_inspect",
        "watch → gather_inspect",
        "gather_inspect → answer",
    }
    assert "_aux" not in written
    assert flow._repr_svg_() == written


@pytest.mark.parametrize("name", ["flow.png", "FLOW.PNG"])
def test_png(tmp_path: Path, name: str) -> None:
    everything().plot(str(tmp_path / name))
    picture = (tmp_path / name).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    assert 1000 < width < 8000
    assert 300 < height < 4000


def test_vertical(tmp_path: Path) -> None:
    Flow().add(uses=Encoder).add().add().plot(tmp_path / "flow.svg", vertical_layout=True)
    root = ElementTree.parse(tmp_path / "flow.svg").getroot()
    assert float(root.attrib["height"]) > float(root.attrib["width"])


def test_as_they_were_added(tmp_path: Path) -> None:
    everything().plot(tmp_path / "flow.svg", build=False)
    assert "gather_inspect" not in (tmp_path / "flow.svg").read_text()


def test_the_same_flow_is_drawn_the_same() -> None:
    assert everything()._repr_svg_() == everything()._repr_svg_()


def test_nothing_is_started_or_changed(tmp_path: Path) -> None:
    flow = everything()
    flow.plot(tmp_path / "flow.svg", False, True, True, False)
    assert flow == everything()
    assert flow._running is None


def test_other_endings(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.svg"):
        Flow().add().plot(tmp_path / "flow.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_cannot_be_built() -> None:
    flow = Flow().add(name="a", needs="b").add(name="b", needs="a")
    with pytest.raises(FlowTopologyError, match="circle"):
        flow.plot()
    assert flow._repr_svg_() is None


def test_deployment() -> None:
    said = texts(Deployment(name="encoder", uses=Encoder, replicas=2)._repr_svg_() or "")
    assert {"gateway", "encoder", "Encoder", "2 replicas"} <= set(said)
    external = Deployment(name="far", external=True, host="10.0.0.1", port=4321)
    assert "grpc://10.0.0.1:4321" in texts(external._repr_svg_() or "")


def test_names_of_every_script(tmp_path: Path) -> None:
    Flow().add(name="größe").add(name="размер").add(name="大きさ").plot(tmp_path / "f.png")
    svg = Flow().add(name="大きさ")._repr_svg_()
    assert "大きさ" in texts(svg or "")
