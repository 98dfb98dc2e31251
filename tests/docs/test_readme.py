"""What the documents show is what really comes out."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
import yaml

from k8s_hardening.cli.stack_files import checked_baseline
from k8s_hardening.cli.stack_summary import summary_json
from k8s_hardening.controls.control import Control
from k8s_hardening.controls.judging import harden, judge
from k8s_hardening.controls.registry import CONTROLS, control_of
from k8s_hardening.enforcement.verdict import message
from k8s_hardening.engine.events import Summary, Violation
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT
from k8s_hardening.plans.split import LIMIT, resources_of_stack
from tests.builders import container, pod, wrap_pod
from tests.cli.calling import call
from tests.docs.pages import PROJECT, Page, page, written_pages
from tests.resources.monitor import record

README = page("README.md")
DEV: dict[str, Any] = yaml.safe_load((PROJECT / "Pulumi.dev.yaml").read_text())["config"][ROOT]


def test_the_preview_shows_the_resources_of_the_development_environment() -> None:
    count = resources_of_stack(checked_baseline(DEV))
    assert f"Policy pack: {count} resources judged, nothing blocks." in README.text
    assert f"+ {count} to create" in README.text


def test_the_blocked_preview_shows_the_controls_own_words() -> None:
    privileged = container(securityContext={**container()["securityContext"], "privileged": True})
    deployment, _ = wrap_pod(pod(containers=[privileged]), "Deployment")
    (judged,) = judge(deployment, CONTROLS, Knowledge())
    assert message(judged.control, judged.finding) in README.text


def test_the_mistakes_shown_are_what_a_user_sees() -> None:
    mistaken = {key: value for key, value in DEV.items() if key != "tenants"}
    with pytest.raises(BadInputError) as error:
        checked_baseline({**mistaken, "kubernetes": 1.3, "tenant": DEV["tenants"]})
    assert "".join(f"error: {problem}\n" for problem in error.value.problems) in README.text


def test_the_verdict_on_a_file_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    (line,) = re.findall(r"^\.venv/bin/k8s-hardening (check .*\.yaml)$", README.text, re.MULTILINE)
    result = call(*shlex.split(line))
    assert result.exit_code == 1
    assert f"```text\n{result.stdout}```" in README.text


def test_the_span_of_versions_and_the_limit_are_the_codes_own() -> None:
    assert f"Kubernetes {OLDEST} to {NEWEST}" in README.text
    for name in ("CHANGELOG.md", "docs/writing-an-environment.md", "docs/architecture.md"):
        assert f"{LIMIT:,} resources" in page(name).text, name
    assert f"Kubernetes {OLDEST} to {NEWEST}" in page("CHANGELOG.md").text.replace("\n", " ")


BLOCKS = [(one, block) for one in written_pages() for block in one.blocks("yaml")]


@pytest.mark.parametrize(("one", "block"), BLOCKS, ids=[f"{one.name}-{n}" for n, (one, _) in enumerate(BLOCKS)])
def test_yaml_in_the_documents_is_taken(one: Page, block: str) -> None:
    document = yaml.safe_load(block)
    if "config" in document:
        checked_baseline(document["config"][ROOT])
    elif "flows" in document:
        tenants = [{**DEV["tenants"][0], "accepts": [], "flows": document["flows"]}]
        assert checked_baseline({**DEV, "tenants": tenants}).tenants[0].flows
    elif "control_plane" in document:
        assert {*document} == {"control_plane"}
        assert checked_baseline({**DEV, **document}).control_plane
    elif "clusters" in document:  # a kubeconfig, with which tests/cluster signs in
        assert document["kind"] == "Config"
        assert document["current-context"] in {context["name"] for context in document["contexts"]}
    elif "cni" in document:
        assert {*document} == {"cni"}
        assert checked_baseline({**DEV, **document}).cni.mesh_plugins
    elif {*document} <= {"cni", "images"}:
        assert (
            checked_baseline({**DEV, **document}).model_dump(mode="json", include={*document}, exclude_unset=True)
            == document
        )
    elif "pod_security" in document:
        assert {*document} == {"kubernetes", "pod_security"}
        assert checked_baseline({**DEV, **document}).pod_security.uses_policies(
            KubeVersion.parse(document["kubernetes"])
        )
    else:
        baseline = checked_baseline({**DEV, **document})
        assert document
        assert all(getattr(baseline, part) for part in document)


def test_the_summary_shown_has_the_keys_of_the_real_one() -> None:
    (shown,) = page("docs/ci.md").blocks("json")
    finding = Violation("privileged", "mandatory", "urn", "message")
    real = json.loads(summary_json(Summary(violations={finding})))
    assert list(json.loads(shown)) == list(real)
    assert list(json.loads(shown)["findings"][0]) == list(real["findings"][0])


@pytest.mark.parametrize("name", ["docs/teams.md", "components/README.md"])
def test_the_programs_of_teams_run(name: str) -> None:
    (block,) = page(name).blocks("python")
    recording = record(lambda: exec(compile(block, name, "exec"), {}))  # noqa: S102 - our own document
    made = {resource.name for resource in recording.objects()}
    assert "storefront/NetworkPolicy/storefront-web/deny-all" in made


def test_the_control_shown_works() -> None:
    (block,) = page("docs/writing-a-control.md").blocks("python")
    names: dict[str, Any] = {"__name__": "shown"}
    exec(compile(block, "shown", "exec"), names)  # noqa: S102 - our own document
    control = names["CONTROL"]
    assert isinstance(control, Control)
    with pytest.raises(KeyError):
        control_of(control.id)  # a control of the registry would grow apart from its copy here
    bad = pod()
    (judged,) = judge(bad, [control], Knowledge())
    assert judged.finding.path == "spec.enableServiceLinks"
    assert list(judge(harden(bad, [control], Knowledge()), [*CONTROLS, control], Knowledge())) == []
