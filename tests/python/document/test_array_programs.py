"""Random programs over an array and over a plain list of records, which must stay alike.

A program is bounded and told by its seed: `TIDEGATE_SEED=7 pytest ...` runs that one too.
"""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest
from tidegate import Document, DocumentArray

STEPS = 60
MOST = 24


@dataclasses.dataclass
class Record:
    """What a Document must be like; the same record stands for the same Document."""

    id: str
    text: str
    weight: float

    def document(self) -> Document:
        """Makes the Document."""
        return Document(id=self.id, text=self.text, weight=self.weight)


class Program:
    """An array, its model, and steps that change or ask both."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.model = [self.record() for _ in range(self.draw.randrange(8))]
        self.docs = DocumentArray(record.document() for record in self.model)
        self.receive()

    def record(self) -> Record:
        """Makes a record; of the few ids and texts some come more than once."""
        draw = self.draw
        return Record(f"d{draw.randrange(30)}", f"t{draw.randrange(5)}", draw.randrange(1, 9) / 2)

    def place(self) -> int:
        """Draws an index, now and then one that is out of range."""
        return self.draw.randint(-len(self.model) - 1, len(self.model))

    def cut(self) -> slice:
        """Draws a slice."""
        ends = [None, *range(-MOST - 2, MOST + 2)]
        step = self.draw.choice([None, 1, 1, 2, 3, -1, -2])
        return slice(self.draw.choice(ends), self.draw.choice(ends), step)

    def several(self) -> tuple[Any, list[int]]:
        """Draws an index of several places, and says which these are."""
        draw, size = self.draw, len(self.model)
        match draw.randrange(4):
            case 0:
                mask = [draw.random() < 0.5 for _ in range(size + draw.randint(-1, 1))]
                return mask, [at for at, chosen in enumerate(mask[:size]) if chosen]
            case 1 if size:
                ids = [draw.choice(self.model).id for _ in range(draw.randrange(1, 4))]
                return ids, [self.last(id_) for id_ in ids]
            case 2 if size:
                places = [draw.randrange(-size, size) for _ in range(draw.randrange(4))]
                return places, [place % size for place in places]
            case _:
                cut = self.cut()
                return cut, list(range(size))[cut]

    def last(self, id_: str) -> int:
        """Says where the last record with an id is."""
        found = [at for at, record in enumerate(self.model) if record.id == id_]
        if not found:
            raise KeyError(id_)
        return found[-1]

    def both(self, ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[Any, Any] | None:
        """Asks both sides; None where both refuse, which they must do with the same error."""
        try:
            expected = theirs()
        except (IndexError, KeyError, ValueError) as error:
            with pytest.raises(type(error)):
                ours()
            return None
        return ours(), expected

    def same(self, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
        """Asks both sides for one record or a list of them, and compares."""
        answers = self.both(ours, theirs)
        if answers is None:
            return
        found, expected = answers
        if isinstance(expected, list):
            assert [plain(each) for each in found] == expected
        else:
            assert plain(found) == expected

    # The steps.

    def insert(self) -> None:
        """Puts one in."""
        at, new = self.place(), self.record()
        self.docs.insert(at, new.document())
        self.model.insert(at, new)

    def append(self) -> None:
        """Adds one."""
        new = self.record()
        self.docs.append(new.document())
        self.model.append(new)

    def extend(self) -> None:
        """Adds rows that are there already: the very same Documents."""
        cut = self.cut()
        if self.draw.random() < 0.5:
            self.docs.extend(self.docs[cut])
        else:
            self.docs += self.docs[cut]
        self.model.extend(self.model[cut])

    def pop(self) -> None:
        """Takes one out."""
        at = self.place()
        self.same(lambda: self.docs.pop(at), lambda: self.model.pop(at))

    def remove(self) -> None:
        """Takes the first that equals one out."""
        gone = self.draw.choice([self.record(), *self.model])
        self.both(lambda: self.docs.remove(gone.document()), lambda: self.model.remove(gone))

    def get(self) -> None:
        """Reads one row."""
        at = self.place()
        self.same(lambda: self.docs[at], lambda: self.model[at])

    def get_id(self) -> None:
        """Reads a row by its id."""
        id_ = self.record().id
        assert (id_ in self.docs) is any(record.id == id_ for record in self.model)
        self.same(lambda: self.docs[id_], lambda: self.model[self.last(id_)])

    def get_several(self) -> None:
        """Reads rows."""
        index, places = self.several()
        self.same(lambda: self.docs[index], lambda: [self.model[at] for at in places])

    def put(self) -> None:
        """Replaces a row."""
        at, new = self.place(), self.record()

        def ours() -> None:
            self.docs[at] = new.document()

        def theirs() -> None:
            self.model[at] = new

        self.both(ours, theirs)

    def put_cut(self) -> None:
        """Replaces a slice, by more or fewer where its step is 1."""
        cut, new = self.cut(), [self.record() for _ in range(self.draw.randrange(4))]
        if cut.step not in (None, 1):
            new = [self.record() for _ in self.model[cut]]

        def ours() -> None:
            self.docs[cut] = [record.document() for record in new]

        def theirs() -> None:
            self.model[cut] = new

        self.both(ours, theirs)

    def put_several(self) -> None:
        """Replaces rows one by one, the last of those that go to the same place wins."""
        index, places = self.several()
        if isinstance(index, slice):
            return
        new = [self.record() for _ in places]
        self.docs[index] = DocumentArray(record.document() for record in new)
        for at, record in zip(places, new, strict=True):
            self.model[at] = record

    def delete(self) -> None:
        """Takes one out by its place."""
        at = self.place()
        self.both(lambda: self.docs.__delitem__(at), lambda: self.model.__delitem__(at))

    def delete_several(self) -> None:
        """Takes rows out."""
        index, places = self.several()
        del self.docs[index]
        self.model[:] = [r for at, r in enumerate(self.model) if at not in places]

    def write(self) -> None:
        """Changes a Document, wherever it stands."""
        if self.model:
            at, new = self.draw.randrange(len(self.model)), self.record()
            name = self.draw.choice(["id", "text", "weight"])
            setattr(self.docs[at], name, getattr(new, name))
            setattr(self.model[at], name, getattr(new, name))

    def column(self) -> None:
        """Reads a field of several rows."""
        index, places = self.several()
        name = self.draw.choice(["id", "text", "weight"])
        if isinstance(index, slice) and places:
            assert self.docs[index, name] == [getattr(self.model[at], name) for at in places]

    def put_column(self) -> None:
        """Sets a field of every row."""
        if self.model:
            texts = [self.record().text for _ in self.model]
            self.docs[:, "text"] = texts
            for record, text in zip(self.model, texts, strict=True):
                record.text = text

    def reverse(self) -> None:
        """Turns the order round."""
        self.docs.reverse()
        self.model.reverse()

    def look(self) -> None:
        """Looks for one that equals another."""
        sought = self.draw.choice([self.record(), *self.model])
        start = self.place()
        assert self.docs.count(sought.document()) == self.model.count(sought)
        answers = self.both(
            lambda: self.docs.index(sought.document(), start),
            lambda: self.model.index(sought, start),
        )
        assert answers is None or answers[0] == answers[1]

    def find(self) -> None:
        """Filters."""
        text, weight = self.record().text, self.record().weight
        self.same(
            lambda: self.docs.find({"text": {"$eq": text}, "weight": {"$gte": weight}}),
            lambda: [r for r in self.model if r.text == text and r.weight >= weight],
        )

    def batches(self) -> None:
        """Goes through it in parts."""
        size = self.draw.randrange(1, 5)
        parts = [[plain(each) for each in part] for part in self.docs.batch(size)]
        expected = [self.model[at : at + size] for at in range(0, len(self.model), size)]
        assert parts == expected

    def receive(self) -> None:
        """Goes on with what came of sending or copying it.

        Of rows that were one Document there are several then, but for pickles, which keep them one.
        """
        match self.draw.randrange(5):
            case 0:
                self.docs = pickle.loads(pickle.dumps(self.docs))
                self.model = copy.deepcopy(self.model)
                return
            case 1:
                self.docs = DocumentArray.from_json(self.docs.to_json())
            case 2:
                self.docs = DocumentArray([Document(each, copy=True) for each in self.docs])
            case _:
                self.docs = DocumentArray.from_bytes(self.docs.to_bytes())
        self.model = [copy.copy(record) for record in self.model]

    def check(self) -> None:
        """Compares everything, through bytes, so that no row is touched for it."""
        assert len(self.docs) == len(self.model)
        assert bool(self.docs) is bool(self.model)
        sent = DocumentArray.from_bytes(self.docs.to_bytes())
        assert [plain(each) for each in sent] == self.model


STEPS_OF_A_PROGRAM = (
    *(Program.insert, Program.append, Program.append, Program.extend, Program.pop),
    *(Program.remove, Program.get, Program.get_id, Program.get_several, Program.put),
    *(Program.put_cut, Program.put_several, Program.delete, Program.delete_several),
    *(Program.write, Program.write, Program.column, Program.put_column, Program.reverse),
    *(Program.look, Program.find, Program.batches, Program.receive),
)


def plain(document: Document) -> Record:
    """What a Document is like."""
    return Record(document.id, document.text, document.weight)


def seeds() -> list[int]:
    """The seeds of every run, and the one that is asked for."""
    asked = os.environ.get("TIDEGATE_SEED")
    return [*range(40), *([int(asked)] if asked else [])]


@pytest.mark.parametrize("seed", seeds())
def test_programs_leave_an_array_like_a_list(seed: int) -> None:
    program = Program(seed)
    for number in range(STEPS):
        step = program.draw.choice(STEPS_OF_A_PROGRAM)
        if len(program.model) > MOST:
            step = Program.delete_several
        print(f"seed {seed}, step {number}: {step.__name__} of {len(program.model)} Documents")
        step(program)
        program.check()
    # At the end rows that are one record must be one Document, and others must not.
    found = {id(record): each for record, each in zip(program.model, program.docs, strict=True)}
    for record, each in zip(program.model, program.docs, strict=True):
        assert found[id(record)] is each
    assert len({id(each) for each in program.docs}) == len(found)
