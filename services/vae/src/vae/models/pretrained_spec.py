"""Names of Magenta's own pretrained models: a config and a checkpoint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from servicekit.faults import ModelMismatch


@dataclass(frozen=True)
class PretrainedSpec:
    """One of Magenta's pretrained models.

    Attributes
    ----------
    config : str
        Its name in Magenta's `CONFIG_MAP`.
    checkpoint : Path
        Prefix, folder or tar file.
    """

    config: str
    checkpoint: Path

    def digest(self, role: str) -> str:
        """Return the sha256 of the config's name and of the weights, in hexadecimal.

        Raises
        ------
        ModelMismatch
            If there is no checkpoint.
        """
        files = self._files()
        if not files:
            message = f"There is no checkpoint for {role} at {self.checkpoint}: name its prefix, folder or tar file."
            raise ModelMismatch(message, role=role, checkpoint=str(self.checkpoint))
        total = hashlib.sha256(self.config.encode())
        for path in sorted(files):
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        return total.hexdigest()

    def _files(self) -> list[Path]:
        if self.checkpoint.is_file():
            return [self.checkpoint]
        folder, stem = (self.checkpoint, "*") if self.checkpoint.is_dir() else (self.checkpoint.parent, None)
        patterns = [f"{stem or self.checkpoint.name}.{ending}" for ending in ("index", "data-*")]
        return [path for pattern in patterns for path in folder.glob(pattern)]
