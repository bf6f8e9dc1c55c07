"""Metrics, evaluation, embedding, models and pictures of arrays."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from tidegate import Document, DocumentArray

np = pytest.importorskip("numpy")

RANKING = [1, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("r_precision", {}, 2 / 3),
        ("precision_at_k", {"k": 2}, 0.5),
        ("precision_at_k", {}, 0.6),
        ("hit_at_k", {"k": 1}, 1),
        ("average_precision", {}, (1 + 2 / 3 + 3 / 4) / 3),
        ("reciprocal_rank", {}, 1.0),
        ("recall_at_k", {"max_rel": 4, "k": 3}, 0.5),
        ("f1_score_at_k", {"max_rel": 4, "k": 3}, 2 * (2 / 3 * 0.5) / (2 / 3 + 0.5)),
        ("dcg_at_k", {"k": 3}, 1 + 1 / np.log2(3)),
        ("dcg_at_k", {"k": 3, "method": 1}, 1 + 1 / np.log2(4)),
        ("ndcg_at_k", {"k": 1}, 1.0),
    ],
)
def test_metrics(name: str, options: dict[str, Any], expected: float) -> None:
    from tidegate._documents.metrics import METRICS

    assert METRICS[name](RANKING, **options) == pytest.approx(expected)
    assert METRICS[name]([0, 0], **options) == 0
    if "k" in options:
        with pytest.raises(ValueError, match="k is 0"):
            METRICS[name](RANKING, **{**options, "k": 0})


def matched(*rankings: str) -> DocumentArray:
    """Documents whose matches have the letters of a ranking as their ids and labels."""
    return DocumentArray(
        [
            Document(
                id=str(at),
                tags={"label": "a"},
                matches=[Document(id=letter, tags={"label": letter}) for letter in ranking],
            )
            for at, ranking in enumerate(rankings)
        ]
    )


def test_evaluation_by_ground_truth_and_by_labels() -> None:
    docs, truth = matched("abx", "xyz"), matched("abc", "abc")
    means = docs.evaluate(["precision_at_k", "recall_at_k"], truth, k=2)
    assert means == {"precision_at_k": 0.5, "recall_at_k": pytest.approx(1 / 3)}
    assert docs[0].evaluations["precision_at_k"].value == 1.0
    assert docs.evaluate(["hit_at_k"], k=1) == {"hit_at_k": 0.5}
    assert docs.evaluate([lambda relevance: float(sum(relevance))], metric_names=["n"]) == {
        "n": 0.5
    }
    counts = {"a": 4}
    assert docs.evaluate(
        ["recall_at_k"], num_relevant_documents_per_label=counts, metric_names=["r"]
    ) == {"r": 0.125}
    with pytest.warns(DeprecationWarning, match="evaluate"):
        assert docs.evaluate(metric="hit_at_k", k=1) == {"hit_at_k": 0.5}
    with pytest.warns(DeprecationWarning, match="evaluate"):
        assert docs.evaluate(truth, ["hit_at_k"], k=1) == {"hit_at_k": 0.5}


def test_evaluations_that_cannot_be() -> None:
    docs, truth = matched("ab", "ab"), matched("ab")
    with pytest.raises(ValueError, match="2 Documents, and 1"):
        docs.evaluate(["hit_at_k"], truth)
    with pytest.raises(ValueError, match="hashes"):
        docs[:1].evaluate(["hit_at_k"], matched("a", "b")[1:])
    with pytest.raises(ValueError, match="empty"):
        DocumentArray().evaluate(["hit_at_k"])
    with pytest.raises(RuntimeError, match="other"):
        docs.evaluate(["hit_at_k"], label_tag="other")
    with pytest.raises(ValueError, match="not known"):
        docs.evaluate(["no_metric"])
    with pytest.raises(ValueError, match="max_rel"):
        docs.evaluate(["recall_at_k"])


@pytest.mark.parametrize("sampled", [None, 5])
def test_embed_and_evaluate(sampled: int | None) -> None:
    docs = DocumentArray(
        Document(tensor=np.eye(2)[i % 2] + i / 1000, tags={"label": i % 2}) for i in range(10)
    )

    def embed(batch: DocumentArray) -> None:
        batch.embeddings = batch.tensors

    means = docs.embed_and_evaluate(
        ["precision_at_k", "recall_at_k"],
        embed_funcs=embed,
        limit=5,
        match_batch_size=4,
        query_sample_size=sampled,
    )
    assert means == {"precision_at_k": 1.0, "recall_at_k": 1.0}
    index = DocumentArray(docs, copy=True)
    index.embeddings = None
    assert docs.embed_and_evaluate(["hit_at_k"], index, embed_funcs=(embed, embed), k=1) == {
        "hit_at_k": 1.0
    }
    assert index.embeddings is None
    with pytest.raises(RuntimeError, match="embed_models"):
        docs.embed_and_evaluate(["hit_at_k"])


def test_only_models_embed() -> None:
    with pytest.raises(ValueError, match=r"Torch, Paddle, Keras or ONNX"):
        DocumentArray([Document()]).embed(lambda batch: batch)


def test_pydantic_models() -> None:
    pytest.importorskip("pydantic")
    document = Document(
        id="1",
        blob=b"\x00",
        embedding=np.ones(2),
        chunks=[Document(id="2", text="part")],
        tags={"a": {"b": [1.5]}},
    )
    document.scores["cosine"].value = 0.5
    model = document.to_pydantic_model()
    assert model.blob == "AA=="
    assert model.embedding == [1.0, 1.0]
    again = Document.from_pydantic_model(model)
    assert again == document
    docs = DocumentArray([document])
    assert DocumentArray.from_pydantic_model(docs.to_pydantic_model()) == docs
    schema = json.loads(DocumentArray.get_json_schema())
    assert schema["title"] == "DocumentArray Schema"
    assert "PydanticDocument" in (schema.get("definitions") or schema["$defs"])
    assert json.loads(Document.get_json_schema(4))["title"] == "Document Schema"


def test_strawberry_types() -> None:
    pytest.importorskip("strawberry")
    document = Document(id="1", text="a", matches=[Document(id="2")], tags={"x": 1})
    document.scores["cosine"].value = 0.5
    docs = DocumentArray([document])
    types = docs.to_strawberry_type()
    assert types[0].scores[0].name == "cosine"
    assert DocumentArray.from_strawberry_type(types) == docs


def test_embeddings_are_written_for_the_projector(tmp_path: pathlib.Path) -> None:
    docs = DocumentArray(
        Document(text=f"<text {i}>", tags={"n": i}, embedding=np.eye(3)[i]) for i in range(3)
    )
    for title in ("one", "two"):
        assert docs.plot_embeddings(title, tmp_path, start_server=False) == str(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert [entry["tensorName"] for entry in config["embeddings"]] == ["two", "one"]
    assert config["embeddings"][0]["tensorShape"] == [3, 3]
    assert len((tmp_path / "one.tsv").read_text().splitlines()) == 3
    assert (tmp_path / "one.metas.tsv").read_text().splitlines()[0] == "id\ttext\ttag__n"
    page = (tmp_path / "index.html").read_text()
    assert "http" not in page
    assert "<text 1>" not in page


def test_pictures(tmp_path: pathlib.Path) -> None:
    image = pytest.importorskip("PIL.Image")
    docs = DocumentArray(
        Document(tensor=np.full((3, 20, 10), 40 * i, dtype="uint8")) for i in range(5)
    )
    docs.plot_image_sprites(tmp_path / "square.png", canvas_size=90, channel_axis=0)
    with image.open(tmp_path / "square.png") as picture:
        assert picture.size == (90, 60)
        assert picture.getpixel((45, 45)) == (160, 160, 160)
    docs.plot_image_sprites(
        tmp_path / "tall.png", 90, channel_axis=0, keep_aspect_ratio=True, show_index=True
    )
    with image.open(tmp_path / "tall.png") as picture:
        assert picture.size == (90, 120)
    docs.save_gif(str(tmp_path / "frames.gif"), channel_axis=0, size_ratio=0.5, show_index=True)
    with image.open(tmp_path / "frames.gif") as frames:
        assert (frames.n_frames, frames.size) == (5, (5, 10))
    docs.append(Document())
    with pytest.raises(ValueError, match=r"docs\[5\] has neither"):
        docs.plot_image_sprites(tmp_path / "no.png", channel_axis=0)
    docs.plot_image_sprites(tmp_path / "skipped.png", channel_axis=0, skip_empty=True)
    with pytest.raises(ValueError, match="image_source"):
        docs.plot_image_sprites(tmp_path / "no.png", image_source="blob")
