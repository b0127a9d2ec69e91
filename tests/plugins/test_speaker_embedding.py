import numpy as np
import pytest
from fit_context import context
from made_speakers import utterances, view

from sabench import Access, Enrolment, FeatureError, Utterances
from sabench.checks import parametrize_with_checks
from sabench_plugins.adapters.mlp import Mlp
from sabench_plugins.adapters.speaker_embedding import SpeakerEmbedding

SPEAKER = 3
"""Values of the speaker embedding in these tests."""


def identified(*, seed: int = 0, speakers: int = 8) -> Utterances:
    """Functionals in which a speaker's offset hides the class, then an embedding that tells the offset."""
    of = utterances(speakers=speakers, offset=1.0, seed=seed)
    means = {name: of.features.take(rows).stack().mean(axis=0) for name, rows in of.neutral_rows_of.items()}
    embeddings = np.stack([means[name] for name in of.speaker.astype(str)])
    return with_features(of, np.hstack([of.features.stack(), embeddings]))


def with_features(of: Utterances, X: np.ndarray) -> Utterances:
    return Utterances(view(*X), of.y, of.speaker, of.neutral, of.classes)


def first_part(of: Utterances) -> Utterances:
    return with_features(of, of.features.stack()[:, :-SPEAKER])


def fitted(train: Utterances, **parameters) -> SpeakerEmbedding:
    adapter = SpeakerEmbedding(**{"epochs": 3, "units": 16, "speaker_values": SPEAKER, **parameters})
    adapter.fit(train, [], context=context())
    return adapter


def neutral_of(of: Utterances, name: str) -> Enrolment:
    return Enrolment(neutral=of.features.take(of.neutral_rows_of[name][:1]))


def changed(of: Utterances, columns: slice) -> Utterances:
    X = of.features.stack().copy()
    X[:, columns] += 5
    return with_features(of, X)


@pytest.mark.parametrize("conditioning", ["film", "concatenation", "layers"])
def test_of_the_enrolment_it_sees_the_embedding_alone_and_of_an_utterance_all_but_the_embedding(conditioning):
    train = identified()
    adapter = fitted(train, conditioning=conditioning, learning_rate=0.02)
    ends, begins = changed(train, slice(-SPEAKER, None)), changed(train, slice(0, -SPEAKER))

    def predicted(enrolled, of):
        return adapter.enrol(neutral_of(enrolled, "s1")).predict_proba(of.features)

    plain = predicted(train, train)
    assert predicted(train, ends) == pytest.approx(plain, abs=1e-6)
    assert predicted(begins, train) == pytest.approx(plain, abs=1e-6)
    assert np.abs(predicted(ends, train) - plain).max() > 0.01
    assert np.abs(predicted(train, begins) - plain).max() > 0.01


def test_its_control_is_the_small_network_on_the_first_part():
    train = identified()
    control = fitted(train, conditioning="none").enrol(Enrolment()).predict_proba(train.features)
    mlp = Mlp(epochs=3, units=16)
    mlp.fit(first_part(train), [], context=context())
    assert np.array_equal(control, mlp.enrol(Enrolment()).predict_proba(first_part(train).features))


def test_an_embedding_that_tells_the_offset_helps():
    hits = {}
    for conditioning in ("film", "none"):
        adapter = fitted(identified(), conditioning=conditioning, epochs=30, learning_rate=0.01)
        of = identified(seed=9)
        hits[conditioning] = np.mean([hit_share(adapter, of, name) for name in of.rows_of])
    assert hits["film"] > hits["none"] + 0.1


def hit_share(adapter: SpeakerEmbedding, of: Utterances, name: str) -> float:
    own = of.take(of.rows_of[name])
    said = adapter.enrol(neutral_of(of, name)).predict_proba(own.features).argmax(axis=1)
    return float((said == own.y).mean())


def test_it_asks_for_neutral_utterances_and_its_control_for_nothing():
    assert SpeakerEmbedding(neutral=3).access == Access(neutral=3)
    assert SpeakerEmbedding(conditioning="none").access == Access()


def test_features_without_an_embedding_at_their_end_are_refused():
    message = r"the features have \d+ values; expected more than the 256 of a speaker embedding at their end"
    with pytest.raises(FeatureError, match=message):
        SpeakerEmbedding().fit(utterances(), [], context=context())


@parametrize_with_checks(
    [
        SpeakerEmbedding(epochs=10, units=16, learning_rate=0.01, speaker_values=20, conditioning=conditioning)
        for conditioning in ("film", "concatenation", "layers", "none")
    ]
)
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
