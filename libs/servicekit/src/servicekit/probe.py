"""Asks a service whether it serves: ``python -m servicekit.probe 127.0.0.1:50051``.

Ends with 0 if it does, 1 if it does not or cannot be reached; for container health checks and for start-all.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub


def check_health(target: str, service: str = "", timeout_s: float = 3.0) -> str:
    """Ask for a service's state.

    Parameters
    ----------
    target : str
        ``host:port``.
    service : str
        Full name; empty for the whole server.
    timeout_s : float
        Seconds to wait.

    Returns
    -------
    str
        "SERVING", "NOT_SERVING", or the status code's name where there was no answer ("UNAVAILABLE").
    """
    with grpc.insecure_channel(target) as channel:
        stub: Any = HealthStub(channel)  # its methods are made at run time
        try:
            reply = stub.Check(HealthCheckRequest(service=service), timeout=timeout_s)
        except grpc.RpcError as error:
            return error.code().name if isinstance(error, grpc.Call) else "UNKNOWN"
    state: str = HealthCheckResponse.ServingStatus.Name(reply.status)
    return state


def main(arguments: list[str] | None = None) -> int:
    """Ask, print the answer, and turn it into an exit code."""
    parser = argparse.ArgumentParser(prog="python -m servicekit.probe", description="Ask a service whether it serves.")
    parser.add_argument("target", metavar="HOST:PORT")
    parser.add_argument("--service", default="", help="full name, such as segue.vae.v1.VaeService")
    parser.add_argument("--timeout-s", type=float, default=3.0)
    asked = parser.parse_args(arguments)
    state = check_health(asked.target, asked.service, asked.timeout_s)
    print(f"{asked.target} {state}")
    return 0 if state == "SERVING" else 1


if __name__ == "__main__":
    sys.exit(main())
