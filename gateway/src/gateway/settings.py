"""Settings of the gateway: the environment variables ``SEGUE_*``, read once in ``__main__``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, StrictSettings

Count = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, Field(ge=0)]
Limit = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(StrictSettings):
    """Settings of the gateway. Each is read from the variable ``SEGUE_`` and its name in upper case."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", frozen=True, extra="forbid")

    foreign_variables: ClassVar[frozenset[str]] = frozenset({"SEGUE_MODELS", "SEGUE_PORT_BASE"})
    """Read by the services and the supervisor."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8000
    """HTTP port."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Log lines below this level are not written."""
    grace_s: Annotated[int, Field(ge=0, le=600)] = 3
    """Seconds that running calls have to finish when the gateway stops."""
    data: Path = Path("var")
    """Folder of the artifacts, the database and the cached audio."""
    database_url: SecretStr = SecretStr("")
    """``postgresql://...`` for several gateways; empty for a SQLite file in the data folder."""
    executor_id: str = "gateway"
    """Name of this gateway. It must be the same after a restart, so that the gateway resumes its jobs."""

    origin: str = ""
    """The address that people see, such as ``https://segue.example``; empty if the ``Host`` of calls shows it."""
    trusted_proxies: str = ""
    """Addresses or networks, with commas, of proxies whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` count."""
    session_days: Annotated[float, Field(gt=0)] = 90.0
    """Days after its last use until a session ends."""
    openid: SecretStr = SecretStr("")
    """Providers of OpenID Connect by which people can log in: a JSON list of objects with ``name`` (in addresses),
    ``label`` (for people), ``issuer``, ``client_id`` and ``client_secret``; empty for none."""
    account_bytes: Bytes = 2 * 1024**3
    """Bytes that the files of an account may have; 0 for no limit."""
    anonymous_bytes: Bytes = 512 * 1024**2
    """The same for an account without a password, a passkey or the like."""
    account_jobs_per_hour: Limit = 600
    """Jobs that an account may start in an hour; 0 for no limit."""
    address_jobs_per_hour: Limit = 3000
    """Jobs that may be started in an hour from one address, whoever does; 0 for no limit."""

    store: Literal["folder", "s3"] = "folder"
    """Kind of artifact store."""
    store_spare_bytes: Bytes = 64 * 1024 * 1024
    """Free space on the data folder's disk below which the store counts as full."""
    s3_endpoint: str = "127.0.0.1:9000"
    """``host:port`` of the S3 server."""
    s3_access_key: SecretStr = SecretStr("")
    """Access key of the S3 server."""
    s3_secret_key: SecretStr = SecretStr("")
    """Secret key of the S3 server."""
    s3_bucket: str = "segue"
    """The bucket; created if missing."""
    s3_secure: bool = False
    """Whether the S3 server uses TLS."""

    vae_target: str = "127.0.0.1:50051"
    """Address of the vae service: any gRPC target."""
    gan_target: str = "127.0.0.1:50052"
    """Address of the gan service."""
    transposer_target: str = "127.0.0.1:50053"
    """Address of the transposer service."""
    renderer_target: str = "127.0.0.1:50054"
    """Address of the renderer service."""
    scraper_target: str = "127.0.0.1:50055"
    """Address of the scraper service."""
    transcriber_target: str = "127.0.0.1:50056"
    """Address of the transcriber service."""
    patience_s: Seconds = 60.0
    """Seconds for which a job waits for a service that is unavailable."""

    keep_days: Annotated[float, Field(gt=0)] = 7.0
    """Days until uploads and results expire."""
    max_queue: Count = 64
    """Largest number of queued and running jobs; further ones are refused."""
    jobs_at_once: Count = 2
    """Jobs that run at the same time in this gateway; the same number of transcriptions in addition."""
    max_upload_files: Count = 16
    """Largest number of files in one upload."""
    max_audio_bytes: Bytes = 200 * 1024 * 1024
    """Largest size of one recording; those of one upload may have twice as much."""
    rate_limit_per_minute: Limit = 1200
    """Calls per minute that one client may make; 0 for no limit."""
    audio_cache_bytes: Bytes = 2 * 1024**3
    """Size of the cache of rendered audio; the least recently used is deleted first."""

    web_dist: Path = Path("web/dist")
    """The built web page."""
    gallery: Path = Path(__file__).parent / "gallery"
    """Folder of ``gallery.json`` and the gallery's pieces."""
    problems: Path = Path("docs/problems")
    """Folder of the pages that explain problems."""

    @property
    def engine_url(self) -> str:
        """Address of the database for SQLAlchemy."""
        url = self.database_url.get_secret_value()
        if not url:
            return f"sqlite:///{(self.data / 'segue.sqlite').absolute()}"
        scheme, rest = url.split("://", 1) if "://" in url else ("", url)
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url
