"""Where a cluster is, for `kubeconfig`: from options, or from the cluster of a kubeconfig that is there already."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from k8s_hardening.cli.one_file import read_file
from k8s_hardening.cli.report import printable
from k8s_hardening.kube.kubeconfig import ClusterEntry
from k8s_hardening.kube.manifest import as_list, as_map, as_str
from k8s_hardening.kube.names import is_dns1123_subdomain
from k8s_hardening.model.control_plane.leaves import Certificates, HttpsUrl
from k8s_hardening.model.problems import BadInputError

_CERTIFICATES: TypeAdapter[str] = TypeAdapter(Certificates)
_URL: TypeAdapter[str] = TypeAdapter(HttpsUrl)
_LARGEST_CA = 1024 * 1024
# The schemes of k8s.io/client-go v0.37.2 tools/clientcmd/helpers.go; no user, since a password would stand there.
_PROXY = re.compile(r"(?:https?|socks5)://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?")
_SERVER = "https://prod.example.com:6443"


def of_options(server: str, ca_file: Path | None, problems: list[str]) -> ClusterEntry:
    """The cluster that options name; adds what is wrong with them."""
    _check_server("--server", server, problems)
    return ClusterEntry(server, None if ca_file is None else _ca_of_file("--ca-file", ca_file, problems))


def of_kubeconfig(file: Path, context: str | None, problems: list[str]) -> ClusterEntry | None:
    """The cluster of a context, the current one by default; adds what is wrong. Nothing of its user is looked at."""
    try:
        config = as_map(read_file(file))
    except BadInputError as error:
        problems += (f"--from-kubeconfig: {one}" for one in error.problems)
        return None
    where = f"--from-kubeconfig: {file.name}"
    contexts = _by_name(config.get("contexts"), "context")
    wanted = context if context is not None else as_str(config.get("current-context"))
    if wanted not in contexts:
        known = ", ".join(sorted(contexts)) or "none"
        problems.append(
            f'--context: "{printable(wanted[:80])}" is no context of {file.name}; known are {printable(known)}'
        )
        return None
    cluster = _by_name(config.get("clusters"), "cluster").get(as_str(contexts[wanted].get("cluster")))
    if cluster is None:
        problems.append(f'{where}: the context "{printable(wanted[:80])}" names no cluster of the file')
        return None
    if cluster.get("insecure-skip-tls-verify") not in (None, False):
        what = "anybody on the way could read the person's token; give the CA by certificate-authority-data"
        problems.append(f"{where}: insecure-skip-tls-verify is refused, since {what}")
    server = as_str(cluster.get("server"))
    _check_server(f"{where}: server", server, problems)
    return ClusterEntry(
        server,
        _ca(where, file, cluster, problems),
        _optional(cluster, "tls-server-name", f"{where}: tls-server-name", _is_host, "prod.example.com", problems),
        _optional(cluster, "proxy-url", f"{where}: proxy-url", _is_proxy, "http://proxy.example.com:3128", problems),
    )


def _by_name(found: Any, kind: str) -> dict[str, dict[str, Any]]:
    entries = map(as_map, as_list(found))
    return {as_str(one.get("name")): dict(as_map(one.get(kind))) for one in entries if as_str(one.get("name"))}


def _check_server(where: str, text: str, problems: list[str]) -> None:
    try:
        _URL.validate_python(text)
        is_good = bool(urlsplit(text).hostname) and urlsplit(text).port != 0
    except ValueError:  # ValidationError is one, and so is a port that is too large
        is_good = False
    if not is_good:
        # Not repeated, since a password may stand in it.
        problems.append(f"{where}: is not an https URL without user, query and fragment; for example {_SERVER}")


def _ca(where: str, file: Path, cluster: dict[str, Any], problems: list[str]) -> str | None:
    if data := cluster.get("certificate-authority-data"):  # overrides the file, as client-go does
        what = f"{where}: certificate-authority-data"
        try:
            text = base64.b64decode(as_str(data), validate=True).decode()
        except (binascii.Error, ValueError):
            problems.append(f"{what}: is not base64 of certificates in PEM")
            return None
        return _encoded(what, text, problems)
    if path := cluster.get("certificate-authority"):
        named = file.parent / as_str(path)
        if named.exists() and not named.is_file():  # a pipe, named by a file of others, could be waited for in vain
            problems.append(f"{where}: certificate-authority: {named}: is not a regular file")
            return None
        return _ca_of_file(f"{where}: certificate-authority", named, problems)
    return None


def _ca_of_file(where: str, path: Path, problems: list[str]) -> str | None:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_CA + 1)
        text = data.decode()
    except OSError as error:
        problems.append(f"{where}: {path}: cannot be read: {error.strerror or type(error).__name__}")
        return None
    except ValueError:
        text = ""
    return _encoded(f"{where}: {path}", text if len(text) <= _LARGEST_CA else "", problems)


def _encoded(where: str, text: str, problems: list[str]) -> str | None:
    try:
        checked = _CERTIFICATES.validate_python(text.replace("\r\n", "\n"))
    except ValidationError:
        # What else stands there may be a private key, so nothing of it is repeated.
        problems.append(f"{where}: is not one or more certificates in PEM and nothing else; for example ca.crt")
        return None
    return base64.b64encode(checked.encode()).decode()


def _optional(
    cluster: dict[str, Any], key: str, where: str, is_good: Any, example: str, problems: list[str]
) -> str | None:
    if (value := cluster.get(key)) in (None, ""):
        return None
    if isinstance(value, str) and is_good(value):
        return value
    problems.append(f"{where}: cannot be taken over; for example {example}")
    return None


def _is_host(text: str) -> bool:
    return is_dns1123_subdomain(text.lower()) or re.fullmatch(r"[0-9A-Fa-f:.]{2,45}", text) is not None


def _is_proxy(text: str) -> bool:
    return _PROXY.fullmatch(text) is not None
