"""The vocabulary of an array's texts."""

from __future__ import annotations

from collections import Counter
from typing import Any

#: Numbers below it are taken: 0 for padding, 1 for a word that is not known.
FIRST = 2


def vocabulary_of_array(
    docs: Any, min_freq: int = 1, text_attrs: tuple[str, ...] | None = None
) -> dict[str, int]:
    """Numbers the words that occur at least `min_freq` times, in the order they first occur in."""
    counts: Counter[str] = Counter()
    for document in docs:
        counts.update(document.get_vocabulary(text_attrs=text_attrs or ("text",)))
    frequent = (word for word, count in counts.items() if count >= min_freq)
    return {word: number for number, word in enumerate(frequent, start=FIRST)}
