"""The workflow as its users run it: the real Snakefile on a tiny configuration, end to end.

One copy of the code is run once; each test then makes an edit and asks Snakemake which jobs it
would run, or damages something and runs again.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.snakemake_report import report_page, report_results
from helpers.tiny_study import ROOT, TinyStudy, image_datasets
from hessian_boundary.artifacts.schema import KINDS
from hessian_boundary.artifacts.store import open_artifact, open_table
from hessian_study.provenance.file_digests import file_digest

TARGETS = ("fig02", "fig04", "table2")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """A copy of the code with the targets made."""
    study = TinyStudy.with_own_code(tmp_path_factory.mktemp("study"))
    study = study.edited(profiles__tiny__without=image_datasets())
    result = study.run(*TARGETS)
    assert result.returncode == 0, result.stderr
    return study


def rules(jobs: list[tuple[str, ...]]) -> set[str]:
    return {job[0] for job in jobs}


def edit(study: TinyStudy, file: str, old: str, new: str) -> None:
    path = study.code / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_everything_asked_for_is_made(finished: TinyStudy) -> None:
    for figure in ("fig02", "fig04"):
        for kind in ("pdf", "png"):
            assert (finished.results / f"figures/{figure}.{kind}").stat().st_size > 10_000
    for suffix in (".csv", ".md", ".tex", "_published.csv", "_published.md", "_published.tex"):
        assert (finished.results / f"tables/table2{suffix}").is_file()
    table = open_table(finished.results / "tables/table2.csv")
    assert list(table["training"]) == ["normal", "adversarial"]
    assert (table["trace"] != 0).all()


def test_figures_and_tables_say_that_they_are_not_the_full_study(finished: TinyStudy) -> None:
    assert "tiny profile" in (finished.results / "tables/table2.md").read_text()
    assert "tiny profile" in (finished.results / "tables/table2.tex").read_text()


def test_an_artifact_says_what_made_it(finished: TinyStudy) -> None:
    model = finished.results / "gaussian/adversarial/seed0/model.zarr.zip"
    provenance = json.loads(open_artifact(model).attrs["provenance"])
    assert provenance["spec"]["wildcards"] == {
        "dataset": "gaussian",
        "training": "adversarial",
        "seed": "0",
    }
    assert provenance["spec"]["settings"]["learning_rate"] == 0.02
    start = finished.results / "gaussian/random_labels/seed0/model.zarr.zip"
    assert provenance["inputs"]["start"] == [file_digest(start)]
    assert "torch" in provenance["versions"]


def test_the_examples_open_every_kind_of_artifact_that_was_made(finished: TinyStudy) -> None:
    assert names_opened(finished) == {
        *("dataset.zarr.zip", "model.zarr.zip", "spectrum.zarr.zip", "measures.csv"),
        *("alignment_grid.zarr.zip", "alignment_samples.zarr.zip", "g_theta_curve.csv"),
    }


def names_opened(study: TinyStudy) -> set[str]:
    """Return the files' names that the examples of how to open artifacts print."""
    module = "hessian_study.commands.main"
    command = [*study.python(), "-m", module, "open", str(study.results)]
    done = subprocess.run(command, cwd=study.code, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    return {Path(line).name for line in lines if line.startswith(str(study.results))}


def test_a_second_run_has_nothing_to_do(finished: TinyStudy) -> None:
    assert finished.planned(*TARGETS) == []


def test_touching_every_source_reruns_nothing(study: TinyStudy) -> None:
    for path in study.code.rglob("*"):
        os.utime(path)
    assert study.planned(*TARGETS) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import torch\n", "import torch  # the tensor library\n"),
        ('"""Concatenate the trainable', '"""Join the trainable'),
        ("def parameter_vector", "\n\n\ndef parameter_vector"),
    ],
)
def test_comments_and_formatting_rerun_nothing(study: TinyStudy, old: str, new: str) -> None:
    edit(study, "pipeline/hessian_boundary/networks/parameters.py", old, new)
    assert study.planned(*TARGETS) == []


def test_editing_a_figure_reruns_that_figure_only(study: TinyStudy) -> None:
    path = study.code / "pipeline/hessian_boundary/figures/layouts/sample_alignments.py"
    path.write_text(path.read_text() + "\nNEW_CONSTANT = 1\n")
    assert study.planned(*TARGETS) == [("fig02", "", "", "")]


def test_editing_what_layouts_share_reruns_all_figures(study: TinyStudy) -> None:
    edit(study, "pipeline/hessian_boundary/figures/style.py", '"#bdbdbd"', '"#bebebe"')
    assert rules(study.planned(*TARGETS)) == {"fig02", "fig04"}


def test_editing_the_eigensolver_reruns_spectra_and_below_but_no_training(
    study: TinyStudy,
) -> None:
    path = study.code / "pipeline/hessian_boundary/curvature/low_rank/range_finder.py"
    path.write_text(path.read_text() + "\nNEW_CONSTANT = 1\n")
    assert rules(study.planned(*TARGETS)) == {
        *("diagonalise", "align_samples", "align_grid", "measure"),
        *("fig02", "fig04", "table2"),
    }


def test_a_parameter_of_one_data_set_reruns_what_comes_from_it(study: TinyStudy) -> None:
    jobs = study.edited(datasets__gaussian__train_fraction=0.4).planned(*TARGETS)
    assert {job[1] for job in jobs} == {"gaussian", ""}
    assert rules(jobs) >= {"make_dataset", "train", "diagonalise", "align_samples", "fig02"}
    assert not rules(jobs) & {"fig04", "table2"}


def test_a_learning_rate_reruns_the_experiment_and_what_starts_from_it(study: TinyStudy) -> None:
    changed = study.edited(experiments__gaussian__random_labels__learning_rate=0.01)
    trained = {job[1:] for job in changed.planned(*TARGETS) if job[0] == "train"}
    assert trained == {
        ("gaussian", training, "0") for training in ("random_labels", "adversarial", "large_norm")
    }
    changed = study.edited(experiments__gaussian__adversarial__learning_rate=0.01)
    trained = {job[1:] for job in changed.planned(*TARGETS) if job[0] == "train"}
    assert trained == {("gaussian", "adversarial", "0")}


def test_swapping_two_parameters_of_a_rule_reruns_it(study: TinyStudy) -> None:
    # the sets of values stay the same, which Snakemake's own comparison would not notice
    entry = study.config["datasets"]["circle"]["parameters"]
    entry |= {"noise": entry["factor"], "factor": entry["noise"]}
    target = "results/tiny/circle/dataset.zarr.zip"
    swapped_back = study.edited(datasets__circle__parameters=entry | {"noise": 0.1, "factor": 0.5})
    assert swapped_back.run(target).returncode == 0
    assert swapped_back.planned(target) == []
    assert study.planned(target) == [("make_dataset", "circle", "", "")]


def test_grid_resolution_reruns_grids_and_their_figures(study: TinyStudy) -> None:
    jobs = study.edited(alignment__grid_resolution=13).planned(*TARGETS)
    assert rules(jobs) == {"align_grid", "fig04"}


def test_one_more_seed_reruns_that_seed_and_what_averages(study: TinyStudy) -> None:
    jobs = study.edited(profiles__tiny__seeds=[0, 1]).planned(*TARGETS)
    assert {job[3] for job in jobs} == {"1", ""}
    assert {job[0] for job in jobs if job[3] == ""} >= {"table2"}


def test_a_deleted_intermediate_is_rebuilt_only_when_needed(study: TinyStudy) -> None:
    spectrum = study.results / "gaussian/normal/seed0/spectrum.zarr.zip"
    spectrum.unlink()
    assert study.planned(*TARGETS) == []
    path = study.code / "pipeline/hessian_boundary/alignment/samples.py"
    path.write_text(path.read_text() + "\nNEW_CONSTANT = 1\n")
    jobs = study.planned("fig02")
    assert [job for job in jobs if job[0] == "diagonalise"] == [
        ("diagonalise", "gaussian", "normal", "0")
    ]


def test_a_deleted_output_comes_back_with_the_same_bytes(study: TinyStudy) -> None:
    model = study.results / "gaussian/large_norm/seed0/model.zarr.zip"
    before = file_digest(model)
    model.unlink()
    target = str(model.relative_to(study.directory))
    assert study.planned(target) == [("train", "gaussian", "large_norm", "0")]
    assert study.run(target).returncode == 0
    assert file_digest(model) == before
    # identical content: what was made from it stays valid
    assert study.planned(*TARGETS) == []


def damage(path: Path, content: bytes, *, silently: bool) -> None:
    """Overwrite a file; silently as a failing disk does, without a new modification time."""
    times = path.stat()
    path.write_bytes(content)
    if silently:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.slow
def test_an_overwritten_artifact_is_made_again(study: TinyStudy) -> None:
    model = study.results / "iris/normal/seed0/model.zarr.zip"
    before = file_digest(model)
    damage(model, model.read_bytes()[: model.stat().st_size // 2], silently=False)
    result = study.run("table2")
    assert result.returncode == 0, result.stderr
    assert file_digest(model) == before


def test_a_silently_damaged_input_stops_its_job_and_not_the_others(study: TinyStudy) -> None:
    for training in ("normal", "adversarial"):
        (study.results / f"iris/{training}/seed0/measures.csv").unlink()
    model = study.results / "iris/normal/seed0/model.zarr.zip"
    damage(model, model.read_bytes()[: model.stat().st_size // 2], silently=True)
    targets = [
        f"results/tiny/iris/{training}/seed0/measures.csv" for training in ("normal", "adversarial")
    ]
    result = study.run(*targets, "--keep-going", "--show-failed-logs")
    assert result.returncode != 0
    assert "iris/normal/seed0/model.zarr.zip as it was made" in result.stderr
    assert "logs/tiny/measure/iris/normal/seed0/measure.log" in result.stderr
    assert not (study.directory / targets[0]).exists()
    assert (study.directory / targets[1]).is_file()


def test_a_silently_damaged_chunk_is_noticed_when_it_is_read(study: TinyStudy) -> None:
    alignment = study.results / "iris/normal/seed0/alignment_samples.zarr.zip"
    (study.results / "iris/normal/seed0/measures.csv").unlink()
    with zipfile.ZipFile(alignment) as archive:
        chunk = max(archive.infolist(), key=lambda member: member.file_size)
    content = bytearray(alignment.read_bytes())
    content[chunk.header_offset + 30 + len(chunk.filename) + chunk.compress_size // 2] ^= 1
    damage(alignment, bytes(content), silently=True)
    result = study.run("results/tiny/iris/normal/seed0/measures.csv", "--show-failed-logs")
    assert result.returncode != 0
    assert "iris/normal/seed0/alignment_samples.zarr.zip as it was made" in result.stderr


def test_a_mistake_in_the_configuration_stops_before_any_job(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path).edited(experiments__gaussian__normal__epochs=-1)
    result = study.run("table1")
    assert result.returncode != 0
    assert "experiments.gaussian.normal.epochs" in result.stderr
    assert not (tmp_path / "results").exists()


def test_every_target_explains_itself() -> None:
    command = [sys.executable, "-m", "snakemake", "--list-target-rules"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = dict(line.split(" (", 1) for line in text.splitlines() if line.strip())
    figures = {f"fig{number:02}" for number in range(1, 27)}
    assert set(listed) >= {*figures, "all", "table1", "table2", "report", "measures"}
    for target, explained in listed.items():
        assert len(explained) > 20, target


@pytest.mark.slow
@pytest.mark.thorough
def test_a_diverged_training_is_marked_and_does_not_stop_the_table(study: TinyStudy) -> None:
    changed = study.edited(experiments__iris__normal__learning_rate=1e30)
    result = changed.run("table2")
    assert result.returncode == 0, result.stderr
    table = open_table(study.results / "tables/table2.csv")
    assert list(table["diverged"]) == [1, 0]
    text = (study.results / "tables/table2.md").read_text()
    assert "1 of 1 runs diverged" in text
    assert "normal ‡" in text


@pytest.mark.slow
@pytest.mark.thorough
def test_a_table_of_ones_own_is_made_without_published_numbers(study: TinyStudy) -> None:
    slow = {**study.config["experiments"]["iris"]["normal"], "epochs": 1, "presumes_fit": False}
    own = study.edited(experiments__iris__short=slow, tables__mine={"iris": ["normal", "short"]})
    result = own.run("mine")
    assert result.returncode == 0, result.stderr
    made = {path.name for path in (study.results / "tables").glob("mine*")}
    assert made == {"mine.csv", "mine.md", "mine.tex"}
    table = open_table(study.results / "tables/mine.csv")
    assert list(table["training"]) == ["normal", "short"]
    assert list(table["not_fitted"]) == [1, 0]  # the other was not expected to fit
    text = (study.results / "tables/mine.md").read_text()
    assert "normal †" in text
    assert "short †" not in text


def test_a_wrong_name_in_a_target_is_named(study: TinyStudy) -> None:
    result = study.run("--dry-run", "results/tiny/gausian/normal/seed0/measures.csv")
    assert result.returncode != 0
    assert "'gausian' does not exist; did you mean 'gaussian'?" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("quick", "found one of the profile 'quick'; add `--config profile=quick`"),
        ("tinny", "config.yaml, profiles: 'tinny' does not exist; did you mean 'tiny'?"),
    ],
)
def test_a_target_of_another_profile_is_refused(
    study: TinyStudy, profile: str, message: str
) -> None:
    result = study.run("--dry-run", f"results/{profile}/gaussian/normal/seed0/measures.csv")
    assert result.returncode != 0
    assert message in result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.thorough
def test_the_whole_study_runs(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    result = study.run("all")
    assert result.returncode == 0, result.stderr
    assert study.planned("all") == []
    own = {"layout": "alignment_maps", "experiments": ["circle/normal"], "eigenvectors": 3}
    more = study.edited(figures__my_maps=own)
    assert rules(more.planned("all")) == {"my_maps", "claims", "report"}
    page = report_results(report_page(study, "all"))["results/tiny/report.html"]
    assert "One self-contained page" in page["caption"]
    arrays = {path.name for path in study.results.rglob("*.zarr.zip")}
    assert arrays == {f"{kind}.zarr.zip" for kind in KINDS if kind not in ("models", "factor")}
    assert names_opened(study) == arrays | {"measures.csv", "g_theta_curve.csv"}
