"""Training against judges of whole pieces: what is drawn, how it is judged, and what becomes likelier."""

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
from gan.planning.generation_request import GenerationRequest, ResolvedRequest, resolve
from gan.planning.styles import Style
from gan.ranking.reranker import NgramClassifier
from gan_training.data import dataset  # type: ignore[import-not-found]
from gan_training.export import model_folder  # type: ignore[import-not-found]
from gan_training.finetune import discriminators, policy_gradient, rollouts  # type: ignore[import-not-found]
from gan_training.generator import average_weights, resume_from_release, train, training_run  # type: ignore[import-not-found]
from gan_training.ranking import ngram_classifier  # type: ignore[import-not-found]
from safetensors.torch import save_file
from score.encoding import OFF
from score.roles import ROLES, Role
from servicekit.model_folder import MANIFEST_NAME

SIBLINGS = 4


@pytest.fixture
def run(tmp_path: Path) -> training_run.Run:
    shape = NetworkSizes(2, embedding=16, units=32, voice=12, critic=8)
    made = training_run.Run(training_run.Plan(seed=2), shape, tmp_path, torch.device("cpu"))
    for weights in (made.generator.interval_weights, made.generator.copy_weights):
        weights.data.normal_()
    return made


def briefs(styles: tuple[Style, ...], count: int = 2) -> list[ResolvedRequest]:
    wishes = [GenerationRequest(seed, "funk", tonic=0, is_minor=False, n_bars=18, roles=ROLES) for seed in range(count)]
    return [brief for brief in (resolve(wish, styles) for wish in wishes) for _ in range(SIBLINGS)]


def drawn(run: training_run.Run, styles: tuple[Style, ...]) -> tuple[rollouts.Plans, dataset.Batch]:
    plans = rollouts.lay_out(briefs(styles), "4/4")
    return plans, policy_gradient.draw(run, plans, 1)


def test_pieces_are_drawn_as_the_service_draws_them(run: training_run.Run, styles: tuple[Style, ...]) -> None:
    plans, made = drawn(run, styles)
    assert made.events.shape == (2 * SIBLINGS, 18 * 16, N_CHANNELS)
    pieces = policy_gradient.pieces_of(made, plans)
    assert {(piece.style, piece.n_bars, piece.roles) for piece in pieces} == {("funk", 16, ROLES)}
    # Forms are obeyed, and so are compasses: both are the same among siblings.
    source = plans.drawing.note_sources
    assert source is not None
    lead = [channel == Role.LEAD for channel in CHANNEL_ROLES].index(True)
    again = np.argwhere(source[:, :, 0] >= 0)
    assert len(again)
    for row, step in again[::7]:
        assert made.events[row, step, 0] == made.events[row, source[row, step, 0], 0]
    for row, (wide, *_) in enumerate(np.asarray(plans.drawing.spans).tolist()):
        struck = made.events[row, :, lead]
        assert np.ptp(struck[struck > OFF].numpy()) <= wide


def test_chances_are_of_what_was_drawn_alone(run: training_run.Run, styles: tuple[Style, ...]) -> None:
    plans = rollouts.lay_out(briefs(styles), "4/4")
    assert plans.drawing.rhythm_sources is not None
    plans.drawing.rhythm_sources[:, 16:32, -1] = np.arange(16)
    made = policy_gradient.draw(run, plans, 1)
    with torch.no_grad():
        logits = run.generator.eval()(made.music, made.asked)
        found = policy_gradient.chances_as_drawn(logits, made, plans.drawing)
        plain = train.log_probabilities(logits, made.events, made.asked.roles)
    source, rhythm = (
        torch.from_numpy(np.asarray(part)) for part in (plans.drawing.note_sources, plans.drawing.rhythm_sources)
    )
    assert (found[source >= 0] == 0).all()
    # Where nothing begins, temperature changes nothing; of notes it makes likely ones likelier.
    free = (source < 0) & (rhythm < 0)
    quiet, begun = free & (made.events <= OFF), free & (made.events > OFF)
    assert torch.allclose(found[quiet], plain[quiet], atol=1e-4)
    assert not torch.allclose(found[begun], plain[begun], atol=1e-3)
    # Where the form tells that a note begins, which one it is was drawn, and nothing else.
    lead = N_CHANNELS - 1
    led = ((rhythm >= 0) & (source < 0) & (made.events > OFF))[..., lead]
    cooled = (logits[lead][..., OFF + 1 :] / 0.9).log_softmax(-1)[led]
    notes = made.events[..., lead][led] - OFF - 1
    assert len(notes) > 10
    assert torch.allclose(found[..., lead][led], cooled.gather(-1, notes[:, None])[:, 0], atol=1e-4)


def test_a_judge_tells_real_from_made_by_its_own_columns() -> None:
    random = np.random.default_rng(1)
    real, made = random.normal(0, 1, (200, 3)), random.normal(0, 1, (200, 3))
    real[:, 0] += 2
    made[:20, 1] = np.nan
    seeing, blind = discriminators.Judge(np.array([0, 1])), discriminators.Judge(np.array([1, 2]))
    for judge in (seeing, blind):
        judge.learn(real.astype(np.float32), made.astype(np.float32))
    fresh = random.normal(0, 1, (200, 3)).astype(np.float32)
    lifted = fresh + np.array([2, 0, 0], np.float32)
    assert (seeing.score(lifted) - seeing.score(fresh)).mean() > 1
    assert np.array_equal(blind.score(lifted), blind.score(fresh))


def test_each_role_has_a_judge_that_hears_it_alone_and_with_others() -> None:
    names = ["all.triads", "bass.notes", "drums.notes", "lead.notes", "lead-bass.tonal_distance"]
    heard = [[names[column] for column in judge.columns] for judge in discriminators.judges_of(names)]
    assert heard == [names[3:], [], ["bass.notes", names[4]], ["drums.notes"], names]


def test_merits_are_relative_to_siblings() -> None:
    plan = rollouts.Plan(plans=2, siblings=2, band_weight=0.5)
    scores = np.zeros((4, 5))
    scores[0, 0], scores[1, 0] = 3, 1
    scores[2:, 4] = 1, -1
    merit = policy_gradient.merits(scores, plan)
    assert merit.shape == (4, 4)
    assert merit[0].tolist() == pytest.approx([2**0.5, 0, 0, 0])
    assert merit[1].tolist() == pytest.approx([-(2**0.5), 0, 0, 0])
    assert merit[2].tolist() == pytest.approx([0.5 * 2**0.5] * 4)


def test_what_a_judge_likes_becomes_likelier_in_the_role_that_it_hears(
    run: training_run.Run, styles: tuple[Style, ...]
) -> None:
    plans, made = drawn(run, styles)
    merit = np.zeros((2 * SIBLINGS, len(ROLES)), np.float32)
    merit[:, ROLES.index(Role.LEAD)] = [1, -1] * SIBLINGS
    plan = rollouts.Plan(weight=20.0)

    def chances() -> torch.Tensor:
        with torch.no_grad():
            logits = run.generator.eval()(made.music, made.asked)
        found: torch.Tensor = policy_gradient.chances_as_drawn(logits, made, plans.drawing)[:, :256].sum(1)
        return found

    before = chances()
    train.set_rate(run.generator_steps, 1e-3)
    for _ in range(4):
        facts = policy_gradient.take_step(run, plan, plans, made, merit, np.zeros((1, 256, 1)), made_real(made))
    assert np.isfinite(list(facts.values())).all()
    gained = chances() - before
    liked, not_liked = gained[0::2], gained[1::2]
    assert (liked[:, -1] > not_liked[:, -1]).all()
    assert liked[:, -1].mean() > 0 > not_liked[:, -1].mean()


def test_notes_that_a_reader_likes_become_likelier_and_no_line_as_a_whole(
    run: training_run.Run, styles: tuple[Style, ...]
) -> None:
    plans, made = drawn(run, styles)
    texts = [extract_ngrams(piece) for piece in policy_gradient.pieces_of(made, plans)]
    liked = texts[0][Role.LEAD].ids[5:6]
    weights = np.zeros(N_BUCKETS, np.float32)
    weights[liked] = 1
    reader = NgramClassifier(weights, np.ones(N_BUCKETS, np.float32), 0.0)
    said = discriminators.read({**dict.fromkeys(ROLES, ngram_classifier.unread()), Role.LEAD: reader}, texts, 256, 0.0)
    lead = said[..., ROLES.index(Role.LEAD)]
    assert said.shape == (2 * SIBLINGS, 256, len(ROLES))
    assert (said[..., 1:] == 0).all()
    assert lead[0].argmax() == texts[0][Role.LEAD].onsets[5]
    assert np.allclose(lead.sum(1), 0, atol=1e-2)
    assert float((lead**2).mean()) == pytest.approx(1, abs=1e-3)
    far = discriminators.read({**dict.fromkeys(ROLES, ngram_classifier.unread()), Role.LEAD: reader}, texts, 256, 0.5)
    before = texts[0][Role.LEAD].onsets[5] - 1
    assert far[0, before, 0] > lead[0, before]


def test_ears_learn_from_what_they_heard_before(styles: tuple[Style, ...], run: training_run.Run) -> None:
    plans, made = drawn(run, styles)
    pieces = policy_gradient.pieces_of(made, plans)
    real = [replace(piece, events={role: own * 0 + 1 for role, own in piece.events.items()}) for piece in pieces]
    theatre = rollouts.Stage.__new__(rollouts.Stage)
    theatre.names, theatre.real = features.table(real)
    theatre.texts = [extract_ngrams(piece) for piece in real]
    heard = discriminators.Ears(theatre, rollouts.Plan(first=12, reread=8))
    scores, local, facts = heard.hear(pieces, learn=True)
    assert (heard.have_heard_enough, scores.size, local.size, facts) == (False, 0, 0, {})
    scores, local, facts = heard.hear(pieces, learn=True)
    assert heard.have_heard_enough
    assert (scores.shape, local.shape) == ((8, 5), (8, 256, 4))
    assert facts["read_drums"] < 0


def made_real(made: dataset.Batch) -> dataset.Batch:
    """Let what was made be learnt as real, on every step alike."""
    batch = made.take(torch.arange(2))
    return dataset.Batch(batch.music, batch.events, batch.asked, torch.ones(2, 288), batch.origin, torch.zeros(2, 0))


def test_a_rehearsal_that_falls_apart_goes_back_to_its_average(run: training_run.Run) -> None:
    calm = policy_gradient.Calm(1.4)
    sound = {name: value.clone() for name, value in run.average.state_dict().items()}
    run.generator.interval_weights.data.normal_()
    sum(weights.sum() for weights in run.generator.parameters()).backward()
    run.generator_steps.step()
    assert not any(calm.keep(run, surprise) for surprise in [0.5] * 20 + [0.6])
    assert not torch.equal(run.generator.interval_weights, sound["near"])
    assert calm.keep(run, 0.8)
    assert all(torch.equal(value, sound[name]) for name, value in run.generator.state_dict().items())
    assert not run.generator_steps.state


def test_the_mean_of_rehearsals_tells_what_all_of_them_took(run: training_run.Run, tmp_path: Path) -> None:
    run.step, run.rehearsal_step, run.rehearsed_s = 5, 2, 30.0
    training_run.write_plan(tmp_path, {"rate": 1e-3, "rehearsals": [{"seed": 1}]})
    run.critic.state_embedding.weight.data += 1
    run.log(cost=1.0)
    run.save()
    begun = run.average.interval_weights.data.clone()
    for seed, by in [(11, 1.0), (13, 3.0)]:
        went = training_run.Run(run.plan, run.shape, tmp_path / str(seed), run.device)
        shutil.copytree(tmp_path, went.folder, ignore=shutil.ignore_patterns("1*"))
        assert went.resume()
        training_run.write_plan(
            went.folder, {"rehearsals": [*training_run.read_plan(went.folder)["rehearsals"], {"seed": seed}]}
        )
        went.step, went.rehearsal_step, went.rehearsed_s = 15, 12, 70.0
        for network in (went.generator, went.average):
            network.interval_weights.data += by
        went.log(cost=by)
        went.save()
    average_weights.mean(tmp_path, [tmp_path / "11", tmp_path / "13"], tmp_path / "mean")
    made = training_run.Run(run.plan, run.shape, tmp_path / "mean", run.device)
    assert made.resume()
    assert torch.allclose(made.average.interval_weights, begun + 2)
    assert torch.equal(made.critic.state_embedding.weight, run.critic.state_embedding.weight)
    assert (made.step, made.rehearsal_step, made.adversarial_step, made.rehearsed_s) == (25, 22, 0, 110.0)
    assert [each["seed"] for each in training_run.read_plan(made.folder)["rehearsals"]] == [1, 11, 13]
    told = [json.loads(line)["cost"] for line in (made.folder / training_run.METRICS).read_text().splitlines()]
    assert told == [1.0, 1.0, 3.0]


def test_a_model_becomes_the_run_that_it_was_made_of(run: training_run.Run, tmp_path: Path) -> None:
    run.save()
    told = {
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
    manifest = {"shape": run.shape.as_dict(), "training": told, "learning_curve": [{"step": 5, "held_out": 1.5}]}
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(manifest))
    save_file(model_folder.network_tensors(torch.load(tmp_path / training_run.CHECKPOINT)), tmp_path / WEIGHTS_NAME)
    resume_from_release.reopen(tmp_path, tmp_path / "again")
    made = training_run.Run(run.plan, run.shape, tmp_path / "again", run.device)
    assert made.resume()
    for network in (made.generator, made.average):
        assert torch.equal(network.interval_weights, run.average.interval_weights.half().float())
    assert torch.equal(made.critic.state_embedding.weight, run.critic.state_embedding.weight.half().float())
    assert (made.step, made.adversarial_step, made.rehearsal_step) == (9, 2, 3)
    assert (made.elapsed_s, made.rehearsed_s) == (30.0, 20.0)
    assert training_run.read_plan(made.folder) == {"rate": 1e-3, "rehearsals": [{"seed": 1}], "seed": 2}
    assert (made.folder / model_folder.NOTE_NAME).read_text() == "It went well.\n"
    assert json.loads(training_run.read_metrics(made.folder)[0])["held_out"] == 1.5
