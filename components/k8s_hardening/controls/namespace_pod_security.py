"""Every namespace must enforce a Pod Security Standard, from the version on that judges by it.

Restricted labels of Namespaces, system ones excepted, under pod-security.kubernetes.io/: `enforce`, allowed baseline
and restricted; absent means the cluster's default, which nothing here knows. `enforce-version`, allowed absent,
latest, or a version that is not older than the last one that brought a demand: an old policy asks for less under the
same name.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.stack_namespaces import is_user_namespace, labels_of
from k8s_hardening.kube.manifest import Manifest, as_str, ensure_map, key_path, name_of
from k8s_hardening.kube.pod_security import ENFORCE, ENFORCE_VERSION, SINCE, oldest_full_policy, policy_version
from k8s_hardening.model.knowledge import Knowledge

LEVELS = ("baseline", "restricted")
LABELS_PATH = "metadata.labels"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The labels, where they enforce nothing or an old policy."""
    if not is_user_namespace(manifest):
        return
    labels = labels_of(manifest)
    level, version = labels.get(ENFORCE), labels.get(ENFORCE_VERSION)
    if level not in LEVELS:
        yield finding(
            key_path(LABELS_PATH, ENFORCE), level, "set it to restricted, or where that cannot be to baseline"
        )
    if not _is_full(version, knowledge):
        oldest = oldest_full_policy(knowledge.kubernetes)
        yield finding(key_path(LABELS_PATH, ENFORCE_VERSION), version, f"remove it, or set it to v{oldest} or later")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Enforce the level that the judge knows for the namespace, restricted where it knows none, by a full policy."""
    if not is_user_namespace(manifest):
        return
    labels = ensure_map(ensure_map(manifest, "metadata"), "labels")
    if labels.get(ENFORCE) not in LEVELS:
        owner = knowledge.tenant_of_namespace(name_of(manifest))
        known = owner.namespaces[name_of(manifest)] if owner else ""
        labels[ENFORCE] = known if known in LEVELS else "restricted"
    if not _is_full(labels.get(ENFORCE_VERSION), knowledge):
        del labels[ENFORCE_VERSION]


def _is_full(version: object, knowledge: Knowledge) -> bool:
    if version is None:
        return True
    policy = policy_version(as_str(version))
    return policy is not None and policy >= oldest_full_policy(knowledge.kubernetes)


CONTROL = Control(
    id="namespace-pod-security",
    requirement="Every namespace must enforce a Pod Security Standard, baseline or restricted.",
    severity=Severity.HIGH,
    chapter="namespace",
    profile=Profile.FULL,
    references=("CIS 5.2.1",),
    check=check,
    harden=harden,
    since=SINCE,
)
