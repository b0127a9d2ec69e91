"""sabench compares speaker adaptation methods for speech emotion recognition.

The names here are the public ones; each is imported when first used, so that importing sabench
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what type checkers and editors see; `_ROOM_OF` says the same at run time
    from sabench.api import Outcome, run
    from sabench.audinterface_extractor import from_audinterface
    from sabench.corpora import utterance_table
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
    from sabench.hearing import heard, signal_digest
    from sabench.hookspecs import hookimpl
    from sabench.interfaces import (
        Adapter,
        Checkpoint,
        Context,
        Dataset,
        FeatureExtractor,
        Normaliser,
        Predictor,
        Progress,
    )
    from sabench.records import ALL, Access, Alias, Corpus, Cost, Draw, Fault, Predictions, Reported
    from sabench.sklearn_adapter import SklearnAdapter
    from sabench.twins import simulation_of
    from sabench.views import Enrolment, FeatureView, Memory, Transform, Utterances

__version__ = "0.1.0"

_ROOM_OF = {
    "Outcome": "api",
    "run": "api",
    "from_audinterface": "audinterface_extractor",
    "heard": "hearing",
    "signal_digest": "hearing",
    "hookimpl": "hookspecs",
    "ALL": "records",
    "Access": "records",
    "Alias": "records",
    "Corpus": "records",
    "Cost": "records",
    "Draw": "records",
    "Fault": "records",
    "Predictions": "records",
    "Reported": "records",
    "Adapter": "interfaces",
    "Checkpoint": "interfaces",
    "Context": "interfaces",
    "Dataset": "interfaces",
    "FeatureExtractor": "interfaces",
    "Normaliser": "interfaces",
    "Predictor": "interfaces",
    "Progress": "interfaces",
    "SklearnAdapter": "sklearn_adapter",
    "simulation_of": "twins",
    "utterance_table": "corpora",
    "Enrolment": "views",
    "FeatureView": "views",
    "Memory": "views",
    "Transform": "views",
    "Utterances": "views",
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
    "from_audinterface",
    "heard",
    "hookimpl",
    "run",
    "signal_digest",
    "simulation_of",
    "utterance_table",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        msg = f"module 'sabench' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"sabench.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
