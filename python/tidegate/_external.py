"""Where an Executor that somebody else runs is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.errors import ConfigError, NotSupportedError

if TYPE_CHECKING:
    from tidegate._spec import DeploymentSpec

_SCHEMES = {"grpc": False, "grpcs": True}


def addresses(spec: DeploymentSpec) -> list[tuple[str, int, bool]]:
    """Gives host, port and whether to encrypt, for each address that `host` and `port` name.

    Both may be lists; a list of one goes with each of the other. A host may be `host:port`
    or a URL such as `grpc://host:port`.
    """
    hosts = _several(spec.host) or ["127.0.0.1"]
    ports = _several(spec.port)
    if len(hosts) > 1 and len(ports) > 1 and len(hosts) != len(ports):
        raise ConfigError(
            f"`{spec.name}` has {len(hosts)} hosts and {len(ports)} ports: "
            "give as many of both, or one of either"
        )
    count = max(len(hosts), len(ports))
    hosts = hosts if len(hosts) == count else hosts * count
    ports = ports if len(ports) == count else (ports or [None]) * count
    return [_address(spec, host, port) for host, port in zip(hosts, ports, strict=True)]


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _address(spec: DeploymentSpec, host: Any, port: Any) -> tuple[str, int, bool]:
    if not isinstance(host, str) or not host:
        raise ConfigError(f"`host={host!r}` of `{spec.name}` is a host name or a URL")
    scheme, _, rest = host.rpartition("://")
    if scheme and scheme not in _SCHEMES:
        raise NotSupportedError(
            f"`host={host!r}` of `{spec.name}`: an external Executor is reached by `grpc://`"
        )
    name, _, told = rest.rpartition(":") if ":" in rest and "]" not in rest[-1:] else (rest, "", "")
    if told and port is not None and str(port) != told:
        raise ConfigError(f"`host={host!r}` and `port={port!r}` of `{spec.name}` contradict")
    port = told or port
    if isinstance(port, bool) or not str(port).isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(
            f"`port={port!r}` of external `{spec.name}` is its port, a number from 1 to 65535"
        )
    return name, int(port), spec.tls or _SCHEMES.get(scheme, False)
