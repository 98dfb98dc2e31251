"""A project's files as the command line reads them: the checkout around it, and a stack's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k8s_hardening.cli.one_file import read_file
from k8s_hardening.controls.naming import unknown_controls, unknown_exemptions
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT, read_baseline
from k8s_hardening.model.secret_keys import readable_secrets

_OWN_ENGINE = Path("tools/pulumi/go.mod")


def root_of(project: Path) -> Path:
    """The checkout that a project lies in; the project itself when it stands alone."""
    project = project.resolve()
    return next((one for one in (project, *project.parents) if (one / _OWN_ENGINE).exists()), project)


def stacks_of(project: Path) -> list[str]:
    """Names of the stacks of a project, sorted."""
    return sorted(one.name.removeprefix("Pulumi.").removesuffix(".yaml") for one in project.glob("Pulumi.*.yaml"))


def stack_configuration(project: Path, stack: str) -> dict[str, Any]:
    """The mapping under `config:` of Pulumi.<stack>.yaml.

    Raises:
        BadInputError: there is no such file, or it cannot be read.
    """
    path = project / f"Pulumi.{stack}.yaml"
    if not path.exists():
        known = stacks_of(project)
        hint = f"known stacks are {', '.join(known)}" if known else f"{project} holds no Pulumi.<stack>.yaml"
        raise BadInputError([f"{path.name}: does not exist; {hint}"])
    value = read_file(path)
    config = value.get("config") if isinstance(value, dict) else None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise BadInputError([f'{path.name}: config: is not a mapping; for example {{"{ROOT}": {{...}}}}'])
    return config


def baseline_of(project: Path, stack: str) -> Baseline:
    """The validated baseline of a stack.

    Raises:
        BadInputError: with every problem.
    """
    configuration = stack_configuration(project, stack)
    baseline = checked_baseline(configuration.get(ROOT))
    if problems := readable_secrets(baseline, configuration):
        raise BadInputError(problems)
    return baseline


def checked_baseline(raw: Any) -> Baseline:
    """A validated baseline whose controls all exist.

    Raises:
        BadInputError: with every problem.
    """
    baseline = read_baseline(raw)
    problems = unknown_controls(baseline.enforcement.levels, f"{ROOT}.enforcement.levels")
    problems += unknown_exemptions(baseline.exemptions, f"{ROOT}.exemptions")
    if problems:
        raise BadInputError(problems)
    return baseline


def renders_files(name: str, configuration: dict[str, Any], baseline: Baseline | None) -> bool:
    """Whether a stack of the project with that name renders files, so that it needs no cluster.

    A team's stack has no baseline, and says so by a setting `render` of its own.
    """
    return not baseline.target.is_live if baseline is not None else f"{name}:render" in configuration


def project_name(project: Path) -> str:
    """Name of the project in a folder, from its Pulumi.yaml.

    Raises:
        BadInputError: there is none.
    """
    if not (project / "Pulumi.yaml").exists():
        raise BadInputError([f"{project}: holds no Pulumi.yaml; name the folder of one with --project"])
    value = read_file(project / "Pulumi.yaml")
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str):
        raise BadInputError(["Pulumi.yaml: name: is missing; for example name: k8s-hardening"])
    return name
