"""The genuine ``msal`` as a client of the login service."""

from __future__ import annotations

from typing import Any

import jwt
import msal
import requests

from tests.sign_in_world import World

SCOPES = ["https://graph.microsoft.com/.default"]


def confidential(world: World, session: requests.Session, credential: object, **options: Any) -> Any:
    return msal.ConfidentialClientApplication(
        world.login.directory.apps[0].client_id,
        client_credential=credential,
        authority=world.login.authority,
        instance_discovery=False,
        http_client=session,
        **options,
    )


def public(world: World, session: requests.Session, **options: Any) -> Any:
    return msal.PublicClientApplication(
        world.login.directory.apps[0].client_id,
        authority=options.pop("authority", world.login.authority),
        instance_discovery=False,
        http_client=session,
        **options,
    )


def claims_of(answer: dict[str, Any], name: str = "access_token") -> dict[str, Any]:
    assert name in answer, answer
    read: dict[str, Any] = jwt.decode(answer[name], options={"verify_signature": False})
    return read


def device_code(world: World, session: requests.Session, *scopes: str) -> dict[str, Any]:
    client = public(world, session)
    flow = client.initiate_device_flow(list(scopes) or ["Group.Read.All"])
    assert "device_code" in flow, flow
    answer: dict[str, Any] = client.acquire_token_by_device_flow(flow)
    return answer
