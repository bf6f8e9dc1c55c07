"""The tree of exceptions: Jina's names and bases, and the way from the Rust side."""

import pickle

import pytest
from tidegate import errors

JINA = {
    "BaseJinaException": BaseException,
    "RuntimeFailToStart": SystemError,
    "RuntimeTerminated": KeyboardInterrupt,
    "FlowTopologyError": Exception,
    "FlowMissingDeploymentError": Exception,
    "FlowBuildLevelError": Exception,
    "BadConfigSource": FileNotFoundError,
    "BadServerFlow": Exception,
    "BadClient": Exception,
    "BadServer": Exception,
    "BadClientCallback": errors.BadClient,
    "BadClientInput": errors.BadClient,
    "BadRequestType": TypeError,
    "BadImageNameError": Exception,
    "BadYAMLVersion": Exception,
    "NotSupportedError": Exception,
    "RuntimeRunForeverEarlyError": Exception,
    "DockerVersionError": Exception,
    "NoContainerizedError": Exception,
    "PortAlreadyUsed": RuntimeError,
    "EstablishGrpcConnectionError": ConnectionError,
    "InternalNetworkError": ConnectionError,
    "ExecutorError": RuntimeError,
}
KINDS = {
    "invalid-input": (errors.BadClientInput, ValueError),
    "not-found": (errors.NotFoundError, LookupError),
    "too-large": (errors.MessageTooLargeError,),
    "overloaded": (errors.OverloadedError,),
    "unavailable": (errors.UnavailableError, ConnectionError),
    "deadline-exceeded": (errors.DeadlineExceededError, ConnectionError, TimeoutError),
    "cancelled": (errors.CancelledCallError,),
    "executor": (errors.ExecutorError, RuntimeError),
    "protocol": (errors.ProtocolError,),
    "config": (errors.ConfigError, ValueError),
    "startup": (errors.RuntimeFailToStart, SystemError),
    "not-supported": (errors.NotSupportedError,),
    "internal": (errors.InternalError,),
}


@pytest.mark.parametrize(("name", "base"), JINA.items())
def test_jinas_names_and_bases(name, base):
    cls = getattr(errors, name)
    assert issubclass(cls, base)
    assert issubclass(cls, errors.BaseJinaException)


def test_the_drawn_tree_is_the_real_one():
    drawn = errors.__doc__ or ""
    for name, cls in vars(errors).items():
        if isinstance(cls, type) and issubclass(cls, BaseException):
            assert f" {name}" in drawn, name
            (line,) = [line for line in drawn.splitlines() if f" {name} " in f"{line} "]
            for base in cls.__bases__[1:]:
                assert base.__name__ in line, line


@pytest.mark.parametrize(("kind", "classes"), KINDS.items())
def test_every_kind_has_its_class(kind, classes):
    error = errors.from_native(kind, "what went wrong", None)
    assert all(isinstance(error, cls) for cls in classes)
    assert isinstance(error, errors.TidegateError)
    assert "what went wrong" in str(error)
    assert set(KINDS) == set(errors._BY_KIND)


def test_a_kind_of_another_release_is_internal():
    assert isinstance(errors.from_native("novel", "m", None), errors.InternalError)


def test_an_executors_exception_is_data():
    remote = ("ValueError", ["boom", "3"], ["Traceback ...\n", "ValueError: boom"], "Model")
    error = errors.from_native("executor", "ValueError('boom', 3)", remote)
    assert (error.name, error.args, error.executor) == ("ValueError", ("boom", "3"), "Model")
    assert str(error) == "ValueError('boom', 3) (executor: Model)"
    assert error.traceback == "Traceback ...\nValueError: boom\n"
    again = pickle.loads(pickle.dumps(error))
    assert (again.name, again.args, again.stacks) == (error.name, error.args, error.stacks)
    assert str(again) == str(error)


def test_a_failed_start_carries_the_traceback():
    remote = ("ValueError", ["boom"], ["Traceback ...\n", "ValueError: boom\n"], "Model")
    error = errors.from_native("startup", "`m/rep-0` did not start", remote)
    assert str(error) == "`m/rep-0` did not start\n\nTraceback ...\nValueError: boom"
    assert error.cause.name == "ValueError"
    error.is_brief = True
    assert str(error) == "`m/rep-0` did not start"


def test_our_own_names_say_more_closely_what_happened():
    error = errors.from_native("config", "port 5 is in use", ("PortAlreadyUsed", [], [], ""))
    assert type(error) is errors.PortAlreadyUsed
    assert str(error) == "port 5 is in use"
    foreign = errors.from_native("config", "m", ("ZeroDivisionError", [], [], ""))
    assert type(foreign) is errors.ConfigError


def test_bad_server():
    header = object()
    error = errors.BadServer(header, "ValueError: boom")
    assert error.args[0] is header
    assert str(error) == "ValueError: boom"
