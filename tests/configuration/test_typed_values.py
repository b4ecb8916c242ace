"""Numbers that arrive as text: from the command line, and from YAML 1.1, which lacks `1e-3`."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.cli import parse_config

from helpers.tiny_study import TinyStudy, tiny_config
from hessian_study.configuration.study import Study
from hessian_study.configuration.typed_values import plain_value, with_command_line
from hessian_study.schema import schema

YAML_1_2 = {
    **{"60": 60, "-3": -3, "+7": 7, "0": 0},
    **{"1e-3": 0.001, "1E3": 1000.0, ".5": 0.5, "5.": 5.0, "-2.5e+2": -250.0},
    **{"true": True, "False": False, "null": None},
    **{"text": "text", "1e": "1e", "e3": "e3", ".": ".", "": "", "1-2": "1-2", "all": "all"},
}


@pytest.mark.parametrize("text", YAML_1_2)
def test_plain_text_is_read_as_yaml_1_2_has_it(text: str) -> None:
    found, expected = plain_value(text), YAML_1_2[text]
    assert found == expected
    assert type(found) is type(expected)


def given(*entries: str) -> dict[str, Any]:
    """Return the configuration as it is with `--config ENTRIES`, parsed by Snakemake itself."""
    config = tiny_config()
    return Study(with_command_line(config, parse_config(entries), schema())).config


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("alignment={grid_resolution: 60}", 60),
        ("alignment={grid_margin: 1e-3}", 0.001),
        ("drawn_seed=0", 0),
        ("data_folder=null", None),
        ("data_folder=2024", "2024"),
        ("planar=[circle]", ["circle"]),
        ("profiles={tiny: {seeds: [0, 1]}}", [0, 1]),
        ("profiles={tiny: {download: true}}", True),
        ("datasets={gaussian: {random_label_groups: [[0, 1], [2]]}}", [[0, 1], [2]]),
        ("experiments={circle: {normal: {learning_rate: 5e-2}}}", 0.05),
        ("experiments={circle: {large_norm: {start: {norm_of: iris/normal, seed: 3}}}}", 3),
        ("experiments={circle: {normal: {architecture: {hidden: [4, 5]}}}}", [4, 5]),
        ("datasets={circle: {parameters: {noise: 1e-1}}}", 0.1),
        ("datasets={circle: {parameters: {random_state: null}}}", None),
        ("figures={fig01: {eigenvectors: 3}}", 3),
        ("figures={fig02: {eigenvectors: all}}", "all"),
        ("figures={fig01: {labels: ['1', '2', '3']}}", ["1", "2", "3"]),
        ("profiles={tiny: {changes: {curvature: {density: {probes: 7}}}}}", 7),
    ],
)
def test_the_command_line_means_what_the_schema_wants(entry: str, value: Any) -> None:
    config = given(entry)
    place = entry.split("=")[0]
    node: Any = yaml.safe_load(entry.split("=")[1])
    found: Any = config[place]
    while isinstance(node, dict):
        key, node = list(node.items())[-1]
        found = found[key]
    assert found == value
    assert type(found) is type(value)


def test_what_the_command_line_does_not_name_stays() -> None:
    config = given("alignment={grid_resolution: 60}")
    assert config["alignment"] == {**tiny_config()["alignment"], "grid_resolution": 60}
    rest = {key: value for key, value in config.items() if key != "alignment"}
    assert rest == {key: value for key, value in Study(tiny_config()).config.items() if key in rest}


def test_exponents_without_a_point_are_numbers_in_files() -> None:
    text = """
alignment: {grid_margin: 1e-1}
curvature: {rank_tolerance: 1e-9, residual_tolerance: 5E-7}
datasets: {circle: {parameters: {noise: 2e-2}}}
experiments: {circle: {large_norm: {start: {parameters_of: iris/normal, rescale_layers: [1e1, 2]}}}}
figures: {fig12: {labels: [1e3, b, c, d]}}
"""
    own = yaml.safe_load(text)
    assert own["alignment"]["grid_margin"] == "1e-1"  # the trouble
    config = tiny_config()
    config["alignment"] |= own["alignment"]
    config["curvature"] |= own["curvature"]
    config["datasets"]["circle"]["parameters"] |= own["datasets"]["circle"]["parameters"]
    config["experiments"]["circle"]["large_norm"] |= own["experiments"]["circle"]["large_norm"]
    config["figures"]["fig12"] |= own["figures"]["fig12"]
    found = Study(config).config
    assert found["alignment"]["grid_margin"] == 0.1
    assert found["curvature"]["rank_tolerance"] == 1e-9
    assert found["curvature"]["residual_tolerance"] == 5e-7
    assert found["datasets"]["circle"]["parameters"]["noise"] == 0.02
    start = found["experiments"]["circle"]["large_norm"]["start"]
    assert start["rescale_layers"] == [10.0, 2]
    assert found["figures"]["fig12"]["labels"][0] == "1e3"  # text is wanted there


def test_the_workflow_takes_both_and_blames_the_command_line(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    file = tmp_path / "mine.yaml"
    file.write_text("experiments: {gaussian: {normal: {learning_rate: 2e-2}}}\n")
    options = ("--dry-run", "results/tiny/gaussian/normal/seed0/model.zarr.zip")
    files = ("--configfile", str(study.write_config()), str(file))
    result = study.run(*options, *files, "--config", "alignment={grid_resolution: 60}")
    assert result.returncode == 0, result.stdout + result.stderr
    result = study.run(*options, *files, "--config", "alignment={grid_resolution: many}")
    message = "--config, alignment.grid_resolution: expected a whole number, found 'many'; write 20"
    assert message in result.stdout + result.stderr
