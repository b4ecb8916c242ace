"""Write the numbers behind a figure of another run than the one that is drawn."""

from hessian_boundary.artifacts.store import save_table
from hessian_boundary.runtime.own_code import full_name, own_function
from hessian_study.jobs.job import Job
from hessian_study.steps.figure import LAYOUTS, figure_inputs


def main(job: Job) -> None:
    """Write what the figure's layout says in numbers: (experiment, quantity, value)."""
    numbers, _ = own_function(full_name(LAYOUTS, job.settings["layout"]), "numbers")
    save_table(numbers(figure_inputs(job), job.settings), job.output["csv"])
