"""What might have been meant by a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a question with the nearest known name or, where none is near, all of them.

    Of names with dots, `architecture.width` is near to `width`.
    """
    names = sorted(set(map(str, known)))
    if not names:
        return "there is none to name here"
    ends = [one for one in names if one.endswith(f".{name}")]
    close = ends or get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
