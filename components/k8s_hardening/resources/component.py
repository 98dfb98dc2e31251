"""What all components share: they register what a plan says, and decide nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pulumi

from k8s_hardening.kube.admission_policies import KIND
from k8s_hardening.kube.manifest import Manifest, as_map, as_str, kind_of, name_of, namespace_of
from k8s_hardening.model.base import Model
from k8s_hardening.resources.kinds import fields_of, maker_of

T = TypeVar("T")
_Key = tuple[str, str, str]
_ROLLOUT = "60m"


class HardenedComponent(pulumi.ComponentResource):
    """Base of the components. Type tokens and names of children are public: to change one needs an alias."""

    def __init__(
        self,
        name: str,
        inputs: Model,
        opts: pulumi.ResourceOptions | None = None,
        rendered: Mapping[str, Any] | None = None,
    ) -> None:
        self._component_name = name
        self._registered: dict[_Key, pulumi.CustomResource] = {}
        # What was decided, defaults filled in, so that rules and state see it; and what came of it.
        props = {**inputs.model_dump(mode="json", exclude_none=True), **(rendered or {})}
        super().__init__(f"k8s-hardening:index:{type(self).__name__}", name, props, opts)

    def _emit(
        self,
        manifest: Manifest,
        *,
        protect: bool = False,
        last: bool = False,
        others: Sequence[pulumi.Resource] = (),
    ) -> pulumi.CustomResource:
        """Register one object of a plan as a child, after what it needs; the last one needs all before it.

        `others` are resources beside the component's own that it needs as well.
        """
        needs = self._registered if last else _needs(manifest)
        after = [*others, *(self._registered[key] for key in needs if key in self._registered)]
        # None inherits: only the word of whoever protects the whole component counts then. The last object is what all
        # others are for, a rollout over many nodes: the provider's ten minutes are too few.
        timeouts = pulumi.CustomTimeouts(create=_ROLLOUT, update=_ROLLOUT) if last else None
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=after,
            protect=protect or None,
            custom_timeouts=timeouts,
            # A replacement has the same name: made first, it would be applied over the old one, and be deleted with it.
            delete_before_replace=True,
        )
        made = maker_of(manifest)(child_name(self._component_name, manifest), opts=opts, **fields_of(manifest))
        self._registered[_key(manifest)] = made
        return made

    def _once_registered(self, value: T) -> pulumi.Output[T]:
        """A plain value, known at preview, on which other resources wait for every object registered so far.

        A workload that takes its namespace from here starts only behind the namespace's guard rails.
        """

        def give(_: Any) -> T:
            return value

        return pulumi.Output.all(*(made.urn for made in self._registered.values())).apply(give)


def child_name(component: str, manifest: Manifest) -> str:
    """Name of a child: `<component>/<kind>[/<namespace>]/<name>`; no two objects share one."""
    return "/".join(part for part in (component, *_key(manifest)) if part)


def _key(manifest: Manifest) -> _Key:
    return kind_of(manifest), namespace_of(manifest), name_of(manifest)


def _needs(manifest: Manifest) -> Iterator[_Key]:
    if namespace := namespace_of(manifest):
        yield "Namespace", "", namespace
    if policy := as_str(as_map(manifest.get("spec")).get("policyName")):
        yield KIND, "", policy
    # The API server resolves the role to see whether the author may grant it.
    role = as_map(manifest.get("roleRef"))
    if kind := as_str(role.get("kind")):
        yield kind, "" if kind == "ClusterRole" else namespace, as_str(role.get("name"))
