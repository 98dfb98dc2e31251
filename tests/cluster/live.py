"""Checkouts whose stack goes to a running control plane, by the command line as users run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.cluster import Cluster
from tests.e2e.checkout import Checkout, Ran, checkout, pulumi, without_tenant

PASSPHRASE = "of-a-test"  # noqa: S105 - guards a state that lives as long as the test
BASELINE = "k8s-hardening:baseline"
_CONTEXT = "prod-cluster"  # as Pulumi.prod.yaml names it


class Live:
    """A checkout whose stack goes to a running control plane."""

    def __init__(self, running: Cluster, folder: Path, stack: str = "prod") -> None:
        self.cluster = running
        self.stack = stack
        self.project: Checkout = checkout(folder)
        config = yaml.safe_load(running.admin.read_text())
        config["contexts"][0]["name"] = _CONTEXT
        self._kubeconfig = folder / "kubeconfig"
        self._kubeconfig.touch(mode=0o600)
        self._kubeconfig.write_text(yaml.safe_dump(config))
        document = yaml.safe_load(self._settings.read_text())
        document.pop("encryptionsalt", None)  # of another passphrase
        document["config"]["k8s-hardening:kubeContext"] = _CONTEXT
        self._settings.write_text(yaml.safe_dump(document))

    @property
    def _settings(self) -> Path:
        return self.project.folder / f"Pulumi.{self.stack}.yaml"

    @property
    def variables(self) -> dict[str, str]:
        """What a run of the command line needs in its environment."""
        return {"KUBECONFIG": str(self._kubeconfig), "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}

    def run(self, command: str, *arguments: str, **environment: str) -> Ran:
        """Run a command on the stack."""
        return self.project.run(
            command,
            *("--stack", self.stack, "--format", "json"),
            *arguments,
            **self.variables,
            **environment,
        )

    def up(self, *arguments: str, **environment: str) -> Ran:
        """Apply the stack."""
        return self.run("up", "--yes", *arguments, **environment)

    def change(self, tenant: str, change: dict[str, Any] | None) -> None:
        """Change a tenant of the baseline, or with None take it out, and tell the pack."""

        def changed(baseline: dict[str, Any]) -> None:
            if change is None:
                without_tenant(baseline, tenant)
                return
            next(one for one in baseline["tenants"] if one["name"] == tenant).update(change)

        self.edit(changed)

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the baseline, and tell the pack."""
        document = yaml.safe_load(self._settings.read_text())
        change(document["config"][BASELINE])
        self._settings.write_text(yaml.safe_dump(document))
        told = self.project.run("pack-config", "--stack", self.stack)
        assert told.status == 0, told.log

    def pulumi(self, *arguments: str, told: str = "") -> str:
        """What the engine itself says about the stack."""
        workspace = self.project.workspace(self.stack, renders=False)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            workspace.ensure_stack()
            done = pulumi(workspace, *arguments, told=told)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, path: str) -> Any:
        """An object of the cluster, as the administrator sees it."""
        answer = self.cluster.request("GET", path)
        assert answer.status == 200, answer.body
        return answer.body


def goes_live(baseline: dict[str, Any]) -> None:
    """Make a rendered environment one that goes to the cluster, without what only its network plug-in serves."""
    baseline["target"] = {"context_config": "kubeContext"}
    baseline.pop("cluster_deny", None)
