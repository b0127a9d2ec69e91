import inspect

import numpy as np
from code_lines import code_lines
from fit_context import context
from made_speakers import unlabelled, utterances, view
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sabench.checks import parametrize_with_checks
from sabench_plugins.adapters import logreg


def test_it_is_the_classifier_of_scikit_learn_on_standardised_features():
    train = utterances(offset=0.0)
    adapter = logreg.Logreg(C=0.5)
    adapter.fit(train, [], context=context())
    X = train.features.stack()
    expected = LogisticRegression(C=0.5, class_weight="balanced", max_iter=2000).fit(
        StandardScaler().fit_transform(X), train.y
    )
    found = adapter.enrol(unlabelled(view())).predict_proba(train.features)
    assert np.allclose(found, expected.predict_proba(StandardScaler().fit_transform(X)), atol=1e-6)


def test_the_example_has_at_most_15_lines_of_code():
    assert code_lines(inspect.getsource(logreg)) <= 15


@parametrize_with_checks([logreg.Logreg()])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
