"""The model card of a trained generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LIMITS = """
Every piece was moved to C major or A minor. The ten styles with drums that are not `game` are public-domain melodies
with machine-made accompaniment: what the generator knows of those styles' chords and basses is what that machine knew.

## Limits

Two-bar windows, four steps to the quarter, no triplets; harmony of at most four notes. Minor keys are scarce in the
arranged styles. Without drums: styles whose sources have none.
"""


def card(manifest: dict[str, Any], styles: Sequence[dict[str, Any]]) -> str:
    """Write the card from the manifest and the styles that are served."""
    training, shape = manifest["training"], manifest["shape"]
    decoders = "\n".join(f"- `{name}` `{digest}`" for name, digest in manifest["decoders"].items())
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

A style-conditioned generative adversarial network over sequences of MusicVAE latents: eight bars as four windows of
four roles; longer pieces are laid out by a form. Generator: {shape["layers"]} transformer blocks of width
{shape["width"]}; critic: windows, line of windows and self-similarity, with projection conditioning and a frozen probe
that hears chroma and onsets. Each role's latent is reduced to {shape["components"]} principal components. Grid
`{manifest["grid"]}`. Weights {manifest["licence"]}, sha256
`{manifest["sha256"]}`. It speaks the latents of these
decoders and is refused with others:

{decoders}

## Training

{training["steps"]:,} steps of {training["batch"]} sequences in {training["seconds"] / 60:.0f} minutes on a shared CPU,
seed {training["seed"]}. Relativistic paired loss, a gradient penalty between real and made, Adam {training["rate"]:g}
and {training["critic_rate"]:g}, running average {training["average"]:g}. A tenth of the works, split by work, was held
out.

{_curve(manifest["learning_curve"])}

Distance: Fréchet distance between windows of generated and held-out latents (24 leading components of each role side
by side). Agreement: share of the lead's (the bass') pitch classes a beat that the harmony holds too, as the probe hears
it.

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


def _curve(lines: Sequence[dict[str, Any]]) -> str:
    """Write up to twelve rows of the learning curve, evenly spaced, the last among them."""
    kept = [lines[round(i * (len(lines) - 1) / 11)] for i in range(12)] if len(lines) > 12 else list(lines)
    head = "| step | minutes | distance | lead agrees (real) | bass agrees (real) |\n|---|---|---|---|---|\n"
    return head + "\n".join(
        f"| {line['step']:,} | {line['elapsed_s'] / 60:.0f} | {line['distance']:.1f} "
        f"| {line['made_lead_agrees']:.3f} ({line['real_lead_agrees']:.3f}) "
        f"| {line['made_bass_agrees']:.3f} ({line['real_bass_agrees']:.3f}) |"
        for line in kept
    )


def _figures(figures: dict[str, Any]) -> str:
    """Write the metrics of generated pieces beside those of held-out music, or nothing where none were measured."""
    out = ""
    for kind, found in figures.items():
        rows = "\n".join(
            f"| {name} | {value:.3f} | {found['made'].get(name, float('nan')):.3f} |"
            for name, value in found["data"].items()
        )
        out += (
            f"\n## Against {found['pieces']} held-out {kind} pieces\n\n"
            f"| metric | data | generated |\n|---|---|---|\n{rows}\n"
            f"| mean relative error | | {100 * found['error']:.1f} % |\n"
        )
    return out
