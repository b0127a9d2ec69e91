"""sabench compares speaker adaptation methods for speech emotion recognition.

The names here are the public ones; each is imported when first used, so that importing sabench
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_ROOM_OF = {
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
    "Enrolment": "views",
    "utterance_table": "corpora",
    "simulation_of": "twins",
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

__all__ = [*_ROOM_OF, "__version__"]  # noqa: PLE0604  (names resolved lazily, PEP 562)


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        msg = f"module 'sabench' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"sabench.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
