import pickle

import numpy as np
import pytest

from sabench import ALL, Access, Enrolment, FeatureView, Memory, Utterances

MATRIX = np.arange(12.0).reshape(6, 2)


def view(*arrays):
    return FeatureView(Memory([np.asarray(array, dtype=np.float32) for array in arrays]))


def sample():
    """Speakers a, a, b, b, b, c; of a and b the first is neutral."""
    speaker = np.array(list("aabbbc"))
    neutral = np.array([True, False, True, False, True, False])
    return Utterances(view(*MATRIX), np.array([0, 1, 0, 1, 0, 1]), speaker, neutral, ("n", "e"))


def doubled(array):
    return 2 * array


def added(array):
    return array + 1


# Features


def test_a_view_is_a_sequence_of_arrays():
    features = view(*MATRIX)
    assert len(features) == 6
    assert np.array_equal(features[1], [2, 3])
    assert np.array_equal(features[-1], [10, 11])
    assert [array.tolist() for array in features] == MATRIX.tolist()
    assert features.stack().dtype == np.float32


def test_a_slice_is_a_view():
    assert view(*MATRIX)[1:4:2].stack().tolist() == [[2, 3], [6, 7]]


def test_there_is_nothing_behind_the_end():
    with pytest.raises(IndexError):
        view(*MATRIX)[6]


def test_positions_are_taken_in_their_order_and_as_often_as_named():
    assert view(*MATRIX).take([2, 0, 2]).stack()[:, 0].tolist() == [4, 0, 4]


def test_a_mask_marks_what_is_taken():
    mask = np.array([True, False, False, True, False, False])
    assert view(*MATRIX).take(mask).stack()[:, 0].tolist() == [0, 6]
    assert sample().take(sample().neutral).speaker.tolist() == ["a", "b", "b"]


def test_views_of_views_point_at_the_same_arrays():
    assert view(*MATRIX).take([5, 3, 1]).take([2, 0]).stack()[:, 0].tolist() == [2, 10]


def test_lengths_and_width_are_known_without_reading():
    class Unreadable(Memory):
        def __getitem__(self, index):
            raise AssertionError("read")

    features = FeatureView(Unreadable([np.zeros((3, 4)), np.zeros((7, 4))]))
    assert (features.lengths.tolist(), features.width) == ([3, 7], 4)
    assert view(*MATRIX).lengths.tolist() == [1] * 6


def test_an_empty_view_has_no_width():
    assert (view().width, view().stack().shape, len(view().take([]))) == (0, (0, 0), 0)


def test_one_transform_applies_to_all_rows():
    assert view([1.0], [2.0]).map(doubled).stack().tolist() == [[2], [4]]


def test_each_row_can_have_its_own_transform_or_none():
    features = view([1.0], [2.0], [3.0]).map([doubled, None, added])
    assert features.stack().tolist() == [[2], [2], [4]]
    assert features.take([2, 0]).stack().tolist() == [[4], [2]]


def test_transforms_follow_one_another():
    assert view([1.0]).map(doubled).map(added).stack().item() == 3
    assert view([1.0]).map(added).map(doubled).stack().item() == 4
    assert view([1.0], [1.0]).map([None, added]).map(doubled).stack().tolist() == [[2], [4]]


def test_transforms_are_applied_when_an_array_is_asked_for():
    seen = []
    features = view([1.0], [2.0]).map(lambda array: (seen.append(array.item()), array)[1])
    assert seen == []
    features[1]
    assert seen == [2.0]


def test_the_number_of_transforms_must_fit():
    with pytest.raises(ValueError, match="zip"):
        view([1.0], [2.0]).map(doubled).map([added])


def test_another_array_can_be_put_behind_the_transform_of_a_row():
    features = view([1.0], [2.0]).map([doubled, added])
    assert features.behind(1, np.array([10.0])).tolist() == [11.0]


def test_a_view_can_be_sent_to_another_process():
    features = pickle.loads(pickle.dumps(view([1.0], [2.0]).map(doubled).map(added)))
    assert features.stack().tolist() == [[3], [5]]


# Enrolment


def test_enrolment_is_cut_to_what_an_access_declares():
    whole = Enrolment(view([1], [2], [3]), view([4], [5]), view([6], [7]), np.array([0, 1]))
    within = whole.within(Access(neutral=2, unlabelled=1, labelled=1))
    assert within.neutral.stack().ravel().tolist() == [1, 2]
    assert within.unlabelled.stack().ravel().tolist() == [4]
    assert (within.labelled.stack().ravel().tolist(), within.labelled_y.tolist()) == ([6], [0])
    assert len(whole.within(Access(unlabelled=ALL)).unlabelled) == 2
    assert [len(part) for part in vars(whole.within(Access())).values()] == [0, 0, 0, 0]


def test_all_of_an_enrolment_goes_behind_a_transform():
    whole = Enrolment(view([1]), view([2]), view([3]), np.array([1])).map(doubled)
    assert [part.stack().item() for part in (whole.neutral, whole.unlabelled, whole.labelled)] == [2, 4, 6]
    assert whole.labelled_y.tolist() == [1]


# Utterances


def test_rows_are_known_by_speaker():
    utterances = sample()
    assert {name: rows.tolist() for name, rows in utterances.rows_of.items()} == {"a": [0, 1], "b": [2, 3, 4], "c": [5]}
    assert {name: rows.tolist() for name, rows in utterances.neutral_rows_of.items()} == {
        "a": [0],
        "b": [2, 4],
        "c": [],
    }


def test_utterances_can_be_taken():
    taken = sample().take([4, 0])
    assert (taken.y.tolist(), taken.speaker.tolist(), taken.neutral.tolist()) == ([0, 0], ["b", "a"], [True, True])
    assert taken.features.stack()[:, 0].tolist() == [8, 0]
    assert taken.classes == ("n", "e")


def test_drawn_enrolment_is_of_the_same_speaker_and_never_the_utterance_itself():
    utterances, rng = sample(), np.random.default_rng(0)
    for i in range(6):
        for _ in range(5):
            neutral, unlabelled, labelled = utterances.draw_rows(i, Access(1, ALL, 2), rng)
            for rows in (neutral, unlabelled, labelled):
                assert i not in rows
                assert set(utterances.speaker[rows]) <= {utterances.speaker[i]}
            assert utterances.neutral[neutral].all()


def test_as_many_are_drawn_as_asked_for_or_as_there_are():
    rng = np.random.default_rng(0)
    sizes = [[len(rows) for rows in sample().draw_rows(i, Access(2, 1, 5), rng)] for i in (0, 3, 5)]
    assert sizes == [[0, 1, 1], [2, 1, 2], [0, 0, 0]]


def test_labelled_enrolment_is_drawn_with_its_labels():
    utterances = sample()
    drawn = utterances.draw_enrolment(3, Access(labelled=2), np.random.default_rng(0))
    assert drawn.labelled_y.tolist() == [0, 0]
    assert sorted(drawn.labelled.stack()[:, 0].tolist()) == [4, 8]


def test_the_same_generator_draws_the_same():
    draws = [sample().draw_rows(3, Access(neutral=1), np.random.default_rng(7))[0].tolist() for _ in range(2)]
    assert draws[0] == draws[1]
