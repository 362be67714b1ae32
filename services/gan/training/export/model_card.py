"""The model card of a trained generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LIMITS = """
Every piece was moved to C major or A minor. The ten styles with drums that are not `game` are public-domain melodies
with machine-made accompaniment: what the generator knows of those styles' chords and basses is what that machine knew.

## Limits

Four steps to the quarter, no triplets; harmony of at most four notes. Minor keys are scarce in the
arranged styles. Without drums: styles whose sources have none.
"""


def card(manifest: dict[str, Any], styles: Sequence[dict[str, Any]]) -> str:
    """Write the card from the manifest and the styles that are served."""
    training, shape = manifest["training"], manifest["shape"]
    rows = "\n".join(
        f"| {style['id']} | {style['pieces']} | {', '.join(style['meters'])} | {', '.join(style['roles'])} "
        f"| {style['tempo_bpm'][1]:.0f} | {100 * style['minor_share']:.0f} % |"
        for style in styles
    )
    data = "\n".join(
        f"| {row['style']} | {row['pieces']} | {row['source']} | {row['licence']} | {'; '.join(row['credits'])} |"
        for row in manifest["data"]
    )
    return f"""# gan

A style-conditioned generative adversarial network of four roles: a recurrent generator that speaks step by step
(two LSTM layers of {shape["units"]} units; drums, bass, harmony's four voices and lead, each drawn knowing those before
it), which hears the window that the form brings back, and a critic that hears bars, what lies around them and the
self-similarity of eight bars, with projection conditioning. Grid `{manifest["grid"]}`. Weights {manifest["licence"]},
sha256 `{manifest["sha256"]}`.

## Training

{_course(training)} A tenth of the works, split by work, was held out.

{_curve(manifest["learning_curve"])}

Cost: nats a sixteenth and role, of sixteen bars in the first part, of eight in the second. Right: how many of real and
made wholes the critic tells rightly.

{_figures(manifest["held_out"])}
## Styles

| style | pieces | meters | roles | usual tempo | in minor |
|---|---|---|---|---|---|
{rows}

## Data

| style | pieces | source | licence | credits |
|---|---|---|---|---|
{data}
{_LIMITS}"""


def _course(training: dict[str, Any]) -> str:
    """Tell how it was trained."""
    learnt = training["steps"] - training["adversarial_steps"] - training["rehearsal_steps"]
    return (
        f"{training['steps']:,} steps of {training['batch']} stretches in {training['seconds'] / 60:.0f} minutes of one"
        f" core's time, seed {training['seed']}: {learnt:,} of maximum likelihood (AdamW {training['rate']:g}), then"
        f" {training['adversarial_steps']:,} against the critic (policy gradient relative to {training['group']}"
        f" siblings, weight {training['reward_weight']:g} beside likelihood, AdamW {training['adversarial_rate']:g};"
        f" critic AdamW {training['critic_rate']:g}, R1 {training['penalty']:g}), then {training['rehearsal_steps']:,}"
        " against judges of whole pieces (policy gradient likewise). Running average"
        f" {training['average']:g}. {training['note']}"
    )


def _curve(lines: Sequence[dict[str, Any]]) -> str:
    """Write up to twelve rows of the learning curve, evenly spaced, the last among them."""
    kept = [lines[round(i * (len(lines) - 1) / 11)] for i in range(12)] if len(lines) > 12 else list(lines)
    head = "| step | against the critic | minutes | cost | cost of held-out music | critic right |"
    return f"{head}\n|---|---|---|---|---|---|\n" + "\n".join(
        f"| {line['step']:,} | {line['adversarial_step']:,} | {line['elapsed_s'] / 60:.0f} | {line.get('cost', 0):.3f} "
        f"| {line['held_out']:.3f} | {_share(line.get('right'))} |"
        for line in kept
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _figures(figures: dict[str, Any]) -> str:
    """Write the metrics of generated pieces beside those of held-out music, or nothing where none were measured."""
    out = ""
    for kind, found in figures.items():
        rows = "\n".join(
            f"| {name} | {value:.3f} | {found['made'].get(name, float('nan')):.3f} |"
            for name, value in found["data"].items()
        )
        out += (
            f"\n## Against {found['pieces']} held-out pieces ({kind})\n\n"
            f"| metric | data | generated |\n|---|---|---|\n{rows}\n"
            f"| mean relative error | | {100 * found['error']:.1f} % |\n"
        )
    return out
