"""Parts of sentences."""

from collections.abc import Sequence


def listed(items: Sequence[str]) -> str:
    """Join items as in a sentence."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + f" and {items[-1]}"
