import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

from sabench import cli
from sabench.running.plan import Plan

pytestmark = pytest.mark.usefixtures("warm")

SCHEMA = {
    "run_id": str,
    "adapter": str,
    "dataset": str,
    "task": str,
    "protocol": str,
    "protocol_hash": str,
    "access": str,
    "seed": int,
    "simulated": bool,
    "status": str,
    "uar_mean": float,
    "uar_pooled": float,
    "n_scored": int,
    "n_folds": int,
    "n_training_speakers": int,
    "seconds": float,
}


class Done:
    def __init__(self, status, captured):
        self.status, self.out, self.err = status, captured.out, captured.err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def sabench(monkeypatch, capsys):
    """Run the command line in this process."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["sabench", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
        except SystemExit as end:
            return Done(end.code or 0, capsys.readouterr())
        return Done(0, capsys.readouterr())

    return call


@pytest.fixture
def run(sabench, tones, tmp_path):
    """Run `sabench run` on the tiny corpus."""

    def call(*arguments, adapters=("svm",), root=tones):
        chosen = [word for adapter in adapters for word in ("--adapter", adapter)]
        fixed = ["--dataset", "table", "--root", root, "--results", tmp_path / "results", "--no-track", "--jobs", 1]
        return sabench("run", *chosen, *fixed, *arguments)

    return call


# What comes out


def test_json_on_standard_output_follows_the_schema(run):
    done = run("--json", adapters=["svm", "svm-norm"])
    assert done.status == 0
    assert set(done.json) == {"runs"}
    for row in done.json["runs"]:
        assert {name: type(row[name]) for name in SCHEMA} == SCHEMA
    plain, normed = done.json["runs"]
    assert (plain["adapter"], normed["adapter"]) == ("svm", "svm-norm")
    assert (plain["access"], normed["access"]) == ("none", "transductive")
    assert (plain["dataset"], plain["task"], plain["protocol"]) == ("table", "label", "loso")
    assert (plain["status"], plain["n_scored"], plain["n_folds"], plain["n_training_speakers"]) == (
        "complete",
        32,
        4,
        3,
    )
    assert plain["protocol_hash"] == normed["protocol_hash"]
    assert 0 <= plain["uar_mean"] <= 1


def test_without_json_a_table_stands_on_standard_output_and_what_next_on_standard_error(run):
    done = run(adapters=["svm", "svm-norm"])
    for words in ("UAR mean", "UAR pooled", "access", "transductive", "training speakers", "complete"):
        assert words in done.out
    assert "sabench compare svm-" in done.err
    assert "sabench leaderboard" in done.err
    assert "fold s0 done" in done.err


def test_no_comparison_is_proposed_of_what_cannot_be_compared(run):
    assert "sabench compare" not in run("--seed", 0, "--seed", 1).err


def test_a_proposed_command_quotes_the_folder(run, tmp_path):
    results = tmp_path / "my results"
    assert f"sabench leaderboard --results '{results}'" in run("--results", results).err


def test_where_nothing_was_computed_a_table_has_dashes(run, tones, tmp_path):
    lines = tones.read_text().replace("wav/", f"{tones.parent}/wav/").splitlines()
    table = tmp_path / "one_class.csv"  # one class to train on, and one fold
    table.write_text("\n".join(line for line in lines if ",s3," in line or "happy" in line or "file," in line))
    done = run("--protocol", "challenge", root=table)
    assert "0/1" in done.out, done.err
    assert "nan" not in done.out


def test_several_seeds_are_runs_of_their_own(run):
    rows = run("--seed", 0, "--seed", 1, "--json").json["runs"]
    assert [row["seed"] for row in rows] == [0, 1]
    assert len({row["run_id"] for row in rows}) == 2


def test_flags_reach_the_methods(run):
    rows = run("--set", "adapter.C=0.1", "--normaliser", "corpus-zscore", "--json").json["runs"]
    assert rows[0]["variant"] == "normaliser=corpus-zscore, C=0.1"
    assert rows[0]["normaliser"] == "corpus-zscore"


def test_the_pool_changes_what_is_scored_and_the_hash(run):
    whole, default = (run("--pool", pool, "--json").json["runs"][0] for pool in ("neutral=0", "neutral=1"))
    assert (whole["n_scored"], default["n_scored"]) == (36, 32)
    assert whole["protocol_hash"] != default["protocol_hash"]


def test_validation_as_training_can_be_refused(run):
    assert run("--no-validation-as-training", "--json").json["runs"][0]["n_training_speakers"] == 2


def test_repeating_the_command_gives_the_same_rows(run):
    assert run("--json").json == run("--json").json


# Plans


def test_a_printed_plan_reads_back_as_the_same_plan(run, sabench, tmp_path):
    flags = ("--pool", "neutral=0,scored-too", "--seed", 3, "--draw", "nth:0", "--set", "svm.C=0.5", "--print-plan")
    printed = run(*flags, adapters=["svm", "svm-norm"])
    assert printed.status == 0
    assert not (tmp_path / "results").exists()
    (tmp_path / "plan.toml").write_text(printed.out)
    again = sabench("run", "--plan", tmp_path / "plan.toml", "--print-plan")
    assert tomllib.loads(again.out) == tomllib.loads(printed.out)
    assert Plan.read(tmp_path / "plan.toml").settings == {"svm.C": 0.5}


def test_a_plan_runs_as_its_flags_do(run, sabench, tmp_path):
    (tmp_path / "plan.toml").write_text(run("--print-plan").out)
    assert sabench("run", "--plan", tmp_path / "plan.toml", "--json").json == run("--json").json


def test_flags_win_over_a_plan(run, sabench, tmp_path):
    (tmp_path / "plan.toml").write_text(run("--print-plan").out)
    printed = sabench("run", "--plan", tmp_path / "plan.toml", "--seed", 7, "--print-plan")
    assert tomllib.loads(printed.out)["seeds"] == [7]


@pytest.mark.parametrize(
    ("written", "flags"),
    [
        (["--search"], ["--no-search"]),
        (["--accept-fewer"], ["--no-accept-fewer"]),
        (["--simulated", "--scale", 0.1], ["--no-simulated"]),
    ],
)
def test_a_flag_turns_off_what_a_plan_turns_on(run, sabench, tmp_path, written, flags):
    (tmp_path / "plan.toml").write_text(run(*written, "--print-plan").out)
    printed = sabench("run", "--plan", tmp_path / "plan.toml", *flags, "--print-plan")
    assert tomllib.loads(printed.out) == tomllib.loads(run("--print-plan").out)


def test_a_twin_that_is_asked_for_and_taken_away_is_refused(run):
    refused = run("--no-simulated", "--scale", 0.1, "--print-plan")
    assert refused.status == 2
    assert "--no-simulated takes away the twin that --scale" in " ".join(refused.err.split())


def test_a_dry_run_tells_only_what_is_left(run, tmp_path):
    run()
    assert run("--dry-run", "--json").json == {"runs": []}
    assert "Nothing would run" in run("--dry-run").err
    (damaged, *_) = tmp_path.glob("results/cells/*/*/fit.json")
    damaged.unlink()
    (left,) = run("--dry-run", "--json").json["runs"]
    assert left["folds"] == 1


def test_the_seconds_of_a_dry_run_are_those_of_all_folds(run, tones, tmp_path):
    from tiny import plan, planned_runs

    from sabench.running import costs

    made = plan(tones, tmp_path, adapters="svm", threads=None)
    (planned,) = planned_runs(made)
    estimate = costs.estimate(planned, made)
    assert estimate.seconds > estimate.cell.seconds
    assert run("--dry-run", "--json").json["runs"][0]["seconds"] == estimate.seconds


def test_a_dry_run_estimates_and_computes_nothing(run, tmp_path):
    done = run("--dry-run", "--json", adapters=["svm", "resnet"])
    assert [row["folds"] for row in done.json["runs"]] == [4, 4]
    assert all(row["seconds"] > 0 for row in done.json["runs"])
    assert not (tmp_path / "results").exists()
    assert "estimate" in run("--dry-run").out


def plans_printed(out):
    return [Plan.build(tomllib.loads(text)) for text in re.split(r"^# Plan .*\n", out, flags=re.MULTILINE) if text]


def test_a_curve_is_estimated_and_printed_as_plans_and_computes_nothing(sabench, tones, tmp_path):
    fixed = ["--dataset", "table", "--root", tones, "--results", tmp_path / "results", "--no-track"]
    words = ["curve", "-a", "svm-norm,svm-neutral", *fixed, "--k", "1", "--draws", "2"]
    estimates = sabench(*words, "--dry-run", "--json").json["runs"]
    assert [row["folds"] for row in estimates] == [4] * 3  # two methods, and the baseline of both
    printed = plans_printed(sabench(*words, "--print-plan").out)
    assert [plan.adapters for plan in printed] == [("svm-norm",), ("svm-neutral",), ("svm",)]
    assert {plan.pool.neutral for plan in printed} == {1}
    assert not (tmp_path / "results").exists()


def test_a_comparison_is_estimated_and_printed_as_plans(sabench, tmp_path, monkeypatch):
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "cache"))
    words = ["paper", "--tables", "2", "--simulated", "--scale", "0.004", "--results", tmp_path / "results"]
    printed = plans_printed(sabench(*words, "--print-plan").out)
    assert {name for plan in printed for name in plan.datasets} == {"aibo:2class", "aibo:5class"}
    done = sabench(*words, "--dry-run", "--json")
    assert {row["folds"] for row in done.json["runs"]} == {1}
    assert not (tmp_path / "results").exists()


def test_a_normaliser_is_spelt_the_american_way_too(run):
    assert 'normaliser = "speaker-zscore"' in run("--print-plan", "--normalizer", "speaker-zscore").out


# Exit status


def test_a_failed_fold_is_a_row_and_the_status_is_1(run, tones, tmp_path):
    lines = tones.read_text().replace("wav/", f"{tones.parent}/wav/").splitlines()
    table = tmp_path / "one_class.csv"  # without s0, training is left with one class
    table.write_text("\n".join(line for line in lines if ",s0," in line or ",sad," in line or "file," in line))
    done = run("--json", "--protocol", "loso", root=table)
    assert done.status == 1
    (row,) = done.json["runs"]
    assert row["status"] == "failed"
    assert [failure["fold"] for failure in row["failures"]] == ["s0"]
    assert row["n_folds"] == 3
    assert "fold s0 failed: ValueError: The number of classes has to be greater than one" in done.err


FAILING = """
from sabench import Adapter

class Failing(Adapter):
    name = "failing"
    features = "egemaps"
    def fit(self, train, validation, *, context):
        self.look(train)
    def look(self, train):
        if "s1" not in train.speaker:
            raise RuntimeError("no luck")
        raise RuntimeError("never")
    def enrol(self, enrolment): ...
"""


@pytest.fixture
def failing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / f"failing_{tmp_path.name}.py"
    path.write_text(FAILING)
    return path


def test_alike_failures_are_told_once_with_phase_folds_and_the_authors_own_traceback(run, failing):
    done = run(adapters=[failing])
    assert done.status == 1
    assert "3 folds (s0, s2, s3) failed: RuntimeError: never (in fit)" in done.err
    assert "fold s1 failed: RuntimeError: no luck (in fit)" in done.err
    assert done.err.count('raise RuntimeError("never")') == 1
    assert f'File "{failing}", line 8, in fit' in done.err
    assert "sabench/cells" not in done.err


def test_the_first_failure_ends_the_run_where_that_is_asked_for(run, failing):
    done = run("--fail-fast", "--jobs", "1", "--json", adapters=[failing])
    assert done.status == 1
    assert 1 <= len(done.json["runs"][0]["failures"]) < 4
    assert len(run("--json", adapters=[failing]).json["runs"][0]["failures"]) == 4


def test_one_fold_is_worked_on_alone_and_the_status_says_whether_it_is_there(run):
    done = run("--fold", "s1", "--json")
    assert done.status == 0
    (row,) = done.json["runs"]
    assert (row["status"], row["n_folds"]) == ("partial", 1)
    assert "1 run, 1 fold." in done.err
    assert run("--json").json["runs"][0]["n_folds"] == 4


def test_a_fold_that_there_is_not_is_told(run):
    done = run("--fold", "s7")
    assert done.status == 2
    assert "There is no fold 's7'. There are: s0, s1, s2 and 1 more." in done.err


def test_debugging_works_in_this_process_and_keeps_nothing(run, failing, tmp_path):
    failing.write_text(FAILING.replace("self.look(train)", "import os; raise RuntimeError(os.getpid())"))
    done = run("--debug", adapters=[failing])
    assert done.status == 1
    assert f"RuntimeError: {os.getpid()} (in fit)" in done.err
    assert not (tmp_path / "results").exists()


def test_leaving_a_debugger_ends_the_run(run, failing):
    failing.write_text(FAILING.replace("self.look(train)", "import bdb; raise bdb.BdbQuit"))
    done = run("--debug", adapters=[failing])
    assert done.status == 1
    assert "Left the debugger. Nothing was kept." in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--adapter", "svmm"], "Unknown adapter 'svmm'. Did you mean 'svm'?"),
        (["--set", "svm.c=1"], "svm has no parameter 'c'"),
        (["--set", "svm.C"], "--set svm.C has no value"),
        (["--set", "svm.C=NaN"], "C is 'NaN'; input should be a finite number"),
        (["--protocol", "losso"], "Unknown protocol 'losso'. Did you mean 'loso'?"),
        (["--pool", "neutral=x"], "'neutral=x' is no pool rule"),
        (["--draw", "last"], "Draw 'last' is not one of first, nth"),
        (["--device", "tpu"], "device: String should match"),
        (["--jobs", "0"], "--jobs"),
        (["--wrong"], "--wrong"),
        (["--features", "logspec"], "svm takes functionals; logspec gives sequences"),
        (["--preset", "none"], "No chosen adapter has a preset 'none'"),
    ],
)
def test_wrong_use_ends_with_status_2_and_one_sentence(run, arguments, words):
    done = run(*arguments)
    assert done.status == 2
    assert words in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_run_needs_a_method_and_a_dataset(sabench):
    for arguments, flag in (([], "--adapter"), (["--adapter", "svm"], "--dataset")):
        done = sabench("run", *arguments)
        assert done.status == 2
        assert f"Name at least one with {flag}" in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--draw", "nth:9"], "svm-neutral needs 1 neutral of every target speaker: s"),
        (["--root", "nowhere.csv"], "nowhere.csv is not there"),
        (["--pool", "neutral=0"], "Reserve more with --pool neutral=1"),
    ],
)
def test_what_is_refused_ends_with_status_1_and_one_sentence(run, arguments, words):
    done = run(*arguments, adapters=["svm-neutral"])
    assert done.status == 1
    assert done.err.count("Error: ") == 1
    assert words in done.err


def test_a_leak_is_refused_with_status_1(run, tones, tmp_path):
    lines = tones.read_text().replace("wav/", f"{tones.parent}/wav/").splitlines()
    mixed = [
        lines[0],
        *(f"{line.rpartition(',')[0]},{'train' if i % 2 else 'test'}" for i, line in enumerate(lines[1:])),
    ]
    (tmp_path / "mixed.csv").write_text("\n".join(mixed))
    done = run("--protocol", "challenge", root=tmp_path / "mixed.csv")
    assert done.status == 1
    assert "would be in both training and test" in done.err


def test_results_that_cannot_be_written_end_with_status_1(run, tmp_path):
    (tmp_path / "results").write_text("")
    done = run()
    assert done.status == 1
    assert "sabench.json cannot be written" in done.err


FULL_DISK = """
import resource, sys
from sabench import cli
# Like a full disk: no file may grow beyond so many bytes.
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.argv = ["sabench", *sys.argv[1:]]
cli.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_a_full_disk_is_told_and_the_same_command_goes_on_once_there_is_room(run, tones, tmp_path):
    expected = run("--json").json
    results = tmp_path / "small"
    arguments = ["run", "-a", "svm", "-d", "table", "--root", tones, "--results", results, "--no-track", "--jobs", 1]
    command = [sys.executable, "-c", FULL_DISK, *map(str, arguments)]
    full = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert full.returncode == 1
    assert "cannot be written: File too large. Make room" in full.stderr
    assert "Traceback" not in full.stderr
    again = run("--json", "--results", results).json
    assert again["runs"][0]["uar_mean"] == expected["runs"][0]["uar_mean"]


# What is imported


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    assert imported_by(*arguments, names=["numpy", "pandas", "torch", "mlflow", "sklearn"]) == ""


def imported_by(*arguments, names):
    code = (
        "import sys; from sabench import cli\n"
        f"sys.argv = ['sabench', *{list(arguments)!r}]\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"sys.exit(' '.join(name for name in {names!r} if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout
    return done.stderr.strip()


def test_an_interrupt_ends_with_its_own_status_and_a_sentence(run, monkeypatch):
    from sabench.running import runner

    def interrupted(*given, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", interrupted)
    done = run()
    assert done.status == 130
    assert done.err.strip() == "Interrupted. What is finished is kept; the same command goes on from there."


def test_so_many_training_speakers_are_all_that_a_method_trains_on(run):
    (row,) = run("--training-speakers", "2", "--json").json["runs"]
    (whole,) = run("--json").json["runs"]
    assert (row["n_training_speakers"], whole["n_training_speakers"]) == (2, 3)
    assert row["protocol"].endswith("+train-2")
    assert row["protocol_hash"] != whole["protocol_hash"]


def test_shares_of_a_plan_work_on_every_fold_once_and_the_plain_command_shows_the_whole(run):
    first, second = (run("--shard", f"{i}/2", "--json", adapters=["svm", "svm-norm"]) for i in (1, 2))
    assert (first.status, second.status) == (0, 0)
    assert [row["n_folds"] for row in first.json["runs"]] == [2, 2]
    assert [row["status"] for row in second.json["runs"]] == ["complete", "complete"]
    assert "8 folds, 8 of them done before" in run(adapters=["svm", "svm-norm"]).err


@pytest.mark.parametrize("share", ["0/2", "3/2", "2", "a/b", "1/0"])
def test_a_share_that_cannot_be_is_refused(run, share):
    done = run("--shard", share)
    assert done.status == 2
    assert f"{share!r} is no share; write I/N with I from 1 to N" in done.err
