"""A typed, dated, reasoned exception to a control."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import Field, model_validator

from k8s_hardening.model.base import Model

Reason = Annotated[str, Field(min_length=10)]


class Exemption(Model):
    """One control does not apply to some objects, for a reason and until a day."""

    control: str
    """Id of the control, for example host-path-volumes."""
    namespace: str | None = None
    """Namespace of the objects; None for cluster-scoped ones or any."""
    kind: str | None = None
    """Kind of the objects; None for any."""
    name: str | None = None
    """Name of the object; None for any in the namespace."""
    container: str | None = None
    """Name of the container; None for all of the pod."""
    reason: Reason
    """Why, for the reader of a report; at least ten characters."""
    owner: str
    """Who answers for it."""
    expires: datetime.date
    """Last day on which it holds."""
    compensating: str | None = None
    """What reduces the risk meanwhile."""

    @model_validator(mode="after")
    def _names_something(self) -> Exemption:
        if self.namespace is None and self.name is None:
            raise ValueError(
                "names neither namespace nor name, so it would switch the control off; "
                'for example namespace: "monitoring"'
            )
        return self
