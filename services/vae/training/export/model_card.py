"""The model card of a trained model, written from its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vae.models.specs import BEAT_CODE, CONDUCTOR_DEPTH

CARD_NAME = "card.md"

_CREDITS = {
    "groove": "Groove MIDI Dataset: Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck, David Bamman, Google LLC",
}
"""Whom to credit for sources whose index does not name them."""


def model_card(manifest: dict[str, Any]) -> str:
    """Return the text of the model card that belongs to a manifest."""
    sources = _sources(manifest)
    figures = "\n".join(f"| {name} | {value} |" for name, value in _flatten(manifest["held_out"]))
    curve = "\n".join(
        f"| {row['windows']:,} | {row['sampled']:.3f} | {row['greedy']:.3f} |" for row in manifest["learning_curve"]
    )
    training, sizes = manifest["training"], manifest["architecture"]
    latent_size, decoder_units = sizes["latent"], sizes["decoder"]
    return f"""# {manifest["name"]}

A MusicVAE of two-bar windows of {_content(manifest)}{_conditioning(manifest)}. The encoder reads a code of
{BEAT_CODE} numbers for each beat, by residual layers of {_encoder_units(manifest)} units; the latent has {latent_size}
numbers; the decoder is an LSTM of {len(decoder_units)} layers of {decoder_units[0]} units, with a conductor that gives
it {CONDUCTOR_DEPTH} numbers for each step. Grid `{manifest["grid"]}`; windows of 4/4 (32 steps) and of 3/4 and 6/8 (24
steps) in one model. Weights: {manifest["licence"]}, sha256 `{manifest["sha256"]}`.

## Training

{training["windows_seen"]:,} windows in {training["steps_done"]:,} steps of {training["batch_size"]}, seed
{training["seed"]}. Adam with a peak learning rate of {training["peak_rate"]}, warm-up and cosine; free bits
{training["free_bits"]}, beta {training["beta"]}. The shipped weights are the running average. {manifest["note"]}

## Held-out figures

On works that training never saw (the data is split by work). The figures are shares of steps that are reconstructed
when the window is encoded to its posterior mean and decoded freely; the two baselines `most_common_token` and
`repeat_last_token` ignore the window.

| figure | value |
|---|---|
{figures}

{_factor_figures(manifest)}| windows seen | sampled at T = 1 | greedy |
|---|---|---|
{curve}

## Data

| source | licence | pieces | credit |
|---|---|---|---|
{sources}

{_attributions(manifest)}POP909's data set is under the MIT licence; the songs that it transcribes are not. The
encodings of the chorales state no licence; the works are in the public domain.
`training.model.train --leave-out-risk` trains without both.

## Limits

The model knows only what these sources contain: European concert, folk and hymn music, Chinese pop, game music, and
recorded rock, funk, jazz and Latin drumming. Rhythms finer than a sixteenth are rounded to the grid.
"""


def _sources(manifest: dict[str, Any]) -> str:
    """Return the rows of the table of data sources."""
    rows = manifest["data"]
    return "\n".join(f"| {row['source']} | {row['licence']} | {row['pieces']} | {_credit(row)} |" for row in rows)


def _content(manifest: dict[str, Any]) -> str:
    """Return what the windows contain: a role, or a factor of it."""
    contents = {
        "rhythm": "the rhythm of a lead: hold, note-off or onset at each step",
        "contour": "the contour of a lead: at each step the pitch that sounds or sounded last",
    }
    content: str = contents.get(manifest["factor"] or "", manifest["role"])
    return content


def _factor_figures(manifest: dict[str, Any]) -> str:
    """Return the figures of a factor's model on whole leads; empty for the model of a role."""
    if not manifest["held_out_leads"]:
        return ""
    rows = "\n".join(f"| {name} | {value} |" for name, value in _flatten(manifest["held_out_leads"]))
    return f"""On the windows of held-out leads as they come (`of_leads`), and between pairs of them, beside the nearer
window and a crossfade of steps (`training.evaluation.factor_eval` defines the figures):

| figure | value |
|---|---|
{rows}

"""


def _conditioning(manifest: dict[str, Any]) -> str:
    return ", conditioned on the triad of each beat" if manifest["architecture"]["chords"] else ""


def _encoder_units(manifest: dict[str, Any]) -> int:
    units: int = manifest["architecture"]["encoder"]["residual"][0]
    return units


def _flatten(figures: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of nested figures."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from ((f"{name}, {inner}", figure) for inner, figure in _flatten(value))
        else:
            yield name, value


def _credit(row: dict[str, Any]) -> str:
    """Return whom to credit for a source, if its licence asks for that."""
    if not row["licence"].startswith("CC BY"):
        return ""
    return _CREDITS.get(row["source"], "; ".join(row["credits"]))


def _attributions(manifest: dict[str, Any]) -> str:
    """Return the list of attributions of single pieces; empty if there are none."""
    lines = "\n".join(f"- {line}" for line in manifest["attributions"])
    return f"Pieces under CC BY, with composer and the maintainer of the edition:\n\n{lines}\n\n" if lines else ""
