"""Credentials for image pulls: on the accounts in every plan, in no plan, and said how to make."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.model.images import PULL_SECRET
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline, tenant_inputs
from k8s_hardening.plans.knowing import full_knowledge_of
from k8s_hardening.plans.pull_secrets import pull_secret
from tests.plans.environments import VERSIONS, environment, environment_data


def with_credentials(version: str = "1.36", **changes: Any) -> dict[str, Any]:
    data = environment_data(version)
    return {**data, "images": {**data["images"], "pull_secret_config": "registryPullSecret"}, **changes}


def test_the_secret_is_of_the_type_that_kubelets_read() -> None:
    assert pull_secret("payments-api", "e30=") == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "registry-pull",
            "namespace": "payments-api",
            "labels": {"app.kubernetes.io/managed-by": "k8s-hardening"},
        },
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": "e30="},
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_account_of_a_plan_names_the_secret_and_no_plan_holds_it(version: str) -> None:
    manifests = plan_baseline(read_baseline(with_credentials(version))).manifests
    accounts = [one for one in manifests if one["kind"] == "ServiceAccount"]
    closed, *of_tenants = accounts  # no pod can be made in default
    assert [one["metadata"]["namespace"] for one in accounts] == ["default", "payments-api", "shop-web"]
    assert all(one["imagePullSecrets"] == [{"name": PULL_SECRET}] for one in of_tenants)
    assert "imagePullSecrets" not in closed
    assert all(one["automountServiceAccountToken"] is False for one in accounts)
    assert not [one for one in manifests if one["kind"] == "Secret"]


@pytest.mark.thorough
def test_the_secrets_and_the_accounts_are_sound() -> None:
    baseline = read_baseline(with_credentials())
    made = [*plan_baseline(baseline).manifests, pull_secret("payments-api", "e30="), pull_secret("shop-web", UNKNOWN)]
    assert [judged for one in made for judged in judge(one, CONTROLS, full_knowledge_of(baseline))] == []
    assert [judged for _, judged in judge_stack(made, CONTROLS, full_knowledge_of(baseline))] == []


def test_without_credentials_nothing_names_them() -> None:
    plan = plan_baseline(environment())
    assert not [one for one in plan.manifests if "imagePullSecrets" in one]
    assert PULL_SECRET not in " ".join(plan.notes.advice)


def test_secrets_are_made_only_where_objects_go_to_a_cluster() -> None:
    for target, made in (({"context_config": "kubeContext"}, True), ({"render": "out/dev"}, False)):
        baseline = read_baseline(with_credentials(target=target))
        inputs = tenant_inputs(baseline, baseline.tenants[0])
        assert inputs.pull_secret is not None
        assert inputs.pull_secret.into_cluster is made
        assert inputs.pull_secret.registries == baseline.images.registries


_FAKE = """#!/bin/sh
echo "$(basename "$0") $*" >> "$(dirname "$0")/ran"
{body}
"""


def test_the_command_that_makes_them_is_one_that_a_shell_runs(tmp_path: Path) -> None:
    """The credentials go from one program to the other, through no file and no argument."""
    (advice,) = (text for text in plan_baseline(read_baseline(with_credentials())).notes.advice if PULL_SECRET in text)
    reads = 'cat "$(echo "$*" | sed "s/.*=\\(.dev.stdin\\).*/\\1/")"'
    for name, body in (
        ("pulumi", "echo credentials"),
        ("kubectl", f'if [ "$1" = create ]; then {reads}; else cat >> "$(dirname "$0")/applied"; fi'),
    ):
        (tmp_path / name).write_text(_FAKE.format(body=body))
        (tmp_path / name).chmod(0o700)
    command = advice.partition(" run: ")[2]
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "applied").read_text() == "credentials\n" * 2
    ran = (tmp_path / "ran").read_text()
    assert ran.count("pulumi config get k8s-hardening:registryPullSecret\n") == 2
    for namespace in ("payments-api", "shop-web"):
        assert (
            f"kubectl create secret generic registry-pull --namespace {namespace} "
            "--type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=/dev/stdin --dry-run=client"
        ) in ran
    assert ran.count("kubectl apply --server-side --filename=-\n") == 2
