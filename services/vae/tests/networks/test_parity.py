"""PyTorch, in which the models are trained, and Magenta's `TrainedModel`, which serves them, agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

torch = pytest.importorskip("torch", reason="training only: `make train-vae` installs it")

from safetensors.numpy import load_file  # noqa: E402
from vae.models import checkpoint  # noqa: E402
from vae.models.sampling import WindowDraw  # noqa: E402
from vae.models.specs import BEATS, CHORD_CLASSES, ROLE_SPECS, RoleSpec  # noqa: E402
from vae.networks.role_model import RoleModel  # noqa: E402
from vae_training.model.music_vae import MusicVae  # type: ignore[import-not-found]  # noqa: E402

TOLERANCE = 1e-5


@pytest.mark.parametrize("steps", [32, 24])
@pytest.mark.parametrize("role", ["lead", "harmony", "bass", "drums"])
def test_both_give_the_same_numbers_and_tokens(role: str, steps: int, models: Path, tmp_path: Path) -> None:
    spec = ROLE_SPECS[role]
    shipped = checkpoint.find(models, role)
    net = MusicVae(spec)
    weights = load_file(shipped.weights)
    net.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in weights.items()})
    served = RoleModel(spec, checkpoint.prepare(shipped, tmp_path), batch_sizes=(8,))
    tokens = np.random.default_rng(1).integers(0, spec.classes, (5, steps, spec.voices))
    chords = np.random.default_rng(2).integers(0, CHORD_CLASSES, (5, BEATS))
    windows, told = torch.from_numpy(tokens if spec.voices > 1 else tokens[..., 0]), torch.from_numpy(chords)

    mean, deviation = served.encode(tokens, chords, steps)
    with torch.no_grad():
        their_mean, their_deviation = net.encode(windows, told)
    np.testing.assert_allclose(mean, their_mean.numpy(), atol=TOLERANCE)
    np.testing.assert_allclose(deviation, their_deviation.numpy(), atol=TOLERANCE)

    greedy = net.generate(their_mean, told, steps, temperature=0.0)
    drawn = greedy.numpy().reshape(len(tokens), steps, spec.voices)
    forced = only(drawn, spec)
    assert np.array_equal(served.decode(mean, chords, steps, forced), drawn)
    logits = served.logits(mean, chords, steps, forced)
    likeliest = logits.reshape(*drawn.shape, spec.classes).argmax(axis=-1)
    assert np.array_equal(likeliest, drawn)
    with torch.no_grad():
        before = torch.nn.functional.pad(net.one_hot(greedy)[:, :-1], (0, 0, 1, 0))
        expected = net.decode(their_mean, told, before).numpy()
    np.testing.assert_allclose(chances(logits, spec.classes), chances(expected, spec.classes), atol=TOLERANCE)


def only(tokens: npt.NDArray[np.int64], spec: RoleSpec) -> WindowDraw:
    """Let nothing but these tokens, shape (n, steps, voices), be drawn."""
    noise = np.zeros((*tokens.shape, spec.classes + 1), np.float32)
    kinds, begun = noise[..., : spec.first_sound + 1], noise[..., spec.first_sound + 1 :]
    np.put_along_axis(kinds, np.minimum(tokens, spec.first_sound)[..., None], 1e6, axis=-1)
    np.put_along_axis(begun, np.maximum(tokens - spec.first_sound, 0)[..., None], 1e6, axis=-1)
    return WindowDraw(np.zeros((*tokens.shape[:2], spec.classes), np.float32), noise, 1.0)


def chances(logits: npt.NDArray[np.float32], classes: int) -> npt.NDArray[np.float64]:
    """Turn logits into probabilities: logits reach 30, where float32 itself is no finer than a few millionths."""
    by_voice = torch.from_numpy(logits).unflatten(-1, (-1, classes)).double()
    return np.asarray(torch.softmax(by_voice, dim=-1).numpy())
