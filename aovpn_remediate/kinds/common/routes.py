"""Routes as a config has them, in an entry and in lists with a name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationError, WithJsonSchema

from aovpn_remediate.kinds.common.fields import ShortForm, text_schema
from aovpn_remediate.kinds.common.strict import Strict
from aovpn_remediate.kinds.common.values import check_prefix, check_route_metric

PREFIX = "^[0-9A-Fa-f:.]+/(?!0+$)[0-9]{1,3}$"
"""What a network looks like, for an editor."""

RouteMetric = Annotated[
    int,
    PlainValidator(check_route_metric),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 9999}),
]
Prefix = Annotated[str, AfterValidator(check_prefix), text_schema(PREFIX)]


class RouteEntry(Strict, title="Route"):
    """One route: ``10.20.0.0/16``, or a mapping with a metric or an exclusion."""

    prefix: Prefix = Field(title="Prefix", description="A network, e.g. 10.20.0.0/16 or 2001:db8::/32.")
    metric: RouteMetric | None = Field(
        None, title="Metric", description="The route's metric. Default: any is correct."
    )
    exclude: bool = Field(
        False, title="Exclusion", description="Keeps the prefix out of the tunnel; see exclusions."
    )

    def in_words(self) -> str:
        """The route as a message names it."""
        metric = "any metric" if self.metric is None else f"metric {self.metric}"
        return f"{'exclusion' if self.exclude else 'route'} {self.prefix} ({metric})"


def _long_form(value: Any) -> Any:
    return {"prefix": value} if isinstance(value, str) else value


Route = Annotated[RouteEntry, BeforeValidator(_long_form), ShortForm({"type": "string", "pattern": PREFIX})]
"""A route in either form."""


def read_route(value: object) -> RouteEntry | None:
    """Return a route in either form, or nothing if something is wrong with it."""
    try:
        return RouteEntry.model_validate(_long_form(value))
    except ValidationError:
        return None
