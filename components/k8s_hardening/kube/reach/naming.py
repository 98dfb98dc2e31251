"""The ends of a world by the names that people give them."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from k8s_hardening.kube.names import is_dns1123_label, is_label_key, is_label_value
from k8s_hardening.kube.reach.ends import ANY_OTHER, End, Owner, Pods
from k8s_hardening.kube.reach.regions import Address
from k8s_hardening.kube.reach.world import World

_LONGEST = 4096  # characters of a name, labels included; nobody's pod has more


class NoSuchEndError(Exception):
    """A name leads to no end, or to several; the text says which name would do."""


@dataclass(frozen=True, slots=True)
class Named:
    """An end as somebody named it."""

    text: str
    end: End
    is_one_pod: bool = False
    """Whether it is a single pod, which always reaches itself."""


def end_named(world: World, text: str) -> Named:
    """The end that a name stands for. It may be new to the world: add it with `World.with_ends`.

    Names are `namespace/pod`, `namespace/workload`, `namespace/Kind/name`, `namespace/label=value,...` for a pod with
    just these labels, `namespace` for a pod that no policy mentions, or an IP address.

    Raises:
        NoSuchEndError: nothing has that name, or several things have.
    """
    if len(text) > _LONGEST:
        raise NoSuchEndError(f"{text[:40]}...: has {len(text)} characters, which is no name of a pod")
    if (address := _address(text)) is not None:
        holders = [pods for pods in world.pods if address in pods.addresses]
        return Named(text, holders[0] if holders else world.regions.all[world.regions.place_of(address)])
    namespace, _, rest = text.partition("/")
    if namespace not in world.namespaces or not is_dns1123_label(namespace):
        known = [one for one in world.namespaces if is_dns1123_label(one)]
        raise NoSuchEndError(f"{text}: there is no namespace {namespace}{_near(namespace, known)}")
    if rest in ("", ANY_OTHER):
        return Named(text, Pods(namespace))
    if "=" in rest:
        return Named(text, _with_labels(world, text, namespace, rest))
    return _owned(world, text, namespace, rest)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _with_labels(world: World, text: str, namespace: str, rest: str) -> Pods:
    labels = dict(part.partition("=")[::2] for part in rest.split(","))
    if not all(is_label_key(key) and is_label_value(value) for key, value in labels.items()):
        raise NoSuchEndError(f"{text}: {rest} is no list of labels; for example {namespace}/app=web,tier=front")
    wanted = tuple(sorted(labels.items()))
    alike = [one for one in world.pods if one.namespace == namespace and one.labels == wanted]
    return alike[0] if len(alike) == 1 else Pods(namespace, wanted)


def _owned(world: World, text: str, namespace: str, rest: str) -> Named:
    kind, slash, name = rest.rpartition("/")
    inside = list(_inside(world, namespace))
    if slash:
        found = [one for one in inside if (one[0].kind.lower(), one[0].name) == (kind.lower(), name)]
    else:
        # A pod goes before a workload of the same name, for so it is written.
        found = [one for one in inside if (one[0].kind, one[0].name) == ("Pod", name)]
        found = found or [one for one in inside if one[0].name == name]
    classes = {pods for _, pods in found}
    if not classes:
        names = [f"{owner}" if slash else owner.name for owner, _ in inside]
        hint = _near(rest, names) or f"; name a pod by its labels, for example {namespace}/app={name}"
        raise NoSuchEndError(f"{text}: there is no pod or workload {rest} in {namespace}{hint}")
    if len(classes) > 1:
        known = sorted({f"{namespace}/{owner}" for owner, _ in found})
        hint = f"say which: {', '.join(known)}" if len(known) > 1 else f"name one by its labels: {namespace}/app=web"
        raise NoSuchEndError(f"{text}: stands for pods that differ; {hint}")
    (pods,) = classes
    return Named(text, pods, is_one_pod=all(owner.kind == "Pod" for owner, _ in found))


def _inside(world: World, namespace: str) -> Iterator[tuple[Owner, Pods]]:
    for pods in world.pods:
        if pods.namespace == namespace:
            for owner in world.owners[pods]:
                yield owner, pods


def _near(text: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(text, sorted(set(known)), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
