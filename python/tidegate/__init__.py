"""Tidegate serves Executors as a Flow behind a gateway."""

from tidegate._tidegate import __version__ as __version__
