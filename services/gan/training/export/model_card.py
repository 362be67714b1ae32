"""The model card of a generator, written from its manifest and its styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MAX_CURVE_ROWS = 12
"""Rows of the learning curve."""

_LIMITS = """
Every piece was transposed to C major or A minor. The ten styles with drums other than `game` are public-domain melodies
with machine-made accompaniment: the generator learned the chords and basses of those styles from that machine.

## Limits

Four steps per quarter, no triplets; harmony of at most four notes. Minor keys are rare in the arranged styles. Styles
whose sources have no drums are generated without them.
"""


def card(manifest: Mapping[str, Any], styles: Sequence[Mapping[str, Any]]) -> str:
    """Return the card of a model in Markdown."""
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

A style-conditioned generative adversarial network for four roles. The generator is recurrent and samples step by step
(two LSTM layers of {shape["units"]} units; drums, bass, the four voices of the harmony and the lead, each given those
before it). It also reads the window that the structure repeats. The critic scores bars in their context and the
self-similarity of eight bars, with projection conditioning. Grid `{manifest["grid"]}`. Weights {manifest["licence"]},
sha256 `{manifest["sha256"]}`.

## Training

{_training_text(training)} A tenth of the works, split by work, was held out.

{_curve(manifest["learning_curve"])}

Loss: nats per step and channel, of sixteen bars in the first part, of eight in the second. Accuracy: share of real and
generated passages that the critic classifies correctly.

{_figures(manifest["held_out"])}
## Styles

| style | pieces | meters | roles | median tempo | in minor |
|---|---|---|---|---|---|
{rows}

## Data

| style | pieces | source | licence | credits |
|---|---|---|---|---|
{data}
{_LIMITS}"""


def _training_text(training: Mapping[str, Any]) -> str:
    """Return a sentence on the steps and hyperparameters of the training."""
    n_likelihood_steps = training["steps"] - training["adversarial_steps"] - training["rehearsal_steps"]
    return (
        f"{training['steps']:,} steps of {training['batch']} passages in {training['seconds'] / 60:.0f} minutes of one"
        f" core's time, seed {training['seed']}: {n_likelihood_steps:,} of maximum likelihood (AdamW"
        f" {training['rate']:g}), then {training['adversarial_steps']:,} against the critic (policy gradient relative"
        f" to groups of {training['group']}, weight {training['reward_weight']:g} beside likelihood, AdamW"
        f" {training['adversarial_rate']:g}; critic AdamW {training['critic_rate']:g}, R1 {training['penalty']:g}),"
        f" then {training['rehearsal_steps']:,} of fine-tuning against discriminators of whole pieces (also by policy"
        f" gradient). Running average {training['average']:g}. {training['note']}"
    )


def _curve(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of the learning curve as a table, evenly spaced, first and last included."""
    last = MAX_CURVE_ROWS - 1
    is_long = len(lines) > MAX_CURVE_ROWS
    shown = [lines[round(i * (len(lines) - 1) / last)] for i in range(MAX_CURVE_ROWS)] if is_long else list(lines)
    head = "| step | adversarial | minutes | loss | held-out loss | critic accuracy |"
    return f"{head}\n|---|---|---|---|---|---|\n" + "\n".join(
        f"| {line['step']:,} | {line['adversarial_step']:,} | {line['elapsed_s'] / 60:.0f} | {line.get('cost', 0):.3f} "
        f"| {line['held_out']:.3f} | {_share(line.get('right'))} |"
        for line in shown
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _figures(figures: Mapping[str, Any]) -> str:
    """Return tables of the metrics of generated pieces and of held-out music; empty if none were measured."""
    text = ""
    for kind, found in figures.items():
        rows = "\n".join(
            f"| {name} | {value:.3f} | {found['made'].get(name, float('nan')):.3f} |"
            for name, value in found["data"].items()
        )
        text += (
            f"\n## Against {found['pieces']} held-out pieces ({kind})\n\n"
            f"| metric | data | generated |\n|---|---|---|\n{rows}\n"
            f"| mean relative error | | {100 * found['error']:.1f} % |\n"
        )
    return text
