"""Each service alone: installed from its own lock into an empty environment, and started there.

The images install it with the same script.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from startall import health
from startall.ports import HOST, choose_ports
from startall.services import ServiceSpec
from startall.supervisor import Supervisor

pytestmark = [pytest.mark.deploy, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
HEAVY = {"tensorflow-cpu", "torch", "magenta", "pyfluidsynth", "onnxruntime", "fastapi"}
ALLOWED_HEAVY = {
    "vae": {"tensorflow-cpu", "magenta"},
    "gan": {"torch"},
    "renderer": {"pyfluidsynth"},
    "transcriber": {"onnxruntime"},
    "gateway": {"fastapi"},
}
INSTALL_TIMEOUT_S = 400.0
START_TIMEOUT_S = 150.0
LIST = (
    "import importlib.metadata as m, json, re;"
    "print(json.dumps([re.sub('[-_.]+', '-', d.metadata['Name']).lower() for d in m.distributions()]))"
)


def install(name: str, folder: Path) -> Path:
    """Install a service alone and return its interpreter."""
    member = name if name == "gateway" else f"services/{name}"
    tools = ROOT / ".tools/bin"
    uv = tools / "uv" if (tools / "uv").exists() else Path(shutil.which("uv") or "uv")
    pip_python = tools / "python" if (tools / "python").exists() else Path("python3")
    command = ["deploy/setup/alone.sh", member, str(folder), str(uv), str(pip_python)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=INSTALL_TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    return folder / "bin/python"


def installed(python: Path) -> set[str]:
    """Return the distributions of an environment."""
    listed = subprocess.run([str(python), "-c", LIST], cwd="/", capture_output=True, text=True, check=True).stdout
    return set(json.loads(listed))


def locked(name: str) -> set[str]:
    """Return the distributions in a service's lock."""
    text = (ROOT / f"locks/{name}.txt").read_text(encoding="utf-8")
    return {
        re.sub("[-_.]+", "-", found).lower() for found in re.findall(r"^([A-Za-z0-9._-]+).*?==", text, re.MULTILINE)
    }


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
async def test_a_service_installed_alone_starts_without_the_libraries_of_others(name: str, tmp_path: Path) -> None:
    python = install(name, tmp_path / "env")
    found = installed(python)
    assert {each for each in found if not each.startswith("segue-")} - {"torch"} == locked(name)
    assert found & HEAVY == ALLOWED_HEAVY.get(name, set())
    await check_serving(name, python, tmp_path)


async def check_serving(name: str, python: Path, folder: Path) -> None:
    """Start a service with an environment's interpreter, wait until it serves, and stop it."""
    port = choose_ports(0, 0, 0).gateway
    setting = "SEGUE_PORT" if name == "gateway" else f"{name.upper()}_PORT"
    environment = {setting: str(port), "SEGUE_DATA": str(folder / "data")}
    spec = ServiceSpec(name, (str(python), "-m", name), port, health_check(name, port), environment)
    supervisor = Supervisor([spec], folder, print)
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            await supervisor.start()
    finally:
        await supervisor.stop()


def health_check(name: str, port: int) -> Callable[[], Awaitable[bool]]:
    """Return the health check of a service; the gateway alone is live, but not ready without the services."""
    if name == "gateway":
        return lambda: health.is_http_ok(HOST, port, "/health/live")
    return lambda: health.is_grpc_serving(f"{HOST}:{port}")
