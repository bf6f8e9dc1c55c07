"""What {name} does with Documents."""

from tidegate import DocumentArray, Executor, requests


class MyExecutor(Executor):
    """Greets every Document."""

    def __init__(self, greeting: str = "Hello", **kwargs):
        super().__init__(**kwargs)
        self.greeting = greeting

    @requests
    async def greet(self, docs: DocumentArray, **kwargs):
        """Writes the greeting before each text."""
        for doc in docs:
            doc.text = f"{self.greeting}, {doc.text}!"
