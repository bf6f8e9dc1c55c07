"""A Document's text: from URIs, and to and from numbers of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidegate._documents import uris
from tidegate._tidegate import Document

#: What stands between words, besides the space.
_BETWEEN = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))
PADDING, UNKNOWN = 0, 1
UNKNOWN_WORD = "<UNK>"


def words(text: str) -> Iterator[str]:
    """Yields the words of a text, in lower case and without punctuation."""
    return (word for word in text.lower().translate(_BETWEEN).split(" ") if word)


def load_uri_to_text(document: Document, charset: str, **kwargs: Any) -> Document:
    """Reads `uri` into `text`."""
    document.text = uris.read(document.uri, **kwargs).decode(charset)
    return document


def get_vocabulary(
    document: Document, text_attrs: str | Sequence[str] | None = None
) -> Counter[str]:
    """Counts the words of some attributes."""
    counts: Counter[str] = Counter()
    names = (text_attrs,) if isinstance(text_attrs, str) else text_attrs
    for name in ("text",) if names is None else names:
        counts.update(words(getattr(document, name)))
    return counts


def convert_text_to_tensor(
    document: Document, vocab: Mapping[str, int], max_length: int | None, dtype: str
) -> Document:
    """Turns words into their numbers; unknown ones are 1, and 0 fills up in front."""
    from tidegate._documents.extras import need

    numbers = [vocab.get(word, UNKNOWN) for word in words(document.text)]
    if max_length:
        numbers = [PADDING] * (max_length - len(numbers)) + numbers[-max_length:]
    document.tensor = need("numpy").array(numbers, dtype=dtype)
    return document


def convert_tensor_to_text(
    document: Document, vocab: Mapping[Any, Any], delimiter: str
) -> Document:
    """Turns numbers into words; `vocab` maps words to numbers or numbers to words."""
    named = {
        (number if isinstance(word, str) else word): (word if isinstance(word, str) else number)
        for word, number in vocab.items()
    }
    numbers = [int(number) for number in document.tensor]
    document.text = delimiter.join(
        UNKNOWN_WORD if number == UNKNOWN else named.get(number, UNKNOWN_WORD)
        for number in numbers
        if number != PADDING
    )
    return document


def convert_text_to_datauri(document: Document, charset: str | None, base64: bool) -> Document:
    """Puts `text` into `uri` as a data URI."""
    document.uri = uris.to_data(document.mime_type, document.text, charset, base64, binary=False)
    return document
