"""What the gateway can be told from outside: ``SEGUE_*``, read once in ``__main__``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, StrictSettings

Count = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(StrictSettings):
    """The gateway's settings; their variables are these names in upper case behind ``SEGUE_``."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8000
    """Port of HTTP."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Lines below this level are not written."""
    grace_s: Annotated[int, Field(ge=0, le=600)] = 3
    """Seconds that answers under way get when the gateway is told to stop."""
    data: Path = Path("var")
    """Folder of the artifacts, the jobs and the cached audio."""
    database_url: SecretStr = SecretStr("")
    """``postgresql://...`` where several gateways run; empty for a SQLite file in the data folder."""
    executor_id: str = "gateway"
    """Name of this gateway, the same after a restart: it takes up the jobs it had begun."""

    store: Literal["folder", "s3"] = "folder"
    """Where artifacts are kept."""
    store_spare_bytes: Bytes = 64 * 1024 * 1024
    """With less than this left on the data folder's disk, the store is full."""
    s3_endpoint: str = "127.0.0.1:9000"
    """``host:port`` of the S3 server."""
    s3_access_key: SecretStr = SecretStr("")
    """Its access key."""
    s3_secret_key: SecretStr = SecretStr("")
    """Its secret key."""
    s3_bucket: str = "segue"
    """The bucket; made when it is missing."""
    s3_secure: bool = False
    """Whether the S3 server speaks TLS."""

    vae_target: str = "127.0.0.1:50051"
    """Where the vae service listens: any gRPC target."""
    gan_target: str = "127.0.0.1:50052"
    """The gan service."""
    transposer_target: str = "127.0.0.1:50053"
    """The transposer service."""
    renderer_target: str = "127.0.0.1:50054"
    """The renderer service."""
    scraper_target: str = "127.0.0.1:50055"
    """The scraper service."""
    transcriber_target: str = "127.0.0.1:50056"
    """The transcriber service."""
    patience_s: Seconds = 60.0
    """How long a job waits for a service that is away."""

    keep_days: Annotated[float, Field(gt=0)] = 7.0
    """Days until uploads and results that nobody saved are removed."""
    max_queue: Count = 64
    """Jobs that may wait or run; one more is refused."""
    jobs_at_once: Count = 2
    """Jobs that run at the same time in this gateway; as many transcriptions beside them."""
    max_upload_files: Count = 16
    """Files in one upload."""
    max_audio_bytes: Bytes = 200 * 1024 * 1024
    """Of one recording; all of one upload may have twice as many."""
    rate_limit_per_minute: Annotated[int, Field(ge=0)] = 1200
    """Calls that one client may make in a minute; 0 for no limit."""
    audio_cache_bytes: Bytes = 2 * 1024**3
    """Rendered audio kept on disk, the longest unused going first."""

    web_dist: Path = Path("web/dist")
    """The built web page."""
    gallery: Path = Path(__file__).parent / "gallery"
    """Folder of ``gallery.json`` and its pieces."""
    problems: Path = Path("docs/problems")
    """Folder of the pages that explain each problem."""
    models: Path | None = None
    """Read by the services; accepted here because it shares the prefix."""

    @property
    def engine_url(self) -> str:
        """SQLAlchemy's address of the database."""
        url = self.database_url.get_secret_value()
        if not url:
            return f"sqlite:///{(self.data / 'segue.sqlite').absolute()}"
        scheme, rest = url.split("://", 1) if "://" in url else ("", url)
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url
