r"""How good hybrids are, as a person gets them: beside their parents, and beside what the VAE gives back of these.

    python tests/bench/hybrid.py --data DIR --models models --count 200 --out hybrid.json

DIR is what the generator's `training.data.prepare` wrote. The generator, the transposer and the VAE listen on free
ports of this process and are asked as the gateway's `flow.hybrid` asks them: two pieces of the style, mode, meter and
roles of a held-out reference (`training.evaluation.reference_sets.references`) from two seeds, both moved to the key
asked for, and blended, half and half over the first one's chords and bass unless ``--ask`` says otherwise, such as
``'{"weights": {"harmony": .5, "bass": .5}}'`` (`gateway.clients.grpc_requests`). The same blend at weight 0 and 1 is
what the VAE gives back of the parents. All are read back from their MIDI files.

Printed, the references at hand: MuseGAN's metrics and their mean relative error (Dong et al., AAAI 2018;
`training.evaluation.measures.musegan_metrics`), by how much a hybrid's is more than its parents', with the interval
that a bootstrap over references gives (Efron and Tibshirani, 1993, ch. 13); coherence: tonal distance between roles
(Harte et al., 2006), how far it is from shuffled roles to real ones (`training.evaluation.measures.coherence`), and
clashes, which are steps at which two pitched roles sound a semitone apart, of those at which two sound; how leads go
on (`melody`); and the windows in which a hybrid is nearer to a parent than what the VAE gives back of it, which must
not be, by `vae.pieces.window_distance.distance` and by steps alone (Hamming).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from score.arrays import F64, I16, I64, Bool

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "services/gan"))
# TensorFlow says how it was built at every start.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import gan.rpc.servicer  # noqa: E402
import gan.settings  # noqa: E402
import torch  # noqa: E402
import transposer.servicer  # noqa: E402
import transposer.settings  # noqa: E402
import vae.rpc.requests  # noqa: E402
import vae.rpc.servicer  # noqa: E402
import vae.settings  # noqa: E402
from contract.keys import parse_key_name  # noqa: E402
from gan.measures import pianoroll  # noqa: E402
from gan.writing.midi_writer import transpose  # noqa: E402
from gateway.clients.grpc_requests import (  # noqa: E402
    ParentPiece,
    build_blend_request,
    build_generate_request,
    lock_accompaniment,
)
from gateway.clients.service_clients import ServiceClients  # noqa: E402
from gateway.domain.job_settings import BlendSettings, GenerateSettings, HybridSettings  # noqa: E402
from gateway.domain.json_codec import from_json  # noqa: E402
from gateway.ids import derive_seed  # noqa: E402
from gateway.settings import Settings  # noqa: E402
from score import grid, midi, windows  # noqa: E402
from score.grid import Grid  # noqa: E402
from score.keys import key_name  # noqa: E402
from score.quantization.note_table import PITCH  # noqa: E402
from score.roles import ROLES, Role  # noqa: E402
from segue.vae.v1.vae_pb2 import BlendRequest  # noqa: E402
from servicekit import logs  # noqa: E402
from training.evaluation import corpus, errors, together  # type: ignore[import-not-found]  # noqa: E402
from training.evaluation.pieces import silence  # type: ignore[import-not-found]  # noqa: E402
from vae.alignment import window_alignment  # noqa: E402
from vae.models.specs import ROLE_SPECS  # noqa: E402
from vae.pieces import window_distance  # noqa: E402
from vae.pieces.sections import window_labels  # noqa: E402

COLUMNS = ("parent A", "parent B", "A given back", "B given back", "hybrid")
PARENTS, HYBRID, REFERENCES = COLUMNS[:2], COLUMNS[-1], "references"
ENDS = (0.0, 1.0)
RESAMPLED = 1000
"""Times that references are drawn again for an interval."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class Hybrid:
    """One hybrid and what it came of.

    Attributes
    ----------
    pieces : mapping of str to training.evaluation.pieces.Piece
        By `COLUMNS`, as the evaluation sees them: in C major or A minor.
    near : mapping of str to ndarray, shape (windows in which that parent sounds,), bool
        ``"<role> <measure>"``: in which windows it is nearer to a parent than what is given back of that one.
    moved_semitones : tuple of int
        By how much the transposer moved the parents, which were generated in the key asked for.
    notices : tuple of str
        What the VAE told, by reason.
    """

    pieces: Mapping[str, Any]
    near: Mapping[str, Bool]
    moved_semitones: tuple[int, ...]
    notices: tuple[str, ...]


@asynccontextmanager
async def listening(models: Path) -> AsyncIterator[ServiceClients]:
    """Start the three services on free ports, and connect to them as the gateway does."""
    async with AsyncExitStack() as stack:
        servers = [
            gan.rpc.servicer.serve(gan.settings.Settings(port=0, models=models)),
            transposer.servicer.serve(transposer.settings.Settings(port=0, processes=1)),
            vae.rpc.servicer.serve(vae.settings.Settings(port=0, models=models, data=ROOT / "var")),
        ]
        generator, mover, blender = [(await stack.enter_async_context(server)).target for server in servers]
        services = ServiceClients(Settings(gan_target=generator, transposer_target=mover, vae_target=blender))
        stack.push_async_callback(services.close)
        yield services


class Maker:
    """Makes hybrids as `gateway.workflows.flow.hybrid` does, by the options ``seed``, ``ask`` and ``beyond``."""

    def __init__(self, services: ServiceClients, options: argparse.Namespace) -> None:
        self._services = services
        self._options = options

    async def make(self, index: int, reference: Any) -> Hybrid:
        """Make the hybrid of one reference."""
        seed = self._options.seed * 1_000_000 + index
        settings = _generate_settings(reference, self._options.beyond, seed)
        generated = await self._parents(settings, reference.style, seed)
        key = settings.key or ""
        moved = [await self._services.transpose(each, parse_key_name(key)) for each in generated]
        requests = self._blend_requests([each.midi for each in moved], key, seed)
        results = [await self._services.blend(request, _silent) for request in requests]
        files = [*generated, *(each.midi for each in results)]
        return Hybrid(
            {column: as_piece(data, reference) for column, data in zip(COLUMNS, files, strict=True)},
            nearer(requests[-1], [each.midi for each in results]),
            tuple(each.semitones for each in moved),
            tuple(notice.reason for notice in results[-1].notices),
        )

    async def _parents(self, settings: GenerateSettings, style: str, seed: int) -> list[bytes]:
        """Generate both parents; the second with the tempo of the first."""
        first = await self._services.generate(build_generate_request(settings, style, seed), _silent)
        second_settings = replace(settings, bpm=first.tempo_bpm)
        request = build_generate_request(second_settings, style, derive_seed(seed, 1))
        second = await self._services.generate(request, _silent)
        return [first.midi, second.midi]

    def _blend_requests(self, midis: Sequence[bytes], key: str, seed: int) -> list[BlendRequest]:
        """Return the requests for both ends, with the temperature of the hybrid, and for the hybrid."""
        hybrid = lock_accompaniment(from_json(HybridSettings, {"count": 1, **self._options.ask}))
        ends = [BlendSettings(weight=end, temperature=hybrid.temperature) for end in ENDS]
        parents = [ParentPiece(data, {}, "") for data in midis]
        return [build_blend_request(parents, each, seed, key) for each in (*ends, hybrid)]


def _silent(_fraction: float, _stage: str) -> None:
    """Report to nobody."""


def _generate_settings(reference: Any, beyond: int, seed: int) -> GenerateSettings:
    """Return the settings of a piece like a reference, in a random key."""
    tonic = int(np.random.default_rng((seed, 2)).integers(12))
    return GenerateSettings(
        key=key_name(tonic, is_minor=reference.is_minor),
        meter=reference.meter,
        bars=reference.bars + beyond,
        roles=[role.value for role in reference.roles],
        count=1,
    )


def as_piece(data: bytes, reference: Any) -> Any:
    """Read a MIDI file as the evaluation sees pieces: its first bars, moved by its key to C major or A minor."""
    score = midi.parse(data)
    found = grid.from_score(score)
    if found.meter != reference.meter:
        raise SystemExit(f"A piece in {reference.meter} was read as {found.meter}.")
    # So many fifths above C, or A, in semitones: the shortest way back.
    shift, steps = -((score.keys[0].fifths * 7 + 5) % 12 - 5), reference.steps
    # A file ends with its last note: what is missing is silence.
    filled = {role: np.concatenate([part, silence(role, steps)])[:steps] for role, part in found.events.items()}
    events = {role: part if role is Role.DRUMS else transpose(part, shift) for role, part in filled.items()}
    return replace(reference, events=events).restricted(reference.roles)


def nearer(request: BlendRequest, results: Sequence[bytes]) -> dict[str, Bool]:
    """Compare windows as the VAE's assessment does: `Hybrid.near` of a blend, the last of the results, and its ends."""
    read = vae.rpc.requests.parents(request.parents)
    *given, hybrid = [grid.from_score(midi.parse(data)) for data in results]
    shares = vae.rpc.requests.blend_weights(request).mean_shares(len(read), window_labels(read[0].sections))
    alignment = window_alignment.align(read, shares)
    found: dict[str, list[Bool]] = {}
    for met, parent, back in zip(alignment.source_windows.T, read, given, strict=True):
        for role, own in parent.windows.items():
            ends, between = _windows(back, role, parent.n_windows)[met], _windows(hybrid, role, len(met))
            is_heard = parent.sounding_windows(role)[met]
            for name, near in _compared(own[met], ends, between, role).items():
                found.setdefault(f"{role.value} {name}", []).append(near[is_heard])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _compared(own: I16, ends: I16, between: I16, role: Role) -> dict[str, Bool]:
    spec = ROLE_SPECS[role.value]
    near, least = (window_distance.distance(own, other, spec) for other in (between, ends))
    near_by_steps, least_by_steps = (window_distance.hamming(own, other) for other in (between, ends))
    # The same notes are no nearer, in whichever voices they were read.
    differs = window_distance.note_f1(ends, between, spec, with_ends=True) < 1.0
    return {"distance": differs & (near < least - 1e-9), "steps": differs & (near_by_steps < least_by_steps - 1e-9)}


def _windows(found: Grid, role: Role, count: int) -> I16:
    """Cut a role into so many windows; silence where there is none."""
    rest: I16 = np.repeat(silence(role, windows.steps_per_window(found.meter))[None], count, axis=0)
    return np.concatenate([windows.split(found).get(role, rest[:0]), rest])[:count]


def clashes(music: Any) -> float:
    """Return the share of steps at which two pitched roles are a semitone apart, of those at which two sound."""
    rolls = {role: pianoroll.piano_roll(music.notes[role], music.steps) for role in music.pitched}
    classes = {role: pianoroll.fold_chroma(sounds, 1) > 0 for role, sounds in rolls.items()}
    both, bad = np.zeros(music.steps, np.bool_), np.zeros(music.steps, np.bool_)
    for one, other in combinations(classes.values(), 2):
        both |= one.any(1) & other.any(1)
        bad |= (one & (np.roll(other, 1, axis=1) | np.roll(other, -1, axis=1))).any(1)
    return float(bad.sum() / both.sum()) if both.any() else float("nan")


def melody(music: Any) -> Figures:
    """Tell how the lead goes on: notes a bar, mean interval in semitones, and which share of intervals is none."""
    notes = music.notes.get(Role.LEAD, ())
    if len(notes) < 2:
        return {}
    moves = np.abs(np.diff(notes[:, PITCH]))
    return {
        "lead_notes_a_bar": len(notes) / music.bars,
        "lead_semitones": float(moves.mean()),
        "lead_repeats": float((moves == 0).mean()),
    }


@dataclass(frozen=True)
class Measured:
    """What pieces of one column are: rows of pieces, columns of metrics; NaN where a piece has none."""

    names: Sequence[str]
    values: F64

    @classmethod
    def of(cls, music: Iterable[Any]) -> Measured:
        """Measure pieces."""
        rows: list[Mapping[str, float]] = [errors.measure_piece(each) for each in music]
        names = sorted({name for row in rows for name in row})
        return cls(names, np.array([[row.get(name, np.nan) for name in names] for row in rows]))

    def of_metric(self, metric: str) -> F64:
        """List the values of all roles of all pieces."""
        return self.values[:, [name.startswith(metric) for name in self.names]].ravel()

    def means(self, rows: I64) -> dict[str, float]:
        """Average each metric over some pieces; those that none of them has are left out."""
        values = self.values[rows]
        counts, sums = np.isfinite(values).sum(0), np.nansum(values, axis=0)
        return {name: float(sums[at] / counts[at]) for at, name in enumerate(self.names) if counts[at]}

    def errors(self, real: Measured, rows: I64) -> dict[str, float]:
        """Relate to the same rows of the references."""
        found: dict[str, float] = errors.relative_errors(real.means(rows), self.means(rows))
        return found


def error_figures(found: Mapping[str, Measured], synthetic: Bool, seed: int) -> Figures:
    """Tell errors by column, for all references and for each kind, and how sure the difference is."""
    kinds = {"all": np.ones_like(synthetic), "real": ~synthetic, "synthetic": synthetic}
    return {
        kind: {
            "pieces": int(chosen.sum()),
            "data": found[REFERENCES].means(rows),
            "more_than_parents": _more(found, rows),
            "interval": _interval(found, rows, seed),
            **{column: _errors(found[column], found[REFERENCES], rows) for column in COLUMNS},
        }
        for kind, chosen in kinds.items()
        if len(rows := np.flatnonzero(chosen))
    }


def _errors(made: Measured, real: Measured, rows: I64) -> Figures:
    own = made.errors(real, rows)
    told = {"error": errors.mean_error(own), "by_metric": errors.by_metric(own)}
    return told | {"errors": own, "made": made.means(rows)}


def _more(found: Mapping[str, Measured], rows: I64) -> float:
    """Return by how much the hybrids' mean relative error is more than the mean of the parents'."""
    own = {name: errors.mean_error(found[name].errors(found[REFERENCES], rows)) for name in (*PARENTS, HYBRID)}
    return float(own[HYBRID] - np.mean([own[column] for column in PARENTS]))


def _interval(found: Mapping[str, Measured], rows: I64, seed: int) -> tuple[float, float]:
    """Bootstrap `_more`: nineteen in twenty lie between."""
    rng = np.random.default_rng(seed)
    low, high = np.percentile([_more(found, rng.choice(rows, len(rows))) for _ in range(RESAMPLED)], [2.5, 97.5])
    return float(low), float(high)


def coherence_figures(columns: Mapping[str, Sequence[Any]], found: Mapping[str, Measured]) -> Figures:
    """Tell how well roles belong together, and how leads go on, by column."""
    told: Figures = {}
    for column, music in columns.items():
        lines = [melody(each) for each in music]
        gap = together.gap(columns[REFERENCES], music)
        told[column] = {
            "tonal_distance": _mean(found[column].of_metric("tonal_distance")),
            "gap_reached": gap.reached,
            "own_gap_reached": gap.own_reached,
            "clashes": _mean(clashes(each) for each in music),
            "all_roles": _mean(together.all_there([each], each.roles) for each in music),
            **{name: _mean(line[name] for line in lines if line) for name in next(filter(None, lines), {})},
        }
    return told


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def near_figures(made: Sequence[Hybrid]) -> dict[str, tuple[int, int]]:
    """Count by role and measure: windows that are nearer than they may be, and all windows."""
    names = [f"{role.value} {measure}" for measure in ("distance", "steps") for role in ROLES]
    parts = {name: [each.near[name] for each in made if name in each.near] for name in names}
    return {name: (int(sum(own.sum() for own in found)), sum(map(len, found))) for name, found in parts.items()}


def print_figures(told: Figures) -> None:
    """Print the tables."""
    for kind, found in told["errors"].items():
        _print_head(f"{kind} references ({found['pieces']}), %", COLUMNS)
        _print_row("mean relative error", (100 * found[column]["error"] for column in COLUMNS))
        for metric in errors.METRICS:
            _print_row(f"— {metric}", (100 * found[column]["by_metric"].get(metric, np.nan) for column in COLUMNS))
        more, low, high = (100 * value for value in (found["more_than_parents"], *found["interval"]))
        print(f"\nhybrids' mean relative error less their parents': {more:+.2f} [{low:+.2f}, {high:+.2f}] points")
    _print_head("coherence", (REFERENCES, *COLUMNS))
    for measure in told["coherence"][REFERENCES]:
        _print_row(measure, (told["coherence"][column][measure] for column in (REFERENCES, *COLUMNS)), digits=3)
    _print_head("nearer to a parent than what is given back of it", ("windows", "of"))
    for name, counts in told["nearer"].items():
        _print_row(name, counts, digits=0)
    print(f"\nparents moved off the key asked for: {told['moved']}; the VAE told: {told['notices']}")


def _print_head(title: str, columns: Sequence[str]) -> None:
    print(f"\n| {title} | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")


def _print_row(name: str, values: Iterable[float], digits: int = 1) -> None:
    print(f"| {name} | {' | '.join(f'{value:.{digits}f}' for value in values)} |")


async def make_all(options: argparse.Namespace) -> tuple[list[Any], list[Hybrid]]:
    """Draw references of what the generator offers, and make a hybrid for each."""
    async with listening(options.models) as services:
        offered = frozenset((style.style_id, meter) for style in await services.styles() for meter in style.meters)
        references = corpus.references(corpus.load(options.data), options.count, options.seed, fitting=offered)
        maker, free = Maker(services, options), asyncio.Semaphore(options.at_once)

        async def make(index: int) -> Hybrid:
            async with free:
                made = await maker.make(index, references[index])
            print(f"{index + 1} of {len(references)}: {references[index].style}", file=sys.stderr, flush=True)
            return made

        return references, await asyncio.gather(*map(make, range(len(references))))


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT / "var/training/gan/data",
        help="what training.data.prepare wrote",
    )
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="the models folder")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ask", type=json.loads, default={}, help="how to blend, as JSON; weight .5 by default")
    parser.add_argument("--beyond", type=int, default=0, help="bars asked for and cut off: 2 leave out the ending")
    parser.add_argument("--at-once", type=int, default=2, help="hybrids made at the same time")
    parser.add_argument("--out", type=Path, help="write all figures as JSON")
    return parser.parse_args()


def figures(references: Sequence[Any], made: Sequence[Hybrid], seed: int) -> Figures:
    """Measure everything."""
    columns = {REFERENCES: list(references)} | {name: [each.pieces[name] for each in made] for name in COLUMNS}
    measured = {column: Measured.of(music) for column, music in columns.items()}
    return {
        "errors": error_figures(measured, np.array([each.synthetic for each in references]), seed),
        "coherence": coherence_figures(columns, measured),
        "nearer": near_figures(made),
        "moved": sum(semitones % 12 != 0 for each in made for semitones in each.moved_semitones),
        "notices": dict(Counter(reason for each in made for reason in each.notices)),
    }


def main() -> None:
    """Make, measure and print."""
    options = arguments()
    if not (options.data / "windows.npz").exists():
        print(f"there is no held-out music in {options.data}: `make evaluate-gan CORPUS=DIR` cuts it")
        return
    logs.configure("bench", level="WARNING")
    torch.set_num_threads(1)
    told = figures(*asyncio.run(make_all(options)), options.seed)
    print_figures(told)
    if options.out:
        asked = {name: str(value) for name, value in vars(options).items()}
        options.out.write_text(json.dumps({"options": asked, **told}, indent=1) + "\n")


if __name__ == "__main__":
    main()
