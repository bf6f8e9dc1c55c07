"""Every exception that Tidegate raises, in one tree.

Names that Jina has keep Jina's names and built-in bases; under the alias this is `jina.excepts`::

    BaseJinaException (BaseException)
    ├── TidegateError (Exception)            whatever Tidegate raises
    │   ├── RuntimeFailToStart (SystemError)     a worker or the gateway did not start
    │   │   └── PortAlreadyUsed (RuntimeError)       somebody else listens on the port
    │   ├── FlowTopologyError                    the Flow's Executors cannot be connected like this
    │   ├── FlowMissingDeploymentError           a name that no Executor of the Flow has
    │   ├── FlowBuildLevelError                  not in this state of the Flow: started, or not
    │   ├── BadConfigSource (FileNotFoundError)  `uses` names nothing that can be loaded
    │   ├── ConfigError (ValueError)             settings that cannot work
    │   │   └── OptionTypeError (TypeError)          a keyword that nobody knows, or of a wrong type
    │   ├── HandlerSignatureError (TypeError)    an endpoint's method asks for what no request has
    │   ├── NotSupportedError                    known, and not available here
    │   │   └── HandlerNotSupportedError (TypeError) a form of endpoint that is not built yet
    │   ├── BadServerFlow                        the server failed in a way that names no Executor
    │   │   ├── OverloadedError                      a bounded queue is full
    │   │   ├── ProtocolError                        a peer speaks another protocol or version
    │   │   └── InternalError (RuntimeError)         a defect of Tidegate's own
    │   ├── BadServer                            an Executor failed; `args[0]` is the header
    │   ├── ExecutorError (RuntimeError)         an Executor's exception as data
    │   ├── BadClient                            the caller did something wrong
    │   │   ├── BadClientCallback                    a callback raised
    │   │   ├── BadClientInput (ValueError)          inputs that cannot be sent
    │   │   │   └── MessageTooLargeError                 larger than a limit that the message names
    │   │   └── NotFoundError (LookupError)          no such method or path
    │   ├── UnavailableError (ConnectionError)   nobody can serve it now, or the server is gone
    │   │   ├── EstablishGrpcConnectionError         no connection came about
    │   │   └── InternalNetworkError                 a hop inside the Flow failed
    │   ├── DeadlineExceededError (ConnectionError, TimeoutError)
    │   ├── CancelledCallError                   the caller has gone, or the Flow closed meanwhile
    │   ├── BadRequestType (TypeError)           a request of a kind that cannot be answered
    │   ├── BadImageNameError
    │   ├── BadYAMLVersion
    │   ├── RuntimeRunForeverEarlyError
    │   ├── DockerVersionError
    │   └── NoContainerizedError
    └── RuntimeTerminated (KeyboardInterrupt)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable


class BaseJinaException(BaseException):
    """Stands at the top of the tree."""


class TidegateError(BaseJinaException, Exception):
    """Anything that Tidegate raises."""


class RuntimeFailToStart(TidegateError, SystemError):
    """A worker or the gateway did not start; carries the Executor's own traceback, if any."""

    #: What the Executor raised while it was loaded, as data.
    cause: ExecutorError | None = None
    #: The terminal shows the whole message already.
    was_shown: bool = False
    #: `str` gives the first line only.
    is_brief: bool = False

    def __str__(self) -> str:
        """The message, the Executor's own traceback below it."""
        whole = super().__str__()
        return whole.partition("\n")[0] if self.is_brief else whole


class PortAlreadyUsed(RuntimeFailToStart, RuntimeError):
    """Somebody else listens on the port."""


class FlowTopologyError(TidegateError):
    """The Flow's Executors cannot be connected like this."""


class FlowMissingDeploymentError(TidegateError):
    """A name that no Executor of the Flow has."""


class FlowBuildLevelError(TidegateError):
    """Asked of a Flow that is not started, or already is."""


class BadConfigSource(TidegateError, FileNotFoundError):
    """`uses` names nothing that can be loaded."""


class ConfigError(TidegateError, ValueError):
    """Settings that cannot work."""


class OptionTypeError(ConfigError, TypeError):
    """A keyword that nobody knows, or a value of a wrong type."""


class HandlerSignatureError(TidegateError, TypeError):
    """An endpoint's method asks for what no request has."""


class NotSupportedError(TidegateError):
    """Known, and not available here."""


class HandlerNotSupportedError(NotSupportedError, TypeError):
    """A form of endpoint that is not built yet."""


class BadServerFlow(TidegateError):
    """The server failed in a way that names no Executor."""


class OverloadedError(BadServerFlow):
    """A bounded queue is full."""


class ProtocolError(BadServerFlow):
    """A peer speaks another protocol or another version."""


class InternalError(BadServerFlow, RuntimeError):
    """A defect of Tidegate's own."""


class BadServer(TidegateError):
    """An Executor failed; `args[0]` is the header of the response that says so."""

    def __init__(self, header: object = None, message: str | None = None) -> None:
        """Takes the header, and what `str` gives."""
        super().__init__(header)
        self._message = message

    def __str__(self) -> str:
        """The exception's class and message, the Executor and the endpoint."""
        return self._message if self._message is not None else super().__str__()


class ExecutorError(TidegateError, RuntimeError):
    """An Executor's exception as data: it was raised in another process."""

    def __init__(
        self,
        name: str,
        args: Iterable[str],
        stacks: Iterable[str],
        executor: str,
        description: str | None = None,
    ) -> None:
        """Takes the exception's class name, arguments, traceback, and the Executor's class name."""
        super().__init__(*args)
        self.name = name
        self.stacks = list(stacks)
        self.executor = executor
        self._description = description

    def __str__(self) -> str:
        """The class name, the arguments and the Executor, in one line."""
        said = self._description or f"{self.name}({', '.join(map(repr, self.args))})"
        return f"{said} (executor: {self.executor})" if self.executor else said

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles it as a call of the constructor."""
        given = (self.name, self.args, self.stacks, self.executor, self._description)
        return type(self), given

    def __repr__(self) -> str:
        """As a call of the constructor."""
        return f"ExecutorError(name={self.name!r}, args={self.args!r}, executor={self.executor!r})"

    @property
    def traceback(self) -> str:
        """The formatted traceback, as the Executor's process saw it."""
        return "".join(chunk if chunk.endswith("\n") else chunk + "\n" for chunk in self.stacks)


class BadClient(TidegateError):
    """The caller did something wrong."""


class BadClientCallback(BadClient):
    """A callback raised."""


class BadClientInput(BadClient, ValueError):
    """Inputs that cannot be sent."""


class MessageTooLargeError(BadClientInput):
    """Larger than a limit that the message names."""


class NotFoundError(BadClient, LookupError):
    """No such method or path."""


class UnavailableError(TidegateError, ConnectionError):
    """Nobody can serve it right now, or the server is gone."""


class EstablishGrpcConnectionError(UnavailableError):
    """No connection came about."""


class InternalNetworkError(UnavailableError):
    """A hop inside the Flow failed."""


class DeadlineExceededError(TidegateError, ConnectionError, TimeoutError):
    """The time that the caller gave has passed."""


class CancelledCallError(TidegateError):
    """The caller has gone, or the Flow closed meanwhile."""


class BadRequestType(TidegateError, TypeError):
    """A request of a kind that cannot be answered."""


class BadImageNameError(TidegateError):
    """An image's name that cannot be read."""


class BadYAMLVersion(TidegateError):
    """A version of the YAML form that nobody knows."""


class RuntimeRunForeverEarlyError(TidegateError):
    """A server ended before it was asked to."""


class DockerVersionError(TidegateError):
    """A Docker that is too old."""


class NoContainerizedError(TidegateError):
    """An export that needs containers met an Executor without one."""


class RuntimeTerminated(BaseJinaException, KeyboardInterrupt):
    """A server was told to end."""


def to_come(name: str, instead: str = "") -> Any:
    """Gives a stand-in for a function of Jina that is not built yet; it says so when called."""

    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotSupportedError(f"`{name}` is not built yet{instead and f': {instead}'}")

    refuse.__name__ = name.rpartition(".")[2]
    refuse.__doc__ = "Is not built yet."
    return staticmethod(refuse)


#: The class that stands for each kind of the Rust side.
_BY_KIND: dict[str, type[TidegateError]] = {
    "invalid-input": BadClientInput,
    "not-found": NotFoundError,
    "too-large": MessageTooLargeError,
    "overloaded": OverloadedError,
    "unavailable": UnavailableError,
    "deadline-exceeded": DeadlineExceededError,
    "cancelled": CancelledCallError,
    "executor": ExecutorError,
    "protocol": ProtocolError,
    "config": ConfigError,
    "startup": RuntimeFailToStart,
    "not-supported": NotSupportedError,
    "internal": InternalError,
}

_Exception = tuple[str, list[str], list[str], str]


def from_native(kind: str, message: str, exception: _Exception | None) -> BaseException:
    """Gives the exception for an error of the Rust side.

    `exception` is what user code raised: class name, arguments, traceback, Executor. Where it names
    no Executor and one of our own classes, that says more closely what happened and is taken.
    """
    kind_class = _BY_KIND.get(kind, InternalError)
    if exception is None:
        return ExecutorError(kind, [message], [], "") if kind == "executor" else kind_class(message)
    name, args, stacks, executor = exception
    named = None if executor else globals().get(name)
    if isinstance(named, type) and issubclass(named, TidegateError) and named is not ExecutorError:
        return named(message)
    cause = ExecutorError(name, args, stacks, executor, message if kind == "executor" else None)
    if kind_class is ExecutorError:
        return cause
    trace = cause.traceback
    raised = kind_class(f"{message}\n\n{trace.rstrip()}" if trace else message)
    if isinstance(raised, RuntimeFailToStart):
        raised.cause = cause
    return raised
