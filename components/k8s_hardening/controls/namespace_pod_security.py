"""Every namespace must enforce a Pod Security Standard, from the version on that judges by it.

Restricted labels of Namespaces, system ones excepted, under pod-security.kubernetes.io/: `enforce`, allowed baseline
and restricted; absent means the cluster's default, which nothing here knows. Where a control of the level baseline is
exempt in the namespace, privileged is allowed until that ends, since no other level admits the pod that is exempt.
`enforce-version`, allowed a version from the last one that brought a demand, since an old policy asks for less under
the same name, to that of the cluster. A newer one counts as the newest that the server has, as `latest` does, and so
does absent where nobody set another default: such a policy changes with the server, and from 1.35 on asks less of pods
in user namespaces than before.
Source: k8s.io/pod-security-admission v0.37.2 api/helpers.go, PolicyToEvaluate; policy/registry.go, EvaluatePod.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.admitted_levels import admitted_level, how_to_enforce
from k8s_hardening.controls.shared.platform_subjects import by_others
from k8s_hardening.controls.shared.stack_namespaces import is_user_namespace, labels_of
from k8s_hardening.kube.admission_policies import NEW_NAMESPACES
from k8s_hardening.kube.cel import text, texts
from k8s_hardening.kube.manifest import Manifest, as_str, ensure_map, key_path, name_of
from k8s_hardening.kube.names import SYSTEM_NAMESPACES
from k8s_hardening.kube.pod_security import ENFORCE, ENFORCE_VERSION, SINCE, oldest_full_policy, policy_version
from k8s_hardening.model.knowledge import Knowledge

LEVELS = ("baseline", "restricted")
LABELS_PATH = "metadata.labels"
_NOTHING = "privileged"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The labels, where they enforce nothing or an old policy."""
    if not is_user_namespace(manifest):
        return
    labels = labels_of(manifest)
    level, version = labels.get(ENFORCE), labels.get(ENFORCE_VERSION)
    if level not in LEVELS and not (level == _NOTHING and _can_enforce(manifest, knowledge) == _NOTHING):
        fix = how_to_enforce(_known(name_of(manifest), knowledge), name_of(manifest), knowledge)
        yield finding(key_path(LABELS_PATH, ENFORCE), level, fix)
    # A namespace that enforces nothing has nothing to pin.
    if (version is not None or level in LEVELS) and not _is_pinned(version, knowledge):
        yield finding(key_path(LABELS_PATH, ENFORCE_VERSION), version, _how_to_pin(version, knowledge))


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Enforce the level that the judge knows for the namespace, restricted where it knows none, by a full policy."""
    if not is_user_namespace(manifest):
        return
    labels = ensure_map(ensure_map(manifest, "metadata"), "labels")
    if labels.get(ENFORCE) not in LEVELS:
        labels[ENFORCE] = _can_enforce(manifest, knowledge)
    if not _is_pinned(labels.get(ENFORCE_VERSION), knowledge):
        labels[ENFORCE_VERSION] = f"v{knowledge.kubernetes}"


def _can_enforce(manifest: Manifest, knowledge: Knowledge) -> str:
    """The level that the judge knows for the namespace, as far as what is exempt there lets it be enforced."""
    return admitted_level(_known(name_of(manifest), knowledge), name_of(manifest), knowledge).level


def _known(name: str, knowledge: Knowledge) -> str:
    owner = knowledge.tenant_of_namespace(name)
    known = owner.namespaces[name] if owner else ""
    return known if known in LEVELS else "restricted"


def _is_pinned(version: object, knowledge: Knowledge) -> bool:
    policy = policy_version(as_str(version))
    return policy is not None and oldest_full_policy(knowledge.kubernetes) <= policy <= knowledge.kubernetes


def _how_to_pin(version: object, knowledge: Knowledge) -> str:
    policy = policy_version(as_str(version))
    if policy is not None and policy < knowledge.kubernetes:
        return f"set it to v{knowledge.kubernetes}; an old policy asks for less"
    if version is None or policy is not None:
        return (
            f"set it to v{knowledge.kubernetes}; the newest policy changes with the server, and from 1.35 on asks less "
            "of pods in user namespaces"
        )
    return f"set it to v{knowledge.kubernetes}"


LABELS = {"labels": "has(object.metadata.labels) ? object.metadata.labels : {}"}
"""The variable `labels` of the server's rules about namespaces."""


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, for what others than the platform make; namespace-owner keeps them from changing it."""
    level, version, labels, name = text(ENFORCE), text(ENFORCE_VERSION), "variables.labels", "object.metadata.name"
    open_ones = [
        one
        for one in {exemption.namespace for exemption in knowledge.exemptions}
        if one is not None and admitted_level(_known(one, knowledge), one, knowledge).level == _NOTHING
    ]
    oldest, newest = oldest_full_policy(knowledge.kubernetes).minor, knowledge.kubernetes.minor
    pinned = texts(f"v1.{minor}" for minor in range(oldest, newest + 1))
    is_system = f"{name} in {texts(SYSTEM_NAMESPACES)}"
    enforced = f"{level} in {labels} && {labels}[{level}] in {texts(LEVELS)}"
    is_open = f"{level} in {labels} && {labels}[{level}] == '{_NOTHING}' && {name} in {texts(open_ones)}"
    return (
        AdmissionRule(
            fix="set enforce to restricted, or where that cannot be to baseline, and pin its version",
            targets=(NEW_NAMESPACES,),
            expressions=(
                f"{is_system} || ({enforced}) || ({is_open})",
                f"{is_system} || ({version} in {labels} ? {labels}[{version}] in {pinned} : !({enforced}))",
            ),
            variables=LABELS,
            conditions=by_others(knowledge),
        ),
    )


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
    admission=admission,
)
