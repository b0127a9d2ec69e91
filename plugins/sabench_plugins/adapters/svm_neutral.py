"""The baseline that every one-shot method has to beat: subtract one neutral utterance."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `svm-neutral`: functionals minus the mean of a speaker's first neutral utterances."""
    return {
        "svm-neutral": Alias(
            "svm",
            normaliser="speaker-zscore",
            normaliser_parameters={"neutral": 1, "shrinkage": 0.0},
            title="SVM on functionals minus one neutral utterance",
        )
    }
