"""Ten cheating or broken plugins, each caught with a message of its own: by the suite, in a run, or by the registry."""

import re
import sys
import textwrap

import pytest
import tiny

from sabench import PluginLoadError, hookimpl
from sabench.checks import Subject, run
from sabench.registry.registry import Registry
from sabench.running import runner
from tests.checks.wrong_adapters import (
    BatchCentred,
    Drifting,
    FramePeeking,
    Insisting,
    Memorising,
    NotANumber,
    Overwriting,
    SelfChanging,
    Sorted,
    Understating,
    predicting,
)

BY_THE_SUITE = {
    "memorising test utterances": (
        Memorising,
        "folds_in_reverse_order_change_nothing",
        "Memorising predicts otherwise when the folds of a run come in another order: it remembers earlier folds",
    ),
    "peeking at labels": (
        predicting(FramePeeking),
        "permuted_target_labels_change_nothing",
        "FramePeeking predicts otherwise when the labels that it is scored by are permuted: it has found them",
    ),
    "changing itself in enrol": (
        SelfChanging,
        "enrol_leaves_the_adapter_unchanged",
        "SelfChanging changes itself while it enrols a speaker or predicts (home_)",
    ),
    "depending on batch composition": (
        predicting(BatchCentred),
        "batch_of_test_utterances_changes_nothing",
        "BatchCentred gives an utterance a prediction that changes with the other utterances in the same call",
    ),
    "wrong class order": (
        predicting(Sorted),
        "columns_are_in_class_order",
        "Sorted gives its columns in the order happy, neutral, sad; the class order is sad, happy, neutral",
    ),
    "NaN": (
        predicting(NotANumber),
        "probabilities_have_the_promised_shape",
        "NotANumber.predict_proba gave 36 values that are not finite numbers",
    ),
    "mutating inputs": (
        Overwriting,
        "inputs_are_left_as_they_were",
        "Overwriting changes training data that it is handed; work on a copy",
    ),
    "declaring less access than it uses": (
        Understating,
        "it_asks_for_no_more_than_its_access",
        "Understating declares the access 'none' and reads enrolment.neutral; declare it in `access`",
    ),
}
IN_A_RUN = {
    "changing itself in enrol": (Drifting, "Drifting: enrolling the same speaker again changes a prediction"),
    "depending on batch composition": (predicting(BatchCentred), "a prediction changes by .* when its utterance is"),
    "NaN": (predicting(NotANumber), "NotANumber.predict_proba gave 24 values that are not finite numbers"),
    "mutating inputs": (Overwriting, "ValueError: .*read-only"),
    "declaring less access than it uses": (Insisting, "ValueError: need at least one array to stack"),
}
ADAPTER = """
    import sabench

    class Mine(sabench.Adapter):
        name = "mine"
        def fit(self, train, validation, *, context): ...
        def enrol(self, enrolment): ...

    @sabench.hookimpl
    def sabench_adapters():
        return {"mine": Mine}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install distributions of one module that offers the adapter `mine`."""
    made = []

    def add(distribution, source):
        module = f"plugin_of_{distribution}"
        made.append(module)
        metadata = tmp_path / distribution / f"{distribution}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[sabench.adapters]\nmine = {module}\n")
        (tmp_path / distribution / f"{module}.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(str(tmp_path / distribution))

    yield add
    for module in made:
        sys.modules.pop(module, None)


@pytest.mark.parametrize("cheat", BY_THE_SUITE)
def test_the_suite_catches_it_with_a_message_of_its_own(cheat):
    cls, check, message = BY_THE_SUITE[cheat]
    failed = {outcome.check: outcome.detail for outcome in run(Subject(cls())) if outcome.status == "failed"}
    assert failed[check].startswith(message)


@pytest.mark.parametrize("cheat", IN_A_RUN)
@pytest.mark.usefixtures("warm")
def test_a_run_catches_it_too_and_goes_on_with_the_rest(cheat, tones, tmp_path):
    cls, words = IN_A_RUN[cheat]

    class Offered:
        @hookimpl
        def sabench_adapters(self):
            return {"cheat": cls, "nearest": tiny.Nearest}

        @hookimpl
        def sabench_features(self):
            return {"tone": tiny.Tone}

    plan = tiny.plan(tones, tmp_path, adapters=["cheat", "nearest"], features="tone")
    cheating, honest = runner.run(plan, registry=Registry(extra=[Offered()]))
    assert (cheating.record.status, honest.record.status) == ("failed", "complete")
    assert all(re.search(words, reason) for _, reason in cheating.failures)


def test_the_registry_catches_a_failing_import(install):
    install("shaky", "import no_such_library")
    with pytest.raises(PluginLoadError, match="'mine' of shaky is broken: it needs the module 'no_such_library'"):
        Registry().get("adapters", "mine")


def test_the_registry_catches_a_duplicate_name(install):
    install("alpha", ADAPTER)
    install("beta", ADAPTER)
    with pytest.raises(PluginLoadError, match="'mine' is offered twice, by alpha and beta"):
        Registry().get("adapters", "mine")


def test_the_ten_messages_all_differ():
    messages = {message.partition(" ")[2] for _, _, message in BY_THE_SUITE.values()}
    assert len(messages) == len(BY_THE_SUITE) == 8
