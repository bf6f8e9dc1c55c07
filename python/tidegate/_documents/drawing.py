"""Boxes, trees and colours: for a terminal, for a notebook, or as plain text.

What is drawn is lines of spans: texts, each with a style. How a style looks is decided at the end.
"""

from __future__ import annotations

import html
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

#: A text, and how it looks: one of STYLES, a colour like `#1769aa`, or nothing.
Span = tuple[str, str]
Line = list[Span]

STYLES = {"bold": "1", "dim": "2", "cyan": "36", "green": "32"}
CSS = {
    "bold": "font-weight:bold",
    "dim": "opacity:.6",
    "cyan": "color:#0a7f8a",
    "green": "color:#1a7f37",
}
WIDEST = 80


def columns_of(text: str) -> int:
    """Counts the columns that a text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def printable(text: str) -> str:
    """Shows what would move the cursor as what it is written as, so that a Document cannot."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def wrapped(text: str, most: int) -> Iterator[str]:
    """Cuts a text into pieces that fit into so many columns, at spaces where there are some."""
    for line in printable(text).split("\n"):
        while columns_of(line) > most:
            taken = end = 0
            while taken + columns_of(line[end]) <= most:
                taken += columns_of(line[end])
                end += 1
            end = max(end, 1)
            space = line.rfind(" ", 0, end + 1)
            cut = space if space > 0 else end
            yield line[:cut]
            line = line[cut:].lstrip(" ")
        yield line


def lines_of(value: str | Line, most: int) -> list[Line]:
    """Lays a cell out: a text is wrapped, spans are one line after the other."""
    if isinstance(value, str):
        return [[(piece, "")] for piece in wrapped(value, most)]
    lines: list[Line] = [[]]
    room = most
    for text, style in value:
        for c in text:
            if columns_of(c) > room:
                lines.append([])
                room = most
            lines[-1].append((c, style))
            room -= columns_of(c)
    return lines


def _filled(line: Line, width: int) -> Line:
    taken = sum(columns_of(text) for text, _ in line)
    return [*line, (" " * (width - taken), "")]


def table(header: Sequence[str], rows: Sequence[Sequence[str | Line]], width: int) -> list[Line]:
    """Draws a box with a header and a row for each; the last column gets what room is left."""

    def wanted(at: int) -> int:
        cells = [row[at] for row in rows]
        texts = [c if isinstance(c, str) else "".join(t for t, _ in c) for c in cells]
        longest = [columns_of(part) for text in texts for part in printable(text).split("\n")]
        return max([columns_of(header[at]), *longest])

    widths = [wanted(at) for at in range(len(header))]
    frame = 3 * len(widths) + 1
    widths[-1] = max(min(widths[-1], width - frame - sum(widths[:-1])), columns_of(header[-1]), 8)

    def rule(left: str, cross: str, right: str) -> Line:
        return [(left + cross.join("─" * (w + 2) for w in widths) + right, "dim")]

    def row(cells: Sequence[str | Line], style: str = "") -> Iterator[Line]:
        laid = [lines_of(cell, w) for cell, w in zip(cells, widths, strict=True)]
        for at in range(max(map(len, laid))):
            line: Line = []
            for parts, w in zip(laid, widths, strict=True):
                part = parts[at] if at < len(parts) else []
                part = [(text, style or own) for text, own in part]
                line += [("│ ", "dim"), *_filled(part, w), (" ", "")]
            yield [*line, ("│", "dim")]

    drawn = [rule("╭", "┬", "╮"), *row(header, "bold"), rule("├", "┼", "┤")]
    for cells in rows:
        drawn += row(cells)
    return [*drawn, rule("╰", "┴", "╯")]


def branches(children: Iterable[list[Line]]) -> Iterator[Line]:
    """Hangs drawings below one another as the branches of a tree."""
    drawn = list(children)
    for at, lines in enumerate(drawn):
        last = at == len(drawn) - 1
        for row, line in enumerate(lines):
            guide = ("    " if last else "│   ") if row else ("└── " if last else "├── ")
            yield [(guide, "dim"), *line]


def as_text(lines: Iterable[Line], colours: bool = False) -> str:
    """Writes lines as text, with the terminal's codes for colours or without."""

    def shown(text: str, style: str) -> str:
        if not colours or not style:
            return text
        if style.startswith("#"):
            red, green, blue = (int(style[at : at + 2], 16) for at in (1, 3, 5))
            return f"\x1b[38;2;{red};{green};{blue}m{text}\x1b[0m"
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    return "\n".join("".join(shown(*span) for span in line).rstrip(" ") for line in lines)


def as_html(lines: Iterable[Line]) -> str:
    """Writes lines as a block of HTML in which nothing of a Document's own is markup."""

    def shown(text: str, style: str) -> str:
        text = html.escape(text)
        if not style:
            return text
        return f'<span style="{CSS.get(style) or f"color:{style}"}">{text}</span>'

    body = "\n".join("".join(shown(*span) for span in line) for line in lines)
    return f'<pre style="line-height:1.2;font-family:monospace">{body}</pre>'


def room() -> int:
    """Says how wide a drawing may be: the terminal, at most 80 columns."""
    return max(min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST), 30)


def _notebook() -> Any:
    """IPython's display module, where this is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = getattr(ipython, "get_ipython", lambda: None)()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    import IPython.display

    return IPython.display


def show(lines: list[Line]) -> None:
    """Shows lines where the program runs: in a notebook's cell, in colours, or as plain text."""
    notebook = _notebook()
    if notebook is not None:
        shown = {"text/html": as_html(lines), "text/plain": as_text(lines)}
        notebook.display(shown, raw=True)
        return
    terminal = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(as_text(lines, colours=terminal and os.environ.get("TERM") != "dumb"))  # noqa: T201 - that is what it is for
