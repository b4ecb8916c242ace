"""The report's section on generalisation, where its target was made."""

from pathlib import Path

import pytest

from helpers.made_up_models import DIRECTIONS, made_up_models
from helpers.made_up_report import png, run_steps, write_results
from helpers.report_page import check_links, text_of
from hessian_boundary.artifacts.store import save_table, save_text
from hessian_boundary.generalisation.comparison import compare_measures
from hessian_boundary.generalisation.dataset_statistics import Counting
from hessian_boundary.generalisation.verdict import Rule, answer, with_verdicts

COUNTING = Counting(train_error=0.02, fewest_pairs=10, resamples=100, permutations=100)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    results = write_results(folder)
    models = made_up_models()
    judged = with_verdicts(compare_measures(models, DIRECTIONS, COUNTING), Rule(0.05, 30, 10, 0.5))
    tables = results / "tables"
    save_table(judged, tables / "generalisation.csv")
    save_table(models, tables / "generalisation_models.csv")
    sentences = answer(judged, "g_theta", {name: name for name in DIRECTIONS}, (0.2, 0.1, 0.3))
    save_text("\n".join(sentences), tables / "generalisation_answer.txt")
    (results / "figures/generalisation.png").write_bytes(png(600, 300))
    made = {
        "answer": str(tables / "generalisation_answer.txt"),
        "table": str(tables / "generalisation.csv"),
        "models": str(tables / "generalisation_models.csv"),
        "png": str(results / "figures/generalisation.png"),
        "limit": 0.02,
    }
    run_steps(results, folder / "claims.yaml", generalisation=made)
    return results


def test_the_section_has_the_answer_the_figure_and_every_measure(results) -> None:
    page = (results / "report.html").read_text(encoding="utf-8")
    check_links(page, results)
    section = page.split('<section id="generalisation">')[1].split("</section>")[0]
    text = text_of(section)
    assert "Here 192 small networks on 2 data sets were trained" in text
    for sentence in (results / "tables/generalisation_answer.txt").read_text().splitlines():
        assert sentence.split(",")[0] in text.replace("−", "-")
    assert section.count("<img") == 1
    assert section.count("<tr") == 1 + len(DIRECTIONS)
    assert '<a href="#generalisation">' in page


def test_without_its_files_there_is_no_section(report_page) -> None:
    assert 'id="generalisation"' not in report_page
