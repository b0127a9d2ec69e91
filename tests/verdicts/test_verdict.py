import json
from dataclasses import replace

import numpy as np
import pytest
from made_results import SVM, SVM_NEUTRAL, SVM_NORM, Made, method

from sabench.errors import ResultsError
from sabench.interfaces.records import Access
from sabench.results.folder import Results
from sabench.stats.metrics import scores
from sabench.verdicts import verdict as verdicts
from sabench.verdicts.entries import Entry, entries
from sabench.verdicts.wording import p_words

NET = method("net")
DEEP = method("deep", access=Access(neutral=1))


@pytest.fixture
def made(tmp_path):
    return Made(Results(tmp_path), n_speakers=10)


@pytest.fixture
def shared(tmp_path):
    return Made(Results(tmp_path), protocol="challenge", n_speakers=10, per_class=12)


def verdict(made, **options):
    first, second = entries(made.results)
    return verdicts.compare(first, second, **options)


def test_a_clear_gain_is_told_with_interval_p_and_price(made):
    made.run(SVM_NORM, 0.9)
    made.run(SVM, 0.4)
    found = verdict(made)
    effect = found.comparison.effect
    size = f"{100 * effect.value:.1f} points [95% CI {100 * effect.low:.1f}, {100 * effect.high:.1f}]"
    assert found.sentence == (
        f"svm-norm beats svm on emodb 3class by {size}, p = 0.002, at the price of transductive access."
    )


def test_the_better_method_is_named_first_whatever_the_order(made):
    made.run(SVM, 0.4)
    made.run(SVM_NEUTRAL, 0.9)
    found = verdict(made)
    assert found.sentence.startswith("svm-neutral beats svm on emodb 3class by ")
    assert found.sentence.endswith("at the price of 1 neutral utterance a speaker.")
    assert found.comparison.effect.high < 0
    assert "[95% CI -" not in found.sentence


def test_the_same_skill_cannot_be_told_apart(made):
    made.run(SVM_NORM, 0.6)
    made.run(SVM, 0.6)
    assert verdict(made).sentence.startswith("svm")
    assert "cannot be told apart on emodb 3class: a difference of" in verdict(made).sentence


def test_the_smallest_attainable_p_is_told(made):
    made.run(SVM_NORM)
    made.run(SVM)
    assert "over 10 speakers, all permutations counted; the smallest attainable p is 0.002" in verdict(made).notes[0]


def test_too_few_speakers_for_any_verdict_are_told(tmp_path):
    made = Made(Results(tmp_path), n_speakers=4)
    made.run(SVM_NORM, 1.0)
    made.run(SVM, 0.0)
    found = verdict(made)
    start = "svm-norm and svm cannot be told apart on emodb 3class: a difference of 100.0 points, p = "
    assert found.sentence.startswith(start)
    assert found.sentence.endswith(" With 4 speakers no difference, however large, can be significant.")
    assert found.json()["low"] is found.json()["detectable"] is None


def test_one_seed_of_a_shared_model_gives_words_about_trained_models_only(shared):
    shared.run(DEEP, 0.9, stochastic=True)
    shared.run(NET, 0.5, stochastic=True)
    found = verdict(shared)
    assert found.sentence.startswith("These trained models differ on emodb 3class: deep is ahead of net by ")
    assert any("a verdict on methods needs 5 seeds" in note and "deep has 1, net has 1" in note for note in found.notes)
    assert not found.json()["significant"]


def test_enough_seeds_of_a_shared_model_give_a_verdict_over_both(shared):
    for seed in range(5):
        shared.run(DEEP, 0.9, seed=seed, stochastic=True)
        shared.run(NET, 0.5, seed=seed, stochastic=True)
    found = verdict(shared)
    assert found.sentence.startswith("deep beats net")
    (note,) = (note for note in found.notes if "over seeds p" in note)
    assert f"over both together {p_words(found.comparison.p_both)}; the verdict needs all three" in note
    assert found.json()["p_both"] == found.comparison.p_both


def test_fewer_seeds_are_enough_where_the_caller_says_so(shared):
    for seed in range(3):
        shared.run(DEEP, 0.9, seed=seed, stochastic=True)
        shared.run(NET, 0.5, seed=seed, stochastic=True)
    assert verdict(shared, min_seeds=3).sentence.startswith("deep beats net")
    assert verdict(shared).sentence.startswith("These trained models differ")


def test_a_shared_model_without_chance_needs_one_seed(shared):
    shared.run(SVM_NORM, 0.9)
    shared.run(SVM, 0.5)
    assert verdict(shared).sentence.startswith("svm-norm beats svm")


def test_seeds_of_one_method_are_no_verdict(made):
    runs = [made.run(NET, 0.6, seed=seed, stochastic=True) for seed in (0, 1)]
    one, other = (Entry(made.results, (run,)) for run in runs)
    found = verdicts.compare(one, other)
    assert found.sentence.startswith("Seeds 1 and 0 of net on emodb 3class differ by ")
    assert found.sentence.endswith("; they are one method: this is chance in training.")


def test_seeds_of_one_method_are_not_told_to_bring_more_seeds(shared):
    runs = [shared.run(NET, 0.6, seed=seed, stochastic=True) for seed in (0, 1)]
    found = verdicts.compare(*(Entry(shared.results, (run,)) for run in runs))
    assert not any("needs 5 seeds" in note for note in found.notes)


def test_a_control_is_told_as_another_enrolment_of_one_model(shared):
    draws = ("first", "other-speaker")
    shared.run(DEEP, draws=draws, draw_skill={"first": 0.9, "other-speaker": 0.4}, stochastic=True)
    found = verdict(shared)
    assert found.sentence.startswith(
        "With these trained models, deep on emodb 3class scores higher enrolled by first than enrolled by "
        "other-speaker, by "
    )
    assert any("whether models of other seeds would show the same needs 5 seeds" in note for note in found.notes)
    assert not found.json()["significant"]


def two_forms_of_one_model(made, seeds):
    """Return a method, and the same with an evaluation parameter changed, so that their fits are one."""
    skills = {"first": 0.9, "other": 0.4}
    runs = [made.run(DEEP, draws=skills, draw_skill=skills, seed=seed, stochastic=True) for seed in range(seeds)]
    changed = replace(DEEP, access=Access(neutral=5), variant="neutral=5")
    others = (replace(run, method=changed, evaluations={"first": run.evaluations["other"]}) for run in runs)
    return Entry(made.results, tuple(runs)), Entry(made.results, tuple(others))


def test_two_forms_of_one_trained_model_give_words_about_it_only(shared):
    found = verdicts.compare(*two_forms_of_one_model(shared, seeds=1))
    assert found.sentence.startswith("With these trained models, deep beats deep (neutral=5) on emodb 3class by ")
    assert any("needs 5 seeds, and deep has 1" in note for note in found.notes)
    assert (found.json()["about_methods"], found.json()["significant"]) == (False, False)


def test_two_forms_of_enough_trained_models_give_a_verdict(shared):
    found = verdicts.compare(*two_forms_of_one_model(shared, seeds=5))
    assert found.sentence.startswith("deep beats deep (neutral=5)")
    assert found.json()["significant"]


def test_two_forms_of_a_model_for_each_speaker_give_a_verdict(made):
    assert verdicts.compare(*two_forms_of_one_model(made, seeds=1)).sentence.startswith("deep beats deep (neutral=5)")


def test_other_protocols_are_refused_naming_the_difference(tmp_path):
    results = Results(tmp_path)
    Made(results).run(SVM)
    Made(results, protocol="challenge", pool={"neutral": 3}).run(SVM_NORM)
    with pytest.raises(ResultsError, match=r"protocols differ .* in protocol \(loso and challenge\) and the pool rule"):
        verdicts.compare(*entries(results))


def test_simulated_and_real_runs_are_refused(tmp_path):
    results = Results(tmp_path)
    Made(results).run(SVM)
    Made(results, simulation={"scale": 0.05}).run(SVM_NORM)
    with pytest.raises(ResultsError, match="simulated and real recordings"):
        verdicts.compare(*entries(results))


def test_simulated_runs_are_marked(tmp_path):
    made = Made(Results(tmp_path), simulation={"scale": 0.05})
    made.run(SVM_NORM, 0.9)
    made.run(SVM, 0.3)
    found = verdict(made)
    assert "beats svm on emodb 3class (simulated) by" in found.sentence
    assert found.notes[-1].startswith("Simulated speech")
    assert found.json()["first"]["simulated"] is True


def test_missing_folds_are_left_out_of_both_and_told(made):
    made.run(SVM_NORM, missing=["s03"])
    made.run(SVM)
    found = verdict(made)
    assert found.comparison.n_speakers == 9
    assert any("svm-norm is not complete (9 of 10 folds)" in note for note in found.notes)


def test_less_access_for_more_score_is_told(made):
    made.run(SVM, 0.9)
    made.run(SVM_NORM, 0.3)
    assert verdict(made).sentence.endswith("with less of the target speaker (none against transductive).")


def test_the_verdict_is_json(made):
    made.run(SVM_NORM, 0.9)
    made.run(SVM, 0.4)
    value = json.loads(json.dumps(verdict(made).json()))
    assert value["significant"] is True
    assert value["first"]["access"] == "transductive"
    assert value["smallest_p"] == 2**-9


def test_draws_that_score_alike_are_said_not_to_be_told_apart(made):
    made.run(SVM_NEUTRAL, 0.7, draws=("first", "nth:1"))
    found = verdict(made)
    assert "cannot be told apart for svm-neutral on emodb 3class: a difference of" in found.sentence
    assert found.sentence.startswith(("Enrolment by first and by nth:1", "Enrolment by nth:1 and by first"))


def test_what_could_be_found_stands_where_nothing_is_told_apart(made):
    made.run(SVM_NORM, 0.65)
    made.run(SVM, 0.6)
    found = verdict(made)
    size = f"{100 * found.comparison.detectable:.1f}"
    assert found.sentence.endswith(f" A true difference of {size} points is found in 80 of 100 such comparisons.")
    assert found.json()["detectable"] == found.comparison.detectable


def test_a_single_comparison_is_said_to_be_corrected_for_no_other(made):
    made.run(SVM_NORM, 0.9)
    made.run(SVM, 0.4)
    found = verdict(made)
    assert "p is corrected for no other comparison: choose the pair before you look." in found.notes[0]
    assert (found.json()["p_corrected"], found.json()["family"]) == (found.json()["p"], 1)


def test_a_family_is_worded_by_its_corrected_p_and_interval(made):
    for which, skill in ((SVM, 0.6), (SVM_NORM, 0.72), (SVM_NEUTRAL, 0.7)):
        made.run(which, skill)
    baseline, *others = entries(made.results)
    for found in verdicts.compare_family([(other, baseline) for other in others]):
        assert f"{p_words(found.comparison.p_corrected)} (Holm, 2 comparisons)" in found.sentence
        assert ("cannot be told apart" in found.sentence) == (found.comparison.p_corrected > 0.05)
        assert not any("corrected for no other" in note for note in found.notes)


def test_whom_the_better_method_harms_is_told_whatever_the_order(made):
    made.run(SVM, [0.9, 0.9, *[0.3] * 8])
    made.run(SVM_NORM, [0.1, 0.5, *[0.9] * 8])
    for pair in (entries(made.results), entries(made.results)[::-1]):
        found = verdicts.compare(*pair)
        assert found.harm_sentence.startswith("svm-norm scores lower for 2 of 10 speakers, for s00 by ")
        assert found.json()["harm"]["method"] == "svm-norm"
        assert (found.harm.n_worse, found.harm.n_speakers, found.harm.speaker) == (2, 10, "s00")
        assert found.harm.largest_loss == pytest.approx(abs(found.gains["s00"]))


def test_gains_of_speakers_are_differences_of_their_uars_over_all_seeds(shared):
    for seed in range(2):
        shared.run(NET, 0.5, seed=seed, stochastic=True)
        shared.run(DEEP, 0.7, seed=seed, stochastic=True)
    first, second = entries(shared.results)
    uars = [[scores(run).uar_per_speaker for run in entry.predictions] for entry in (first, second)]
    expected = {name: np.mean([u[name] for u in uars[0]]) - np.mean([u[name] for u in uars[1]]) for name in uars[0][0]}
    assert verdicts.compare(first, second).gains == pytest.approx(expected)
