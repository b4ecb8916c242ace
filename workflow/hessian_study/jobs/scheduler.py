"""What Snakemake's scheduler does for clusters and a single machine is better off without."""

from typing import Any


def without_rate_limit(scheduler: Any) -> None:
    """Lift the limit on jobs started in a second, where this version of Snakemake has one.

    With it every job that ends leaves a timer that has all open jobs considered again each second.
    """
    if hasattr(scheduler, "job_rate_limiter"):
        scheduler.job_rate_limiter = None
