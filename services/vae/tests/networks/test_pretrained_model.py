"""Models as Magenta publishes them, from checkpoints that Magenta's own code writes: its nets at full size."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score import midi
from score.roles import Role
from servicekit.faults import ModelMismatch
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.models.pretrained_spec import PretrainedSpec
from vae.models.sampling import SamplingParams, WindowSampling
from vae.models.specs import ROLE_SPECS
from vae.networks.magenta_imports import CONFIG_MAP, TrainedModel, tf
from vae.networks.pretrained_model import PretrainedModel
from vae.pieces.piece import Piece, read_midi
from vae.settings import Settings

import note_seq  # isort: skip  (importable once Magenta is)

Band = Callable[..., bytes]
# Magenta is written for TensorFlow 1: each of its layers is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

MELODY, DRUMS = "cat-mel_2bar_big", "cat-drums_2bar_small"


def saved_by_magenta(name: str, folder: Path) -> PretrainedSpec:
    """Build a config as Magenta does, at full size with random weights, and let TensorFlow save it."""
    config = copy.deepcopy(CONFIG_MAP[name])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(5)
        config.model.build(config.hparams, config.data_converter.output_depth, is_training=False)
        z = tf.zeros([1, config.hparams.z_size])
        config.model.sample(1, max_length=2, z=z, temperature=1.0)
        config.model.encode(tf.zeros([1, 32, config.data_converter.input_depth]), tf.constant([32]))
        session.run(tf.global_variables_initializer())
        prefix = tf.train.Saver().save(session, str(folder / "model.ckpt"), write_meta_graph=False)
    return PretrainedSpec(name, Path(prefix))


@pytest.fixture(scope="module")
def melody(tmp_path_factory: pytest.TempPathFactory) -> PretrainedSpec:
    return saved_by_magenta(MELODY, tmp_path_factory.mktemp("melody"))


@pytest.fixture(scope="module")
def drums(tmp_path_factory: pytest.TempPathFactory) -> PretrainedSpec:
    return saved_by_magenta(DRUMS, tmp_path_factory.mktemp("drums"))


@pytest.fixture(params=[pytest.param(Role.LEAD, marks=pytest.mark.slow), Role.DRUMS])
def role(request: pytest.FixtureRequest) -> Role:
    return Role(request.param)


@pytest.fixture
def pretrained(role: Role, request: pytest.FixtureRequest) -> PretrainedSpec:
    named: PretrainedSpec = request.getfixturevalue("melody" if role is Role.LEAD else "drums")
    return named


def windows(band: Band, role: Role) -> npt.NDArray[np.int64]:
    """Cut four windows that differ."""
    pieces = [read_midi(band(4, seed=seed)) for seed in (1, 2)]
    cut = np.concatenate([piece.windows[role] for piece in pieces]).astype(np.int64)[..., None]
    if role is Role.DRUMS:
        cut[1, ::4] |= 8
        cut[2, 2::8] |= 256
    return cut


def note_sequence(tokens: npt.NDArray[np.int64], role: Role) -> Any:
    """Write a window as Magenta's NoteSequence, at 120 beats a minute."""
    sequence = note_seq.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=120)
    for step, token in enumerate(tokens[:, 0].tolist()):
        first = [36, 38, 42, 46, 45, 48, 50, 49, 51]
        strokes = [first[index] for index in range(9) if token >> index & 1]
        pitches = strokes if role is Role.DRUMS else [token + 19] if token > 1 else []
        for pitch in pitches:
            ends = step + (1 if role is Role.DRUMS else 2)
            note = sequence.notes.add(pitch=pitch, velocity=90, start_time=step / 8, end_time=ends / 8)
            note.is_drum = role is Role.DRUMS
    sequence.total_time = 4.0
    return sequence


def test_its_encoder_and_decoder_give_the_numbers_of_magentas_own(
    role: Role, pretrained: PretrainedSpec, band: Band
) -> None:
    spec, tokens, chords = ROLE_SPECS[role.value], windows(band, role), np.zeros((4, 8), np.int64)
    own, theirs = PretrainedModel(spec, pretrained), stock(pretrained)
    _, mean, deviation = theirs.encode([note_sequence(each, role) for each in tokens])
    found = own.encode(tokens, chords, 32)
    np.testing.assert_allclose(found[0], mean, atol=1e-5)
    np.testing.assert_allclose(found[1], deviation, atol=1e-5)
    assert mean.shape == (4, 512 if role is Role.LEAD else 256)
    assert np.abs(mean[0] - mean[1]).max() > 1e-4

    _, logits, vectors, _ = theirs.decode_to_tensors(mean, length=32, return_full_results=True)
    forced = force(vectors.argmax(axis=-1)[..., None], spec.n_classes, spec.first_onset_token)
    assert np.array_equal(own.decode(mean, chords, 32, forced)[..., 0], vectors.argmax(axis=-1))
    np.testing.assert_allclose(own.logits(mean, chords, 32, forced), logits, atol=1e-5)


def stock(pretrained: PretrainedSpec) -> Any:
    """Load a checkpoint as Magenta's users do."""
    return TrainedModel(CONFIG_MAP[pretrained.config], 4, checkpoint_dir_or_path=str(pretrained.checkpoint))


def force(tokens: npt.NDArray[np.int64], n_classes: int, first_onset: int) -> WindowSampling:
    """Return what samples exactly these tokens, shape (n, n_steps, 1)."""
    noise = np.zeros((*tokens.shape, n_classes + 1), np.float32)
    rests, onsets = noise[..., : first_onset + 1], noise[..., first_onset + 1 :]
    np.put_along_axis(rests, np.minimum(tokens, first_onset)[..., None], 1e6, axis=-1)
    np.put_along_axis(onsets, np.maximum(tokens - first_onset, 0)[..., None], 1e6, axis=-1)
    return WindowSampling(np.zeros((*tokens.shape[:2], n_classes), np.float32), noise, 1.0)


def with_own(registry: ModelRegistry, pretrained: dict[Role, PretrainedSpec]) -> ModelRegistry:
    """Return a registry in which Magenta's own models replace those of these roles."""
    other = ModelRegistry(registry._models, registry.digests)
    other._add_pretrained(pretrained)
    return other


def blended(registry: ModelRegistry, pieces: list[Piece]) -> BlendResult:
    return run_to_end(
        blend(registry, pieces, BlendOptions(BlendWeights(0.5), temperature=0.5, seed=3, is_unconstrained=True))
    )


def test_it_plays_its_role_and_leaves_the_others(registry: ModelRegistry, drums: PretrainedSpec, band: Band) -> None:
    own = with_own(registry, {Role.DRUMS: drums})
    pieces = [read_midi(band(8, seed=seed)) for seed in (1, 2)]
    pieces[1].windows[Role.DRUMS][:, 2::8] |= 8
    first, second, shipped = blended(own, pieces), blended(own, pieces), blended(registry, pieces)
    assert first.grid == second.grid
    assert not np.array_equal(first.grid.events[Role.DRUMS], shipped.grid.events[Role.DRUMS])
    assert np.array_equal(first.grid.events[Role.HARMONY], shipped.grid.events[Role.HARMONY])
    assert own.digests[Role.LEAD] == registry.digests[Role.LEAD]
    assert own.digests[Role.DRUMS] not in (
        registry.digests[Role.DRUMS],
        PretrainedSpec("other", drums.checkpoint).digest("drums"),
    )
    assert "SHIPPED_MODEL_USED" not in {notice.reason for notice in first.notices}


@pytest.mark.slow
def test_a_lead_of_512_numbers_a_window_blends(registry: ModelRegistry, melody: PretrainedSpec, band: Band) -> None:
    own = with_own(registry, {Role.LEAD: melody})
    grid = blended(own, [read_midi(band(4, seed=seed)) for seed in (1, 2)]).grid
    assert own.latent_size(Role.LEAD, 32) == 512
    assert own.latent_size(Role.BASS, 32) == 256
    assert (grid.events[Role.LEAD] > 1).any()


def test_in_other_meters_the_shipped_model_is_used_and_a_notice_reports_it(
    registry: ModelRegistry, drums: PretrainedSpec
) -> None:
    beat = np.tile(np.array([1, 0, 4, 0, 4, 0, 2, 0, 4, 0, 4, 0], np.int16), 4)
    waltz = midi.write(grids.to_score(grids.from_events("3/4", {Role.DRUMS: beat})))
    pieces = [read_midi(waltz), read_midi(waltz)]
    found = blended(with_own(registry, {Role.DRUMS: drums}), pieces)
    assert found.grid == blended(registry, pieces).grid
    assert [notice.message for notice in found.notices if notice.reason == "SHIPPED_MODEL_USED"] == [
        "The model set for the drums knows only 4/4: in 3/4 Segue's own model is used."
    ]


@pytest.mark.parametrize(
    ("role", "config", "message"),
    [
        (
            Role.DRUMS,
            "cat-drums_2bar_tiny",
            "'cat-drums_2bar_tiny' is not a usable config of Magenta's for drums: choose one of cat",
        ),
        (Role.LEAD, DRUMS, "not a usable config of Magenta's for lead: choose one of cat-mel_2bar_big"),
        (Role.LEAD, "cat-mel_2bar_med_chords", "not a usable config of Magenta's for lead"),
        (Role.HARMONY, MELODY, "for harmony: choose one of none"),
        (Role.DRUMS, "cat-drums_2bar_big", "does not hold the weights of cat-drums_2bar_big"),
        (Role.LEAD, MELODY, "does not hold the weights of cat-mel_2bar_big"),
    ],
)
def test_what_does_not_fit_is_refused(drums: PretrainedSpec, role: Role, config: str, message: str) -> None:
    with pytest.raises(ModelMismatch, match=message):
        PretrainedModel(ROLE_SPECS[role.value], PretrainedSpec(config, drums.checkpoint))


def test_a_checkpoint_that_is_not_there_is_refused(registry: ModelRegistry, tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match=r"no checkpoint for drums at .*model.ckpt: name its prefix"):
        with_own(registry, {Role.DRUMS: PretrainedSpec(DRUMS, tmp_path / "model.ckpt")})


def test_settings_name_checkpoints_and_their_configs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().pretrained == {}
    monkeypatch.setenv("VAE_LEAD_CHECKPOINT", "/models/mel.tar")
    monkeypatch.setenv("VAE_DRUMS_CHECKPOINT", "/models/drums.ckpt")
    monkeypatch.setenv("VAE_DRUMS_CONFIG", "cat-drums_2bar_big")
    assert Settings().pretrained == {
        Role.LEAD: PretrainedSpec(MELODY, Path("/models/mel.tar")),
        Role.DRUMS: PretrainedSpec("cat-drums_2bar_big", Path("/models/drums.ckpt")),
    }


def test_other_seeds_give_other_samples(drums: PretrainedSpec) -> None:
    model, spec = PretrainedModel(ROLE_SPECS["drums"], drums), ROLE_SPECS["drums"]
    z, chords = np.ones((3, 256), np.float32), np.zeros((3, 8), np.int64)
    once, again, other = (
        model.decode(z, chords, 32, SamplingParams(spec, seed, 1.0).for_windows(0, 3, 32)) for seed in (1, 1, 2)
    )
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
