"""Rows of the literature that stand beside AIBO and IEMOCAP."""

from __future__ import annotations

from collections.abc import Mapping

from sabench import Reported

_SEED = "Triantafyllopoulos, Liu and Schuller 2021"
_SEED_URL = "https://doi.org/10.1109/icme51207.2021.9428217"
_ADAPTERS = {
    "SVM": "svm",
    "SVM-NORM": "svm-norm",
    "ResNet": "resnet",
    "ResNet-NORM": "resnet-norm",
    "TwoChannel": "twochannel",
    "eResNet": "eresnet",
}
_TRANSDUCTIVE = "Normalised over all of a target speaker's utterances, the scored ones included."
_NETWORK = "One training seed; the best of batch sizes 8, 16 and 32, on which set is not said."
_ENROLLED = "Enrolled with the speaker's first neutral utterance; that it is left out of scoring is not said."


def seed_rows(task: str, table: str, percent: Mapping[str, float], extra: str = "") -> tuple[Reported, ...]:
    """Return the seed paper's rows for one task, from UAR in percent by method."""
    return tuple(
        Reported(
            method=method,
            task=task,
            uar=round(value / 100, 4),
            source=f"{_SEED}, {table}",
            url=_SEED_URL,
            differences=" ".join(filter(None, (_differences(method), extra))),
            adapter=_ADAPTERS[method],
        )
        for method, value in percent.items()
    )


def quoted_by_seed(method: str, task: str, table: str, percent: float, adapter: str, differences: str) -> Reported:
    """Return a row that the seed paper prints as others report it."""
    return Reported(
        method=method,
        task=task,
        uar=round(percent / 100, 4),
        source=f"{_SEED}, {table}, as quoted there",
        url=_SEED_URL,
        differences=differences,
        adapter=adapter,
    )


def _differences(method: str) -> str:
    sentences = []
    if method.endswith("-NORM"):
        sentences.append(_TRANSDUCTIVE)
    if method in ("TwoChannel", "eResNet"):
        sentences.append(_ENROLLED)
    sentences.append("Kernel, C and class weights are not said." if method.startswith("SVM") else _NETWORK)
    return " ".join(sentences)
