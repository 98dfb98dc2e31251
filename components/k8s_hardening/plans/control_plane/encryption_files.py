"""The files of encryption at rest: the configuration with a placeholder per key, and the script that fills it in.

The configuration itself is never written by us, since it holds the keys: the script makes it on the node from the
template and the files of the keys. A key regenerated when a tool runs again makes every Secret unreadable, so the
script never replaces a key: not its file, and not one that the configuration in use already holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from k8s_hardening.kube.encryption import API_VERSION, KEY_BYTES, KIND, PLACEHOLDER
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.encryption import EncryptionSpec, GroupSpec, KmsSpec, KmsVersion, NodeKey
from k8s_hardening.plans.control_plane.paths import HARDENING

FOLDER: Final = f"{HARDENING}/encryption"
TEMPLATE: Final = f"{FOLDER}/config.template.yaml"
SCRIPT: Final = f"{FOLDER}/bootstrap.sh"
LIVE_FOLDER: Final = f"{FOLDER}/live"
"""What the API server sees: a folder, since a file that is replaced as a whole never changes under a mount of it."""
CONFIG: Final = f"{LIVE_FOLDER}/config.yaml"
_MIGRATING: Final = "    providers:  # plain text is still read"
_PLACE = re.compile(f'"{PLACEHOLDER.pattern}"')


def key_file(key: NodeKey) -> str:
    """Where the nodes hold a key."""
    return key.node_file or f"{FOLDER}/keys/{key.name}"


def template_text(spec: EncryptionSpec, kubernetes: KubeVersion) -> str:
    """The configuration as YAML with a placeholder in place of each key; complete when only a KMS has keys.

    The script reads it line by line and needs its exact form: each secret on a line of its own, quoted.
    """
    lines = [f"apiVersion: {API_VERSION}", f"kind: {KIND}", "resources:"]
    for group in spec.groups:
        lines += _group_lines(group, kubernetes)
    return "\n".join(lines) + "\n"


def _group_lines(group: GroupSpec, kubernetes: KubeVersion) -> Iterator[str]:
    yield "  - resources:"
    yield from (f"      - {json.dumps(name)}" for name in group.resources)
    yield _MIGRATING if group.reads_plain_text_while_migrating else "    providers:"
    for provider in group.providers:
        yield f"      - {provider.kind}:"
        if provider.kms is not None:
            yield from (f"          {name}: {json.dumps(value)}" for name, value in _kms_fields(provider.kms).items())
            continue
        yield "          keys:"
        for key in provider.keys:
            yield f"            - name: {json.dumps(key.name)}"
            yield f'              secret: "@{key.name}@"'
    if group.reads_plain_text_while_migrating:
        yield "      - identity: {}"


def _kms_fields(kms: KmsSpec) -> dict[str, Any]:
    # Before 1.25 the field apiVersion does not exist; what is left out means v1 in every version.
    version = {"apiVersion": "v2"} if kms.api_version is KmsVersion.V2 else {}
    return {**version, "name": kms.name, "endpoint": kms.endpoint, "timeout": kms.timeout}


def filled_text(spec: EncryptionSpec, kubernetes: KubeVersion, keys: Mapping[str, str]) -> str:
    """The configuration with the bytes of its keys. Secret: for `Output.apply` of a secret, and for nothing else.

    Args:
        spec: what is encrypted.
        kubernetes: version of the servers.
        keys: name of each key -> its 32 bytes in base64, as `read_inline_keys` gives them.

    Raises:
        ValueError: a key is missing.
    """
    if missing := sorted({key.name for key in spec.node_keys()} - set(keys)):
        raise ValueError(f"no bytes are given for the keys {', '.join(missing)}")
    return _PLACE.sub(lambda match: json.dumps(keys[match[1]]), template_text(spec, kubernetes))


def bootstrap_text(spec: EncryptionSpec) -> str:
    """The script that makes keys and the configuration on a node; it shows names of keys, and never a key."""
    cases = "\n".join(f"    {key.name}) echo {key_file(key)} ;;" for key in spec.node_keys())
    names = " ".join(key.name for key in spec.node_keys())
    return (
        _SCRIPT.replace("{cases}", f"{cases}\n" if cases else "")
        .replace("{names}", f" {names}" if names else "")
        .replace("{folder}", FOLDER)
        .replace("{bytes}", str(KEY_BYTES))
        .replace("{migrating}", _MIGRATING)
    )


# POSIX sh with printf as a builtin (bash, dash, busybox), so that no key is ever an argument of a process.
_SCRIPT: Final = r"""#!/bin/sh
# Makes the encryption keys and the EncryptionConfiguration of this node. Shows names of keys, never a key.
#
#   make NAME   make a new key; on the first node of the control plane only
#   take NAME   take a key of the first node from the standard input; on every other node
#   fill        write the configuration for the API server
#   prepare     the same, but what is in plain text is still written so, until every server can read the new keys
#   show        show the configuration with the hash of each key in its place, for `k8s-hardening encryption`
#
# No key is ever replaced: without the bytes it was written with, a Secret in etcd is lost.
{ set +x; } 2>/dev/null
set -eu
umask 077

template={folder}/config.template.yaml
live={folder}/live
config=$live/config.yaml

refuse() {
  echo "bootstrap.sh: $1" >&2
  exit 1
}

file_of() {
  case $1 in
{cases}    *) return 1 ;;
  esac
}

known() {
  file_of "$1" >/dev/null || refuse "no key of this configuration has that name"
}

is_key() {
  [ "$(base64 -d 2>/dev/null <"$1" | wc -c)" -eq {bytes} ] && [ "$(wc -l <"$1")" -le 1 ]
}

secret_in_use() {
  [ -f "$config" ] || return 1
  found=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      *' name: "'*) found=${line#*\"} found=${found%\"*} ;;
      *' secret: "'*)
        if [ "$found" = "$1" ]; then
          line=${line#*\"}
          secret=${line%\"*}
          return 0
        fi
        ;;
    esac
  done <"$config"
  return 1
}

store() {
  file=$(file_of "$1")
  [ ! -e "$file" ] || refuse "key $1 exists already and is kept"
  ! secret_in_use "$1" || refuse "key $1 is in use by the API server; bring its file back from another node or a copy"
  mkdir -p "${file%/*}"
  new=$(mktemp "$file.XXXXXX")
  trap 'rm -f "$new"' EXIT
  tr -d '\n' >"$new"
  is_key "$new" || refuse "key $1 is not {bytes} bytes in base64"
  sync
  ln "$new" "$file" 2>/dev/null || refuse "key $1 exists already and is kept"
  echo "key $1 is stored" >&2
}

write() {
  for name in{names}; do
    file=$(file_of "$name")
    [ -f "$file" ] || refuse "key $name is not on this node; make it on the first node, take it on the others"
    is_key "$file" || refuse "key $name is not {bytes} bytes in base64"
    key=
    IFS= read -r key <"$file" || [ -n "$key" ]
    if secret_in_use "$name" && [ "$secret" != "$key" ]; then
      refuse "key $name differs from the one in use, and what that one wrote would be lost; give it another name"
    fi
  done
  [ "$1" = fill ] || grep -q '^{migrating}$' "$template" || refuse "no group reads plain text, so none is prepared"
  mkdir -p "$live"
  new=$(mktemp "$live/.config.XXXXXX")
  trap 'rm -f "$new"' EXIT
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      *' secret: "@'*'@"')
        name=${line#*\"@}
        file=$(file_of "${name%@\"}")
        key=
        IFS= read -r key <"$file" || [ -n "$key" ]
        printf '%s"%s"\n' "${line%%\"*}" "$key"
        ;;
      '{migrating}')
        printf '%s\n' "$line"
        [ "$1" = fill ] || printf '      - identity: {}\n'
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$template" >"$new"
  sync
  mv -f "$new" "$config"
  echo "the configuration is written" >&2
}

hash() {
  sha256sum | cut -d ' ' -f 1
}

show() {
  [ -f "$config" ] || refuse "there is no configuration yet"
  printf '# sha256:%s\n' "$(hash <"$config")"
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '              secret: "'*'"')
        key=${line#*\"}
        printf '%s"sha256:%s"\n' "${line%%\"*}" "$(printf %s "${key%\"}" | hash)"
        ;;
      *secret:* | *secret\"*) refuse "the configuration was not written by this script, so it is not shown" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$config"
}

case ${1-} in
  make)
    known "${2-}"
    head -c {bytes} /dev/urandom | base64 | store "$2"
    ;;
  take)
    known "${2-}"
    store "$2"
    ;;
  fill | prepare) write "$1" ;;
  show) show ;;
  *) refuse "say one of make NAME, take NAME, fill, prepare, show" ;;
esac
"""
