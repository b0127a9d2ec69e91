"""SVM-NORM of the seed paper: the SVM behind speaker normalisation."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `svm-norm`: features normalised over all utterances of each speaker (Vlasenko et al., 2007)."""
    return {"svm-norm": Alias("svm", normaliser="speaker-zscore", title="SVM on speaker-normalised functionals")}
