"""Properties of every service, tested from outside on a real process: health, reflection, methods, stopping."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from typing import Any

import grpc
import pytest
from contracts.service_process import ROOT, SERVICES, ServiceProcess
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from servicekit import faults
from servicekit.probe import check_health
from servicekit.rpc.status import from_error

CALL_TIMEOUT_S = 60.0


def contract(service: str) -> FileDescriptor:
    """Return the file descriptor of a service's contract."""
    descriptor: FileDescriptor = import_module(f"segue.{service}.v1.{service}_pb2").DESCRIPTOR
    return descriptor


def methods(service: str) -> list[MethodDescriptor]:
    """Return the methods of a contract."""
    return [method for one in contract(service).services_by_name.values() for method in one.methods]


METHODS = [pytest.param(one, id=f"{service}-{one.name}") for service in SERVICES for one in methods(service)]


def reflect(target: str, **query: str) -> Any:
    """Send one query to a server's reflection."""
    with grpc.insecure_channel(target) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(**query)  # type: ignore[arg-type]  # one field of several
        return next(stub.ServerReflectionInfo(iter([request]), timeout=10))


def test_every_service_has_a_contract_and_every_contract_a_service() -> None:
    contracts = {path.stem for path in ROOT.glob("protos/segue/*/v1/*.proto")} - {"common"}
    assert set(SERVICES) == contracts


def test_health_reports_serving_for_the_server_and_for_its_service(running_service: ServiceProcess) -> None:
    assert check_health(running_service.target) == "SERVING"
    for service in contract(running_service.service).services_by_name.values():
        assert check_health(running_service.target, service.full_name) == "SERVING"
    assert check_health(running_service.target, "segue.none.v1.NoneService") == "NOT_FOUND"


def test_the_probe_of_container_health_checks_agrees(running_service: ServiceProcess) -> None:
    probe = subprocess.run(
        [sys.executable, "-m", "servicekit.probe", running_service.target], capture_output=True, text=True, check=False
    )
    assert (probe.returncode, probe.stdout) == (0, f"{running_service.target} SERVING\n")


def test_reflection_lists_every_service_and_method(running_service: ServiceProcess) -> None:
    listed = {one.name for one in reflect(running_service.target, list_services="").list_services_response.service}
    expected = {one.full_name for one in contract(running_service.service).services_by_name.values()}
    assert expected | {"grpc.health.v1.Health"} <= listed
    for name in expected:
        protos = reflect(
            running_service.target, file_containing_symbol=name
        ).file_descriptor_response.file_descriptor_proto
        files = [descriptor_pb2.FileDescriptorProto.FromString(file) for file in protos]
        reflected_methods = {method.name for file in files for one in file.service for method in one.method}
        assert reflected_methods == {method.name for method in methods(running_service.service)}


def test_every_method_responds_to_an_empty_request_with_a_message_or_a_fault(running_service: ServiceProcess) -> None:
    outcomes = {
        method.name: call_with_empty_request(running_service.target, method)
        for method in methods(running_service.service)
    }
    allowed = {"OK", *faults.table()} - {"INTERNAL", "NOT_ALLOWED", "NOT_READY", "UPSTREAM", "DEADLINE_EXCEEDED"}
    assert {name: outcome for name, outcome in outcomes.items() if outcome not in allowed} == {}


def call_with_empty_request(target: str, method: MethodDescriptor) -> str:
    """Call a method with an empty request; return "OK" after its first response, or the fault's reason."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    serializers: dict[str, Any] = {
        "request_serializer": request.SerializeToString,
        "response_deserializer": response.FromString,
    }
    with grpc.insecure_channel(target) as channel:
        try:
            if method.server_streaming:
                next(channel.unary_stream(path, **serializers)(request(), timeout=CALL_TIMEOUT_S))
            else:
                channel.unary_unary(path, **serializers)(request(), timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            return from_error(error, "called").reason  # type: ignore[arg-type]  # the attributes that it reads are the same
    return "OK"


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_implemented(method: MethodDescriptor) -> None:
    """Read the source, without loading the service: gRPC refuses a missing method only when it is called."""
    service = method.containing_service.file.package.split(".")[1]
    (path,) = (ROOT / f"services/{service}/src").rglob("servicer.py")
    source = path.read_text(encoding="utf-8")
    assert re.search(rf"^    async def {method.name}\(\s*self,", source, re.MULTILINE)


def test_a_service_stops_on_sigterm_and_reports_a_used_port_in_one_line() -> None:
    first = ServiceProcess("scraper")
    try:
        first.wait_until_serving()
        port = int(first.target.rpartition(":")[2])
        second = ServiceProcess("scraper", port)
        assert second.process.wait(60) == 1
        assert second.stop() == 1
        (line,) = [line for line in second.lines if not line.startswith("{")]
        assert re.fullmatch(rf"scraper: cannot listen on 127.0.0.1:{port} \(.*\); set SCRAPER_PORT\n", line)
    finally:
        assert first.stop() == 0
    assert '"server.stopped"' in first.lines[-1]
