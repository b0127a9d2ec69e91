"""Logistic regression on functionals: a scikit-learn classifier becomes an adapter in a few lines."""

from pydantic import PositiveFloat

from sabench import hookimpl
from sabench_plugins.kept_training import KeptClassifier


class Logreg(KeptClassifier):
    """Logistic regression on standardised features; `C` is the inverse strength of its penalty."""

    name = "logreg"
    title = "logistic regression on functionals"
    libraries = (*KeptClassifier.libraries, "sklearn.linear_model")

    def __init__(self, C: PositiveFloat = 1.0) -> None:
        self.C = C

    def estimator(self, seed: int) -> object:
        """Return the classifier."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=self.C, class_weight="balanced", max_iter=2000)


@hookimpl
def sabench_adapters() -> dict[str, type[Logreg]]:
    """Offer `logreg`."""
    return {"logreg": Logreg}
