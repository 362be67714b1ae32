"""Settings of the scraper, read from environment variables with the prefix ``SCRAPER_``."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, ServerSettings

Seconds = Annotated[float, Field(ge=0.0, le=3600.0)]


class Settings(ServerSettings):
    """Settings of the scraper."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    port: Port = 50055
    user_agent: str = "SegueScraper/0.2 (collects MIDI files; obeys robots.txt)"
    """Sent to every site; ``SegueScraper`` is the name that a robots.txt can address."""
    contact: str = ""
    """A mail address or a page about the crawl, sent to every site with the user agent."""
    folder: Path = Path("var/collections")
    """Folder of the collections, each in a folder of its own."""
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that may be read although they are not public, as JSON: ``["10.0.0.0/8"]``."""
    max_crawls: Annotated[int, Field(ge=1, le=64)] = 4
    """Crawls at once; one more is refused."""
    concurrency: Annotated[int, Field(ge=1, le=1024)] = 64
    """Simultaneous requests of one crawl, to all hosts."""
    host_concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    """Simultaneous requests to one host, if there is no delay; with a delay it is one."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes of one crawl that analyze files and long pages."""
    delay_s: Seconds = 1.0
    """Minimum delay between two requests to one host; a robots.txt's Crawl-delay lengthens it."""
    max_delay_s: Seconds = 30.0
    """Maximum delay that slow responses lead to, and longest Retry-After that is waited for."""
    timeout_s: Annotated[float, Field(gt=0.0, le=300.0)] = 20.0
    """Seconds for one request, from the connection to the last byte."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Attempts at a request that a site refuses temporarily (429, 503) or whose connection fails."""

    @property
    def identity(self) -> str:
        """The user agent with the contact."""
        return f"{self.user_agent.removesuffix(')')}; +{self.contact})" if self.contact else self.user_agent
