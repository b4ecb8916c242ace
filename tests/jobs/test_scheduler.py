"""Snakemake's own scheduler still has what is lifted from it, and one without it is left alone."""

import inspect
from types import SimpleNamespace

from snakemake.scheduling.job_scheduler import JobScheduler

from hessian_study.jobs.scheduler import without_rate_limit


def test_the_limit_is_lifted_and_snakemake_still_has_it() -> None:
    assert "self.job_rate_limiter is None" in inspect.getsource(JobScheduler)
    scheduler = SimpleNamespace(job_rate_limiter=object())
    without_rate_limit(scheduler)
    assert scheduler.job_rate_limiter is None


def test_a_scheduler_without_a_limit_is_left_alone() -> None:
    scheduler = SimpleNamespace()
    without_rate_limit(scheduler)
    assert vars(scheduler) == {}
