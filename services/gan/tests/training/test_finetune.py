"""Fine-tuning: rollouts, their scores by discriminators, and which events become more likely."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gan.measures import features
from gan.measures.ngrams import N_BUCKETS, extract_ngrams
from gan.model import WEIGHTS_NAME
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS, NetworkSizes
from gan.network.generator import log_probabilities
from gan.planning.generation_request import GenerationRequest, ResolvedRequest, resolve
from gan.planning.styles import Style
from gan.ranking.reranker import NgramClassifier
from gan_training.data.dataset import Batch  # type: ignore[import-not-found]
from gan_training.export import model_folder  # type: ignore[import-not-found]
from gan_training.finetune import discriminators, loop, policy_gradient, rollouts  # type: ignore[import-not-found]
from gan_training.generator import average_weights, likelihood, resume_from_release, training_run  # type: ignore[import-not-found]
from gan_training.ranking import ngram_classifier  # type: ignore[import-not-found]
from safetensors.torch import save_file
from score.encoding import OFF
from score.roles import ROLES, Role
from servicekit.model_folder import MANIFEST_NAME

SIBLINGS = 4


@pytest.fixture
def run(tmp_path: Path) -> training_run.TrainingRun:
    sizes = NetworkSizes(2, embedding=16, units=32, voice=12, critic=8)
    new = training_run.TrainingRun(training_run.TrainingConfig(seed=2), sizes, tmp_path, torch.device("cpu"))
    for weights in (new.generator.interval_weights, new.generator.copy_weights):
        weights.data.normal_()
    return new


def resolved_requests(styles: tuple[Style, ...], count: int = 2) -> list[ResolvedRequest]:
    requests = [
        GenerationRequest(seed, "funk", tonic=0, is_minor=False, n_bars=18, roles=ROLES) for seed in range(count)
    ]
    return [resolved for resolved in (resolve(one, styles) for one in requests) for _ in range(SIBLINGS)]


def sample(run: training_run.TrainingRun, styles: tuple[Style, ...]) -> tuple[rollouts.RolloutPlan, Batch]:
    plan = rollouts.build_plan(resolved_requests(styles), "4/4")
    return plan, rollouts.sample_rollouts(run, plan, 1)


def test_rollouts_follow_their_plans(run: training_run.TrainingRun, styles: tuple[Style, ...]) -> None:
    plan, sampled = sample(run, styles)
    assert sampled.events.shape == (2 * SIBLINGS, 18 * 16, N_CHANNELS)
    pieces = rollouts.to_pieces(sampled, plan)
    assert {(piece.style, piece.n_bars, piece.roles) for piece in pieces} == {("funk", 16, ROLES)}
    # Siblings have the same structure and pitch ranges.
    sources = plan.inputs.note_sources
    assert sources is not None
    lead = [channel == Role.LEAD for channel in CHANNEL_ROLES].index(True)
    repeated = np.argwhere(sources[:, :, 0] >= 0)
    assert len(repeated)
    for row, step in repeated[::7]:
        assert sampled.events[row, step, 0] == sampled.events[row, sources[row, step, 0], 0]
    for row, (lead_span, *_) in enumerate(np.asarray(plan.inputs.spans).tolist()):
        events = sampled.events[row, :, lead]
        assert np.ptp(events[events > OFF].numpy()) <= lead_span


def test_log_probabilities_are_of_what_was_sampled_alone(
    run: training_run.TrainingRun, styles: tuple[Style, ...]
) -> None:
    plan = rollouts.build_plan(resolved_requests(styles), "4/4")
    assert plan.inputs.rhythm_sources is not None
    plan.inputs.rhythm_sources[:, 16:32, -1] = np.arange(16)
    sampled = rollouts.sample_rollouts(run, plan, 1)
    with torch.no_grad():
        logits = run.generator.eval()(sampled.music, sampled.conditions)
        found = policy_gradient.sampled_log_probabilities(logits, sampled, plan.inputs)
        plain = log_probabilities(logits, sampled.events, sampled.conditions.roles)
    source, rhythm = (
        torch.from_numpy(np.asarray(part)) for part in (plan.inputs.note_sources, plan.inputs.rhythm_sources)
    )
    assert (found[source >= 0] == 0).all()
    # Temperature changes only the choice among notes: it makes likely ones more likely.
    is_free = (source < 0) & (rhythm < 0)
    other, note = is_free & (sampled.events <= OFF), is_free & (sampled.events > OFF)
    assert torch.allclose(found[other], plain[other], atol=1e-4)
    assert not torch.allclose(found[note], plain[note], atol=1e-3)
    # Where the structure gives the rhythm, only the pitch of a note was sampled.
    lead = N_CHANNELS - 1
    has_rhythm = ((rhythm >= 0) & (source < 0) & (sampled.events > OFF))[..., lead]
    expected = (logits[lead][..., OFF + 1 :] / 0.9).log_softmax(-1)[has_rhythm]
    notes = sampled.events[..., lead][has_rhythm] - OFF - 1
    assert len(notes) > 10
    assert torch.allclose(found[..., lead][has_rhythm], expected.gather(-1, notes[:, None])[:, 0], atol=1e-4)


def test_a_discriminator_uses_its_own_columns_only() -> None:
    random = np.random.default_rng(1)
    real, generated = random.normal(0, 1, (200, 3)), random.normal(0, 1, (200, 3))
    real[:, 0] += 2
    generated[:20, 1] = np.nan
    with_first, without = discriminators.Discriminator(np.array([0, 1])), discriminators.Discriminator(np.array([1, 2]))
    for discriminator in (with_first, without):
        discriminator.fit(real.astype(np.float32), generated.astype(np.float32))
    fresh = random.normal(0, 1, (200, 3)).astype(np.float32)
    shifted = fresh + np.array([2, 0, 0], np.float32)
    assert (with_first.score(shifted) - with_first.score(fresh)).mean() > 1
    assert np.array_equal(without.score(shifted), without.score(fresh))


def test_each_role_has_a_discriminator_of_its_features_and_those_it_shares() -> None:
    names = ["all.triads", "bass.notes", "drums.notes", "lead.notes", "lead-bass.tonal_distance"]
    built = discriminators.build_discriminators(names)
    assert [[names[column] for column in each.columns] for each in built] == [
        names[3:],
        [],
        ["bass.notes", names[4]],
        ["drums.notes"],
        names,
    ]


def test_advantages_are_relative_to_siblings() -> None:
    config = rollouts.FinetuneConfig(n_plans=2, n_siblings=2, all_roles_weight=0.5)
    scores = np.zeros((4, 5))
    scores[0, 0], scores[1, 0] = 3, 1
    scores[2:, 4] = 1, -1
    advantages = policy_gradient.role_advantages(scores, config)
    assert advantages.shape == (4, 4)
    assert advantages[0].tolist() == pytest.approx([2**0.5, 0, 0, 0])
    assert advantages[1].tolist() == pytest.approx([-(2**0.5), 0, 0, 0])
    assert advantages[2].tolist() == pytest.approx([0.5 * 2**0.5] * 4)


def test_what_a_discriminator_prefers_becomes_more_likely_in_its_role(
    run: training_run.TrainingRun, styles: tuple[Style, ...]
) -> None:
    plan, sampled = sample(run, styles)
    by_piece = np.zeros((2 * SIBLINGS, len(ROLES) + 1), np.float32)
    by_piece[:, ROLES.index(Role.LEAD)] = [1, -1] * SIBLINGS
    scores = discriminators.Scores(by_piece, np.zeros((1, 256, 1), np.float32), {})
    config = rollouts.FinetuneConfig(reward_weight=20.0)

    def lead_log_probabilities() -> torch.Tensor:
        with torch.no_grad():
            logits = run.generator.eval()(sampled.music, sampled.conditions)
        found: torch.Tensor = policy_gradient.sampled_log_probabilities(logits, sampled, plan.inputs)[:, :256].sum(1)
        return found

    before = lead_log_probabilities()
    likelihood.set_learning_rate(run.generator_optimizer, 1e-3)
    for _ in range(4):
        metrics = policy_gradient.policy_step(run, config, plan, sampled, scores, as_real(sampled))
    assert np.isfinite(list(metrics.values())).all()
    gain = lead_log_probabilities() - before
    preferred, other = gain[0::2], gain[1::2]
    assert (preferred[:, -1] > other[:, -1]).all()
    assert preferred[:, -1].mean() > 0 > other[:, -1].mean()


def test_notes_get_credit_for_their_ngrams_and_lines_none(
    run: training_run.TrainingRun, styles: tuple[Style, ...]
) -> None:
    plan, sampled = sample(run, styles)
    ngrams = [extract_ngrams(piece) for piece in rollouts.to_pieces(sampled, plan)]
    weights = np.zeros(N_BUCKETS, np.float32)
    weights[ngrams[0][Role.LEAD].ids[5:6]] = 1
    classifier = NgramClassifier(weights, np.ones(N_BUCKETS, np.float32), 0.0)
    classifiers = {**dict.fromkeys(ROLES, ngram_classifier.untrained()), Role.LEAD: classifier}
    credit = discriminators.note_credit(classifiers, ngrams, 256, 0.0)
    lead = credit[..., ROLES.index(Role.LEAD)]
    assert credit.shape == (2 * SIBLINGS, 256, len(ROLES))
    assert (credit[..., 1:] == 0).all()
    assert lead[0].argmax() == ngrams[0][Role.LEAD].onsets[5]
    assert np.allclose(lead.sum(1), 0, atol=1e-2)
    assert float((lead**2).mean()) == pytest.approx(1, abs=1e-3)
    discounted = discriminators.note_credit(classifiers, ngrams, 256, 0.5)
    before = ngrams[0][Role.LEAD].onsets[5] - 1
    assert discounted[0, before, 0] > lead[0, before]


def test_the_ensemble_is_fitted_after_its_warm_up(styles: tuple[Style, ...], run: training_run.TrainingRun) -> None:
    plan, sampled = sample(run, styles)
    pieces = rollouts.to_pieces(sampled, plan)
    real = [replace(piece, events={role: own * 0 + 1 for role, own in piece.events.items()}) for piece in pieces]
    planner = rollouts.RolloutPlanner.__new__(rollouts.RolloutPlanner)
    planner.feature_names, planner.real_table = features.table(real)
    planner.real_ngrams = [extract_ngrams(piece) for piece in real]
    config = rollouts.FinetuneConfig(n_warm_up_pieces=12, n_ngram_pieces=8)
    ensemble = discriminators.DiscriminatorEnsemble(planner, config)
    scores, credit, metrics = ensemble.score(pieces, refit=True)
    assert (ensemble.is_warm, scores.size, credit.size, metrics) == (False, 0, 0, {})
    scores, credit, metrics = ensemble.score(pieces, refit=True)
    assert ensemble.is_warm
    assert (scores.shape, credit.shape) == ((8, 5), (8, 256, 4))
    assert metrics["read_drums"] < 0


def as_real(sampled: Batch) -> Batch:
    """Return two rollouts as a batch of real music."""
    batch = sampled.take(torch.arange(2))
    return replace(batch, mask=torch.ones(2, 288), bar_shares=torch.zeros(2, 0))


def test_a_run_that_diverges_is_rolled_back_to_its_average(run: training_run.TrainingRun) -> None:
    guard = loop.DivergenceGuard(1.4)
    average = {name: value.clone() for name, value in run.average.state_dict().items()}
    run.generator.interval_weights.data.normal_()
    sum(weights.sum() for weights in run.generator.parameters()).backward()
    run.generator_optimizer.step()
    assert not any(guard.check(run, surprise) for surprise in [0.5] * 20 + [0.6])
    assert not torch.equal(run.generator.interval_weights, average["near"])
    assert guard.check(run, 0.8)
    assert all(torch.equal(value, average[name]) for name, value in run.generator.state_dict().items())
    assert not run.generator_optimizer.state


def test_an_average_has_the_steps_of_all_runs(run: training_run.TrainingRun, tmp_path: Path) -> None:
    run.step, run.finetuning_step, run.finetuning_s = 5, 2, 30.0
    training_run.write_plan(tmp_path, {"rate": 1e-3, "rehearsals": [{"seed": 1}]})
    run.critic.state_embedding.weight.data += 1
    run.log(cost=1.0)
    run.save()
    parent = run.average.interval_weights.data.clone()
    for seed, by in [(11, 1.0), (13, 3.0)]:
        continued = training_run.TrainingRun(run.config, run.sizes, tmp_path / str(seed), run.device)
        shutil.copytree(tmp_path, continued.folder, ignore=shutil.ignore_patterns("1*"))
        assert continued.resume()
        training_run.write_plan(
            continued.folder,
            {"rehearsals": [*training_run.read_plan(continued.folder)["rehearsals"], {"seed": seed}]},
        )
        continued.step, continued.finetuning_step, continued.finetuning_s = 15, 12, 70.0
        for network in (continued.generator, continued.average):
            network.interval_weights.data += by
        continued.log(cost=by)
        continued.save()
    average_weights.average_runs(tmp_path, [tmp_path / "11", tmp_path / "13"], tmp_path / "mean")
    averaged = training_run.TrainingRun(run.config, run.sizes, tmp_path / "mean", run.device)
    assert averaged.resume()
    assert torch.allclose(averaged.average.interval_weights, parent + 2)
    assert torch.equal(averaged.critic.state_embedding.weight, run.critic.state_embedding.weight)
    assert (averaged.step, averaged.finetuning_step, averaged.adversarial_step, averaged.finetuning_s) == (
        25,
        22,
        0,
        110.0,
    )
    assert [each["seed"] for each in training_run.read_plan(averaged.folder)["rehearsals"]] == [1, 11, 13]
    losses = [json.loads(line)["cost"] for line in training_run.read_metrics(averaged.folder)]
    assert losses == [1.0, 1.0, 3.0]


def test_a_released_model_becomes_the_run_that_it_was_exported_from(
    run: training_run.TrainingRun, tmp_path: Path
) -> None:
    run.save()
    training = {
        "rate": 1e-3,
        "rehearsals": [{"seed": 1}],
        "seed": 2,
        "steps": 9,
        "adversarial_steps": 2,
        "rehearsal_steps": 3,
        "seconds": 50,
        "of_which_rehearsing": 20,
        "note": "It went well.",
    }
    manifest = {"shape": run.sizes.as_dict(), "training": training, "learning_curve": [{"step": 5, "held_out": 1.5}]}
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(manifest))
    save_file(model_folder.network_tensors(torch.load(tmp_path / training_run.CHECKPOINT)), tmp_path / WEIGHTS_NAME)
    resume_from_release.resume_from_release(tmp_path, tmp_path / "again")
    resumed = training_run.TrainingRun(run.config, run.sizes, tmp_path / "again", run.device)
    assert resumed.resume()
    for network in (resumed.generator, resumed.average):
        assert torch.equal(network.interval_weights, run.average.interval_weights.half().float())
    assert torch.equal(resumed.critic.state_embedding.weight, run.critic.state_embedding.weight.half().float())
    assert (resumed.step, resumed.adversarial_step, resumed.finetuning_step) == (9, 2, 3)
    assert (resumed.elapsed_s, resumed.finetuning_s) == (30.0, 20.0)
    assert training_run.read_plan(resumed.folder) == {"rate": 1e-3, "rehearsals": [{"seed": 1}], "seed": 2}
    assert (resumed.folder / model_folder.NOTE_NAME).read_text() == "It went well.\n"
    assert json.loads(training_run.read_metrics(resumed.folder)[0])["held_out"] == 1.5
