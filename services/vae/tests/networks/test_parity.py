"""PyTorch, in which the models are trained, and Magenta's `TrainedModel`, which serves them, agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

torch = pytest.importorskip("torch", reason="training only: `make train-vae` installs it")

from safetensors.numpy import load_file  # noqa: E402
from score.chords import BEATS_PER_WINDOW, N_CHORDS  # noqa: E402
from vae.models import checkpoint  # noqa: E402
from vae.models.sampling import WindowSampling  # noqa: E402
from vae.models.specs import MODEL_SPECS, RoleSpec  # noqa: E402
from vae.networks.role_model import RoleModel  # noqa: E402
from vae_training.model.music_vae import MusicVae  # type: ignore[import-not-found]  # noqa: E402

TOLERANCE = 1e-5


@pytest.mark.parametrize("steps", [32, 24])
@pytest.mark.parametrize("name", ["lead", "harmony", "bass", "drums", "rhythm", "contour"])
def test_both_give_the_same_numbers_and_tokens(name: str, steps: int, models: Path, tmp_path: Path) -> None:
    spec = MODEL_SPECS[name]
    shipped = checkpoint.find_shipped_model(models, name)
    net = MusicVae(spec)
    weights = load_file(shipped.weights_path)
    net.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in weights.items()})
    served = RoleModel(spec, checkpoint.ensure_checkpoint(shipped, tmp_path), batch_sizes=(8,))
    tokens = np.random.default_rng(1).integers(0, spec.n_classes, (5, steps, spec.n_voices))
    chords = np.random.default_rng(2).integers(0, N_CHORDS, (5, BEATS_PER_WINDOW))
    windows, windows_chords = (
        torch.from_numpy(tokens if spec.n_voices > 1 else tokens[..., 0]),
        torch.from_numpy(chords),
    )

    mean, deviation = served.encode(tokens, chords, steps)
    with torch.no_grad():
        their_mean, their_deviation = net.encode(windows, windows_chords)
    np.testing.assert_allclose(mean, their_mean.numpy(), atol=TOLERANCE)
    np.testing.assert_allclose(deviation, their_deviation.numpy(), atol=TOLERANCE)

    greedy = net.generate(their_mean, windows_chords, steps, temperature=0.0)
    their_tokens = greedy.numpy().reshape(len(tokens), steps, spec.n_voices)
    forced = force(their_tokens, spec)
    assert np.array_equal(served.decode(mean, chords, steps, forced), their_tokens)
    logits = served.logits(mean, chords, steps, forced)
    likeliest = logits.reshape(*their_tokens.shape, spec.n_classes).argmax(axis=-1)
    assert np.array_equal(likeliest, their_tokens)
    with torch.no_grad():
        before = torch.nn.functional.pad(net.one_hot(greedy)[:, :-1], (0, 0, 1, 0))
        expected = net.decode(their_mean, windows_chords, before).numpy()
    np.testing.assert_allclose(
        probabilities(logits, spec.n_classes), probabilities(expected, spec.n_classes), atol=TOLERANCE
    )


def force(tokens: npt.NDArray[np.int64], spec: RoleSpec) -> WindowSampling:
    """Return what samples exactly these tokens, shape (n, n_steps, n_voices)."""
    noise = np.zeros((*tokens.shape, spec.n_classes + 1), np.float32)
    rests, onsets = noise[..., : spec.first_onset_token + 1], noise[..., spec.first_onset_token + 1 :]
    np.put_along_axis(rests, np.minimum(tokens, spec.first_onset_token)[..., None], 1e6, axis=-1)
    np.put_along_axis(onsets, np.maximum(tokens - spec.first_onset_token, 0)[..., None], 1e6, axis=-1)
    return WindowSampling(np.zeros((*tokens.shape[:2], spec.n_classes), np.float32), noise, 1.0)


def probabilities(logits: npt.NDArray[np.float32], n_classes: int) -> npt.NDArray[np.float64]:
    """Convert logits to probabilities: logits reach 30, where float32 itself is no finer than a few millionths."""
    by_voice = torch.from_numpy(logits).unflatten(-1, (-1, n_classes)).double()
    return np.asarray(torch.softmax(by_voice, dim=-1).numpy())
