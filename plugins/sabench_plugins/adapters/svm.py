"""The support vector machine of the seed paper, on functionals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from sabench import Cost, hookimpl
from sabench_plugins.kept_training import KeptClassifier
from sabench_plugins.references import PEDREGOSA_2011


class SVM(KeptClassifier):
    """Support vector machine on features standardised over the training set.

    The seed paper (Triantafyllopoulos et al., 2021) names SVMs (Vapnik, 2013) on eGeMAPS and gives neither
    kernel, penalty nor class weights; those here are [guess] and parameters.

    Args:
        C: penalty.
        kernel: `rbf` or `linear`.
        gamma: width of the RBF kernel, a number or scikit-learn's `scale` or `auto`.
        class_weight: `balanced` weights classes by inverse frequency; None does not.
    """

    name = "svm"
    title = "support vector machine on functionals"
    references = (PEDREGOSA_2011,)
    features = "egemaps"
    accepts = ("functionals",)
    libraries = (*KeptClassifier.libraries, "sklearn.svm")
    search_grid = {"C": (0.01, 0.1, 1.0, 10.0), "kernel": ("rbf", "linear")}

    def __init__(
        self,
        C: Annotated[float, Field(gt=0)] = 1.0,
        kernel: Literal["rbf", "linear"] = "rbf",
        gamma: Annotated[float, Field(gt=0)] | Literal["scale", "auto"] = "scale",
        class_weight: Literal["balanced"] | None = "balanced",
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.gamma = gamma
        self.class_weight = class_weight

    def estimator(self, seed: int) -> Any:
        """Return the classifier; its `probability=True` is not used, which would shift decisions."""
        from sklearn.svm import SVC

        return SVC(C=self.C, kernel=self.kernel, gamma=self.gamma, class_weight=self.class_weight, cache_size=500)

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate from the kernel matrix, whose entries cost about `width` operations each."""
        return Cost(seconds=0.05 + 6e-10 * len(lengths) ** 2 * max(width, 1))


@hookimpl
def sabench_adapters() -> dict[str, type[SVM]]:
    """Offer `svm`."""
    return {"svm": SVM}
