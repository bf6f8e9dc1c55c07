"""Asks {name}, which is served already, for a greeting."""

from tidegate import Client, Document

if __name__ == "__main__":
    client = Client(host="localhost", port=51000)
    print(client.post("/", Document(text="world"))[0].text)
