"""Health probe of a service: ``python -m servicekit.probe 127.0.0.1:50051``.

Exits with 0 if the service is serving, else with 1; for container health checks and start-all.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub


def check_health(target: str, service: str = "", timeout_s: float = 3.0) -> str:
    """Return the health of a service.

    Parameters
    ----------
    target : str
        ``host:port``.
    service : str
        Full name, such as ``segue.vae.v1.VaeService``; empty for the whole server.
    timeout_s : float
        Longest time to wait in seconds.

    Returns
    -------
    str
        "SERVING", "NOT_SERVING", or the name of a gRPC status code if there was no response.

    Examples
    --------
    >>> check_health("127.0.0.1:1", timeout_s=0.2) in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    True
    """
    with grpc.insecure_channel(target) as channel:
        stub: Any = HealthStub(channel)  # its methods are created at run time
        try:
            response = stub.Check(HealthCheckRequest(service=service), timeout=timeout_s)
        except grpc.RpcError as error:
            return error.code().name if isinstance(error, grpc.Call) else "UNKNOWN"
    state: str = HealthCheckResponse.ServingStatus.Name(response.status)
    return state


def main(arguments: list[str] | None = None) -> int:
    """Print the health of a service and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m servicekit.probe", description="Check whether a service is serving."
    )
    parser.add_argument("target", metavar="HOST:PORT")
    parser.add_argument("--service", default="", help="full name, such as segue.vae.v1.VaeService")
    parser.add_argument("--timeout-s", type=float, default=3.0)
    options = parser.parse_args(arguments)
    state = check_health(options.target, options.service, options.timeout_s)
    print(f"{options.target} {state}")
    return 0 if state == "SERVING" else 1


if __name__ == "__main__":
    sys.exit(main())
