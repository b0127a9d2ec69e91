"""sabench compares speaker adaptation methods for speech emotion recognition.

The names here are the public ones; each is imported when first used, so that importing sabench
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sabench._version import __version__ as __version__

if TYPE_CHECKING:  # what type checkers and editors see; `_MODULE_OF` says the same at run time
    from sabench.api import Outcome, run
    from sabench.audio import heard, load_signal, signal_digest
    from sabench.corpora.loading import utterance_table
    from sabench.corpora.twins import simulation_of
    from sabench.errors import (
        AccessError,
        AudioError,
        ContractError,
        DatasetError,
        FeatureError,
        LeakageError,
        ParameterError,
        PlanError,
        PluginLoadError,
        ResultsError,
        SabenchError,
        UnknownPlugin,
    )
    from sabench.interfaces.audinterface_extractor import from_audinterface
    from sabench.interfaces.hookspecs import hookimpl
    from sabench.interfaces.plugins import (
        Adapter,
        Checkpoint,
        Context,
        Dataset,
        FeatureExtractor,
        Normaliser,
        Predictor,
        Progress,
    )
    from sabench.interfaces.records import ALL, Access, Alias, Corpus, Cost, Draw, Fault, Predictions, Reported
    from sabench.interfaces.sklearn_adapter import SklearnAdapter
    from sabench.interfaces.views import Enrolment, FeatureView, Memory, Transform, Utterances
    from sabench.machine.folders import cache_folder
    from sabench.stats.metrics import uar

_MODULE_OF = {
    "Outcome": "api",
    "run": "api",
    "cache_folder": "machine.folders",
    "from_audinterface": "interfaces.audinterface_extractor",
    "heard": "audio",
    "load_signal": "audio",
    "signal_digest": "audio",
    "uar": "stats.metrics",
    "hookimpl": "interfaces.hookspecs",
    "ALL": "interfaces.records",
    "Access": "interfaces.records",
    "Alias": "interfaces.records",
    "Corpus": "interfaces.records",
    "Cost": "interfaces.records",
    "Draw": "interfaces.records",
    "Fault": "interfaces.records",
    "Predictions": "interfaces.records",
    "Reported": "interfaces.records",
    "Adapter": "interfaces.plugins",
    "Checkpoint": "interfaces.plugins",
    "Context": "interfaces.plugins",
    "Dataset": "interfaces.plugins",
    "FeatureExtractor": "interfaces.plugins",
    "Normaliser": "interfaces.plugins",
    "Predictor": "interfaces.plugins",
    "Progress": "interfaces.plugins",
    "SklearnAdapter": "interfaces.sklearn_adapter",
    "simulation_of": "corpora.twins",
    "utterance_table": "corpora.loading",
    "Enrolment": "interfaces.views",
    "FeatureView": "interfaces.views",
    "Memory": "interfaces.views",
    "Transform": "interfaces.views",
    "Utterances": "interfaces.views",
    "AccessError": "errors",
    "AudioError": "errors",
    "ContractError": "errors",
    "DatasetError": "errors",
    "FeatureError": "errors",
    "LeakageError": "errors",
    "ParameterError": "errors",
    "PlanError": "errors",
    "PluginLoadError": "errors",
    "ResultsError": "errors",
    "SabenchError": "errors",
    "UnknownPlugin": "errors",
}

__all__ = [
    "ALL",
    "Access",
    "AccessError",
    "Adapter",
    "Alias",
    "AudioError",
    "Checkpoint",
    "Context",
    "ContractError",
    "Corpus",
    "Cost",
    "Dataset",
    "DatasetError",
    "Draw",
    "Enrolment",
    "Fault",
    "FeatureError",
    "FeatureExtractor",
    "FeatureView",
    "LeakageError",
    "Memory",
    "Normaliser",
    "Outcome",
    "ParameterError",
    "PlanError",
    "PluginLoadError",
    "Predictions",
    "Predictor",
    "Progress",
    "Reported",
    "ResultsError",
    "SabenchError",
    "SklearnAdapter",
    "Transform",
    "UnknownPlugin",
    "Utterances",
    "cache_folder",
    "from_audinterface",
    "heard",
    "hookimpl",
    "load_signal",
    "run",
    "signal_digest",
    "uar",
    "simulation_of",
    "utterance_table",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        msg = f"module 'sabench' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"sabench.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
