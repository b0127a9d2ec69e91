"""Jobs of a cluster's scheduler: a stand-in `sbatch` runs the very script that SLURM would get, on this machine."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
import tiny

from sabench import PlanError
from sabench.results.folder import Results
from sabench.running import batch, executors, runner
from sabench.running.batch import BatchJobs

pytestmark = [
    pytest.mark.usefixtures("warm"),
    pytest.mark.skipif(sys.platform == "win32", reason="jobs are shell scripts"),
    # Of distributed, which closes its sockets and loops after the test that made them.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
pytest.importorskip("dask_jobqueue", reason="sabench[cluster] is not installed")


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Put `sbatch` and `scancel` on the path; returns the folder that keeps scripts and process groups of jobs."""
    place = tmp_path / "slurm"
    place.mkdir()
    write(
        place / "sbatch",
        f"""
        #!{sys.executable}
        import itertools, pathlib, subprocess, sys
        for number in itertools.count():  # two of these may run at once
            script = pathlib.Path({str(place)!r}) / f"job-{{number}}.sh"
            try:
                with open(script, "x") as copy:
                    copy.write(pathlib.Path(sys.argv[1]).read_text())
                break
            except FileExistsError:
                continue
        with open(f"{{script}}.out", "w") as out:
            job = subprocess.Popen(["sh", str(script)], stdout=out, stderr=out, start_new_session=True)
        pathlib.Path(f"{{script}}.pid").write_text(str(job.pid))
        print("Submitted batch job", job.pid)
        """,
    )
    write(place / "scancel", "#!/bin/sh\nkill -TERM -- -$1\n")
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    yield place
    for pid in jobs_of(place):
        kill(pid)
    gc.collect()  # what distributed leaves open is closed while its warnings are awaited


def write(path, text):
    path.write_text(textwrap.dedent(text).lstrip())
    path.chmod(0o755)


def jobs_of(place):
    return [int(path.read_text()) for path in sorted(place.glob("*.pid")) if path.read_text()]


def kill(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def outcome(plan):
    (summary,) = runner.run(plan, registry=tiny.registry())
    results = Results(plan.results)
    return summary.record.status, results.predictions(summary.record).probabilities.tolist()


def test_jobs_of_slurm_give_the_same_numbers_and_are_cancelled_at_the_end(slurm, tones, tmp_path):
    here = outcome(tiny.plan(tones, tmp_path / "here", adapters="nearest-norm"))
    jobs = {"workers": 2, "queue": "short", "account": "speech", "memory": "2GB", "walltime": "00:10:00"}
    plan = tiny.plan(tones, tmp_path / "there", adapters="nearest-norm", dask="slurm", batch=jobs, threads=2)
    same = tiny.plan(tones, tmp_path / "here", adapters="nearest-norm", threads=2)
    there = outcome(plan)
    assert there == outcome(same)
    assert there[0] == here[0] == "complete"
    script = (slurm / "job-0.sh").read_text()
    for line in ("-p short", "-A speech", "--cpus-per-task=2", "--mem=2G", "-t 00:10:00"):
        assert f"#SBATCH {line}" in script
    assert "--gres" not in script
    assert "tls://" in script
    assert len(jobs_of(slurm)) == 2
    assert not [pid for pid in jobs_of(slurm) if alive(pid, within_s=20)]


def test_a_job_that_is_killed_is_submitted_anew_and_the_numbers_stay_the_same(slurm, tones, tmp_path):
    settings = {"faulty.fault": "wait-once", "faulty.target": "s1", "faulty.notes": str(tmp_path / "notes")}
    values = {"adapters": "faulty", "settings": settings, "threads": 1}
    killer = threading.Thread(target=kill_first_once, args=(slurm, tmp_path / "notes.waits"))
    killer.start()
    there = outcome(tiny.plan(tones, tmp_path / "there", dask="slurm", batch={"workers": 1}, **values))
    killer.join()
    assert len(jobs_of(slurm)) == 2
    assert there == outcome(tiny.plan(tones, tmp_path / "here", **values))
    assert there[0] == "complete"


def kill_first_once(place, mark):
    until = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < until:
        time.sleep(0.1)
    kill(jobs_of(place)[0])


def test_jobs_that_wait_in_a_queue_are_told_and_then_work(slurm, tones, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(executors, "_PATIENCE_S", 0.5)
    text = (slurm / "sbatch").read_text()
    write(slurm / "sbatch", text.replace('["sh", str(script)]', '["sh", "-c", f"sleep 3; sh {script}"]'))
    plan = tiny.plan(tones, tmp_path / "x", adapters="nearest-norm", dask="slurm", batch={"workers": 1})
    assert outcome(plan)[0] == "complete"
    assert f"slurm has begun no job yet; is its queue long? What jobs print is in {tmp_path}" in caplog.text


def alive(pid, within_s):
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if subprocess.run(["pgrep", "-g", str(pid)], stdout=subprocess.DEVNULL, check=False).returncode:
            return False
        time.sleep(0.2)
    return True


def test_a_job_that_the_scheduler_does_not_take_is_told_before_the_first_fold(slurm, tones, tmp_path):
    write(slurm / "sbatch", "#!/bin/sh\necho 'sbatch: error: invalid partition specified: short' >&2\nexit 1\n")
    plan = tiny.plan(tones, tmp_path / "x", adapters="nearest-norm", dask="slurm", batch={"queue": "short"})
    with pytest.raises(PlanError, match=r"^slurm does not take the job: sbatch: error: invalid partition") as caught:
        runner.run(plan, registry=tiny.registry())
    assert "#SBATCH -p short" in str(caught.value)


def test_a_machine_without_the_scheduler_is_told(tones, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    plan = tiny.plan(tones, tmp_path / "x", adapters="nearest-norm", dask="pbs")
    with pytest.raises(PlanError, match=r"--dask pbs needs the command qsub, which is not here"):
        runner.run(plan, registry=tiny.registry())


@pytest.mark.parametrize(
    ("scheduler", "lines"),
    [
        ("slurm", ["#SBATCH --cpus-per-task=3", "#SBATCH --gres=gpu:2", "#SBATCH --mem=4G", "#SBATCH --qos=low"]),
        ("pbs", ["#PBS -l select=1:ncpus=3:mem=4GB:ngpus=2", "#PBS -l walltime=01:00:00", "#PBS --qos=low"]),
        ("sge", ["#$ -pe smp 3", "#$ -l gpu=2", "#$ --qos=low"]),
        ("lsf", ["#BSUB -n 3", '#BSUB -gpu "num=2"', "#BSUB --qos=low"]),
    ],
)
def test_every_scheduler_is_asked_in_its_own_words(scheduler, lines, tmp_path, monkeypatch):
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "a cache"))
    asked = BatchJobs(queue="q", account="a", memory="4GB", walltime="01:00:00", gpus=2, directives=("--qos=low",))
    script = batch.script(scheduler, asked, threads=3)
    for line in lines:
        assert line in script
    assert f"export SABENCH_CACHE='{tmp_path}/a cache'" in script


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"batch": {"workers": 2}},
            r"be carried out: workers, .* are of jobs; say --dask slurm.*lsf\.$",
        ),
        ({"dask": "slurm", "batch": {"memory": "lots"}}, "memory"),
        ({"dask": "slurm", "batch": {"walltime": "long"}}, "walltime"),
        ({"dask": "slurm", "batch": {"workers": 0}}, "workers"),
    ],
)
def test_what_is_asked_of_jobs_is_checked_when_the_plan_is_made(tones, tmp_path, values, words):
    with pytest.raises(PlanError, match=words):
        tiny.plan(tones, tmp_path, adapters="nearest-norm", **values)


def test_a_gpu_of_the_jobs_counts_where_this_machine_has_none(tones, tmp_path):
    plan = tiny.plan(tones, tmp_path, adapters="mlp", dask="slurm", batch={"gpus": 1})
    assert plan.has_batch_gpus
