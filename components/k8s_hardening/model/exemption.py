"""A typed, dated, reasoned exception to a control."""

from __future__ import annotations

from pydantic import Field, model_validator

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Day, Name, Reason, Word, wrong


class Exemption(Model):
    """One control does not apply to some objects, for a reason and until a day."""

    control: Name = Field(examples=["host-path-volumes"])
    """Id of the control, for example host-path-volumes."""
    namespace: Name | None = Field(default=None, examples=["monitoring"])
    """Namespace of the objects; None for cluster-scoped ones or any."""
    kind: Word | None = Field(default=None, examples=["DaemonSet"])
    """Kind of the objects; None for any."""
    name: Word | None = Field(default=None, examples=["node-agent"])
    """Name of the object; None for any in the namespace."""
    container: Name | None = Field(default=None, examples=["agent"])
    """Name of the container; None for all of the pod."""
    reason: Reason = Field(examples=["The node agent reads the logs of all pods."])
    """Why, for the reader of a report; at least ten characters."""
    owner: Word = Field(examples=["platform-team"])
    """Who answers for it."""
    expires: Day = Field(examples=["2027-06-30"])
    """Last day on which it holds."""
    compensating: Word | None = Field(default=None, examples=["The mount is read-only."])
    """What reduces the risk meanwhile."""

    @model_validator(mode="after")
    def _names_something(self) -> Exemption:
        if self.namespace is None and self.name is None:
            raise wrong(
                "names neither namespace nor name, so it would switch the control off", '{namespace: "monitoring"}'
            )
        return self
