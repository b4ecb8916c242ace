"""A page in a real browser: in a frame of some width, looked at and used from outside."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--allow-file-access-from-files", "--virtual-time-budget=8000"),
]
in_browser = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: install Debian's chromium to test the page for real"
)
# `view` and `page` are the frame's window and document; the script fills `seen`
PROBE = """<!doctype html><iframe id="page" src="%(page)s" %(sandbox)s
style="width: %(width)dpx; height: 844px"></iframe><pre id="seen"></pre><script>
addEventListener("load", async () => {
  const view = document.getElementById("page").contentWindow, page = view.document;
  const all = (selector) => [...page.querySelectorAll(selector)];
  const one = (selector) => page.querySelector(selector);
  const style = (selector) => view.getComputedStyle(one(selector));
  const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
  const seen = {};
  try {
    %(script)s
  } catch (error) { seen.error = String(error.stack); }
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
</script>"""


def look(
    page: Path, folder: Path, script: str, *, width: int = 1280, dark: bool = False,
    scripts: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Open the page in a frame, run the script beside it; return `seen` and the console's lines.

    The browser keeps its profile in `folder`. With `scripts` off those of the page do not run.
    """
    assert BROWSER is not None
    probe = page.with_name(f"probe_{folder.name}_{width}_{dark}_{scripts}.html")
    sandbox = "" if scripts else 'sandbox="allow-same-origin"'
    about = {"page": page.name, "sandbox": sandbox, "width": width, "script": script}
    probe.write_text(PROBE % about, encoding="utf-8")
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [BROWSER, *FLAGS, scheme, f"--window-size={max(width, 500) + 40},1000"]
    command += [f"--user-data-dir={folder / 'profile'}", "--dump-dom", probe.as_uri()]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    seen = re.search(r'<pre id="seen">(\{.*?\})</pre>', found.stdout, re.S)
    assert seen is not None, found.stderr
    text = seen[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    content = json.loads(text)
    assert "error" not in content, content
    return content | {"console": [line for line in found.stderr.splitlines() if "CONSOLE" in line]}
