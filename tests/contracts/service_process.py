"""A service in a process of its own, started from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import Queue
from typing import Any

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
START_TIMEOUT_S = 180.0
"""TensorFlow alone takes many seconds to import on a busy machine."""
STOP_TIMEOUT_S = 30.0


class ServiceProcess:
    """A running service.

    Parameters
    ----------
    service : str
        Name of its package.
    port : int
        Where it listens; 0 for a free port, which is read from its log.
    """

    def __init__(self, service: str, port: int = 0) -> None:
        self.service = service
        self.lines: list[str] = []
        self._target: Queue[str] = Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", service],
            cwd=ROOT,
            env=os.environ | {f"{service.upper()}_PORT": str(port)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.target = ""

    def wait_until_serving(self) -> None:
        """Wait until the service reports SERVING."""
        self.target = self._target.get(timeout=START_TIMEOUT_S)
        assert self.target, "".join(self.lines)
        with grpc.insecure_channel(self.target) as channel:
            stub: Any = HealthStub(channel)
            try:
                for response in stub.Watch(HealthCheckRequest(), timeout=START_TIMEOUT_S):
                    if response.status == HealthCheckResponse.SERVING:
                        return
            except grpc.RpcError:
                pytest.fail(f"{self.service} does not serve:\n{''.join(self.lines)}")

    def stop(self) -> int:
        """Terminate the process and return its exit code."""
        self.process.terminate()
        code = self.process.wait(STOP_TIMEOUT_S)
        self._reader.join(STOP_TIMEOUT_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if '"server.started"' in line:
                self._target.put(json.loads(line)["target"])
        self._target.put("")
