"""The service as `servicekit` serves it."""

from __future__ import annotations

from segue.vae.v1 import vae_pb2
from segue.vae.v1.vae_pb2_grpc import add_VaeServiceServicer_to_server
from servicekit.server import Server

from vae.servicer import VaeServicer
from vae.settings import Settings


def serve(settings: Settings) -> Server:
    """Make the server; its models load after its port is open."""
    servicer = VaeServicer(settings)
    return Server(
        settings,
        vae_pb2.DESCRIPTOR,
        lambda server: add_VaeServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
