"""Model folders: ``manifest.json`` and the files that it names by their sha256, read and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servicekit.faults import ModelMismatch

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder of ``models/`` with its manifest.

    Attributes
    ----------
    path : Path
        Its last part is the model's name.
    manifest : mapping
        What ``manifest.json`` holds: digests, the grid or features that the model was trained on, data, licence.
    """

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """Read the manifest of a model.

        Raises
        ------
        ModelMismatch
            If the manifest is missing or is not a JSON object.
        """
        try:
            manifest = json.loads(_read(path / MANIFEST_NAME))
        except ValueError as error:
            raise _mismatch(path, f"{path.name}/{MANIFEST_NAME} cannot be read.") from error
        if not isinstance(manifest, dict):
            raise _mismatch(path, f"{path.name}/{MANIFEST_NAME} cannot be read.")
        return cls(path, manifest)

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.path.name

    @property
    def sha256(self) -> str:
        """Hexadecimal sha256 of the weights, as the manifest gives it."""
        return str(self.manifest["sha256"])

    def require(self, field: str, value: str) -> None:
        """Check what the model was made for.

        Parameters
        ----------
        field : str
            A field of the manifest, such as ``"grid"`` or ``"features"``.
        value : str
            What it must hold.

        Raises
        ------
        ModelMismatch
            If it holds something else or is missing.
        """
        found = self.manifest.get(field)
        if found != value:
            raise _mismatch(self.path, f"The model {self.name} was made for the {field} {found}; this is {value}.")

    def read(self, file_name: str, digest_field: str = "sha256") -> bytes:
        """Read a file of the folder.

        Parameters
        ----------
        file_name : str
        digest_field : str
            Field of the manifest that holds the file's sha256 in hexadecimal.

        Raises
        ------
        ModelMismatch
            If the file is missing, or its sha256 is not the one in the manifest.
        """
        data = _read(self.path / file_name)
        if hashlib.sha256(data).hexdigest() != self.manifest.get(digest_field):
            raise _mismatch(self.path, f"{self.name}/{file_name} is not the file that its manifest names.")
        return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        folder = path.parent
        message = f"The model {folder.name} is not installed: {path.name} is missing. SEGUE_MODELS names the folder."
        raise _mismatch(folder, message) from error


def _mismatch(folder: Path, message: str) -> ModelMismatch:
    return ModelMismatch(message, model=folder.name)
