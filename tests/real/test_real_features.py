import os
from pathlib import Path

import numpy as np
import opensmile
import pandas as pd
import pytest

from sabench import audio
from sabench.features.store import FeatureStore
from sabench_plugins.features.egemaps import EGeMAPS
from sabench_plugins.features.logspec import LogSpec

DATA = os.environ.get("SABENCH_TEST_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="SABENCH_TEST_DATA names no folder of real recordings")


@pytest.fixture
def table():
    path = Path(DATA or "") / "emodb" / "wav" / "03a01Fa.wav"
    row = {
        "id": "a",
        "path": str(path),
        "start_s": 0.0,
        "end_s": np.nan,
        "digest": audio.signal_digest(*audio.read(path)),
    }
    return pd.DataFrame([row])


def test_stored_egemaps_of_a_recording_are_those_of_opensmile(tmp_path, table):
    features = FeatureStore(tmp_path).ensure(table, EGeMAPS(), "egemaps")
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    assert np.array_equal(features.view(table["digest"]).stack(), smile.process_files(table["path"]).to_numpy())


def test_the_log_spectrogram_of_a_recording_has_a_hundred_frames_a_second(tmp_path, table):
    view = FeatureStore(tmp_path).ensure(table, LogSpec(), "logspec").view(table["digest"])
    signal, rate = audio.read(Path(table["path"][0]))
    assert view[0].shape == (1 + (signal.shape[1] - 400) // 160, 201)
    assert rate == 16000
    assert view[0].std() > 1
