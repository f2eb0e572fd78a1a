"""What the codes of Microsoft's login service mean, and what to do: AADSTS number → (cause, next step)."""

from __future__ import annotations

# Source: Microsoft Entra documentation, "Microsoft Entra authentication and authorization error codes".
_ASK_ADMIN = "ask an administrator to grant consent: app registration > API permissions > Grant admin consent"
_REGISTER = "see remediate docs workstation for the fields of the app registration"
_AGAIN = "sign in again: remediate auth login"
_FEDERATED = "enter the fields below in the app registration: Certificates & secrets > Federated credentials"
_CODE_ENDED = ("the code has expired, because nobody entered it", "sign in again and enter the code at once")

MEANINGS: dict[int, tuple[str, str]] = {
    7000215: (
        "the secret is wrong",
        "copy the secret's Value (not its Secret ID) from the app registration, or create a new secret",
    ),
    7000222: (
        "the secret has expired",
        "create a new secret in the app registration, and replace the old one",
    ),
    7000218: (
        "the app registration does not allow sign-in without a secret",
        "set Allow public client flows to Yes: app registration > Authentication; or use a secret or "
        "certificate",
    ),
    7000216: ("the secret or assertion is missing in the request", "set the variable of the secret again"),
    650053: (
        "the app asks for a permission that Graph does not have",
        "check --cloud: each cloud has its own Graph",
    ),
    700016: (
        "the tenant has no app with this client id",
        "check the client id and the tenant; the app must be registered in this tenant, or have consent "
        "there",
    ),
    90002: ("the tenant does not exist in this cloud", "check the tenant id, and --cloud"),
    900023: ("the tenant id is not valid", "write the tenant's GUID or one of its verified domains"),
    700024: (
        "the assertion is not valid at this time",
        "check the clock of this computer; if the clock is right, get the assertion just before the sign-in",
    ),
    70016: _CODE_ENDED,
    70019: _CODE_ENDED,
    70020: _CODE_ENDED,
    70021: ("no federated credential of the app fits the assertion", _FEDERATED),
    700211: ("no federated credential of the app has the issuer of the assertion", _FEDERATED),
    700212: ("no federated credential of the app has the audience of the assertion", _FEDERATED),
    700213: ("no federated credential of the app has the subject of the assertion", _FEDERATED),
    700027: (
        "the app does not have this certificate",
        "upload the certificate (.cer or .pem without the key): app registration > Certificates & secrets",
    ),
    7000112: ("the app is disabled", "enable it: Enterprise applications > Properties"),
    53003: (
        "a conditional access policy blocks this sign-in",
        "ask an administrator which policy it is: Entra admin center > Sign-in logs",
    ),
    53000: (
        "a conditional access policy wants a compliant device",
        "use a managed computer, and --auth broker, which shows that the device is compliant",
    ),
    530003: (
        "a conditional access policy wants a managed device",
        "use a managed computer, and --auth broker, which shows that the device is managed",
    ),
    50097: (
        "a conditional access policy wants to recognize the device",
        "use a managed computer, and --auth broker",
    ),
    50005: (
        "a conditional access policy does not allow this platform",
        "use a computer that the policy allows",
    ),
    50076: ("multifactor authentication is needed", _AGAIN),
    50079: (
        "multifactor authentication must be set up for this account",
        "set it up, then run remediate auth login",
    ),
    50058: ("nobody is signed in", _AGAIN),
    50173: ("the password was changed, or the sign-in was revoked", _AGAIN),
    70008: ("the earlier sign-in has expired", _AGAIN),
    70043: ("the earlier sign-in has expired by a conditional access policy", _AGAIN),
    700082: ("the earlier sign-in has expired, because it was not used", _AGAIN),
    50105: (
        "the account is not assigned to the app",
        "assign the account, or set Assignment required to No: Enterprise applications > Properties",
    ),
    50020: ("the account belongs to another tenant", "sign in with an account of this tenant"),
    50011: (
        "the app registration lacks the redirect address http://localhost",
        "add it under Mobile and desktop applications: app registration > Authentication",
    ),
    50199: ("the sign-in must be confirmed in the browser", _AGAIN),
    65001: ("consent is missing for a permission", _ASK_ADMIN),
    65004: ("the consent was declined", f"sign in again and accept, or {_ASK_ADMIN}"),
    65005: ("the app asks for a permission that its registration does not list", _REGISTER),
    650057: ("the app asks for a permission that its registration does not list", _REGISTER),
    90094: ("an administrator must grant consent", _ASK_ADMIN),
    65002: (
        "Microsoft does not allow this app to use the permission",
        f"use your own app registration; {_REGISTER}",
    ),
    500011: ("the tenant has no such resource", "check --cloud: each cloud has its own Graph"),
    50034: ("the account does not exist in this tenant", "check the account and the tenant"),
    50057: ("the account is disabled", "use another account"),
    90014: ("a value of the request is missing", _REGISTER),
}

DEVICE_CODE_BLOCKED = (
    "many tenants block device codes: use remediate auth login without --device-code, or ask for an exception"
)

FEDERATED = frozenset({70021, 700211, 700212, 700213})
"""Codes about an assertion whose issuer, subject or audience the app does not know."""

CONSENT = frozenset({65001, 65005, 650057, 90094})
"""Codes about permissions that the app lacks."""

BY_NAME: dict[str, tuple[str, str]] = {
    "access_denied": ("the sign-in was declined", "sign in again and accept"),
    "authorization_declined": ("the sign-in was declined", "sign in again and accept"),
    "abort": ("the sign-in was canceled in the browser", "sign in again"),
    "expired_token": _CODE_ENDED,
    "code_expired": _CODE_ENDED,
    "consent_required": MEANINGS[65001],
    "temporarily_unavailable": ("the login service is not available", "run this again later"),
    "server_error": ("the login service has a problem", "run this again later"),
}
"""Errors that have a name and no number; the source of the names is RFC 6749 and RFC 8628."""
