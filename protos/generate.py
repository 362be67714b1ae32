"""Writes the contracts' Python stubs into ``protos/gen``: messages, services, and their types for mypy.

Run by hand (``python protos/generate.py``), by ``make protos``, and by the build hook of the package.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from grpc_tools import protoc

HERE = Path(__file__).resolve().parent


def contracts() -> list[Path]:
    """List the contracts, ``segue/<service>/v1/<service>.proto``, as paths from ``protos``."""
    return sorted(path.relative_to(HERE) for path in HERE.glob("segue/**/*.proto"))


def generate(target: Path = HERE / "gen") -> None:
    """Write the stubs of every contract, and remove those of contracts that are gone.

    Parameters
    ----------
    target : Path
        Folder that gets ``segue/...``; what it held of that is replaced.

    Raises
    ------
    SystemExit
        If a contract does not compile; the compiler has said why on standard error.
    """
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target) as fresh:
        if protoc.main(["protoc", *_arguments(Path(fresh))]) != 0:
            raise SystemExit("protos: the contracts do not compile, see above")
        _make_packages(Path(fresh) / "segue")
        rmtree(target / "segue", ignore_errors=True)
        (Path(fresh) / "segue").rename(target / "segue")


def _arguments(target: Path) -> Iterator[str]:
    google = resources.files("grpc_tools") / "_proto"
    plugins = Path(sys.executable).parent
    yield f"--proto_path={HERE}"
    yield f"--proto_path={google}"
    yield f"--python_out={target}"
    yield f"--grpc_python_out={target}"
    # The build may run in an environment that is not on PATH.
    yield f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}"
    yield f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}"
    yield f"--mypy_out=quiet:{target}"
    yield f"--mypy_grpc_out=quiet,only_async:{target}"
    yield from (path.as_posix() for path in contracts())


def _make_packages(root: Path) -> None:
    for folder in {root, *(stub.parent for stub in root.rglob("*.py")), *root.glob("*")}:
        (folder / "__init__.py").touch()
    (root / "py.typed").touch()


if __name__ == "__main__":
    generate()
