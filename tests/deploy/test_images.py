"""The Dockerfiles and the compose file, checked without a container engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from gateway.settings import Settings
from servicekit.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
DOCKERFILES = [*(ROOT / f"services/{name}/Dockerfile" for name in SERVICES), ROOT / "gateway/Dockerfile"]
SECRETS = {"POSTGRES_PASSWORD": "for-this-test", "S3_SECRET_KEY": "for-this-test-too"}


def compose_command() -> list[str] | None:
    """Return the installed compose command: docker's plugin, or Debian's docker-compose."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def read_with_compose(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Let compose itself read the compose file."""
    command = compose_command()
    if command is None:
        pytest.skip("neither `docker compose` nor docker-compose on this machine")
    inherited = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return subprocess.run(
        [*command, "-f", "deploy/compose.yaml", "config"],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def services() -> dict[str, Any]:
    """Return the services of the compose file as they are written."""
    loaded = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    return dict(loaded["services"])


def test_compose_accepts_the_file_with_every_service() -> None:
    done = read_with_compose(SECRETS)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == {*SERVICES, "gateway", "s3", "postgres"}


def test_compose_refuses_to_start_without_secrets() -> None:
    done = read_with_compose({})
    assert done.returncode != 0
    assert "set it in deploy/.env" in done.stderr


def test_the_gateway_accepts_the_settings_of_compose(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in services()["gateway"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{(\w+)[^}]*\}", lambda found: SECRETS.get(found[1], ""), value))
    settings = read_settings(Settings)
    assert settings.store == "s3"
    assert settings.engine_url == "postgresql+psycopg://segue:for-this-test@postgres:5432/segue"


def test_collections_are_on_a_volume_that_the_scraper_may_write() -> None:
    """The root file system of a container is read-only."""
    scraper = services()["scraper"]
    folder = scraper["environment"]["SCRAPER_FOLDER"]
    assert [volume.rpartition(":")[2] for volume in scraper["volumes"]] == [folder]
    dockerfile = (ROOT / "services/scraper/Dockerfile").read_text(encoding="utf-8")
    assert f"RUN install -d -o segue {folder}\nVOLUME {folder}\nUSER segue\n" in dockerfile


@pytest.mark.parametrize("name", SERVICES)
def test_the_gateway_finds_every_service_at_the_port_that_its_image_opens(name: str) -> None:
    exposed = re.search(r"^EXPOSE (\d+)$", (ROOT / f"services/{name}/Dockerfile").read_text(), re.MULTILINE)
    assert exposed
    target = services()["gateway"]["environment"][f"SEGUE_{name.upper()}_TARGET"]
    assert target == f"dns:///{name}:{exposed[1]}"


def test_only_the_gateway_is_published_and_every_image_has_a_fixed_version() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["gateway"]
    for name, service in services().items():
        tag = service["image"].rpartition(":")[2]
        assert re.search(r"\d", tag), f"{name}: {service['image']}"


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_is_not_root_and_has_a_health_check(path: Path) -> None:
    last_stage = path.read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    assert last_stage.startswith("python:3.11-slim-bookworm\n")
    assert re.search(r"^USER segue$", last_stage, re.MULTILINE)
    assert "HEALTHCHECK" in last_stage
    assert f'CMD ["python", "-m", "{path.parent.name}"]' in last_stage


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_installs_its_own_lock(path: Path) -> None:
    member = str(path.parent.relative_to(ROOT))
    assert f"deploy/setup/alone.sh {member} /app/env" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_copies_only_what_exists_and_is_not_ignored(path: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    included = tuple(line.removeprefix("!") for line in ignored if line.startswith("!"))
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", path.read_text(encoding="utf-8"), re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert source == "." or source.startswith(included), source
