"""Classes whose instances become Documents, a chunk per attribute, and come back."""

from __future__ import annotations

from tidegate.dataclasses.types import dataclass, field, is_multimodal

__all__ = ["dataclass", "field", "is_multimodal"]
