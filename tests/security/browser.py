"""A real browser that opens many pages at once and tells what became of them: Debian's headless Chromium."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from servers.base import LoopbackServer, Request, Response

CHROMIUM = shutil.which("chromium")
# As root in a container it needs no sandbox of its own; it must not look for its maker's hosts.
_FLAGS = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync
--disable-component-update --disable-dev-shm-usage --mute-audio --virtual-time-budget=2000 --dump-dom
""".split()  # noqa: SIM905
_SHELF = """<!doctype html><body>{frames}<pre id=found></pre><script>
onload = () => setTimeout(() => {{
  const pages = [...document.querySelectorAll("iframe")].map(frame => frame.contentDocument.documentElement.outerHTML);
  document.getElementById("found").textContent = JSON.stringify(pages);
}}, 500);
</script>"""


class PageServer(LoopbackServer):
    """Serves pages by number, and notes who asks for anything else: the canary."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: Sequence[str] = ()

    @property
    def canary(self) -> str:
        """An address that no page may ask for."""
        return f"{self.url}/canary"

    @property
    def strange_requests(self) -> list[str]:
        """What was asked for that no page of ours asks for."""
        known = {"/", "/favicon.ico", *(f"/{number}" for number in range(len(self.pages)))}
        return [request.path for request in self.requests if request.path not in known]

    def respond(self, request: Request) -> Response:
        if request.path == "/":
            frames = "".join(f"<iframe src=/{number}></iframe>" for number in range(len(self.pages)))
            return Response(body=_SHELF.format(frames=frames))
        name = request.path[1:]
        if name.isdigit() and int(name) < len(self.pages):
            return Response(body=self.pages[int(name)])
        return Response(404, "there is nothing here")


def opened(server: PageServer, profile: Path) -> list[str]:
    """What the browser made of the server's pages, after they were loaded and their scripts had time to run."""
    command = [str(CHROMIUM), *_FLAGS, f"--user-data-dir={profile}", server.url]
    said = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout
    (found,) = re.findall(r'<pre id="found">(.*?)</pre>', said, re.DOTALL)
    pages: list[str] = json.loads(html.unescape(found))
    return pages
