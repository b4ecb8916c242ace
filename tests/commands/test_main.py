"""The command as a user types it, from another folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.damages import inflate
from helpers.marks import THOROUGH
from helpers.one_training import MEASURES, MODEL, TARGET
from helpers.tiny_study import ROOT, TinyStudy
from hessian_study.commands import main as command
from hessian_study.commands.cache_folder import writable_cache
from hessian_study.commands.main import main


def hessian_boundary(study: TinyStudy, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with the study's own code, in the study's folder."""
    line = [*study.warm(), *study.python(), "-m", "hessian_study.commands.main", *arguments]
    return subprocess.run(line, cwd=study.directory, capture_output=True, text=True, check=False)


def test_run_makes_targets_here_and_says_that_all_is_there(study: TinyStudy) -> None:
    (study.directory / MEASURES).unlink()
    config = ["--configfile", str(study.write_config()), "--cores", "2"]
    done = hessian_boundary(study, "run", MEASURES, *config)
    assert done.returncode == 0, done.stderr
    assert "all that was asked for" not in done.stdout
    assert (study.directory / MEASURES).is_file()
    done = hessian_boundary(study, "run", TARGET, *config, "--summarise")
    assert done.returncode == 0, done.stderr
    assert "Of the tiny profile all that was asked for is made:" in done.stdout


def test_a_run_ends_with_its_failed_jobs_and_the_last_lines_of_their_logs(
    study: TinyStudy,
) -> None:
    (study.results / "report.html").touch()  # of an earlier run
    changed = study.edited(experiments__iris__normal__learning_rate=0.02)
    (study.code / "pipeline/hessian_boundary/measures/localisation.py").write_text(
        "raise ValueError('no such measure')\n"
    )
    config = ["--configfile", str(changed.write_config()), "--cores", "2"]
    done = hessian_boundary(study, "run", TARGET, *config, "--summarise")
    assert done.returncode == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "Of the tiny profile not all that was asked for is made; so far:" in lines
    start = lines.index("1 job failed:")
    assert lines[start + 1].startswith("measure ")
    assert lines[start + 1].endswith("(logs/tiny/measure/iris/normal/seed0/measure.log)")
    assert lines[start + 2] == "ValueError: no such measure"
    job_file = "logs/tiny/measure/iris/normal/seed0/measures.json"
    assert lines[start + 3] == f"once more: python -P -m hessian_study.jobs.run_job {job_file}"
    assert lines[start + 4].startswith("1 more jobs have not made their results")
    everything = done.stdout + done.stderr
    assert everything.count("no such measure") == everything.count(job_file) == 1
    assert len(everything.splitlines()) < 40
    log = "failed: measure, log logs/tiny/measure/iris/normal/seed0/measure.log"
    assert done.stderr.count(log) == 1
    assert "Error in rule measure" in snakemake_log(study)


def snakemake_log(study: TinyStudy) -> str:
    """Return the file to which everything goes that Snakemake says."""
    *_, last = sorted((study.directory / ".snakemake" / "log").glob("*.log"))
    return last.read_text()


@pytest.mark.slow
@pytest.mark.thorough
def test_a_run_without_a_summary_says_what_failed_too(study: TinyStudy) -> None:
    (study.directory / MEASURES).unlink()
    (study.code / "pipeline/hessian_boundary/measures/localisation.py").write_text(
        "raise ValueError('no such measure')\n"
    )
    options = ["--configfile", str(study.write_config()), "--cores", "2"]
    done = hessian_boundary(study, "run", MEASURES, *options)
    assert done.returncode == 1
    assert done.stdout.startswith("1 job failed:\n")
    assert (done.stdout + done.stderr).count("no such measure") == 1
    done = hessian_boundary(study, "run", MEASURES, *options, "-v")
    assert done.returncode == 1
    assert "Error in rule measure" in done.stderr  # Snakemake's own words
    assert "reason:" in done.stderr
    assert "job failed" not in done.stdout


def test_the_terminal_names_what_is_done_and_the_log_file_has_the_rest(study: TinyStudy) -> None:
    (study.directory / MEASURES).unlink()
    options = ["--configfile", str(study.write_config()), "--cores", "2"]
    done = hessian_boundary(study, "run", MEASURES, *options)
    assert done.returncode == 0, done.stderr
    assert "1 jobs to run" in done.stderr
    assert re.search(r"\n   1 of 1 jobs 100%  .* gone, about 0 s left\n", done.stderr)
    assert "1 of 1 jobs done in" in done.stderr
    assert "rule measure" not in done.stderr
    assert "rule measure" in snakemake_log(study)
    done = hessian_boundary(study, "run", MEASURES, *options)
    assert "Nothing to be done" in done.stderr
    assert hessian_boundary(study, "run", "-n", MEASURES, *options).returncode == 0


def test_a_reader_that_has_seen_enough_ends_a_run_quietly(study: TinyStudy) -> None:
    (study.directory / MEASURES).unlink()
    options = f"--configfile {study.write_config()} --cores 2"
    module = f"hessian_study.commands.main run {MEASURES} {options}"
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(study.python())} -m {module} 2>&1 | head -n 1"],
        cwd=study.directory, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_a_run_with_a_mistake_is_none_that_is_complete(study: TinyStudy) -> None:
    wrong = study.edited(experiments__iris__normal__epochs=-1)
    config = ["--configfile", str(wrong.write_config()), "--cores", "2"]
    done = hessian_boundary(study, "run", TARGET, *config, "--summarise")
    assert done.returncode == 1
    assert "experiments.iris.normal.epochs" in done.stderr + done.stdout
    assert "complete" not in done.stdout


def test_one_odd_store_does_not_stop_the_list(study: TinyStudy) -> None:
    inflate(study.directory / MODEL)
    done = hessian_boundary(study, "inspect", "list", "results")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if MODEL in line]
    assert "damaged: expected a Zarr store at" in line
    assert "zarr.json is 1,000,000,000 bytes when it is unpacked" in line
    assert MEASURES in done.stdout
    assert ("train", "iris", "normal", "0") in study.planned(TARGET)  # nor the planning


def test_a_reader_that_has_seen_enough_ends_it_quietly(finished: TinyStudy) -> None:
    line = f"{sys.executable} -m hessian_study.commands.main inspect list {finished.results}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line} | true"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    for name in ("run", *command.COMMANDS):
        assert f"    {name} " in text
    for name in command.COMMANDS:
        with pytest.raises(SystemExit) as end:
            main([name, "--help"])
        assert end.value.code == 0
        assert "usage: hessian-boundary" in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["verfy"], ["inspect"], ["clean"]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2
    assert "usage: hessian-boundary" in capsys.readouterr().err


def test_the_examples_of_a_folder_without_artifacts(tmp_path: Path) -> None:
    assert main(["open", str(tmp_path)]) == 0


@pytest.mark.parametrize("variable", ["HOME", pytest.param("XDG_CACHE_HOME", marks=THOROUGH)])
def test_a_home_that_cannot_be_written_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "file").touch()  # nobody, not even root, makes a folder below a file
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    study = TinyStudy(tmp_path)
    target = "results/tiny/iris/dataset.zarr.zip"
    options = ("--configfile", str(study.write_config()), "--cores", "1", "--summarise")
    done = hessian_boundary(study, "run", target, *options)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / target).is_file()
    before = dict(os.environ)
    with writable_cache():
        assert Path(os.environ["XDG_CACHE_HOME"]).is_dir()
    assert dict(os.environ) == before
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with writable_cache():
        assert os.environ["XDG_CACHE_HOME"] == str(tmp_path / "cache")
