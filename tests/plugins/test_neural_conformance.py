from __future__ import annotations

from sabench.checks import parametrize_with_checks
from sabench_plugins.adapters.eresnet import EResnet
from sabench_plugins.adapters.resnet import Resnet
from sabench_plugins.adapters.resnet_matched import ResnetMatched
from sabench_plugins.adapters.twochannel import TwoChannel

TINY = {"width": 1 / 32, "crop_s": 0.2, "epochs": 3, "optimiser": "adam", "learning_rate": 0.01, "schedule": "onecycle"}


@parametrize_with_checks([kind(**TINY) for kind in (Resnet, ResnetMatched, TwoChannel, EResnet)])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
