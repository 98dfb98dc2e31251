"""The page about AppArmor says what the loader is exempt from, and why, in the words of the exemptions themselves."""

from __future__ import annotations

import re

from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.apparmor import LoaderExemptionSpec
from k8s_hardening.model.apparmor_loader import loader_exemptions
from tests.docs.pages import PROJECT, Page

PAGE = Page(PROJECT / "docs/apparmor.md")
OWNER = LoaderExemptionSpec.model_validate({"owner": "platform", "expires": "2027-06-30"})


def span(versions: list[KubeVersion]) -> str:
    """The versions in words."""
    if versions[0] == OLDEST:
        return "all" if versions[-1] == NEWEST else f"to {versions[-1]}"
    return f"{versions[0]} and later"


def test_the_table_of_exemptions_is_that_of_the_loader() -> None:
    versions: dict[tuple[str, str], list[KubeVersion]] = {}
    for minor in range(OLDEST.minor, NEWEST.minor + 1):
        for one in loader_exemptions(KubeVersion(1, minor), OWNER, has_tenants=True):
            versions.setdefault((one.control, one.reason), []).append(KubeVersion(1, minor))
    section = PAGE.text.partition("### What it is exempt from\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| \[([a-z-]+)\]\(controls\.md#\1\) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    written = {(control, reason): when.removesuffix(", with tenants") for control, when, reason in rows}
    assert written == {key: span(known) for key, known in versions.items()}
