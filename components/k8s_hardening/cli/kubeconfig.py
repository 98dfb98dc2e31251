"""`k8s-hardening kubeconfig`: the kubeconfig of a person of a tenant, which holds no credentials."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click

from k8s_hardening.cli.kubeconfig_cluster import of_kubeconfig, of_options
from k8s_hardening.cli.kubeconfig_exec import plugin_of
from k8s_hardening.cli.private_file import write_private
from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.cli.stack_options import project_option, stack_option
from k8s_hardening.kube.kubeconfig import INTERACTIVE_MODES, ClusterEntry, ExecPlugin
from k8s_hardening.kube.kubeconfig import kubeconfig as made_of
from k8s_hardening.kube.names import is_dns1123_subdomain
from k8s_hardening.kube.secret_texts import secret_form
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.plans.sign_in import Person, oidc_plugin, person_of, tenant_named

_FILE = click.Path(dir_okay=False, path_type=Path)
# RFC 6749, 3.3, without the comma, at which kubelogin would split it.
_SCOPE = re.compile(r"[!#-+\--\[\]-~]+")
_NO_SCOPE = "is no scope, or looks like a secret; for example --scope groups"
_CACHES = "~/.kube/cache/oidc-login"  # where kubelogin keeps tokens; it expands ~ itself


@click.command()
@click.option("--tenant", required=True, metavar="T", help="Tenant whose namespaces it is for.")
@click.option(
    "--user", required=True, metavar="U", help="Person, as the tenant names them: user:NAME, or the name alone."
)
@click.option(
    "--group", "groups", multiple=True, metavar="G", help="Group of the tenant that they are in; may be repeated."
)
@stack_option
@project_option
@click.option("--server", metavar="URL", help="Where the API server is.")
@click.option("--ca-file", type=_FILE, help="Certificates for --server.  [default: those of the system]")
@click.option("--from-kubeconfig", "source", type=_FILE, help="Take server, CA and proxy from this file instead.")
@click.option("--context", metavar="C", help="Context of that file.  [default: its current one]")
@click.option("--cluster-name", metavar="NAME", help="What the cluster is called.  [default: the environment]")
@click.option(
    "--exec", "command", metavar="COMMAND", help="Credential plug-in, instead of kubelogin for the baseline's oidc."
)
@click.option("--exec-arg", "arguments", multiple=True, metavar="ARG", help="Argument of it; may be repeated.")
@click.option("--exec-env", "variables", multiple=True, metavar="NAME=VALUE", help="Variable of it; may be repeated.")
@click.option(
    "--interactive-mode", type=click.Choice(INTERACTIVE_MODES), default=INTERACTIVE_MODES[0], show_default=True
)
@click.option("--cluster-info", is_flag=True, help="Tell the plug-in of the cluster (provideClusterInfo).")
@click.option("--issuer", metavar="URL", help="Identity provider, where several know the person.")
@click.option("--client-id", metavar="ID", help="Audience of it to sign in to.  [default: the first]")
@click.option(
    "--scope", "scopes", multiple=True, metavar="SCOPE", help="To ask it for.  [default: what its claims need]"
)
@click.option("--separate-credentials", "separate", is_flag=True, help="A user of its own for each namespace.")
@click.option("--out", type=_FILE, help="New file, readable by you only.  [default: standard output]")
@click.option("--force", is_flag=True, help="Let --out replace a file.")
@click.pass_context
def kubeconfig(
    ctx: click.Context,
    tenant: str,
    user: str,
    groups: tuple[str, ...],
    stack: str,
    project: Path,
    server: str | None,
    ca_file: Path | None,
    source: Path | None,
    context: str | None,
    cluster_name: str | None,
    command: str | None,
    arguments: tuple[str, ...],
    variables: tuple[str, ...],
    interactive_mode: str,
    cluster_info: bool,
    issuer: str | None,
    client_id: str | None,
    scopes: tuple[str, ...],
    separate: bool,
    out: Path | None,
    force: bool,
) -> None:
    r"""Write the kubeconfig of a person of a tenant: one context for each namespace, and no credentials.

    A program gives the credentials: kubelogin (`kubectl oidc-login`) where the baseline names identity providers
    (control_plane.authentication.oidc), or the one of --exec. No token, key or password is ever in the file, and
    options that hold one are refused. Of a kubeconfig that is there nothing but the cluster is taken.

    A context is called NAMESPACE.CLUSTER: kubectx finds it by the namespace, names of several clusters stay apart, and
    it is a name of a file, as kubens needs. The current context is that of the tenant's first namespace. With
    --separate-credentials each namespace has a user, kubelogin a cache for each, and `{namespace}` in --exec-arg and
    --exec-env stands for the namespace.

    Exit status: 0 it was written; 2 bad input.

    \b
    Examples:
      k8s-hardening kubeconfig --tenant payments --user oidc:alice --group oidc:payments-admins --stack prod \
        --server https://prod.example.com:6443 --ca-file ca.crt --out alice.kubeconfig
      k8s-hardening kubeconfig --tenant payments --user alice --group payments-developers \
        --from-kubeconfig admin.conf --context prod --exec example-login --exec-arg=token
      k8s-hardening kubeconfig --tenant payments --user alice --group payments-developers \
        --server https://dev.example.com:6443 --exec example-login --exec-arg=--cache={namespace} --separate-credentials
    """
    if (server is None) == (source is None):
        raise click.UsageError(f"give either --server {_SERVER} or --from-kubeconfig FILE", ctx)
    if source is not None and ca_file is not None:
        raise click.UsageError("--ca-file goes with --server; a kubeconfig has its own", ctx)
    if source is None and context is not None:
        raise click.UsageError("--context goes with --from-kubeconfig", ctx)
    if command is None and (arguments or variables or cluster_info):
        raise click.UsageError("--exec-arg, --exec-env and --cluster-info go with --exec COMMAND", ctx)
    if command is not None and (issuer is not None or client_id is not None or scopes):
        raise click.UsageError("--issuer, --client-id and --scope are of the baseline's oidc; leave out --exec", ctx)
    if force and out is None:
        raise click.UsageError("--force goes with --out FILE", ctx)
    baseline = baseline_of(project, stack)
    problems: list[str] = []
    name = cluster_name if cluster_name is not None else baseline.environment
    if not is_dns1123_subdomain(name):
        problems.append("--cluster-name: is not lower-case letters, digits, - and .; for example prod")
    cluster: ClusterEntry | None = None
    if source is not None:
        cluster = of_kubeconfig(source, context, problems)
    elif server is not None:
        cluster = of_options(server, ca_file, problems)
    found = tenant_named(baseline, tenant, problems)
    person = None if found is None else person_of(baseline, found, user, groups, problems)
    problems += (f"--scope (number {number}): {_NO_SCOPE}" for number, one in enumerate(scopes, 1) if _is_odd(one))
    plugin = None
    if command is not None:
        plugin = plugin_of(command, arguments, variables, separate=separate, problems=problems)
    elif person is not None:
        plugin = _of_provider(baseline, person, issuer, client_id, scopes, problems)
    if problems or cluster is None or person is None or plugin is None:
        raise BadInputError(problems)
    chosen = dataclasses.replace(plugin, interactive_mode=interactive_mode, cluster_info=cluster_info)

    def plugin_for(namespace: str | None) -> ExecPlugin:
        if command is not None or namespace is None:
            return chosen
        cache = f"--token-cache-dir={_CACHES}/{name}/{namespace}"
        return dataclasses.replace(chosen, arguments=(*chosen.arguments, cache))

    namespaces = [one.name for one in person.tenant.namespaces]
    made = made_of(name, cluster, person.name, namespaces, plugin_for, baseline.kubernetes, separate=separate)
    if out is None:
        click.echo(as_yaml(made), nl=False)
        return
    write_private(out, as_yaml(made), replace=force)
    click.echo(f"wrote {out}; its contexts are {', '.join(one['name'] for one in made['contexts'])}", err=True)


_SERVER = "https://prod.example.com:6443"


def _is_odd(scope: str) -> bool:
    return _SCOPE.fullmatch(scope) is None or secret_form(scope) is not None


def _of_provider(
    baseline: Baseline,
    person: Person,
    issuer: str | None,
    client: str | None,
    scopes: tuple[str, ...],
    problems: list[str],
) -> ExecPlugin | None:
    plugin = oidc_plugin(baseline, person, issuer, client, scopes)
    if isinstance(plugin, str):
        problems.append(plugin)
        return None
    return plugin
