"""From figure to code, read from the configuration and the captions."""

import yaml

from hessian_study.captions import caption
from hessian_study.project import CLAIMS, CONFIGURATION
from page_parts.markdown import table


def figure_table() -> str:
    """Return a row per figure: target, what it shows, layout, what it draws, claims it decides."""
    claims = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))
    figures = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["figures"]
    rows = [
        (
            f"`{name}`",
            caption(name).title,
            f"`{entry['layout']}.py`",
            ", ".join(f"`{experiment}`" for experiment in entry["experiments"]),
            ", ".join(
                str(number)
                for number, claim in enumerate(claims, start=1)
                if name in claim.get("figures", [])
            ),
        )
        for name, entry in figures.items()
    ]
    return table(("target", "what it shows", "layout", "experiments", "claims"), rows)
