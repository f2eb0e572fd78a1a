"""The phonebooks of the simulated client, under the name that the tests know."""

from aovpn_remediate.client.phonebook import CRLF, entry, record

__all__ = ["CRLF", "entry", "record"]
