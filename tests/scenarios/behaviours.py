"""The Executors that scenarios name, as Python has them: README.md says what each does.

Plain Jina code, which runs on a real Jina as well as on ours.
"""

import asyncio
import os

try:
    from tidegate import Document, DocumentArray, Executor, requests
except ImportError:
    from docarray import Document, DocumentArray
    from jina import Executor, requests


class Append(Executor):
    """Appends its mark to every text, after a while."""

    def __init__(self, mark="", wait=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mark, self.wait = mark, wait

    @requests
    async def append(self, docs, **kwargs):
        await asyncio.sleep(self.wait)
        for doc in docs:
            doc.text += self.mark


class AppendOnly(Executor):
    """Appends its mark to every text, at `/append` alone."""

    def __init__(self, mark="", **kwargs):
        super().__init__(**kwargs)
        self.mark = mark

    @requests(on="/append")
    def append(self, docs, **kwargs):
        for doc in docs:
            doc.text += self.mark


class Tell(Executor):
    """Tells what it was given."""

    @requests
    def tell(self, docs, docs_matrix=None, docs_map=None, parameters=None, **kwargs):
        own = {key: value for key, value in parameters.items() if key != "__results__"}
        return {
            "texts": [doc.text for doc in docs],
            "matrix": None if docs_matrix is None else [[d.text for d in a] for a in docs_matrix],
            "map": None
            if docs_map is None
            else {k: [d.text for d in docs_map[k]] for k in docs_map},
            "parameters": own,
            "after": sorted(parameters.get("__results__", {})),
            "shard": int(getattr(self.runtime_args, "shard_id", 0)),
        }


class Fail(Executor):
    """Fails: always, or in one shard alone, or where a Document has that text."""

    def __init__(self, message="boom", shard=None, text=None, **kwargs):
        super().__init__(**kwargs)
        self.message, self.shard, self.text = message, shard, text

    @requests
    def fail(self, docs, **kwargs):
        here = self.shard is None or self.runtime_args.shard_id == self.shard
        if here and (self.text is None or self.text in [doc.text for doc in docs]):
            raise ValueError(self.message)


class Return(Executor):
    """Returns a dict."""

    def __init__(self, value=None, **kwargs):
        super().__init__(**kwargs)
        self.value = value or {}

    @requests
    def give(self, **kwargs):
        return self.value


class Drop(Executor):
    """Answers without the Documents of these texts; without any where none is named."""

    def __init__(self, texts=None, **kwargs):
        super().__init__(**kwargs)
        self.texts = texts

    @requests
    def drop(self, docs, **kwargs):
        kept = [] if self.texts is None else [doc for doc in docs if doc.text not in self.texts]
        return DocumentArray(kept)


class Duplicate(Executor):
    """Answers with every Document and then a copy of it, whose id ends in `-copy`."""

    @requests
    def duplicate(self, docs, **kwargs):
        both = DocumentArray()
        for doc in docs:
            both.append(doc)
            both.append(Document(id=f"{doc.id}-copy", text=doc.text, tags=dict(doc.tags)))
        return both


class Reverse(Executor):
    """Answers with the Documents in the opposite order."""

    @requests
    def reverse(self, docs, **kwargs):
        return DocumentArray(list(docs)[::-1])


class Tag(Executor):
    """Puts tags into every Document, in the place of those it had, after a while."""

    def __init__(self, tags=None, wait=0.0, **kwargs):
        super().__init__(**kwargs)
        self.tags, self.wait = tags or {}, wait

    @requests
    async def tag(self, docs, **kwargs):
        await asyncio.sleep(self.wait)
        for doc in docs:
            doc.tags = dict(self.tags)


class Nest(Executor):
    """Gives every Document a chunk or a match for each id, with the mark as text, after a while."""

    def __init__(self, chunks=(), matches=(), mark="", wait=0.0, **kwargs):
        super().__init__(**kwargs)
        self.chunks, self.matches, self.mark, self.wait = chunks, matches, mark, wait

    @requests
    async def nest(self, docs, **kwargs):
        await asyncio.sleep(self.wait)
        for doc in docs:
            doc.chunks.extend([Document(id=name, text=self.mark) for name in self.chunks])
            doc.matches.extend([Document(id=name, text=self.mark) for name in self.matches])


class Note(Executor):
    """Leaves an empty file for each Document, `<own name>-<text>`, in a folder, after a while."""

    def __init__(self, folder=".", wait=0.0, **kwargs):
        super().__init__(**kwargs)
        self.folder, self.wait = folder, wait

    @requests
    async def note(self, docs, **kwargs):
        await asyncio.sleep(self.wait)
        name = self.runtime_args.name.split("/")[0]
        for doc in docs:
            with open(os.path.join(self.folder, f"{name}-{doc.text}"), "w"):
                pass
