"""The locks say what the members ask for, and who needs what."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = sorted(
    path.parent
    for pattern in ("protos", "libs/*", "services/*", "gateway")
    for path in ROOT.glob(f"{pattern}/pyproject.toml")
)
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)
APART = {"torch"}  # locks/torch.txt


def locked(name: str) -> dict[str, str]:
    """The packages and versions of a lock."""
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    return {canonicalize_name(package): version for package, version in PIN.findall(text)}


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_lock_satisfies_what_its_member_asks_for(member: Path) -> None:
    required = tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"].get("dependencies", [])
    versions = locked(member.name)
    for text in required:
        wanted = Requirement(text)
        name = canonicalize_name(wanted.name)
        if name in APART or name.startswith("segue-"):
            continue
        assert name in versions, f"{member.name} asks for {text}: run `make lock`"
        assert wanted.specifier.contains(versions[name], prereleases=True), f"{text}, locked {versions[name]}"


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_the_lock_of_all_agrees_with_each_members(member: Path) -> None:
    whole = locked("all")
    assert {name: version for name, version in locked(member.name).items() if whole.get(name) != version} == {}


@pytest.mark.parametrize("name", sorted(path.stem for path in ROOT.glob("locks/*.txt")))
def test_every_pin_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
        if "==" in entry:
            assert "--hash=sha256:" in entry, entry
    assert "://" not in text


def test_nobody_carries_a_library_that_another_one_needs() -> None:
    assert not {"tensorflow-cpu", "magenta", "tf-keras", "torch"} & set(locked("gateway"))
    assert not {"tensorflow-cpu", "magenta", "tf-keras"} & set(locked("gan"))
    for light in ("transposer", "renderer", "scraper", "transcriber"):
        assert not {"tensorflow-cpu", "magenta", "torch", "fastapi", "dbos"} & set(locked(light))


def test_torchs_requirements_are_locked() -> None:
    assert {"filelock", "fsspec", "jinja2", "networkx", "sympy", "typing-extensions"} <= set(locked("gan"))
