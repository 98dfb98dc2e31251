"""The shipped life spans against a new extraction from the source of some Kubernetes releases."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.kube.flags import PROGRAMS, Span, admission_plugins, feature_gates, flags_of, kubelet_fields
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion

pytestmark = pytest.mark.thorough

TOOL = Path(__file__).parents[2] / "tools" / "flag-extraction"
RELEASES = ("1.18", "1.21", "1.24", "1.27", "1.30", "1.33", "1.37")
SECONDS = 280


@pytest.fixture(scope="module")
def extraction() -> dict[str, Any]:
    go = shutil.which("go")
    if go is None:
        pytest.fail("The program go is not on PATH; it is needed to read the source of Kubernetes.")
    done = subprocess.run(
        [go, "run", ".", *RELEASES], cwd=TOOL, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"tools/flag-extraction could not read the source: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def alive(spans: dict[str, Span], release: str) -> set[str]:
    return {name for name, span in spans.items() if span.is_known(KubeVersion.parse(release))}


def test_the_releases_reach_from_the_oldest_to_the_newest() -> None:
    assert KubeVersion.parse(RELEASES[0]) == OLDEST
    assert KubeVersion.parse(RELEASES[-1]) == NEWEST


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_table_holds_exactly_the_flags_of_the_source(
    extraction: dict[str, Any], program: str, release: str
) -> None:
    flags = extraction[release]["flags"][program]
    assert alive(flags_of(program), release) == set(flags)
    warned = {
        name
        for name, span in flags_of(program).items()
        if name in flags and span.deprecated is not None and span.deprecated <= KubeVersion.parse(release)
    }
    assert {name for name, facts in flags.items() if facts.get("deprecated")} <= warned


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_boolean_flag_is_one_in_the_source(extraction: dict[str, Any], program: str) -> None:
    boolean = {
        name for one in extraction.values() for name, facts in one["flags"][program].items() if facts.get("boolean")
    }
    seen = {name for one in extraction.values() for name in one["flags"][program]}
    told = {name for name, span in flags_of(program).items() if span.boolean and name in seen}
    assert told == boolean


@pytest.mark.parametrize("release", RELEASES)
def test_the_table_holds_exactly_the_admission_plugins_of_the_source(extraction: dict[str, Any], release: str) -> None:
    plugins = extraction[release]["admissionPlugins"]
    assert alive(admission_plugins(), release) == set(plugins)
    on = {
        name
        for name, span in admission_plugins().items()
        if name in plugins and span.on is not None and span.on <= KubeVersion.parse(release)
    }
    assert on == {name for name, is_on in plugins.items() if is_on}


@pytest.mark.parametrize("release", RELEASES)
def test_the_table_holds_exactly_the_feature_gates_of_the_source(extraction: dict[str, Any], release: str) -> None:
    assert alive(feature_gates(), release) == set(extraction[release]["featureGates"])


@pytest.mark.parametrize("release", RELEASES)
def test_the_table_holds_exactly_the_kubelet_fields_of_the_source(extraction: dict[str, Any], release: str) -> None:
    assert alive(kubelet_fields(), release) == set(extraction[release]["kubeletFields"])
