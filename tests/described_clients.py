"""Simulated clients from the parts that a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aovpn_remediate.client.description import Description
from aovpn_remediate.client.device import SimulatedClient
from aovpn_remediate.client.making import make_client

Parts = Mapping[str, Any]


def client_of(parts: Parts, folder: Path) -> SimulatedClient:
    """A client with these parts, its files below a new folder."""
    return make_client(Description.model_validate(parts), folder)
