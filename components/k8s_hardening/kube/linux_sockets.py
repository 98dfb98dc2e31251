"""The families and types of sockets, in the spelling of AppArmor.

Source: apparmor.d(5) of AppArmor 3.0.8, NETWORK RULE; apparmor_parser 3.0.8 takes exactly these.
"""

from __future__ import annotations

SOCKET_FAMILIES = frozenset({
    "alg", "appletalk", "ash", "atmpvc", "atmsvc", "ax25", "bluetooth", "bridge", "caif", "can", "econet", "ib",
    "ieee802154", "inet", "inet6", "ipx", "irda", "isdn", "iucv", "kcm", "key", "llc", "mctp", "mpls", "netbeui",
    "netlink", "netrom", "nfc", "packet", "phonet", "pppox", "qipcrtr", "rds", "rose", "rxrpc", "security", "smc",
    "sna", "tipc", "unix", "vsock", "wanpipe", "x25", "xdp",
})  # fmt: skip
SOCKET_TYPES = frozenset({"dgram", "packet", "raw", "rdm", "seqpacket", "stream"})
