"""Quality of hybrids: beside their parents, and beside the reconstructions of their parents.

    python tests/bench/hybrid.py --data DIR --count 200 --out hybrid.json

DIR is what the generator's ``training.data.prepare`` wrote. The product runs on free ports with a data folder of its
own, and its services are called in the order of `gateway.workflows.flow.hybrid`. For each held-out reference passage
two pieces of its style, mode, meter and roles are generated from two seeds in one random key, transposed to that key,
and blended: half and half, unless ``--settings`` has other fields of a hybrid, such as
``'{"weights": {"harmony": 0, "bass": 0}}'``. The same blend at weights 0 and 1 reconstructs the parents, and with all
roles at weight 0 or 1 it is a parent alone, arranged as the hybrid uses its bars.

All results are MIDI files in one folder, with an index, ``hybrids.json``. Two programs measure them and print tables:

- ``training.evaluation.hybrids`` in ``services/gan``: MuseGAN's metrics, coherence of the roles, melodic intervals;
- ``training.whole_blend.hybrids`` in ``services/vae``: repetition, consonance, endings, instruments, silence.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/dev"))

from contract import keys  # noqa: E402
from contract.roles import RoleName  # noqa: E402
from gateway.clients.grpc_requests import ParentPiece, build_blend_request, build_generate_request  # noqa: E402
from gateway.clients.service_clients import ServiceClients  # noqa: E402
from gateway.domain.job_settings import BlendSettings, GenerateSettings, HybridSettings  # noqa: E402
from gateway.domain.json_codec import from_json  # noqa: E402
from gateway.ids import derive_seed  # noqa: E402
from gateway.settings import Settings  # noqa: E402
from score.encoding import STEPS_PER_BAR  # noqa: E402
from score.roles import ROLES  # noqa: E402
from segue.common.v1.common_pb2 import Key  # noqa: E402
from startall.testing import RunningProduct, run_product  # noqa: E402

COLUMNS = ("parent-1", "parent-2", "reconstruction-1", "reconstruction-2", "hybrid")
"""Names of the files of one hybrid; the evaluation's tables have these columns."""

TRANSPOSED = ("transposed-1", "transposed-2")
"""The parents as they went into the blend."""

ARRANGED = ("arranged-1", "arranged-2")
"""The parents alone, arranged as the hybrid uses their bars."""

ENDPOINTS = (0.0, 1.0)
"""Weights at which a blend reconstructs its first and its second parent."""


@dataclass(frozen=True)
class Reference:
    """What a hybrid has in common with a held-out passage."""

    style: str
    is_minor: bool
    meter: str
    n_bars: int
    roles: list[RoleName]


class HybridGenerator:
    """Generates hybrids as `gateway.workflows.flow.hybrid` does, and writes all pieces on the way.

    Parameters
    ----------
    services : ServiceClients
        Clients of the running services.
    options : Namespace
        ``seed``, ``settings`` and ``extra_bars`` of the command line.
    folder : Path
        Where the MIDI files go.
    """

    def __init__(self, services: ServiceClients, options: argparse.Namespace, folder: Path) -> None:
        self._services = services
        self._options = options
        self._folder = folder
        self._settings = from_json(HybridSettings, {"count": 1, **options.settings})

    async def generate(self, index: int, reference: Reference) -> dict[str, Any]:
        """Generate the hybrid of one reference, and return its entry of the index."""
        seed = self._options.seed * 1_000_000 + index
        tonic = int(np.random.default_rng((seed, 2)).integers(12))
        key = keys.to_proto(tonic, is_minor=reference.is_minor)
        parents = await self._generate_parents(reference, key, seed)
        transposed = [await self._services.transpose(midi, key, {}) for midi in parents]
        midis = [response.midi for response in transposed]
        results = {
            name: await self._services.blend(
                build_blend_request(_parent_pieces(midis), settings, seed, keys.key_name(key)), _ignore
            )
            for name, settings in self._blend_settings().items()
        }
        pieces = dict(zip((*COLUMNS[:2], *TRANSPOSED), (*parents, *midis), strict=True))
        return {
            "files": self._write(index, pieces | {name: result.midi for name, result in results.items()}),
            "settings": self._options.settings,
            "key": [tonic, reference.is_minor],
            "moved_semitones": [response.semitones for response in transposed],
            "notices": [notice.reason for notice in results[COLUMNS[-1]].notices],
        }

    async def _generate_parents(self, reference: Reference, key: Key, seed: int) -> list[bytes]:
        """Generate both parents; the second with the tempo of the first."""
        settings = GenerateSettings(
            key=keys.key_name(key),
            meter=reference.meter,
            bars=reference.n_bars + self._options.extra_bars,
            roles=reference.roles,
            count=1,
        )
        request = build_generate_request(settings, reference.style, seed)
        first = await self._services.generate(request, _ignore)
        settings = replace(settings, bpm=first.tempo_bpm)
        request = build_generate_request(settings, reference.style, derive_seed(seed, 1))
        second = await self._services.generate(request, _ignore)
        return [first.midi, second.midi]

    def _blend_settings(self) -> dict[str, BlendSettings]:
        """Return the settings of each blend by the name of its file; a hybrid with a curve arranges no parents."""
        hybrid = self._settings
        blends: dict[str, BlendSettings] = {COLUMNS[-1]: hybrid}
        for reconstruction, arranged, end in zip(COLUMNS[2:4], ARRANGED, ENDPOINTS, strict=True):
            blends[reconstruction] = BlendSettings(weight=end, temperature=hybrid.temperature)
            if hybrid.curve is None and hybrid.shares is None:
                weights: dict[RoleName, float] = {role.value: end for role in ROLES}
                blends[arranged] = replace(hybrid, weights=weights, ingredients=None)
        return blends

    def _write(self, index: int, pieces: dict[str, bytes]) -> dict[str, str]:
        """Write MIDI files, and return their names."""
        names = {column: f"{index:04}-{column}.mid" for column in pieces}
        for column, midi in pieces.items():
            (self._folder / names[column]).write_bytes(midi)
        return names


def _parent_pieces(midis: Sequence[bytes]) -> list[ParentPiece]:
    return [ParentPiece(midi, {}, "") for midi in midis]


def _ignore(_fraction: float, _stage: str) -> None:
    """Report progress to nobody."""


def sample_references(options: argparse.Namespace, path: Path) -> list[Reference]:
    """Sample held-out passages of the styles and meters that the generator offers, and write them to a file."""
    shared = ["--data", str(options.data), "--count", str(options.count), "--seed", str(options.seed)]
    run_training("gan", "evaluation.reference_sets", *shared, "--models", str(options.models), "--out", str(path))
    with np.load(path) as table:
        rows = zip(*(table[name].tolist() for name in ("style", "is_minor", "meter", "steps", "roles")), strict=True)
        return [
            Reference(
                style=style,
                is_minor=is_minor,
                meter=meter,
                n_bars=n_steps // STEPS_PER_BAR[meter],
                roles=[role.value for role, is_present in zip(ROLES, has, strict=True) if is_present],
            )
            for style, is_minor, meter, n_steps, has in rows
        ]


def run_training(service: str, module: str, *arguments: str) -> None:
    """Run a module of a service's training package, as its README describes."""
    command = [sys.executable, "-m", f"training.{module}", *arguments]
    subprocess.run(command, cwd=ROOT / "services" / service, check=True)


async def generate_all(
    product: RunningProduct, references: Sequence[Reference], options: argparse.Namespace, folder: Path
) -> list[dict[str, Any]]:
    """Generate a hybrid for each reference, several at a time, and return the entries of the index.

    Parameters
    ----------
    product : RunningProduct
        The product whose services are called.
    references : sequence of Reference
        What each hybrid is to be like.
    options : Namespace
        The command line.
    folder : Path
        Where the MIDI files go.
    """
    targets = {f"{name}_target": product.target(name) for name in ("gan", "transposer", "vae")}
    services = ServiceClients(Settings.model_validate(targets))
    generator, slots = HybridGenerator(services, options, folder), asyncio.Semaphore(options.concurrency)

    async def generate(index: int) -> dict[str, Any]:
        async with slots:
            entry = await generator.generate(index, references[index])
        print(f"{index + 1} of {len(references)}: {references[index].style}", file=sys.stderr, flush=True)
        return entry

    try:
        return await asyncio.gather(*map(generate, range(len(references))))
    finally:
        await services.close()


def measure(references: Path, hybrids: Path, seed: int) -> dict[str, Any]:
    """Run both evaluations, which print their tables, and return all figures.

    Parameters
    ----------
    references : Path
        File of the reference passages.
    hybrids : Path
        Folder of the hybrids and their index.
    seed : int
        Seed of the bootstrap.
    """
    quality, music = hybrids / "quality.json", hybrids / "music.json"
    files = ["--references", str(references), "--hybrids", str(hybrids)]
    run_training("gan", "evaluation.hybrids", *files, "--seed", str(seed), "--out", str(quality))
    run_training("vae", "whole_blend.hybrids", "--hybrids", str(hybrids), "--out", str(music))
    return {**json.loads(quality.read_text()), "music": json.loads(music.read_text())["blenders"]["hybrids"]}


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = ROOT / "var/training/gan/data"
    parser.add_argument("--data", type=Path, default=data, help="folder that training.data.prepare wrote")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="the models folder")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settings", type=json.loads, default={}, help="fields of a hybrid, as JSON")
    parser.add_argument("--extra-bars", type=int, default=0, help="bars generated and cut off: 2 leave out the ending")
    parser.add_argument("--concurrency", type=int, default=2, help="hybrids generated at the same time")
    parser.add_argument("--out", type=Path, help="write all figures as JSON")
    options = parser.parse_args()
    options.data, options.models = options.data.resolve(), options.models.resolve()
    return options


def main() -> None:
    """Generate, measure and print."""
    options = parse_arguments()
    if not (options.data / "windows.npz").exists():
        print(f"there is no held-out music in {options.data}: `make evaluate-gan CORPUS=DIR` prepares it")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        hybrids = folder / "hybrids"
        hybrids.mkdir()
        references = sample_references(options, folder / "references.npz")
        with run_product(folder / "data", {"SEGUE_MODELS": str(options.models)}) as product:
            entries = asyncio.run(generate_all(product, references, options, hybrids))
        (hybrids / "hybrids.json").write_text(json.dumps(entries, indent=1))
        figures = measure(folder / "references.npz", hybrids, options.seed)
    figures["moved"] = sum(semitones % 12 != 0 for entry in entries for semitones in entry["moved_semitones"])
    figures["notices"] = dict(Counter(reason for entry in entries for reason in entry["notices"]))
    print(f"\nparents not generated in the requested key: {figures['moved']}; the VAE's notices: {figures['notices']}")
    if options.out:
        arguments = {name: str(value) for name, value in vars(options).items()}
        options.out.write_text(json.dumps({"options": arguments, **figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
