"""The state of a stack, asked of the engine; nothing is made or changed."""

from __future__ import annotations

from pathlib import Path

from k8s_hardening.cli.stack_files import baseline_of, project_name, renders_files, root_of, stack_configuration
from k8s_hardening.cli.stack_preparing import toolchain_of
from k8s_hardening.engine.toolchain import EngineError
from k8s_hardening.engine.workspace import Workspace
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT


def export_of(project: Path, stack: str) -> str:
    """What `pulumi stack export` prints for a stack; its secrets stay encrypted.

    Raises:
        BadInputError: there is no such stack, or it cannot be read.
    """
    configuration = stack_configuration(project, stack)
    baseline = baseline_of(project, stack) if ROOT in configuration else None
    root = root_of(project)
    workspace = Workspace(
        root=root,
        project=project.resolve(),
        stack=stack,
        toolchain=toolchain_of(root),
        pack=root / "policy-pack",
        pack_configuration=root / "policy-pack" / "config" / f"{stack}.json",
        renders=renders_files(project_name(project), configuration, baseline),
    )
    try:
        return workspace.export()
    except EngineError as error:
        raise BadInputError([str(error)]) from None
