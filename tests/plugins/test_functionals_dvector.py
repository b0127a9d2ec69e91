"""Functionals and a speaker embedding side by side; the latter's weights come with Resemblyzer."""

import numpy as np
import pytest

from sabench.registry.registry import Registry
from sabench_plugins.features import _ge2e

RATE = 16_000
pytestmark = pytest.mark.skipif(_ge2e.weights_file() is None, reason=f"the weights are missing: {_ge2e.INSTALL}")


@pytest.mark.parametrize(("functionals", "width"), [("egemaps", 88), ("is09", 384)])
def test_both_parts_are_those_of_their_extractors(functionals, width):
    registry = Registry()
    both = registry.create("features", "functionals-dvector", {"functionals": functionals})
    signal = np.random.default_rng(0).normal(0, 0.1, (1, RATE)).astype(np.float32)
    features = both.extract(signal, RATE)
    assert features.shape == both.expected_shape(1.0) == (width + _ge2e.WIDTH,)
    assert np.array_equal(features[:width], registry.create("features", functionals).extract(signal, RATE))
    assert np.array_equal(features[width:], registry.create("features", "dvector").extract(signal, RATE))


def test_a_new_version_of_a_part_is_a_new_version_of_both():
    registry = Registry()
    parts = [registry.create("features", name) for name in ("egemaps", "is09", "dvector")]
    assert registry.create("features", "functionals-dvector").version == "-".join(part.version for part in parts)
