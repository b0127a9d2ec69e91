import pytest
from made_speakers import unlabelled, utterances, view
from scipy.special import ndtri

from sabench import Access, Utterances
from sabench.checks import parametrize_with_checks
from sabench_plugins.normalisers.corpus_warping import CorpusWarping
from sabench_plugins.normalisers.ranks import frames


def fitted(train: Utterances, **parameters) -> CorpusWarping:
    normaliser = CorpusWarping(**parameters)
    normaliser.fit(train)
    return normaliser


def test_values_are_ranked_in_the_training_set():
    train = utterances(speakers=1, n_per_class=2)
    transform = fitted(train).enrol(unlabelled(view()))
    first = train.features.stack()[:, 0]
    expected = ndtri((first.argsort().argsort() + 0.5) / 6)
    assert [transform(array)[0] for array in train.features] == pytest.approx(expected, abs=1e-5)


def test_all_speakers_are_mapped_alike():
    train = utterances()
    normaliser = fitted(train)
    one, other = (normaliser.enrol(unlabelled(train.features.take(train.rows_of[name]))) for name in ("s0", "s3"))
    assert one(train.features[5]).tolist() == other(train.features[5]).tolist()
    assert normaliser.access == Access()


def test_of_many_frames_some_are_ranked():
    features = utterances(speakers=1, frames=20).features
    total = int(features.lengths.sum())
    assert len(frames(features)) == total
    assert total / 4 <= len(frames(features, most=total // 3)) <= total / 3 + len(features)


def test_a_saved_one_maps_alike(tmp_path):
    train = utterances()
    normaliser = fitted(train, knots=5)
    normaliser.save(tmp_path)
    again = CorpusWarping()
    again.load(tmp_path)
    maps = [of.enrol(unlabelled(view())) for of in (normaliser, again)]
    assert maps[0](train.features[7]).tolist() == maps[1](train.features[7]).tolist()


@parametrize_with_checks([CorpusWarping()])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
