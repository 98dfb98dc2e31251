#!/bin/sh
# Installs the Debian packages that some tests need; does nothing where they are there.
#   tools/debian.sh unit     apparmor_parser, by which the unit tests compile profiles, and nft and ip, by which they
#                            load the nodes' firewalls in networks of their own
#   tools/debian.sh kernel   that, an emulator, what makes the loader's image, and Debian's kernel in the cache
set -eu

kernel=${XDG_CACHE_HOME:-$HOME/.cache}/k8s-hardening/linux-cloud-amd64
kernel_package=linux-image-cloud-amd64

missing() {
    while read -r program package; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 || echo "$package"
    done
}

fail() {
    echo "$1" >&2
    exit 1
}

need_apt() {
    command -v apt-get >/dev/null 2>&1 || fail "$1, and this is no Debian: the tests that need it are skipped"
}

case ${1:-} in
unit)
    packages=$(missing <<'END'
apparmor_parser apparmor
ip iproute2
nft nftables
nsenter util-linux
systemd-analyze systemd
END
    ) ;;
kernel)
    packages=$(missing <<'END'
apparmor_parser apparmor
busybox busybox-static
mmdebstrap mmdebstrap
qemu-system-x86_64 qemu-system-x86
setpriv util-linux
skopeo skopeo
END
    ) ;;
*)
    fail "usage: tools/debian.sh unit | kernel" ;;
esac

updated=
update() {
    [ -n "$updated" ] || apt-get update -qq
    updated=yes
}

if [ -n "$packages" ]; then
    # shellcheck disable=SC2086 # one word for each package
    set -- "$1" $packages
    mode=$1
    shift
    need_apt "$* is not installed"
    [ "$(id -u)" = 0 ] || fail "not installed: $*; as root: apt-get install --no-install-recommends $*"
    echo "installing $* (about 1 min) ..." >&2
    update
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@" >/dev/null
    set -- "$mode"
fi

if [ "$1" = kernel ] && [ ! -d "$kernel/boot" ]; then
    need_apt "$kernel_package is not in the cache"
    [ "$(id -u)" != 0 ] || update
    # The package of this name only depends on the one of the newest version.
    package=$(apt-cache depends --no-recommends "$kernel_package" | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
    [ -n "$package" ] || fail "the apt sources of this machine have no $kernel_package: add those of Debian for amd64"
    echo "fetching $package (about 10 s) ..." >&2
    mkdir -p "$(dirname "$kernel")"
    scratch=$(mktemp -d "$kernel.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    chmod 755 "$scratch"
    (cd "$scratch" && apt-get download -qq "$package" 2>/dev/null) || fail "$package cannot be downloaded: look at apt-get download $package"
    dpkg-deb -x "$scratch"/*.deb "$scratch/unpacked"
    rm -rf "$kernel"
    mv "$scratch/unpacked" "$kernel"
fi
