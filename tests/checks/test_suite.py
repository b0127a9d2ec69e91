import bz2
import gzip
import lzma
import pickle
import textwrap
import zlib
from collections import deque
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from sabench import ContractError, Dataset
from sabench.checks import NotApplicable, Subject, checks_of, run
from sabench.checks.pickles import holds_pickle
from sabench.checks.state import changes, state_of
from sabench.errors import CheckFailure
from sabench.registry.registry import KINDS
from tests.checks.honest import Centroid, Folders, Loudness, write_folders
from tests.checks.wrong_features import Deaf, Doubles

pytest_plugins = ["pytester"]


def outcome(plugin, name, expected=None, root=None):
    return next(one for one in run(Subject(plugin, root), expected) if one.check == name)


def test_a_failure_is_an_assertion_error_so_that_test_runners_show_it_as_one():
    assert issubclass(CheckFailure, AssertionError)


def test_an_expected_failure_is_reported_with_its_reason():
    found = outcome(Deaf(), "the_sampling_rate_is_honoured", {"the_sampling_rate_is_honoured": "levels know no rate"})
    assert (found.status, found.detail) == ("failed as expected", "levels know no rate")


def test_an_expected_failure_that_passes_has_failed():
    found = outcome(Loudness(), "silence_is_survived", {"silence_is_survived": "too loud in here"})
    assert found.status == "failed"
    assert "passes a check that it is expected to fail (too loud in here)" in found.detail


def test_a_plugin_may_declare_its_expected_failures_itself():
    class Declared(Deaf):
        expected_failed_checks = {"the_sampling_rate_is_honoured": "levels know no rate"}

    assert outcome(Declared(), "the_sampling_rate_is_honoured").status == "failed as expected"


def test_an_expected_failure_of_a_check_that_is_not_there_is_refused_with_a_hint():
    with pytest.raises(ContractError, match=r"'silence_is_survive' to fail, .* Did you mean 'silence_is_survived'\?"):
        list(run(Subject(Loudness()), {"silence_is_survive": "a slip"}))


def test_an_expected_failure_needs_a_reason():
    with pytest.raises(ContractError, match="expects the check 'silence_is_survived' to fail and gives no reason"):
        list(run(Subject(Loudness()), {"silence_is_survived": " "}))


def test_a_dataset_without_a_corpus_fails_because_only_declarations_could_be_checked():
    *others, last = run(Subject(Folders()))
    assert {one.status for one in others} == {"passed", "skipped"}
    assert (last.check, last.status) == ("something_was_checked", "failed")
    assert "nothing but the declarations of Folders could be checked; name its corpus with --root" in last.detail


def test_a_corpus_is_written_once_for_all_checks_of_a_dataset():
    written = []

    def write(folder):
        written.append(folder)
        return write_folders(folder)

    list(run(Subject(Folders(), write)))
    assert len(written) == 1


def test_a_failure_of_what_all_others_stand_on_is_told_once():
    outcomes = list(run(Subject(Doubles())))
    assert [outcome.check for outcome in outcomes if outcome.status == "failed"] == [
        "features_are_what_their_kind_promises"
    ]
    assert outcomes[-1].status == "skipped"
    assert outcomes[-1].detail == "not run, because it fails: features are what their kind promises"


def test_a_plugin_answers_to_the_name_it_is_registered_by():
    (first, *_) = run(Subject(Loudness(), registered="volume"))
    assert (first.status, first.detail) == (
        "failed",
        "Loudness is registered as 'volume' and calls itself 'loudness'.",
    )


def test_something_that_is_no_plugin_is_refused():
    with pytest.raises(ContractError, match=r"3 is no plugin; expected an instance of a subclass of sabench.Dataset"):
        Subject(3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_checks_of_behaviour_with_names_of_their_own(kind):
    checks = checks_of(kind)
    assert any(not check.formal for check in checks)
    assert len({check.name for check in checks}) == len(checks)


def run_pytest(pytester, source, *options):
    pytester.makepyfile(textwrap.dedent(source))
    return pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", *options)


def test_one_line_runs_the_suite_in_pytest(pytester):
    result = run_pytest(
        pytester,
        """
        from sabench.checks import parametrize_with_checks
        from tests.checks.honest import Loudness
        from tests.checks.wrong_features import Deaf

        @parametrize_with_checks([Loudness(), Deaf()])
        def test_it_keeps_the_contract(plugin, check):
            check(plugin)
        """,
    )
    n_checks = len(checks_of("features")) + 1
    result.assert_outcomes(passed=2 * n_checks - 1, failed=1)
    result.stdout.fnmatch_lines(
        ["*Deaf-the_sampling_rate_is_honoured*", "*the same features whatever the sampling rate*"]
    )


def test_expected_failures_are_strict_in_pytest(pytester):
    result = run_pytest(
        pytester,
        """
        from sabench.checks import parametrize_with_checks
        from tests.checks.wrong_features import Deaf

        def expected(plugin):
            return {"the_sampling_rate_is_honoured": "levels know no rate", "silence_is_survived": "a wrong guess"}

        @parametrize_with_checks([Deaf()], expected_failed_checks=expected)
        def test_it_keeps_the_contract(plugin, check):
            check(plugin)
        """,
    )
    result.assert_outcomes(passed=len(checks_of("features")) - 1, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["*XPASS(strict)*a wrong guess*"])


def test_a_dataset_without_corpus_fails_in_pytest_and_with_one_passes(pytester):
    source = """
        from sabench.checks import parametrize_with_checks
        from tests.checks.honest import Folders, write_folders

        @parametrize_with_checks([Folders()])
        def test_without(plugin, check):
            check(plugin)

        @parametrize_with_checks([Folders()], root=write_folders)
        def test_with(plugin, check):
            check(plugin)
        """
    formal = sum(check.formal for check in checks_of("datasets"))
    n_checks = len(checks_of("datasets"))
    run_pytest(pytester, source, "-k", "test_with and not test_without").assert_outcomes(
        passed=n_checks + 1, deselected=n_checks + 1
    )
    run_pytest(pytester, source, "-k", "test_without").assert_outcomes(
        passed=formal, skipped=n_checks - formal, failed=1, deselected=n_checks + 1
    )


def test_what_does_not_apply_is_told_with_its_reason():
    check = next(check for check in checks_of("adapters") if check.name == "clips_of_one_frame_are_survived")
    with pytest.raises(NotApplicable, match="functionals of a short clip have the shape of all others"):
        check(Subject(Centroid()))


class Holder:
    pass


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda held: held.array.__setitem__(0, 9.0), "array"),
        (lambda held: held.inner["weights"].append(3), "inner['weights']"),
        (lambda held: setattr(held, "new", 1), "new"),
        (lambda held: held.rng.random(), "rng"),
        (lambda held: held.names.add("b"), "names"),
        (lambda held: held.tensor.add_(1), "tensor"),
        (lambda held: held.half.add_(1), "half"),
        (lambda held: held.table.__setitem__("b", 2), "table"),
        (lambda held: held.old.rand(), "old"),
        (lambda held: held.queue.append(1), "queue"),
    ],
)
def test_a_change_anywhere_in_an_object_is_found_and_named(change, path):
    torch = pytest.importorskip("torch")
    held = Holder()
    held.array, held.inner, held.names = np.zeros(3), {"weights": [1, 2]}, {"a"}
    held.half, held.table = torch.zeros(2, dtype=torch.bfloat16), pd.DataFrame({"a": [1]})
    held.old, held.queue, held.place = np.random.RandomState(0), deque([0]), Path("a")  # noqa: NPY002
    held.rng, held.tensor, held.itself = np.random.default_rng(0), torch.zeros(2), held
    before = state_of(held)
    assert (str(held.place), len(held.table["a"])) == ("a", 1)
    assert changes(before, state_of(held)) == []
    change(held)
    assert any(found.startswith(path) for found in changes(before, state_of(held)))


def test_pickles_are_told_from_other_files(tmp_path):
    torch = pytest.importorskip("torch")
    np.savez(tmp_path / "objects.npz", a=np.zeros(3), b=np.array([{}], dtype=object))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "fields.npy", np.zeros(2, dtype=[("a", float), ("b", object)]), allow_pickle=True)
    torch.save({"a": torch.zeros(1)}, tmp_path / "model.pt")
    joblib.dump({"a": np.zeros(3)}, tmp_path / "model.joblib")
    held = {"weights": [0.5, 1.0], "place": Path("a")}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / f"p{protocol}").write_bytes(pickle.dumps(held, protocol))
        (tmp_path / f"plain{protocol}").write_bytes(pickle.dumps(held["weights"], protocol))
    for module in (gzip, bz2, lzma, zlib):
        (tmp_path / f"packed.{module.__name__}").write_bytes(module.compress(pickle.dumps(held)))
    assert [path.name for path in sorted(tmp_path.iterdir()) if not holds_pickle(path)] == []


def test_files_without_pickle_are_not_taken_for_one(tmp_path):
    numpy_format = pytest.importorskip("safetensors.numpy")
    np.savez_compressed(tmp_path / "arrays.npz", a=np.zeros(3), b=np.array(["a"]))
    np.save(tmp_path / "fields.npy", np.zeros(2, dtype=[("a", float), ("b", "U3")]))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(b"{}"))
    texts = ("", "{}", "[1, 2]", "1.5", "N. N.", "Version 1\n.5", "centroid,x\n1.0,2.0\n0.5,1\n")
    for number, text in enumerate(texts):
        (tmp_path / f"text{number}").write_text(text)
    for size in range(200):  # among them one whose length of header reads like a pickle's protocol
        weights = {"w": np.zeros(1, np.float32)}
        numpy_format.save_file(weights, tmp_path / f"s{size}", metadata={"notes": "x" * 8 * size})
    assert [path.name for path in sorted(tmp_path.iterdir()) if holds_pickle(path)] == []
    assert any((tmp_path / f"s{size}").read_bytes()[:2] == b"\x80\x02" for size in range(200))


def test_the_suite_needs_no_pytest_until_it_is_asked_for_marks():
    import subprocess
    import sys

    code = "import sys, sabench.checks; sys.exit('pytest' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_datasets_are_not_confused_with_others():
    assert issubclass(Folders, Dataset)
    assert Subject(Folders()).kind == "datasets"


class Crashing(Centroid):
    def enrol(self, enrolment):
        return CrashingPredictor()


class CrashingPredictor:
    def predict_proba(self, features):
        return self.helper(features)

    def helper(self, features):
        raise ZeroDivisionError("mine")


def test_an_error_of_the_author_is_told_with_its_phase_and_their_own_traceback():
    outcomes = [outcome for outcome in run(Subject(Crashing())) if outcome.status == "failed"]
    assert outcomes[0].detail.endswith("declares (in predict_proba): ZeroDivisionError: mine.")
    lines = outcomes[0].own_traceback.splitlines()
    assert "in predict_proba" in lines[0]
    assert any("in helper" in line for line in lines)
    assert lines[-1] == "ZeroDivisionError: mine"
