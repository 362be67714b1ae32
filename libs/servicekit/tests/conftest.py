"""A small contract and service of its own, so that the kit is tested over real gRPC and without any other member."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from grpc_tools import protoc
from pydantic_settings import SettingsConfigDict
from servicekit.server import Server
from servicekit.settings import ServerSettings

HERE = Path(__file__).parent


class EchoSettings(ServerSettings):
    model_config = SettingsConfigDict(env_prefix="ECHO_")


@pytest.fixture(scope="session")
def echo(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Compile the contract; ``echo.pb2`` and ``echo.grpc`` are its modules."""
    target = tmp_path_factory.mktemp("stubs")
    arguments = [f"--proto_path={HERE}", f"--python_out={target}", f"--grpc_python_out={target}", "echo.proto"]
    assert protoc.main(["protoc", *arguments]) == 0
    sys.path.insert(0, str(target))
    try:
        return SimpleNamespace(pb2=importlib.import_module("echo_pb2"), grpc=importlib.import_module("echo_pb2_grpc"))
    finally:
        sys.path.remove(str(target))


Say = Callable[[Any, Any], Awaitable[str]]
Count = Callable[[Any, Any], AsyncIterator[int]]


async def say_again(request: Any, context: Any) -> str:
    return str(request.text)


async def count_up(request: Any, context: Any) -> AsyncIterator[int]:
    for number in range(request.until):
        yield number


MakeServer = Callable[..., Server]


@pytest.fixture
def make_server(echo: SimpleNamespace) -> MakeServer:
    """Make a server whose two methods are given as functions."""

    def make(say: Say = say_again, count: Count = count_up, port: int = 0, **more: Any) -> Server:
        class Servicer(echo.grpc.EchoServiceServicer):  # type: ignore[misc, name-defined]  # compiled above
            async def Say(self, request: Any, context: Any) -> Any:
                return echo.pb2.SayResponse(text=await say(request, context))

            async def Count(self, request: Any, context: Any) -> AsyncIterator[Any]:
                async for number in count(request, context):
                    yield echo.pb2.CountResponse(number=number)

            async def Hear(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
                yield echo.pb2.CountResponse(number=len([request async for request in requests]))

        servicer = Servicer()
        return Server(
            EchoSettings(port=port),
            echo.pb2.DESCRIPTOR,
            lambda server: echo.grpc.add_EchoServiceServicer_to_server(servicer, server),
            **more,
        )

    return make
