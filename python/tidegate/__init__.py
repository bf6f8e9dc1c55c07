"""Tidegate serves Executors as a Flow behind a gateway."""

from tidegate._tidegate import __version__ as __version__
from tidegate._tidegate import Document as Document
from tidegate._tidegate import DocumentArray as DocumentArray
