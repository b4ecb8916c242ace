"""Which runs' maps the page shows."""

from hessian_study.configuration.targets.maps import MappedRun, mapped_runs

MAPS = ("dataset", "alignment_grid", "alignment_samples", "decision_boundary")
WITHOUT_SAMPLES = ("dataset", "alignment_grid", "decision_boundary")


def test_the_drawn_seed_comes_first_and_each_run_once() -> None:
    figures = [(WITHOUT_SAMPLES, ["a/n", "a/n/epoch5"]), (MAPS, ["a/n", "b/n"])]
    tabulated = [("b", "n", 0), ("b", "n", 1), ("b", "n", 2)]
    assert mapped_runs(figures, tabulated, drawn_seed=1) == [
        MappedRun("a/n", 1, True),
        MappedRun("a/n/epoch5", 1, False),
        MappedRun("b/n", 1, True),
        MappedRun("b/n", 0, True),
        MappedRun("b/n", 2, True),
    ]


def test_figures_of_other_arrays_have_no_maps() -> None:
    walkthrough = ("dataset", "model", "spectrum", "alignment_grid")  # of one feature
    assert mapped_runs([(walkthrough, ["toy/n"]), (("measures",), ["a/n"])], [], 0) == []
