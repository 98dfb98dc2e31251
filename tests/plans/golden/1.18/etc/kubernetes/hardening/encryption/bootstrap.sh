#!/bin/sh
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

template=/etc/kubernetes/hardening/encryption/config.template.yaml
live=/etc/kubernetes/hardening/encryption/live
config=$live/config.yaml

refuse() {
  echo "bootstrap.sh: $1" >&2
  exit 1
}

file_of() {
  case $1 in
    key-1) echo /etc/kubernetes/hardening/encryption/keys/key-1 ;;
    *) return 1 ;;
  esac
}

known() {
  file_of "$1" >/dev/null || refuse "no key of this configuration has that name"
}

is_key() {
  [ "$(base64 -d 2>/dev/null <"$1" | wc -c)" -eq 32 ] && [ "$(wc -l <"$1")" -le 1 ]
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
  is_key "$new" || refuse "key $1 is not 32 bytes in base64"
  sync
  ln "$new" "$file" 2>/dev/null || refuse "key $1 exists already and is kept"
  echo "key $1 is stored" >&2
}

write() {
  for name in key-1; do
    file=$(file_of "$name")
    [ -f "$file" ] || refuse "key $name is not on this node; make it on the first node, take it on the others"
    is_key "$file" || refuse "key $name is not 32 bytes in base64"
    key=
    IFS= read -r key <"$file" || [ -n "$key" ]
    if secret_in_use "$name" && [ "$secret" != "$key" ]; then
      refuse "key $name differs from the one in use, and what that one wrote would be lost; give it another name"
    fi
  done
  [ "$1" = fill ] || grep -q '^    providers:  # plain text is still read$' "$template" || refuse "no group reads plain text, so none is prepared"
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
      '    providers:  # plain text is still read')
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
    head -c 32 /dev/urandom | base64 | store "$2"
    ;;
  take)
    known "${2-}"
    store "$2"
    ;;
  fill | prepare) write "$1" ;;
  show) show ;;
  *) refuse "say one of make NAME, take NAME, fill, prepare, show" ;;
esac
