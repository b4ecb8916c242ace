"""The report as one page of HTML: data and templates in, text out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from hessian_boundary.claims.checks import VERDICTS
from hessian_boundary.claims.claim_table import CAVEAT_SIGN, ONE_RUN_SIGN
from hessian_boundary.report.explorer.pack import Explorer
from hessian_boundary.report.html.markup import Table, breakable, joined, numeral, prose
from hessian_boundary.report.sections.arrays import SUFFIX, array_kinds, described_at
from hessian_boundary.report.sections.claims import ClaimsSection
from hessian_boundary.report.sections.complexity import ComplexitySection
from hessian_boundary.report.sections.figures import FigureView
from hessian_boundary.report.sections.generalisation import GeneralisationSection
from hessian_boundary.report.sections.precision import PrecisionSection
from hessian_boundary.report.sections.published import CLOSE, PublishedTable, within_spread
from hessian_boundary.report.sections.run import RunSection
from hessian_boundary.wording.sentences import listed

MAIN = "page.html"
TITLE = "The Hessian and the decision boundary"
REPRODUCTION, OWN_STUDY = "Reproduction report", "Study"  # the second has no claim of the paper


@dataclass(frozen=True)
class Report:
    """All that the page says."""

    profile: str
    note: str  # "" for the full study
    seeds: tuple[int, ...]
    claims: ClaimsSection
    published: Sequence[PublishedTable]
    precision: PrecisionSection | None
    complexity: ComplexitySection
    peers: Table  # measured beside other libraries
    figures: Sequence[FigureView]
    run: RunSection
    findings: tuple[str, ...] = ()  # in sentences
    generalisation: GeneralisationSection | None = None  # where its target was made
    explorer: Explorer | None = None  # where a data set is planar

    @property
    def folder(self) -> str:
        """Where the study's files are."""
        return f"results/{self.profile}"

    @property
    def example(self) -> str:
        """An array of the study, below its folder."""
        arrays = (path for figure in self.figures for path in figure.arrays)
        return next((path for path in arrays if path.endswith(SUFFIX)), f"DATA_SET/dataset{SUFFIX}")

    @property
    def beside_published(self) -> bool:
        """Whether a table has published numbers beside it."""
        return any(table.comparison for table in self.published)


def render_page(report: Report, templates: Mapping[str, str]) -> str:
    """Return the page; `templates` holds the text of each template by its file name.

    Raises ValueError when the main template is missing.
    """
    if MAIN not in templates:
        raise ValueError(f"expected a template {MAIN!r}, found {sorted(templates)}")
    environment = Environment(
        loader=DictLoader(dict(templates)), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        prose=prose, numeral=numeral, breakable=breakable, anchor=anchor, neighbours=neighbours,
        described_at=described_at, joined=joined,
    )  # fmt: skip
    # style and script are the project's own text, not data to escape
    raw = {
        name: Markup(templates[name]) for name in sorted(templates) if not name.endswith(".html")
    }
    close, compared = within_spread(report.published)
    return environment.get_template(MAIN).render(
        report=report, title=TITLE, kind=REPRODUCTION if report.claims.claims else OWN_STUDY,
        array_kinds=array_kinds(), verdicts=VERDICTS, found=_found(report.claims.counts),
        close=close, compared=compared, limit=CLOSE, sign=CAVEAT_SIGN, once=ONE_RUN_SIGN, raw=raw,
    )  # fmt: skip


def anchor(name: str) -> str:
    """Return the name of a verdict or state as a class of the style."""
    return name.replace(",", "").replace(" ", "-")


def neighbours(
    figure: FigureView, figures: Sequence[FigureView]
) -> tuple[FigureView | None, FigureView | None]:
    """Return the figures before and after one, of those with an image; None at the ends."""
    drawn = [view for view in figures if view.picture]
    place = drawn.index(figure)
    before, after = drawn[:place][-1:], drawn[place + 1 :][:1]
    return (before[0] if before else None), (after[0] if after else None)


def _found(counts: Mapping[str, int]) -> str:
    """Say how many claims have each verdict, in words; nothing where there is no claim."""
    words = {"partly": "partly reproduced", "seen once": "seen in the one run there is"}
    parts = [
        f"{count} {'is' if count == 1 else 'are'} {words.get(verdict, verdict)}"
        for verdict, count in counts.items()
        if count
    ]
    return f"Of {sum(counts.values())} claims, {listed(parts)}" if parts else ""
