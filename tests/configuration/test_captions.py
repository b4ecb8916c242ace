"""Captions as Snakemake's report reads them, by the library that it uses."""

from docutils.core import publish_parts

from hessian_study.captions import Caption

TEXT = "A_1 and x_ are |cos| of `g` * v* and \\theta; G_θ"


def test_no_sign_of_a_caption_is_taken_for_markup() -> None:
    source = Caption("Figure *1*: _A_", TEXT).restructured_text
    parts = publish_parts(source, writer="html", settings_overrides={"report_level": 5})
    assert parts["body"] == f"<p><strong>Figure *1*: _A_</strong></p>\n<p>{TEXT}</p>\n"
