import pickle

import numpy as np
import pytest

from sabench import ContractError, FeatureError, from_audinterface, hookimpl
from sabench.checks import parametrize_with_checks
from sabench.registry.registry import Registry

audinterface = pytest.importorskip("audinterface")

SIGNAL = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 16_000)).astype(np.float32)


def level_and_length(signal, sampling_rate):
    return [signal.std(), signal.shape[1] / sampling_rate]


def statistics():
    return audinterface.Feature(["level", "duration"], process_func=level_and_length)


def level(signal, sampling_rate):
    return np.abs(signal).max()


def levels():
    return audinterface.Feature("level", process_func=level, win_dur=0.1, hop_dur=0.05)


def egemaps():
    import opensmile

    return opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02)


Statistics = from_audinterface(statistics, name="statistics")


def test_a_feature_object_gives_functionals():
    features = Statistics().extract(SIGNAL, 16_000)
    assert features.dtype == np.float32
    assert features == pytest.approx([SIGNAL.std(), 1.0])


def test_windows_become_rows():
    features = from_audinterface(levels(), name="levels", kind="sequences")().extract(SIGNAL, 16_000)
    assert features.shape == (19, 1)
    assert features[1, 0] == pytest.approx(np.abs(SIGNAL[0, 800:2400]).max())


def test_frames_where_functionals_are_declared_are_refused():
    with pytest.raises(
        FeatureError, match=r"levels gave 19 frames where functionals are one; declare kind='sequences'"
    ):
        from_audinterface(levels, name="levels")().extract(SIGNAL, 16_000)


def test_opensmile_gives_what_it_gives_by_itself():
    smile = egemaps()
    extractor = from_audinterface(smile, name="smile")()
    assert np.array_equal(extractor.extract(SIGNAL, 16_000), smile(SIGNAL, 16_000)[0, :, 0])


def test_opensmile_objects_are_told_apart_by_their_id():
    import opensmile

    other = opensmile.Smile(opensmile.FeatureSet.GeMAPSv01b)
    versions = [from_audinterface(source, name="smile").version for source in (egemaps(), egemaps(), other)]
    assert versions[0] == versions[1] != versions[2]


def test_a_version_can_be_given():
    assert from_audinterface(egemaps(), name="smile", version="7").version == "7"
    assert Statistics.version == "1"


def test_a_worker_process_gets_the_same_extractor():
    again = pickle.loads(pickle.dumps(Statistics()))
    assert (again.name, again.kind, again.version) == ("statistics", "functionals", "1")
    assert np.array_equal(again.extract(SIGNAL, 16_000), Statistics().extract(SIGNAL, 16_000))


def test_the_class_is_offered_like_any_other():
    class Plugin:
        @hookimpl
        def sabench_features(self):
            return {"statistics": Statistics}

    assert isinstance(Registry([Plugin()]).create("features", "statistics"), Statistics)


def test_nothing_else_is_taken_for_a_feature_object():
    with pytest.raises(ContractError, match=r"3 is no feature object; expected an audinterface.Feature"):
        from_audinterface(3, name="three")


@parametrize_with_checks([Statistics()])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
