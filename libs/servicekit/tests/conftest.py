"""An example contract and service, so that servicekit is tested over real gRPC and without any other package."""

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


class ExampleSettings(ServerSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Compile the contract; ``example.pb2`` and ``example.grpc`` are its modules."""
    target = tmp_path_factory.mktemp("stubs")
    arguments = [f"--proto_path={HERE}", f"--python_out={target}", f"--grpc_python_out={target}", "example.proto"]
    assert protoc.main(["protoc", *arguments]) == 0
    sys.path.insert(0, str(target))
    try:
        return SimpleNamespace(
            pb2=importlib.import_module("example_pb2"), grpc=importlib.import_module("example_pb2_grpc")
        )
    finally:
        sys.path.remove(str(target))


Repeat = Callable[[Any, Any], Awaitable[str]]
Count = Callable[[Any, Any], AsyncIterator[int]]


async def repeat_text(request: Any, context: Any) -> str:
    return str(request.text)


async def count_up(request: Any, context: Any) -> AsyncIterator[int]:
    for number in range(request.until):
        yield number


MakeServer = Callable[..., Server]


@pytest.fixture
def make_server(example: SimpleNamespace) -> MakeServer:
    """Return a function that builds a server from the functions of its two methods."""

    def make(repeat: Repeat = repeat_text, count: Count = count_up, port: int = 0, **more: Any) -> Server:
        class Servicer(example.grpc.ExampleServiceServicer):  # type: ignore[misc, name-defined]  # compiled above
            async def Repeat(self, request: Any, context: Any) -> Any:
                return example.pb2.RepeatResponse(text=await repeat(request, context))

            async def Count(self, request: Any, context: Any) -> AsyncIterator[Any]:
                async for number in count(request, context):
                    yield example.pb2.CountResponse(number=number)

            async def CountRequests(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
                yield example.pb2.CountResponse(number=len([request async for request in requests]))

        servicer = Servicer()
        return Server(
            ExampleSettings(port=port),
            example.pb2.DESCRIPTOR,
            lambda server: example.grpc.add_ExampleServiceServicer_to_server(servicer, server),
            **more,
        )

    return make
