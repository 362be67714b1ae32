"""The service, wired."""

from __future__ import annotations

from segue.scraper.v1 import scraper_pb2
from segue.scraper.v1.scraper_pb2_grpc import add_ScraperServiceServicer_to_server
from servicekit.server import Server

from scraper.servicer import ScraperServicer
from scraper.settings import Settings


def serve(settings: Settings) -> Server:
    """Make the server; nothing is opened yet."""
    servicer = ScraperServicer(settings)
    return Server(
        settings, scraper_pb2.DESCRIPTOR, lambda server: add_ScraperServiceServicer_to_server(servicer, server)
    )
