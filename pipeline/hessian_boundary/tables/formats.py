"""Write a table of strings as Markdown and as LaTeX."""

import re
from collections.abc import Sequence

import pandas as pd

# whole symbols first, then single characters
LATEX = {
    "Σ‖θ_tensor‖₂": r"$\sum\|\theta_{\mathrm{tensor}}\|_2$",
    "‖θ‖₂": r"$\|\theta\|_2$",
    "G_θ": r"$G_\theta$",
    "λ_max": r"$\lambda_{\max}$",
    "σ": r"$\sigma$",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "–": "--",
    "−": "$-$",
    "×": r"$\times$",
    "%": r"\%",
}
POWER = re.compile(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
ORDINARY_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def markdown(table: pd.DataFrame, notes: Sequence[str]) -> str:
    """Return a Markdown table with its notes below."""
    lines = [
        "| " + " | ".join(cells) + " |"
        for cells in [table.columns, ["---"] * len(table.columns), *table.values.tolist()]
    ]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])


def latex(table: pd.DataFrame, notes: Sequence[str]) -> str:
    """Return a LaTeX tabular (package booktabs) with its notes below."""
    styled = table.style.hide(axis="index").format(_latex_text)
    styled = styled.format_index(_latex_text, axis="columns")
    tabular = styled.to_latex(hrules=True, column_format="l" * len(table.columns))
    return tabular + "".join(f"\\par\\footnotesize {_latex_text(note)}\n" for note in notes)


def _latex_text(text: str) -> str:
    for symbol, command in LATEX.items():
        text = text.replace(symbol, command)
    text = POWER.sub(lambda found: f"$10^{{{found[1].translate(ORDINARY_DIGITS)}}}$", text)
    return re.sub(r"\*\*(.+?)\*\*", r"\\textbf{\1}", text)
