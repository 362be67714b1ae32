from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

PROTOS = Path(__file__).resolve().parents[1]


def test_every_contract_becomes_messages_services_and_their_types(generate: ModuleType, tmp_path: Path) -> None:
    generate.generate(tmp_path)
    for contract in generate.contracts():
        stem = tmp_path / contract.with_suffix("")
        for suffix in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi"):
            assert stem.with_name(stem.name + suffix).stat().st_size > 0
    assert (tmp_path / "segue/py.typed").exists()
    assert (tmp_path / "segue/common/v1/__init__.py").exists()


def test_stubs_of_a_contract_that_is_gone_are_removed(generate: ModuleType, tmp_path: Path) -> None:
    stale = tmp_path / "segue/gone/v1/gone_pb2.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    generate.generate(tmp_path)
    assert not stale.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["segue"]


def test_a_contract_that_does_not_compile_leaves_the_stubs_alone(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.proto").write_text('syntax = "proto3"; message {}')
    stub = tmp_path / "gen/segue/kept.py"
    stub.parent.mkdir(parents=True)
    stub.write_text("")
    monkeypatch.setattr(generate, "HERE", tmp_path)
    monkeypatch.setattr(generate, "contracts", lambda: [Path("bad.proto")])
    with pytest.raises(SystemExit, match="do not compile"):
        generate.generate(tmp_path / "gen")
    assert stub.exists()
    assert "bad.proto:1" in capfd.readouterr().err


def test_the_installed_stubs_are_those_of_the_contracts(generate: ModuleType) -> None:
    for contract in generate.contracts():
        name = contract.with_suffix("").as_posix().replace("/", ".")
        messages = import_module(f"{name}_pb2")
        assert messages.DESCRIPTOR.name == contract.as_posix()
        assert messages.DESCRIPTOR.package == ".".join(contract.parts[:-1])


def test_a_wheel_holds_the_stubs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=PROTOS, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert "segue/scraper/v1/scraper_pb2_grpc.py" in names
    assert "segue/py.typed" in names
    assert not [name for name in names if name.startswith(("gen/", "tests/", "node_modules/"))]
