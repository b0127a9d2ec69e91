"""Jobs of a cluster's own scheduler (SLURM, PBS, SGE, LSF) as Dask workers, through dask-jobqueue."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from sabench.errors import PlanError, ResultsError
from sabench.machine.folders import cache_folder, config_folder

if TYPE_CHECKING:
    from dask_jobqueue import JobQueueCluster
    from distributed import Client
    from distributed.security import Security

Memory = Annotated[str, Field(pattern=r"^[1-9]\d*\s?[kKMGT]i?B$")]
Walltime = Annotated[str, Field(pattern=r"^(\d+-)?\d+:[0-5]\d(:[0-5]\d)?$")]
_SUBMIT: Final = MappingProxyType({"slurm": "sbatch", "pbs": "qsub", "sge": "qsub", "lsf": "bsub"})
SCHEDULERS: Final = tuple(_SUBMIT)


class BatchJobs(BaseModel):
    """What is asked of a cluster's scheduler.

    Attributes:
        workers: jobs at a time, each of which works on one fold after the other.
        queue: or partition; the cluster's default where it is None.
        account: or project, that is charged.
        memory: of a job, such as `8GB`.
        walltime: of a job, `hours:minutes:seconds`; a fold that it cuts off goes on in another job.
        gpus: of a job.
        directives: further lines of a job's header, without its `#SBATCH`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: Annotated[int, Field(ge=1, le=10_000)] = 4
    queue: str | None = None
    account: str | None = None
    memory: Memory = "8GB"
    walltime: Walltime = "04:00:00"
    gpus: Annotated[int, Field(ge=0, le=64)] = 0
    directives: tuple[str, ...] = ()


class BatchCluster:
    """A Dask cluster whose workers are jobs; one that ends early is submitted anew.

    Its scheduler runs in this process. Workers meet it over TLS, with certificates that are made for this run.

    Args:
        scheduler: one of `SCHEDULERS`.
        jobs: what is asked for.
        n_cells: at most so many jobs are of use.
        threads: cores of a job.
        logs: folder for what jobs print, and for the certificates while they are needed; every machine sees it.

    Raises:
        PlanError: what is needed is not installed here, or the scheduler does not take a job.
        ResultsError: the folder for what jobs print cannot be written.
    """

    def __init__(self, scheduler: str, jobs: BatchJobs, n_cells: int, threads: int, logs: Path) -> None:
        _refuse_missing(scheduler)
        self._certificates = _private_folder(logs)
        self._cluster: JobQueueCluster = _cluster(scheduler)(
            **_job(scheduler, jobs, threads),
            name="sabench",
            log_directory=str(logs),
            local_directory=self._certificates.name,
            security=_security(Path(self._certificates.name)),
            scheduler_options={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        )
        n_jobs = min(jobs.workers, n_cells)
        try:
            self._cluster.sync(_submit, self._cluster, n_jobs)
            self._cluster.adapt(minimum_jobs=n_jobs, maximum_jobs=n_jobs)
        except (OSError, RuntimeError, ValueError) as error:
            self.close()
            job = script(scheduler, jobs, threads)
            msg = f"{scheduler} does not take the job: {_reason(error)} The job was:\n{job}"
            raise PlanError(msg) from error

    def client(self) -> Client:
        """Return a client of the cluster."""
        return self._cluster.get_client()

    def close(self) -> None:
        """Cancel the jobs and remove the certificates."""
        self._cluster.close()
        self._certificates.cleanup()


def script(scheduler: str, jobs: BatchJobs, threads: int) -> str:
    """Return the script of one job, as the scheduler gets it; the address of this run is not in it."""
    job: Any = _cluster(scheduler).job_cls
    return str(job("tls://here:1", name="sabench", **_job(scheduler, jobs, threads)).job_script())


async def _submit(cluster: JobQueueCluster, n_jobs: int) -> None:
    """Submit jobs and wait until the scheduler has them; raises what it says, which `scale` would not."""
    for _ in range(n_jobs):
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        await cluster
    except Exception:  # goes on, once the cluster has been told that no job is there to be waited for
        from distributed.core import Status

        for job in cluster.workers.values():
            job.status = Status.failed  # or the cluster could not be closed
        raise


def _cluster(scheduler: str) -> Any:
    import dask_jobqueue

    return getattr(dask_jobqueue, f"{scheduler.upper()}Cluster")


def _private_folder(logs: Path) -> TemporaryDirectory[str]:
    try:
        logs.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=logs, prefix=".run-", ignore_cleanup_errors=True)
    except OSError as error:
        msg = f"{logs}, for what jobs print, cannot be written: {error.strerror}."
        raise ResultsError(msg) from error


def _security(folder: Path) -> Security:
    """Return certificates for this run alone, in files that workers on other machines read."""
    from distributed.security import Security

    pems = Security.temporary().get_tls_config_for_role("worker")
    paths = {name: folder / f"{name}.pem" for name in ("ca_file", "cert", "key")}
    for name, path in paths.items():
        path.write_text(pems[name])
    ends = {
        f"tls_{role}_{name}": str(paths[name]) for role in ("scheduler", "worker", "client") for name in ("cert", "key")
    }
    return Security(tls_ca_file=str(paths["ca_file"]), require_encryption=True, **ends)


def _job(scheduler: str, jobs: BatchJobs, threads: int) -> dict[str, Any]:
    """Return the arguments of dask-jobqueue: one worker process of one task a job, with cores for its threads."""
    path = os.pathsep.join(place for place in sys.path if place and not place.startswith(sys.base_prefix))
    exported = {"SABENCH_CACHE": cache_folder(), "SABENCH_CONFIG": config_folder(), "PYTHONPATH": path}
    of_scheduler = {"slurm": _of_slurm, "pbs": _of_pbs, "sge": _of_sge, "lsf": _of_lsf}[scheduler](jobs, threads)
    directives = [*of_scheduler.pop("job_extra_directives", []), *jobs.directives]
    charged = {"project" if scheduler in ("sge", "lsf") else "account": jobs.account} if jobs.account else {}
    return {
        "job_name": "sabench",
        "cores": 1,
        "processes": 1,
        "memory": jobs.memory,
        "walltime": jobs.walltime,
        "queue": jobs.queue,
        "job_script_prologue": [f"export {name}={shlex.quote(str(value))}" for name, value in exported.items()],
        "job_extra_directives": directives,
        **charged,
        **of_scheduler,
    }


def _of_slurm(jobs: BatchJobs, threads: int) -> dict[str, Any]:
    return {"job_cpu": threads, "job_extra_directives": [f"--gres=gpu:{jobs.gpus}"] if jobs.gpus else []}


def _of_pbs(jobs: BatchJobs, threads: int) -> dict[str, Any]:
    gpus = f":ngpus={jobs.gpus}" if jobs.gpus else ""
    return {"resource_spec": f"select=1:ncpus={threads}:mem={jobs.memory.replace(' ', '')}{gpus}"}


def _of_sge(jobs: BatchJobs, threads: int) -> dict[str, Any]:
    gpus = [f"-l gpu={jobs.gpus}"] if jobs.gpus else []
    return {"job_extra_directives": [*([f"-pe smp {threads}"] if threads > 1 else []), *gpus]}


def _of_lsf(jobs: BatchJobs, threads: int) -> dict[str, Any]:
    return {"ncpus": threads, "job_extra_directives": [f'-gpu "num={jobs.gpus}"'] if jobs.gpus else []}


def _refuse_missing(scheduler: str) -> None:
    command = _SUBMIT[scheduler]
    if shutil.which(command) is None:
        msg = (
            f"--dask {scheduler} needs the command {command}, which is not here. Start it on the cluster's login node."
        )
        raise PlanError(msg)
    try:
        import cryptography  # noqa: F401  (makes the certificates)
        import dask_jobqueue  # noqa: F401
    except ImportError as error:
        msg = f"--dask {scheduler} needs the package {error.name}. Install it with: pip install 'sabench[cluster]'"
        raise PlanError(msg) from error


def _reason(error: BaseException) -> str:
    """Return what the submitting command said, out of the report of dask-jobqueue."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    _, _, said = str(error).partition("stderr:\n")
    line = next((line.strip() for line in said.splitlines() if line.strip()), lines[0] if lines else "no reason given")
    return line if line.endswith(".") else f"{line}."
