"""Texts, bytes, pictures, sound, video and meshes of a Document."""

import http.server
import io
import subprocess
import sys
import threading
import wave

import numpy as np
import pytest
from tidegate import Document, DocumentArray


def pixels(*shape, seed=1):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def server():
    """A web server that says which program asks."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.headers["User-Agent"].encode())

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class TestTexts:
    def test_from_the_web(self, server):
        assert Document(uri=server).load_uri_to_text(timeout=10).text == "Mozilla/5.0"

    def test_of_words_and_back(self):
        d = Document(text="Hello unknown world")
        vocab = {"hello": 2, "world": 3}
        assert d.convert_text_to_tensor(vocab, max_length=4) is d
        assert d.tensor.tolist() == [0, 2, 1, 3]
        assert d.tensor.dtype == np.int64
        assert d.convert_tensor_to_text(vocab).text == "hello <UNK> world"

    def test_a_vocabulary_of_numbers_to_words(self):
        d = Document(tensor=np.array([2, 3, 9, 0, 1]))
        assert d.convert_tensor_to_text({2: "a", 3: "b"}).text == "a b <UNK> <UNK>"

    def test_counts_of_several_attributes(self):
        d = Document(text="a b a", modality="a c")
        assert d.get_vocabulary(("text", "modality")) == {"a": 3, "b": 1, "c": 1}

    def test_a_data_uri_of_text_in_base64_can_be_read(self):
        d = Document(text="grüß dich", mime_type="text/plain")
        uri = d.convert_text_to_datauri(base64=True).uri
        assert Document(uri=uri).load_uri_to_text().text == "grüß dich"

    def test_a_file_that_is_not_there(self):
        with pytest.raises(FileNotFoundError, match="neither a URL nor a local file"):
            Document(uri="/not/there").load_uri_to_text()


class TestBytes:
    def test_to_a_file_object_that_stays_open(self):
        out = io.BytesIO()
        assert Document(blob=b"abc").save_blob_to_file(out).blob == b"abc"
        Document(uri="data:,def").save_uri_to_file(out)
        assert out.getvalue() == b"abcdef"

    def test_a_file_is_not_emptied_for_a_uri_that_leads_nowhere(self, tmp_path):
        path = tmp_path / "kept"
        path.write_bytes(b"kept")
        with pytest.raises(FileNotFoundError):
            Document(uri="/not/there").save_uri_to_file(str(path))
        assert path.read_bytes() == b"kept"

    def test_a_data_uri_without_mime_type(self):
        with pytest.raises(ValueError, match="mime_type"):
            Document(blob=b"x").convert_blob_to_datauri()

    def test_a_tensor_is_no_content_for_a_uri(self):
        with pytest.raises(NotImplementedError, match="convert_image_tensor_to_uri"):
            Document(tensor=np.zeros(2)).convert_content_to_datauri()


class TestPictures:
    @pytest.fixture(autouse=True)
    def _pillow(self):
        pytest.importorskip("PIL")

    def test_there_and_back(self, tmp_path):
        tensor = pixels(5, 6, 3)
        path = str(tmp_path / "a.png")
        Document(tensor=tensor).save_image_tensor_to_file(path)
        assert (Document(uri=path).load_uri_to_image_tensor().tensor == tensor).all()
        d = Document(tensor=tensor).convert_image_tensor_to_blob().convert_blob_to_image_tensor()
        assert (d.tensor == tensor).all()
        uri = Document(tensor=tensor).convert_image_tensor_to_uri().uri
        assert (Document(uri=uri).load_uri_to_image_tensor().tensor == tensor).all()

    def test_a_name_that_says_another_format(self, tmp_path):
        with pytest.warns(UserWarning, match="png picture"):
            Document(tensor=pixels(4, 4, 3)).save_image_tensor_to_file(str(tmp_path / "a.jpeg"))

    def test_normal_and_back(self):
        tensor = pixels(4, 5, 3)
        d = Document(tensor=tensor).set_image_tensor_normalization()
        assert d.tensor.dtype == np.float32
        back = d.set_image_tensor_inv_normalization().tensor
        assert np.abs(back.astype(int) - tensor).max() <= 1

    @pytest.mark.parametrize("tensor", [None, [[1]], np.zeros((2, 2, 3)), pixels(2, 2)])
    def test_what_is_no_picture_is_not_normalised(self, tensor):
        with pytest.raises(ValueError, match="picture of uint8"):
            Document(tensor=tensor).set_image_tensor_normalization()

    def test_windows_stay_in_the_picture(self):
        tensor = pixels(11, 7, 3)
        windows = Document(tensor=tensor).convert_image_tensor_to_sliding_windows((4, 4), (3, 2))
        expected = [tensor[r : r + 4, c : c + 4] for r in (0, 3, 6) for c in (0, 2)]
        assert (windows.tensor == np.stack(expected)).all()

    def test_windows_of_floats_with_colours_first(self):
        tensor = np.random.default_rng(1).normal(size=(3, 6, 6)).astype(np.float32)
        d = Document(tensor=tensor)
        d.convert_image_tensor_to_sliding_windows((3, 3), channel_axis=0, as_chunks=True)
        assert [tuple(c.location) for c in d.chunks] == [
            (r, c, 3, 3) for r in (0, 3) for c in (0, 3)
        ]
        assert (d.chunks[3].tensor == tensor[:, 3:, 3:]).all()
        assert d.chunks[0].granularity == 1

    @pytest.mark.parametrize(
        ("length", "window", "stride"),
        [(10, 4, 3), (9, 4, 3), (10, 2, 5), (11, 2, 5), (4, 4, 4), (3, 8, 8), (7, 7, 1)],
    )
    def test_padding_makes_a_window_of_every_beginning(self, length, window, stride):
        tensor = pixels(length, length, 1)
        d = Document(tensor=tensor)
        d.convert_image_tensor_to_sliding_windows((window,) * 2, (stride,) * 2, padding=True)
        assert len(d.tensor) == (-(-length // stride)) ** 2
        last = (length - 1) // stride * stride
        part = tensor[last : last + window, last : last + window]
        assert (d.tensor[-1][: len(part), : len(part)] == part).all()
        assert not d.tensor[-1][len(part) :].any()

    def test_a_window_larger_than_the_picture(self):
        with pytest.raises(ValueError, match="smaller than a window"):
            Document(tensor=pixels(3, 3, 3)).convert_image_tensor_to_sliding_windows()

    def test_sprites_of_matches(self, tmp_path):
        d = Document(tensor=pixels(8, 8, 3))
        d.matches = DocumentArray(Document(tensor=pixels(8, 8, 3, seed=n)) for n in range(3))
        path = tmp_path / "sprites.png"
        d.plot_matches_sprites(top_k=2, canvas_size=500, output=str(path))
        canvas = Document(uri=str(path)).load_uri_to_image_tensor().tensor
        assert canvas.shape == (132, 500, 3)
        with pytest.raises(ValueError, match="no matches"):
            Document(tensor=pixels(8, 8, 3)).plot_matches_sprites()
        d.matches.append(Document(text="no picture"))
        with pytest.raises(ValueError, match="skip_empty"):
            d.plot_matches_sprites(output=str(path))


def test_sound_there_and_back():
    out = io.BytesIO()
    samples = np.array([[0.5, -0.5], [0.25, 0.0]])
    Document(tensor=samples).save_audio_tensor_to_file(out, sample_rate=8000)
    with wave.open(io.BytesIO(out.getvalue())) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
    d = Document(blob=out.getvalue(), mime_type="audio/wav").convert_blob_to_datauri(base64=True)
    assert (Document(uri=d.uri).load_uri_to_audio_tensor().tensor == samples).all()


def test_video_there_and_back(tmp_path):
    pytest.importorskip("av")
    path = str(tmp_path / "a.mp4")
    frames = np.full((5, 32, 16, 3), 128, np.uint8)
    Document(tensor=frames).save_video_tensor_to_file(path, codec="mpeg4")
    d = Document(uri=path).load_uri_to_video_tensor()
    assert d.tensor.shape == frames.shape
    assert d.tags["keyframe_indices"][0] == 0
    assert np.abs(d.tensor.astype(int) - 128).max() < 8
    with pytest.raises(ValueError, match="frames of uint8"):
        Document(tensor=np.zeros(3)).save_video_tensor_to_file(path)


def test_mesh(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    path = str(tmp_path / "box.ply")
    trimesh.creation.box((1, 1, 1)).export(path)
    d = Document(uri=path).load_uri_to_vertices_and_faces()
    assert [c.tags["name"] for c in d.chunks] == ["vertices", "faces"]
    assert d.load_vertices_and_faces_to_point_cloud(10).tensor.shape == (10, 3)
    with pytest.raises(AttributeError, match="load_uri_to_vertices_and_faces"):
        Document().load_vertices_and_faces_to_point_cloud(10)


class TestHashing:
    def test_sparse_is_dense(self):
        pytest.importorskip("scipy")
        d = Document(text="hello world", tags={"a": 1, "b": [1, 2]})
        dense = d.embed_feature_hashing(n_dim=16).embedding
        sparse = d.embed_feature_hashing(n_dim=16, sparse=True).embedding
        assert (sparse.toarray()[0] == dense).all()

    def test_what_docarray_gave(self):
        d = Document(text="hello world", tags={"id": 4})
        # Computed by docarray 0.21.
        found = d.embed_feature_hashing(n_dim=8, max_value=100).embedding
        assert found.tolist() == [0, 113, 2, 0, 0, 0, 0, 10]

    def test_of_nothing(self):
        assert not Document().embed_feature_hashing(4).embedding.any()


@pytest.mark.parametrize(
    ("package", "code", "extra"),
    [
        ("PIL", "Document(blob=b'').convert_blob_to_image_tensor()", "image"),
        ("av", "Document(uri='x').load_uri_to_video_tensor()", "video"),
        ("trimesh", "Document(uri='x').load_uri_to_vertices_and_faces()", "mesh"),
        ("cv2", "next(Document.generator_from_webcam())", "webcam"),
        ("IPython", "Document(uri='a.png').display()", "show"),
        ("scipy", "Document().embed_feature_hashing(sparse=True)", "scipy"),
        ("numpy", "Document(text='a').convert_text_to_tensor({})", "numpy"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(package, code, extra):
    program = f"import sys; sys.modules[{package!r}] = None\nfrom tidegate import Document\n{code}"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"pip install 'tidegate[{extra}]'" in run.stderr


def test_nothing_is_imported_before_it_is_used():
    program = (
        "import sys, tidegate; tidegate.Document(text='a')\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'PIL', 'wave') "
        "or m.startswith('tidegate._documents')])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


class TestDisplay:
    @pytest.fixture
    def shown(self, monkeypatch):
        """What a notebook is given."""
        import types

        found = []
        module = types.ModuleType("IPython.display")
        module.display = found.append
        module.HTML = lambda text: ("html", text)
        module.Image = lambda uri: ("image", uri)
        package = types.ModuleType("IPython")
        package.display = module
        monkeypatch.setitem(sys.modules, "IPython", package)
        monkeypatch.setitem(sys.modules, "IPython.display", module)
        return found

    def test_uris(self, shown, tmp_path):
        Document(uri="a.png").display()
        Document(uri='data:image/png;base64,"><b>').display_uri()
        path = tmp_path / "a.wav"
        path.write_bytes(b"abc")
        Document(uri=str(path)).display()
        assert shown[0] == ("image", "a.png")
        assert "<b>" not in shown[1][1]
        assert "<audio" in shown[2][1]
        assert "data:audio" in shown[2][1]

    def test_pictures(self, shown):
        pytest.importorskip("PIL")
        Document(tensor=pixels(4, 4, 3)).display()
        assert shown[0].size == (4, 4)

    def test_texts_are_summed_up(self, shown, capsys):
        Document(text="hello").display()
        assert "hello" in capsys.readouterr().out
        with pytest.raises(ValueError, match="no uri"):
            Document().display_uri()
