"""What a Flow answers: `Response`, and the types of its parts."""

from tidegate._tidegate import (
    Header,
    RemoteException,
    Response,
    ResponseData,
    Route,
    Status,
    Timestamp,
)

__all__ = [
    "Header",
    "RemoteException",
    "Response",
    "ResponseData",
    "Route",
    "Status",
    "Timestamp",
]
