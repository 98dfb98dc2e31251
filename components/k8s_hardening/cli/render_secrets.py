"""Secrets of an environment with their values, for `render --with-secrets`; nothing here ever shows a value."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

from k8s_hardening.cli.stack_files import root_of
from k8s_hardening.cli.stack_preparing import toolchain_of
from k8s_hardening.engine.toolchain import EngineError
from k8s_hardening.engine.workspace import Workspace
from k8s_hardening.kube.docker_config import docker_config_problems
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.secrets import value_problems
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.secret_keys import CONFIG, readable
from k8s_hardening.plans.baseline import pull_secret_namespaces
from k8s_hardening.plans.plan import in_apply_order
from k8s_hardening.plans.pull_secrets import pull_secret
from k8s_hardening.plans.tenant_secrets import configured_secrets, encoded, secret_inputs, secret_object


def secrets_with_values(project: Path, stack: str, baseline: Baseline) -> tuple[Manifest, ...]:
    """Every Secret that the baseline names, with values that the engine decrypts by the stack's own passphrase or key.

    Raises:
        BadInputError: a value is missing, is wrong, or stands in the configuration readably.
    """
    if not (wanted := set(_keys(baseline))):
        return ()
    values = _decrypted(project, stack, wanted)
    problems: list[str] = []
    made = in_apply_order((*_of_tenants(baseline, values, problems), *_for_pulls(baseline, values, problems)))
    if problems:
        raise BadInputError(problems)
    return made


def _keys(baseline: Baseline) -> Iterator[str]:
    if baseline.images.pull_secret_config is not None and list(pull_secret_namespaces(baseline)):
        yield baseline.images.pull_secret_config
    for spec in configured_secrets(baseline):
        yield from spec.config_keys()


def _decrypted(project: Path, stack: str, wanted: set[str]) -> Mapping[str, str]:
    root = root_of(project)
    pack = root / "policy-pack"  # is not run here
    workspace = Workspace(
        root=root,
        project=project.resolve(),
        stack=stack,
        toolchain=toolchain_of(root),
        pack=pack,
        pack_configuration=pack / "config" / f"{stack}.json",
        renders=True,
        holds_secrets=True,
        quiet=True,
    )
    try:
        workspace.ensure_stack()
        found = workspace.configuration()
    except EngineError as error:
        raise BadInputError([str(error)]) from None
    problems, values = [], {}
    for key in sorted(wanted):
        entry = found.get(f"{CONFIG}:{key}")
        if entry is None:
            what = "is missing in the configuration of the stack; set it with"
            problems.append(f"{CONFIG}:{key}: {what} `pulumi config set --secret {CONFIG}:{key}`")
        elif not entry.is_secret:
            problems.append(readable(key))
        else:
            values[key] = entry.value
    if problems:
        raise BadInputError(problems)
    return values


def _of_tenants(baseline: Baseline, values: Mapping[str, str], problems: list[str]) -> Iterator[Manifest]:
    for spec in configured_secrets(baseline):
        inputs = secret_inputs(spec, into_cluster=True)
        for name, keys in spec.versions():
            data = {key: values[config] for key, config in keys.items()}
            problems += [f"Secret {spec.namespace}/{name}: {what}" for what in value_problems(spec.type, data)]
            yield secret_object(inputs, name, encoded(data))


def _for_pulls(baseline: Baseline, values: Mapping[str, str], problems: list[str]) -> Iterator[Manifest]:
    key = baseline.images.pull_secret_config
    if key is None or key not in values:
        return
    problems += [f"{CONFIG}:{key}: {what}" for what in docker_config_problems(values[key], baseline.images.registries)]
    for namespace in pull_secret_namespaces(baseline):
        yield pull_secret(namespace, base64.b64encode(values[key].encode()).decode())
