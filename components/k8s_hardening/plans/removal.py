"""Whether the namespaces that a change would delete may go."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable

from k8s_hardening.kube.manifest import Manifest, as_map, as_str, kind_of, name_of
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.labels import DECOMMISSION_ANNOTATION, TENANT_LABEL
from k8s_hardening.model.reading import ROOT

_NOTICE = datetime.timedelta(days=7)


def removal_refusals(previous: Iterable[Manifest], baseline: Baseline, today: datetime.date) -> tuple[str, ...]:
    """A refusal for each tenant that loses namespaces without a decommission day, or before it.

    With a namespace go all its objects and volumes, so its removal takes two changes: one that names the day, and one
    on or after that day that takes the tenant away. A namespace that moves to another tenant is deleted as well.

    Args:
        previous: the objects of the last run, as the engine's state holds them; others than namespaces are ignored.
        baseline: the environment as it shall be now.
        today: the day of the change.
    """
    stay = {(tenant.name, namespace.name) for tenant in baseline.tenants for namespace in tenant.namespaces}
    lost: dict[str, dict[str, datetime.date | None]] = defaultdict(dict)
    for manifest in previous:
        metadata = as_map(manifest.get("metadata"))
        tenant, namespace = as_str(as_map(metadata.get("labels")).get(TENANT_LABEL)), name_of(manifest)
        if kind_of(manifest) == "Namespace" and tenant and (tenant, namespace) not in stay:
            lost[tenant][namespace] = _day(as_map(metadata.get("annotations")).get(DECOMMISSION_ANNOTATION))
    refusals = (_refusal(tenant, lost[tenant], baseline, today) for tenant in sorted(lost))
    return tuple(refusal for refusal in refusals if refusal is not None)


def _refusal(
    tenant: str, days: dict[str, datetime.date | None], baseline: Baseline, today: datetime.date
) -> str | None:
    closed = sorted(namespace for namespace, day in days.items() if day is None or day > today)
    if not closed:
        return None
    stays = any(one.name == tenant for one in baseline.tenants)
    subject = f'tenant "{tenant}" ' + ("no longer has" if stays else "is gone, and with it")
    names = f"{'namespace' if len(closed) == 1 else 'namespaces'} {', '.join(closed)}"
    if any(days[namespace] is None for namespace in closed):
        wait = f'first apply the tenant as it was, for example with decommission: "{today + _NOTICE}"'
        return f"{ROOT}.tenants: {subject} {names}, which may not be deleted yet; {wait}"
    day = max(day for namespace in closed if (day := days[namespace]) is not None)
    wait = f'put it back until then, for example with decommission: "{day}"'
    return f"{ROOT}.tenants: {subject} {names}, which may go on {day} at the earliest; {wait}"


def _day(value: object) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(as_str(value))
    except ValueError:
        return None
