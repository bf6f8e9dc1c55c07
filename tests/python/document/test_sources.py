"""Arrays from outside: numpy, files, tables, lines; and what only the class can make."""

from __future__ import annotations

import io
import json
import pathlib
from typing import Any

import pytest
from tidegate import Document, DocumentArray, Executor, Flow, requests
from tidegate.errors import NotSupportedError

np = pytest.importorskip("numpy")


def test_rows_of_an_array() -> None:
    docs = DocumentArray.from_ndarray(np.arange(12).reshape(4, 3), size=3)
    assert [list(d.tensor) for d in docs] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    shuffled = DocumentArray.from_ndarray(np.arange(50), shuffle=True)
    assert sorted(int(d.tensor) for d in shuffled) == list(range(50))


def test_files(tmp_path: pathlib.Path) -> None:
    for name in ("a.txt", "b.txt", "c.bin"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder.txt").mkdir()
    pattern = str(tmp_path / "*.txt")
    assert sorted(DocumentArray.from_files(pattern)[:, "uri"]) == [
        str(tmp_path / "a.txt"),
        str(tmp_path / "b.txt"),
    ]
    texts = DocumentArray.from_files([pattern], read_mode="r", exclude_regex=r".*b\.txt")
    assert texts.texts == ["a.txt"]
    assert DocumentArray.from_files(str(tmp_path / "*.bin"), read_mode="rb").blobs == [b"c.bin"]
    assert len(DocumentArray.from_files(pattern, size=1)) == 1
    with pytest.raises(RuntimeError, match="read_mode"):
        DocumentArray.from_files(pattern, read_mode="w")
    with pytest.raises(ValueError, match="regex"):
        DocumentArray.from_files(pattern, exclude_regex="(")


def test_csv_and_lines(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text;colour\na;red\nb;blue\n")
    docs = DocumentArray.from_csv(path, dialect="auto")
    assert docs.texts == ["a", "b"]
    assert docs[1].tags == {"colour": "blue"}
    path.write_text("question,colour\na,red\nb,blue\n")
    docs = DocumentArray.from_csv(path, field_resolver={"question": "text"}, size=1)
    assert docs.texts == ["a"]
    assert DocumentArray.from_lines(filepath=str(path), field_resolver={"question": "text"})[
        1
    ].text == ("b")
    lines = [json.dumps({"text": str(i), "extra": i}) for i in range(4)]
    assert DocumentArray.from_ndjson(lines).texts == ["0", "1", "2", "3"]
    docs = DocumentArray.from_lines(lines, size=2)
    assert docs[1].tags == {"extra": 1}
    with pytest.raises(ValueError, match="filepath"):
        DocumentArray.from_lines()


def test_class_methods_are_not_for_instances() -> None:
    docs = DocumentArray()
    for name in ("ndarray", "files", "csv", "ndjson", "lines", "huggingface_datasets"):
        with pytest.raises(AttributeError, match="on the class"):
            getattr(docs, f"from_{name}")([])
        with pytest.raises(AttributeError):
            getattr(Document(chunks=[Document()]).chunks, f"from_{name}")([])


def test_csv_round_trip() -> None:
    docs = DocumentArray(
        [
            Document(id="1", text="a\nb", tags={"n": 1, "s": "x"}, embedding=np.ones(2)),
            Document(id="2", text="c", tags={"n": 2, "s": "y"}, embedding=np.zeros(2)),
        ]
    )
    file = io.StringIO()
    docs.save_csv(file)
    assert file.getvalue().splitlines() == [
        "id,text,embedding,tag__n,tag__s",
        '1,a b,"[1.0, 1.0]",1,x',
        '2,c,"[0.0, 0.0]",2,y',
    ]
    file.seek(0)
    again = DocumentArray.load_csv(file)
    assert again[0].tags == {"tag__n": "1", "tag__s": "x"}
    file = io.StringIO()
    docs.save_csv(file, flatten_tags=False, exclude_fields=["embedding"], with_header=False)
    assert file.getvalue().splitlines()[1] == "2,c,\"{'n': 2, 's': 'y'}\""
    docs[1].uri = "x"
    with pytest.raises(ValueError, match=r"docs\[1\] has mime_type|docs\[1\] has uri"):
        docs.save_csv(io.StringIO())
    with pytest.raises(ValueError, match="empty"):
        DocumentArray().save_csv(io.StringIO())


def test_data_frames() -> None:
    pytest.importorskip("pandas")
    docs = DocumentArray([Document(text="a", weight=2.0), Document(blob=b"\x00b", tags={"x": "y"})])
    frame = docs.to_dataframe()
    assert frame.shape == (2, 19)
    again = DocumentArray.from_dataframe(frame)
    assert again == docs


def test_batches_of_a_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "docs.protobuf.gzip"
    docs = DocumentArray(Document(text=str(i)) for i in range(7))
    docs.save_binary(path)
    batches = list(DocumentArray.dataloader(path, lambda batch: batch.texts, batch_size=3))
    assert batches == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    with pytest.raises(ValueError, match="batch_size"):
        DocumentArray.dataloader(path, len, batch_size=0)


def test_there_is_no_cloud() -> None:
    docs = DocumentArray([Document()])
    for call in (
        lambda: docs.push("name"),
        lambda: docs.cloud_push("name"),
        lambda: DocumentArray.pull("name"),
        lambda: DocumentArray.cloud_pull("name"),
        DocumentArray.cloud_list,
        lambda: DocumentArray.cloud_delete("name"),
    ):
        with pytest.raises(NotSupportedError, match="save_binary"):
            call()


def test_posting() -> None:
    assert DocumentArray().post("grpc://nowhere") is None
    docs = DocumentArray([Document()])
    with pytest.raises(NotSupportedError, match="uses=YourExecutor"):
        docs.post("jinahub://Hello")
    with pytest.raises(ValueError, match="ftp"):
        docs.post("ftp://127.0.0.1")


class Shout(Executor):
    """Makes texts loud, as its parameters say."""

    @requests(on="/shout")
    def shout(self, docs: DocumentArray, parameters: dict[str, Any], **kwargs: Any) -> None:
        for document in docs:
            document.text = document.text.upper() + parameters["mark"]


def test_posting_to_a_flow() -> None:
    docs = DocumentArray(Document(text=text) for text in "abc")
    with Flow().add(uses=Shout) as flow:
        address = f"grpc://127.0.0.1:{flow.port}/shout"
        answer = docs.post(address, batch_size=2, parameters={"mark": "!"})
        assert answer.texts == ["A!", "B!", "C!"]
        assert docs[0].post(address, parameters={"mark": "?"}).text == "A?"
