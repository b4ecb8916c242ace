"""Make one piece of what the Gauss-Newton part of a view's Hessian is diagonalised from."""

from hessian_boundary.alignment.gauss_newton import gauss_newton_piece
from hessian_boundary.curvature.gauss_newton.pieces import empty_piece, piece_dataset
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import has_diverged, load_whole_problem


def main(job: Job) -> None:
    """Write the factor artifact of some of the parameters, in float64, for all samples.

    `scatteritem` says which: 1-of-3 to 3-of-3. Of a model that diverged the piece is empty.
    """
    piece = empty_piece()
    if not has_diverged(job):
        number, count = map(int, job.wildcards["scatteritem"].split("-of-"))
        limit = CurvatureOptions.of_settings(job.settings).memory_limit
        piece = gauss_newton_piece(load_whole_problem(job), number - 1, count, memory_limit=limit)
    job.save(piece_dataset(piece), "factor")
