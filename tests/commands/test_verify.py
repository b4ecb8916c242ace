"""`verify` and `--repair`: of one tiny training's Table 2, what is fresh, stale or damaged."""

import shutil

from helpers.damages import flip_byte, in_silence
from helpers.one_training import ARTIFACTS, MEASURES, MODEL, SPECTRUM, TARGET
from helpers.tiny_study import ROOT, TinyStudy
from helpers.verifying import edit_code, forget, run_verify


def test_after_a_run_everything_is_fresh_with_and_without_snakemakes_memory(
    study: TinyStudy,
) -> None:
    result = run_verify(study)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{ARTIFACTS} artifacts verified" in result.stdout
    assert f"fresh {ARTIFACTS:>8}" in result.stdout
    forget(study)
    assert run_verify(study).returncode == 0
    assert not (study.directory / ".snakemake").exists()


def test_edited_code_and_settings_are_named(study: TinyStudy) -> None:
    forget(study)
    undo = edit_code(study)
    result = run_verify(study)
    assert result.returncode == 1
    assert f"  {MEASURES}: code\n" in result.stdout
    assert f"  results/tiny/tables/table2.csv: upstream: {MEASURES} is stale\n" in result.stdout
    assert f"  {MODEL}" not in result.stdout
    undo()
    result = run_verify(study.edited(experiments__iris__normal__epochs=31))
    assert result.returncode == 1
    assert f"  {MODEL}: settings.epochs 30 → 31\n" in result.stdout
    assert f"  {SPECTRUM}: upstream: {MODEL} is stale\n" in result.stdout
    assert "dataset.zarr.zip" not in result.stdout


def test_a_mistake_in_the_question_is_told_apart_from_stale_results(study: TinyStudy) -> None:
    result = run_verify(study, "no_such_target")
    assert result.returncode == 2
    assert "no_such_target" in result.stderr
    result = run_verify(study.edited(experiments__iris__normal__epochs=-1))
    assert result.returncode == 2
    assert "experiments.iris.normal.epochs" in result.stderr
    result = run_verify(study, TARGET, "--set-scatter", "gauss_newton_pieces=half")
    assert result.returncode == 2
    assert "NAME=SCATTERITEMS" in result.stderr


def test_repair_makes_again_what_was_damaged_in_silence_and_what_came_from_it(
    study: TinyStudy,
) -> None:
    shutil.copytree(ROOT / "profiles", study.code / "profiles")  # how many cores, and more
    before = study.artifacts()
    with in_silence(study.directory / MEASURES):
        flip_byte(study.directory / MEASURES, 40)
    result = run_verify(study, TARGET, "--repair")
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"  {MEASURES}: its content is not what the workflow wrote" in result.stdout
    assert "made again: 7 artifacts and all that was made from them" in result.stdout
    assert study.artifacts() == before
    assert run_verify(study, TARGET, "--repair").returncode == 0
