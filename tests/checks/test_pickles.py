import pickle
import warnings

import pytest

from sabench.checks.pickles import holds_pickle


@pytest.mark.parametrize(
    ("content", "expected"), [(b"S'\\>'\n.", True), (b"S'\\>'\n and no end", False), (pickle.dumps([1]), True)]
)
def test_bytes_that_read_as_a_text_with_an_odd_escape_are_told_without_a_warning(content, expected, tmp_path):
    file = tmp_path / "weights.safetensors"
    file.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert holds_pickle(file) is expected
