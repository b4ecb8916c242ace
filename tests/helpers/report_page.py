"""What can be asked of a report's page: its elements, its links, its text."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path


class Elements(HTMLParser):
    """Start tags with their attributes, and tags that were left open."""

    VOID = ("meta", "link", "img", "input", "br", "wbr", "path", "circle", "rect")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def values(self, tag: str, attribute: str) -> list[str]:
        return [a[attribute] or "" for t, a in self.found if t == tag and attribute in a]


def check_links(page: str, folder: Path) -> None:
    """Every link leads to one place of the page or to a file beside it, and none elsewhere."""
    elements = Elements(page)
    assert elements.open == []
    identifiers = Counter(a["id"] for _, a in elements.found if "id" in a)
    assert [name for name, count in identifiers.items() if count > 1] == []
    for target in elements.values("a", "href"):
        if target.startswith("#"):
            assert target[1:] in identifiers
        else:
            assert (folder / target).exists(), target
    assert all(source.startswith("data:image/webp") for source in elements.values("img", "src"))
    assert elements.values("link", "href") == ["data:,"]
    assert "http" not in re.sub(r"http-equiv|base64,[^\"]*|\"data\": \"[^\"]*", "", page)


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<(style|script)[^>]*>.*?</\1>|<[^>]+>", " ", page, flags=re.S).split())
