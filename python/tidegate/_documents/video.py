"""A Document's video: frames by PyAV, the camera by OpenCV."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from tidegate._documents.extras import need
from tidegate._tidegate import Document


def load_uri_to_video_tensor(document: Document, only_keyframes: bool, **kwargs: Any) -> Document:
    """Decodes the frames, as an array of frames, width, height and colours."""
    numpy, av = need("numpy"), need("av")
    frames, keys = [], []
    with av.open(document.uri, **kwargs) as container:
        if only_keyframes:
            container.streams.video[0].codec_context.skip_frame = "NONKEY"
        for at, frame in enumerate(container.decode(video=0)):
            frames.append(frame.to_ndarray(format="rgb24"))
            if frame.key_frame:
                keys.append(at)
    document.tensor = numpy.moveaxis(numpy.stack(frames), 1, 2)
    if not only_keyframes:
        document.tags["keyframe_indices"] = keys
    return document


def save_video_tensor_to_file(
    document: Document, file: Any, frame_rate: int, codec: str
) -> Document:
    """Encodes the frames."""
    numpy = need("numpy")
    tensor = document.tensor
    if tensor.ndim != 4 or tensor.shape[-1] != 3 or tensor.dtype != numpy.uint8:
        raise ValueError(
            f"`tensor` of Document {document.id} is {tensor.dtype} with shape {tensor.shape}; "
            "frames of uint8 with shape (frames, width, height, 3) are needed"
        )
    av = need("av")
    with av.open(file, mode="w") as container:
        stream = container.add_stream(codec, rate=frame_rate)
        stream.width, stream.height = tensor.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for pixels in numpy.moveaxis(tensor, 1, 2):
            frame = av.VideoFrame.from_ndarray(numpy.ascontiguousarray(pixels), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return document


def generator_from_webcam(
    cls: type[Document],
    height_width: Sequence[int] | None,
    show_window: bool,
    window_title: str,
    fps: int,
    exit_key: int,
    exit_event: Any,
    tags: dict[str, Any] | None,
) -> Iterator[Document]:
    """Yields what the camera sees, and shows it with how many pictures a second it gives."""
    cv2 = need("cv2")
    ended = threading.Event() if exit_event is None else exit_event
    camera = cv2.VideoCapture(0)
    actual = 0
    before = time.perf_counter()
    try:
        while not ended.is_set():
            there, picture = camera.read()
            document = cls(tensor=picture, tags=tags)
            if height_width:
                document.set_image_tensor_shape(height_width)
            yield document
            key = cv2.waitKey(max(1, 1000 // max(1, fps + fps - actual)))
            if show_window:
                now = time.perf_counter()
                actual, before = int(1 / (now - before)), now
                note = (f"FPS {actual}/{fps}", (7, 70), cv2.FONT_HERSHEY_SIMPLEX, 3)
                cv2.putText(document.tensor, *note, (255, 255, 255), 3, cv2.LINE_AA)
                cv2.imshow(window_title, document.tensor)
            if key == exit_key or not there:
                break
    finally:
        camera.release()
        if show_window:
            cv2.destroyWindow(window_title)
