"""How far a run of the workflow is, and about how long it has still to go."""

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hessian_study.jobs.costs import stage_costs

# seconds that a job of a step takes in the quick profile: what counts is how they compare
TYPICAL = {
    "train": 10.0,
    "diagonalise": 6.0,
    "study_precision": 60.0,
    "measure_float32": 30.0,
    "align_grid": 3.0,
    "align_directions": 3.0,
    "measure_gauss_newton": 3.0,
    "factor_gauss_newton": 3.0,
    "estimate_margin": 2.0,
    "margin_starts": 20.0,
    "align_samples": 2.0,
    "trace_boundary": 1.5,
    "embed": 4.0,
    "figure": 4.0,
    "report": 4.0,
    "make_dataset": 1.0,
}
OTHER = 0.5  # tables, and names of targets, which take no time at all
SHOWN = 2  # names of running jobs in a line


class RunProgress:
    """What is planned, running and done, as Snakemake's messages tell it."""

    def __init__(self) -> None:
        self.started_at = time.monotonic()
        self.planned: Mapping[str, int] = {}
        self.done: Counter[str] = Counter()
        self._running: dict[int, tuple[str, str]] = {}  # job -> its rule, and its name
        self._results: Path | None = None  # of the profile

    @property
    def total(self) -> int:
        """The number of planned jobs."""
        return sum(self.planned.values())

    def plan(self, jobs: Mapping[str, int]) -> None:
        """Take the number of jobs of each rule, and begin to count the time."""
        self.started_at = time.monotonic()
        self.planned = {rule: count for rule, count in jobs.items() if rule != "total"}

    def start(self, job: int, rule: str, name: str, output: str) -> None:
        """Note a job that begins to run, or that waits in a cluster's queue; "" is no output."""
        self._running[job] = (rule, name)
        match Path(output).parts:
            case ("results", profile, _, *_):  # `all` and other names to ask for have no output
                self._results = Path("results", profile)

    def finish(self, job: int) -> None:
        """Note a job that has made its results."""
        if job in self._running:
            self.done[self._running.pop(job)[0]] += 1

    def fail(self, job: int) -> None:
        """Note a job that has ended without."""
        self._running.pop(job, None)

    def line(self) -> str:
        """Return done and total, the time, and what runs now."""
        done = self.done.total()
        share = f"{done / max(self.total, 1):.0%}"
        names = [name for _, name in self._running.values()]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        now = f"  now {', '.join(names[:SHOWN])}{more}" if names else ""
        return f"{done:>4} of {self.total} jobs {share:>4}  {self._time()}{now}"

    def elapsed(self) -> float:
        """Return the seconds since the plan."""
        return time.monotonic() - self.started_at

    def _time(self) -> str:
        left = self.seconds_left()
        estimate = "" if left is None else f", about {duration(left)} left"
        return f"{duration(self.elapsed())} gone{estimate}"

    def seconds_left(self) -> float | None:
        """Return an estimate: the work that is left, at the speed so far.

        None until a fiftieth is done: from the first short jobs nothing follows.

        A job's work is what jobs of its step took, in this run or an earlier one, else `TYPICAL`.
        """
        work = self._seconds_per_job()
        done = sum(count * work[rule] for rule, count in self.done.items())
        whole = sum(count * work[rule] for rule, count in self.planned.items())
        return self.elapsed() * max(whole - done, 0.0) / done if done > whole / 50 else None

    def _seconds_per_job(self) -> Mapping[str, float]:
        costs = stage_costs(self._results) if self._results else {}
        known = {step: sum(c.seconds for c in jobs) / len(jobs) for step, jobs in costs.items()}
        both = [step for step in known if step in TYPICAL]
        usual = sum(TYPICAL[step] for step in both)
        speed = sum(known[step] for step in both) / usual if usual else 1.0  # of this machine
        return {
            rule: known.get(rule, speed * TYPICAL.get(rule, OTHER))
            for rule in self.planned.keys() | self.done.keys()
        }


def duration(seconds: float) -> str:
    """Return 45 s, 12 min or 1 h 05 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
