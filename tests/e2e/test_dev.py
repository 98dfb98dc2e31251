"""The main job: the dev environment previewed by the real engine, judged by the pack, and rendered by `up`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from k8s_hardening.model.labels import TENANT_LABEL
from k8s_hardening.model.reading import read_baseline
from tests.e2e.checkout import Checkout, without_tenant

pytestmark = pytest.mark.e2e
PASSPHRASE = {"PULUMI_CONFIG_PASSPHRASE": "of-a-test"}


def rendered(project: Checkout) -> set[str]:
    """kind/namespace/name of every object among the rendered files."""
    found = set()
    for path in Path(project.folder, "out/dev").rglob("*.yaml"):
        made = yaml.safe_load(path.read_text())
        found.add(f"{made['kind']}/{made['metadata'].get('namespace', '')}/{made['metadata']['name']}")
    return found


def test_the_clean_environment_passes_and_every_resource_is_judged(project: Checkout) -> None:
    ran = project.preview()
    assert ran.status == 0, ran.log
    summary = ran.summary
    assert summary["findings"] == []
    assert summary["not_judged"] == []
    assert summary["judged"] == sum(summary["changes"].values())
    assert summary["judged"] > 50
    assert "KUBECONFIG" not in ran.log


def test_up_twice_changes_nothing_the_second_time_and_a_removed_tenant_goes_alone(project: Checkout) -> None:
    first = project.up()
    assert first.status == 0, first.log
    before = rendered(project)
    assert before

    second = project.up()
    assert second.status == 0, second.log
    assert set(second.summary["changes"]) == {"same"}
    assert rendered(project) == before

    path = project.folder / "Pulumi.dev.yaml"
    document = yaml.safe_load(path.read_text())
    gone = without_tenant(document["config"]["k8s-hardening:baseline"], "platform-tools")
    path.write_text(yaml.safe_dump(document))
    assert project.run("pack-config").status == 0
    third = project.up()
    assert third.status == 0, third.log
    namespaces = {one["name"] for one in gone["namespaces"]}
    lost = before - rendered(project)
    assert {f"Namespace//{name}" for name in namespaces} <= lost
    # What the tenant's own flows had opened in the namespaces of others goes with it, and nothing else of theirs.
    opened = {one for one in before if one.startswith("NetworkPolicy/") and "/allow-platform-tools." in one}
    assert opened
    assert (
        lost
        == {one for one in before if one.split("/")[1] in namespaces}
        | {f"Namespace//{name}" for name in namespaces}
        | opened
    )
    steps = third.summary["steps"]
    assert set(steps.values()) == {"delete", "update"}
    updated = {urn.split("::")[2].rpartition("$")[2] for urn, operation in steps.items() if operation == "update"}
    assert updated == {
        "k8s-hardening:index:AdmissionPolicies",
        # It is told which namespaces have tenants.
        "k8s-hardening:index:ClusterDeny",
        "k8s-hardening:index:HardenedBaseline",
        "k8s-hardening:index:Tenant",
        # The server's policies name the tenants' namespaces.
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy",
    }


LOADER = "DaemonSet/k8s-hardening-apparmor/apparmor-loader"


def brought_exemptions(project: Checkout) -> set[str]:
    """The controls from which the environment's loader is exempt."""
    document = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
    return {one.control for one in read_baseline(document["config"]["k8s-hardening:baseline"]).every_exemption}


def test_the_apparmor_loader_passes_by_each_of_its_exemptions(project: Checkout) -> None:
    ran = project.preview()
    assert ran.status == 0, ran.log
    summary = ran.summary
    made = {urn.rpartition("::")[2]: operation for urn, operation in summary["steps"].items()}
    assert made[f"baseline/apparmor-loader/{LOADER}"] == "create"
    assert any(name.startswith("baseline/apparmor-loader/ConfigMap/") for name in made)
    assert {one["control"] for one in summary["exempt"]} == brought_exemptions(project)
    assert {one["until"] for one in summary["exempt"]} == {"2027-06-30"}
    assert all("$k8s-hardening:index:AppArmorLoader$" in one["urn"] for one in summary["exempt"])


def test_what_is_rendered_for_the_loader_has_no_finding(project: Checkout) -> None:
    assert project.up().status == 0
    assert LOADER in rendered(project)
    checked = ("check", "--format", "json", "out/dev")
    ran = project.run(*checked, "--pack-config", "policy-pack/config/dev.json")
    assert ran.status == 0, ran.output
    strict = project.run(*checked, "--kubernetes", "1.36")
    assert strict.status == 1
    assert "MAC_ADMIN" in strict.output


def test_the_loader_is_found_when_its_exemption_has_ended(project: Checkout) -> None:
    project.edit("Pulumi.dev.yaml", 'expires: "2027-06-30"', 'expires: "2020-06-30"')
    assert project.run("pack-config").status == 0
    ran = project.preview()
    assert ran.status == 1
    found = {one["control"] for one in ran.summary["findings"]}
    assert found == {*brought_exemptions(project), "exemption-expired", "namespace-pod-security"}
    assert ran.summary["exempt"] == []


def test_a_baseline_with_mistakes_shows_all_of_them_before_the_engine_starts(project: Checkout) -> None:
    project.edit("Pulumi.dev.yaml", "dialect: kubeadm", "dialect: kubeadmin")
    project.edit("Pulumi.dev.yaml", "environment: dev", "environment: Dev_1")
    ran = project.preview()
    assert ran.status == 2
    assert 'k8s-hardening:baseline.environment: "Dev_1" is not a DNS-1123 label; for example "dev-1"' in ran.log
    assert "k8s-hardening:baseline.dialect" in ran.log
    assert "Traceback" not in ran.log


def test_the_program_itself_says_the_same_without_a_traceback(project: Checkout) -> None:
    """Whoever runs pulumi without our command line sees the same lines."""
    project.edit("__main__.py", "read_baseline(raw,", "read_baseline({**raw, 'environment': 'Dev_1', 'colour': 1},")
    ran = project.preview()
    assert ran.status == 1
    assert 'k8s-hardening:baseline.environment: "Dev_1" is not a DNS-1123 label; for example "dev-1"' in ran.log
    assert "k8s-hardening:baseline.colour: is not a known key" in ran.log
    assert "Traceback" not in ran.log


def test_a_pack_configuration_that_differs_from_the_baseline_is_refused(project: Checkout) -> None:
    project.edit("Pulumi.dev.yaml", "allow_tags: true", "allow_tags: false")
    ran = project.preview()
    assert ran.status == 2
    assert "dev.json: differs from the baseline; run make pack-config" in ran.log


def test_a_stack_for_a_cluster_asks_for_the_passphrase_of_its_state(project: Checkout) -> None:
    ran = project.preview("--stack", "prod")
    assert ran.status == 2
    assert "set PULUMI_CONFIG_PASSPHRASE_FILE" in ran.log
    assert "Traceback" not in ran.log


def test_nothing_is_applied_to_a_cluster_when_nobody_can_be_asked(project: Checkout) -> None:
    ran = project.up("--stack", "prod", **PASSPHRASE)
    assert ran.status == 2
    assert "pass --yes to apply" in ran.log


def put_into_state(project: Checkout, namespace: str, tenant: str) -> None:
    """Let the state of prod say that a namespace is live, as `up` to a cluster leaves it."""
    workspace = project.workspace("prod", renders=False)
    state = json.loads(workspace.export())
    provider = "urn:pulumi:prod::k8s-hardening::pulumi:providers:kubernetes::target"
    token = "kubernetes:core/v1:Namespace"  # noqa: S105 - a type token
    state["deployment"]["resources"] = [
        {
            "urn": provider,
            "custom": True,
            "id": "p1",
            "type": "pulumi:providers:kubernetes",
            "inputs": {},
            "outputs": {},
        },
        {
            "urn": f"urn:pulumi:prod::k8s-hardening::{token}::{namespace}",
            "custom": True,
            "id": namespace,
            "type": token,
            "provider": f"{provider}::p1",
            "inputs": {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": namespace, "labels": {TENANT_LABEL: tenant}},
            },
        },
    ]
    path = project.folder / "state.json"
    path.write_text(json.dumps(state))
    done = subprocess.run(
        [workspace.toolchain.pulumi, "stack", "import", "--stack", "prod", "--file", path],
        cwd=project.folder,
        env=workspace.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_tenant_leaves_a_live_environment_only_after_its_decommission(
    project: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE["PULUMI_CONFIG_PASSPHRASE"])
    prepared = project.preview("--stack", "prod", **PASSPHRASE)
    assert prepared.status == 0, prepared.log
    put_into_state(project, "analytics-jobs", "analytics")
    for command in (project.preview, project.up):
        ran = command("--stack", "prod", **PASSPHRASE)
        assert ran.status == 2
        assert 'tenant "analytics" is gone, and with it namespace analytics-jobs' in ran.log
        assert "decommission" in ran.log
