"""Which way of signing in is taken, and with which values; pure: nothing is read but what is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aovpn_remediate.errors import SignInError, UsageError
from aovpn_remediate.graph.auth import variables
from aovpn_remediate.graph.auth.clouds import Hosts
from aovpn_remediate.graph.auth.lacking import how_to_set, lacks, seen
from aovpn_remediate.graph.auth.variables import Value
from aovpn_remediate.model import SignInStatus, TenantSettings
from aovpn_remediate.wording import all_of, any_of

PERSONS = ("browser", "device-code", "broker")
"""The methods that need a person."""
APPS = (
    "certificate",
    "secret",
    "workload-identity",
    "azure-pipelines",
    "github",
    "assertion",
    "managed-identity",
    "azure-cli",
)
METHODS = ("auto", *APPS, *PERSONS)

_OUTSIDE = ("managed-identity", "azure-cli")  # these know their tenant and client
_FEDERATED_URLS = ("azure-pipelines", "github")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", re.IGNORECASE
)


def is_guid(text: str) -> bool:
    """Whether a text has the form of a GUID."""
    return _GUID.fullmatch(text) is not None


def is_tenant_id(text: str) -> bool:
    """Whether a text has the form of a tenant's id: a GUID or a domain."""
    return is_guid(text) or _DOMAIN.fullmatch(text) is not None


@dataclass(frozen=True)
class Surroundings:
    """What decides besides options and config: the variables, whether a person can be asked, known accounts.

    ``known_method`` says how somebody signed in before with a client id, and is empty if nobody did.
    """

    environment: Mapping[str, str] = field(repr=False)
    has_person: bool
    known_method: Callable[[str], str]


@dataclass(frozen=True)
class SignIn:
    """One complete way to sign in.

    ``values`` are by what they are: ``secret``, ``certificate``, ``password``, ``file``, ``url``, ``token``,
    ``connection``, ``assertion``. ``tenant`` and ``client`` are empty for a managed identity and Azure's CLI,
    unless they are given.
    """

    method: str
    hosts: Hosts
    tenant: str
    client: str
    values: Mapping[str, Value] = field(repr=False)
    sources: Mapping[str, str]

    @property
    def is_person(self) -> bool:
        """Whether a person signs in, not an app."""
        return self.method in PERSONS

    def value(self, what: str) -> str:
        """Return a value, or an empty text."""
        found = self.values.get(what)
        return "" if found is None else found.text


class NoSignInError(SignInError):
    """There is no complete way to sign in.

    ``variables`` are the names that are missing, ``known`` is what is there all the same.
    """

    def __init__(self, message: str, missing: Sequence[str] = (), known: SignInStatus | None = None) -> None:
        self.variables = tuple(missing)
        self.known = known or SignInStatus()
        super().__init__(message)


@dataclass(frozen=True)
class _Set:
    """The values of one method: found, and what is missing as alternatives of names."""

    method: str
    found: Mapping[str, Value]
    missing: Mapping[str, Sequence[str]]
    is_begun: bool


def choose(tenant: TenantSettings, hosts: Hosts, surroundings: Surroundings, *, method: str = "") -> SignIn:
    """Return the way to sign in to a tenant: the one asked for, or else the first complete one.

    Raises ``NoSignInError`` for values that are missing, with their names, ``UsageError`` for an unknown
    method.
    """
    asked = method or tenant.auth or "auto"
    if asked not in METHODS:
        raise UsageError(f"--auth: the method is not known; write {any_of(METHODS)}")
    reading = _Reading(tenant, hosts, surroundings)
    return reading.automatic() if asked == "auto" else reading.asked_for(asked)


class _Reading:
    """The values of one tenant, from config and environment."""

    def __init__(self, tenant: TenantSettings, hosts: Hosts, surroundings: Surroundings) -> None:
        self._config = tenant
        self._hosts = hosts
        self._surroundings = surroundings
        self._environment = surroundings.environment
        self._tenant = self._find(variables.TENANT, Value(tenant.id, self._source("id")))
        self._client = self._find(variables.CLIENT, Value(tenant.client_id, self._source("client_id")))
        self._check_ids()

    def automatic(self) -> SignIn:
        fixed = self._values("assertion")
        for one in map(self._values, APPS[:6]):
            if not one.is_begun:
                continue
            if not one.missing:
                return self._sign_in(one)
            if one.method in _FEDERATED_URLS and fixed.is_begun and not fixed.missing:
                return self._sign_in(fixed)
            raise self._half(one)
        return self._by_person()

    def asked_for(self, method: str) -> SignIn:
        if method in PERSONS and not self._surroundings.has_person:
            raise NoSignInError(
                f"--auth {method}: this method needs a person at a terminal, outside of a pipeline and "
                f"without --no-input; methods without a person: {any_of(APPS)}",
                known=self._known(method),
            )
        values = self._values(method)
        if values.missing:
            raise self._half(values)
        return self._sign_in(values)

    def _by_person(self) -> SignIn:
        known = self._known_method()
        person = self._values(known or "browser")
        if not known and not self._surroundings.has_person:
            raise self._nothing()
        if person.missing:
            raise self._half(person)
        return self._sign_in(person)

    def _known_method(self) -> str:
        if self._client is None or variables.in_ci(self._environment):
            return ""
        return self._surroundings.known_method(self._client.text)

    def _sign_in(self, values: _Set) -> SignIn:
        tenant, client = self._text(self._tenant), self._text(self._client)
        return SignIn(values.method, self._hosts, tenant, client, values.found, self._sources(values.found))

    def _known(self, method: str = "", found: Mapping[str, Value] | None = None) -> SignInStatus:
        sources = self._sources(found or {})
        return SignInStatus(self._text(self._tenant), self._text(self._client), method, sources)

    def _sources(self, found: Mapping[str, Value]) -> dict[str, str]:
        sources = {"cloud": self._hosts.source}
        for what, value in {"tenant": self._tenant, "client": self._client, **found}.items():
            if value is not None:
                sources[what] = value.source
        return sources

    def _values(self, method: str) -> _Set:
        wanted = {what: (names, value) for what, names, value in self._wanted(method)}
        found: dict[str, Value] = {}
        missing: dict[str, Sequence[str]] = {}
        for what, (names, value) in wanted.items():
            here = value if value is not None and value.text else self._find(names)
            if here is not None:
                found[what] = here
            elif what != "password":
                missing[what] = names
        is_begun = bool(wanted) and next(iter(wanted)) in found
        if method == "secret" and self._config.secret_env:
            is_begun = True
        if method not in _OUTSIDE:
            missing |= self._missing_ids()
        return _Set(method, found, missing, is_begun)

    def _wanted(self, method: str) -> Iterator[tuple[str, Sequence[str], Value | None]]:
        """What a method needs, the value that begins its set first: what, variables, the config's value."""
        config = self._config
        match method:
            case "certificate":
                path = str(config.certificate or "")
                yield "certificate", variables.CERTIFICATE, Value(path, self._source("certificate"))
                yield "password", variables.CERTIFICATE_PASSWORD, None
            case "secret":
                yield "secret", () if config.secret_env else variables.SECRET, self._own_secret()
            case "workload-identity":
                yield "file", variables.TOKEN_FILE, None
            case "azure-pipelines":
                connection = Value(config.service_connection_id, self._source("service_connection_id"))
                yield "url", variables.PIPELINES_URL, None
                yield "token", variables.PIPELINES_TOKEN, None
                yield "connection", variables.CONNECTION, connection
            case "github":
                yield "url", variables.GITHUB_URL, None
                yield "token", variables.GITHUB_TOKEN, None
            case "assertion":
                yield "assertion", variables.ASSERTION, None

    def _own_secret(self) -> Value | None:
        """The secret in the variable that the config names; this name is never shown, it may be a secret."""
        found = variables.find((self._config.secret_env,), self._environment)
        return None if found is None else Value(found.text, self._source("secret_env"))

    def _names(self, values: _Set) -> list[str]:
        """The names that are missing, one for each value."""
        own = f"the variable that secret_env names ({self._source('secret_env')})"
        found: list[str] = []
        for alternatives in values.missing.values():
            there = [name for name in alternatives if name in self._environment]
            found.append([*there, *alternatives, own][0])
        return found

    def _missing_ids(self) -> dict[str, Sequence[str]]:
        missing: dict[str, Sequence[str]] = {}
        if self._tenant is None:
            missing["tenant"] = variables.TENANT
        if self._client is None:
            missing["client"] = variables.CLIENT
        return missing

    def _half(self, values: _Set) -> NoSignInError:
        begun = [value.source for value in values.found.values()]
        names = self._names(values)
        start = f"sign-in by {values.method}"
        if begun:
            start += f" ({all_of(begun)})"
        advice = how_to_set(values.method, values.missing.keys(), names, self._environment)
        text = f"{start}: {lacks(names, self._environment)}; {advice}"
        return NoSignInError(text, names, self._known(values.method, values.found))

    def _nothing(self) -> NoSignInError:
        looked = (
            "the variables of a certificate, a secret, a token file, Azure Pipelines, GitHub and an assertion"
        )
        names = [*(names[0] for names in self._missing_ids().values()), variables.SECRET[0]]
        empty = seen(self._environment)
        found = f", and {empty}" if empty else ""
        text = (
            f"sign-in: nothing to sign in with was found (looked at: {looked}, and an account that "
            f"signed in before){found}; set {all_of(names)}, or run remediate auth login at a terminal"
        )
        return NoSignInError(text, names, self._known())

    def _check_ids(self) -> None:
        """Refuse ids that are something else, without showing them: it may be a secret in the wrong place."""
        for value, is_tenant in ((self._tenant, True), (self._client, False)):
            if value is None or is_guid(value.text):
                continue
            if is_tenant and is_tenant_id(value.text):
                continue
            form = "a GUID or a verified domain such as contoso.onmicrosoft.com" if is_tenant else "a GUID"
            what = "tenant" if is_tenant else "client"
            raise NoSignInError(
                f"{value.source}: the value is not the id of a {what}; it must be {form}", (value.source,)
            )

    def _find(self, names: Sequence[str], *first: Value) -> Value | None:
        return variables.find(names, self._environment, *first)

    def _source(self, key: str) -> str:
        return f"tenants: {self._config.name}: {key}" if self._config.name else "--tenant"

    def _text(self, value: Value | None) -> str:
        return "" if value is None else value.text
