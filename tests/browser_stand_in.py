"""A browser with its person, to be named in ``BROWSER``: ``python browser_stand_in.py HOW %s``.

HOW is ``accept`` (signs in), ``deny`` (declines) or ``close`` (closes the window, no answer). As a real
browser's command does, it returns at once; the work is done by a process of its own. The certificate authority is read from ``REQUESTS_CA_BUNDLE``. Only the standard library is used.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, build_opener


class Form(HTMLParser):
    """The address and the values of the form on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given["action"] or ""
        elif tag == "input" and given.get("name"):
            self.values[str(given["name"])] = given.get("value") or ""


def opener() -> OpenerDirector:
    context = ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE"))
    return build_opener(ProxyHandler({}), HTTPSHandler(context=context))


def accept(url: str) -> None:
    """Open the address and send the form of its page, as the page's script would."""
    with opener().open(url, timeout=60) as answer:
        form = Form(answer.read().decode())
    post(form.action, form.values)


def deny(url: str) -> None:
    """Send to the redirect address what a declined consent sends."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    words = "AADSTS65004: The user declined. Trace ID: 1 Correlation ID: 2 Timestamp: 3"
    refusal = {"error": "access_denied", "error_description": words, "state": query["state"]}
    post(query["redirect_uri"], refusal)


def close(_url: str) -> None:
    """Do nothing."""


def post(url: str, values: dict[str, str]) -> None:
    with opener().open(url, data=urlencode(values).encode(), timeout=60) as answer:
        answer.read()


def main(how: str, url: str, *rest: str) -> None:
    """Start a process that does the work, or be that process."""
    if rest:
        {"accept": accept, "deny": deny, "close": close}[how](url)
        return
    nothing = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.Popen([sys.executable, __file__, how, url, "now"], **nothing)


if __name__ == "__main__":
    main(*sys.argv[1:])
