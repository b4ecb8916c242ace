"""Captions as Snakemake's report reads them, by the library that it uses."""

import re

import pytest
from docutils.core import publish_parts

from hessian_study.captions import Caption, caption, captioned

TEXT = "A_1 and x_ are |cos| of `g` * v* and \\theta; G_θ"


def test_no_sign_of_a_caption_is_taken_for_markup() -> None:
    source = Caption("Figure *1*: _A_", TEXT).restructured_text
    parts = publish_parts(source, writer="html", settings_overrides={"report_level": 5})
    assert parts["body"] == f"<p><strong>Figure *1*: _A_</strong></p>\n<p>{TEXT}</p>\n"


def judged_words(text: str) -> list[str]:
    """Words that compare or conclude: what is seen is for the claims to say, not for a caption."""
    return re.findall(
        r"\b(?:more|less|fewer|only|whatever|strongest|weaker|simpler|complex|encoded?|follow\w*|"
        r"confined|needed|as well|too|change\w*|alike|stand out|every|better|worse|larger|smaller|"
        r"higher|lower|wider|straighter|faster|least|twice as|dominat\w*|agrees?|"
        r"locali[sz]\w*|fails?|suffic\w*|similar|hardly|nearly|always|never)\b",
        text,
        re.IGNORECASE,
    )


@pytest.mark.parametrize("name", captioned())
def test_captions_judge_nothing_that_a_claim_has_to_decide(name: str) -> None:
    found = caption(name)
    assert judged_words(f"{found.title} {found.text}") == []


@pytest.mark.parametrize(
    "text",
    [
        "Alignment is strongest at the boundary in every data set.",
        "The complex boundary of the start is encoded as well.",
        "The boundary is encoded whatever the optimiser.",
        "Spectra: larger outliers after an adversarial start",
        "Gradients are localised in the top eigenvectors.",
    ],
)
def test_captions_that_did_are_refused(text: str) -> None:
    assert judged_words(text)
