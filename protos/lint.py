"""Checks the contracts with buf: names and comments, and that nothing breaks those who use the last ones.

Run as ``python protos/lint.py`` from anywhere; ``--against REF`` names another version to compare with. buf comes from
npm, pinned in ``package.json``; node from the machine, or from ``.tools`` where set-up has put one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUF = HERE / "node_modules/@bufbuild/buf-linux-x64/bin/buf"


def lint(folder: Path) -> bool:
    """Check names and comments; what is wrong stands on standard output."""
    return _buf("lint", str(folder), "--config", str(HERE / "buf.yaml"))


def breaks_nothing(folder: Path, before: Path) -> bool:
    """Check that the contracts in a folder can replace those of another; what cannot stands on standard output."""
    return _buf("breaking", str(folder), "--against", str(before), "--config", str(HERE / "buf.yaml"))


def install() -> None:
    """Install buf where it is missing or of another version."""
    lock, installed = HERE / "package-lock.json", HERE / "node_modules/.package-lock.json"
    if not BUF.exists() or not installed.exists() or lock.stat().st_mtime > installed.stat().st_mtime:
        subprocess.run(
            ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=HERE, env=_environment(), check=True
        )
        installed.touch()


def last_contracts(target: Path, ref: str | None) -> str | None:
    """Unpack the contracts to compare with.

    Parameters
    ----------
    target : Path
        Empty folder that gets them.
    ref : str, optional
        A commit; by default where this branch left ``origin/main`` or ``main``; on main itself the last commit, or the
        one before where nothing has changed since.

    Returns
    -------
    str or None
        The commit, or None where there is none that has contracts.
    """
    for candidate in [ref] if ref else _candidates():
        packed = _git("archive", candidate, "protos/segue")
        if packed is not None:
            # Our own archive: no filter, which Debian 12's Python 3.11.2 does not know.
            with tarfile.open(fileobj=BytesIO(packed)) as archive:
                archive.extractall(target)
            return candidate
    return None


def main(arguments: list[str] | None = None) -> int:
    """Run both checks; 0 if the contracts pass."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--against", metavar="REF", help="the version to compare with")
    against: str | None = parser.parse_args(arguments).against
    install()
    passed = lint(HERE)
    with tempfile.TemporaryDirectory() as folder:
        commit = last_contracts(Path(folder), against)
        if commit is None:
            print("protos: no earlier contracts to compare with")
        else:
            passed = breaks_nothing(HERE, Path(folder) / "protos") and passed
    return 0 if passed else 1


def _candidates() -> list[str]:
    head = _git("rev-parse", "HEAD")
    bases = [_git("merge-base", "HEAD", branch) for branch in ("origin/main", "main")]
    found = [base.decode().strip() for base in bases if base is not None and base != head]
    changed = _git("diff", "--quiet", "HEAD", "--", "protos/segue") is None
    return [*found, "HEAD" if changed else "HEAD~1"]


def _git(*arguments: str) -> bytes | None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def _buf(*arguments: str) -> bool:
    return subprocess.run([str(BUF), *arguments], cwd=HERE, env=_environment(), check=False).returncode == 0


def _environment() -> dict[str, str]:
    """Let a node of set-up be found where the machine has none, and buf's cache be the project's."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(ROOT / ".tools/bin")])
    return os.environ | {"PATH": path, "BUF_CACHE_DIR": str(ROOT / ".cache/buf")}


if __name__ == "__main__":
    sys.exit(main())
