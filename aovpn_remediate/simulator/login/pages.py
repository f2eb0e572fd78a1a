"""The pages that a browser sees: one that signs the stand-in's user in, one that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from aovpn_remediate.simulator.login.entra import EntraError


def form_page(target: str, values: Mapping[str, str]) -> str:
    """Return a page that posts values to a redirect URI by itself."""
    inputs = ""
    for name, value in values.items():
        inputs += f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
    return (
        "<!DOCTYPE html><html><head><title>Working...</title></head>"
        '<body onload="document.forms[0].submit()">'
        f'<form method="post" action="{escape(target)}">{inputs}'
        '<noscript><input type="submit" value="Continue"></noscript></form></body></html>'
    )


def error_page(error: EntraError) -> str:
    """Return the page of an error that is never sent to the application."""
    return (
        "<!DOCTYPE html><html><head><title>Sign in to your account</title></head>"
        f"<body><p>AADSTS{error.code}: {escape(error.sentence)}</p></body></html>"
    )


def device_page() -> str:
    """Return the page where a person would enter a device's code."""
    return (
        "<!DOCTYPE html><html><head><title>Sign in to your account</title></head>"
        "<body><p>This is a simulated login service: the code is accepted without you.</p></body></html>"
    )
