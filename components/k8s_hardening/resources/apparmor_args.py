"""Arguments about AppArmor that components share; like args.py, read by the component host itself."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict


class AppArmorProfileArgs(TypedDict):
    """What a confined process may do, within what the container runtime guards; or a profile that is ready-made."""

    name: NotRequired[str]
    """Name of the profile, that of the ready-made one if left out; the kernel knows it with a hash of its text."""
    ready_made: NotRequired[str]
    """container-default: as the runtime's own; deny-write: no file may be written; no-raw-network: no raw sockets."""
    mode: NotRequired[str]
    """enforce stops violations, complain logs them; what the container runtime guards is stopped in both."""
    abi: NotRequired[str]
    """AppArmor of the nodes; 2.13 for older ones, where sockets may not be guarded."""
    readable: NotRequired[Sequence[str]]
    """What may be read beside the C library's own files; left out it is everything, an empty list allows nothing."""
    read_only: NotRequired[Sequence[str]]
    """Paths that may not be written; wins over writable."""
    writable: NotRequired[Sequence[str]]
    """What may be written beside the likes of /dev/null; left out it is everything, an empty list allows nothing."""
    log_on_write: NotRequired[Sequence[str]]
    """Paths that may be written, and each write is logged."""
    denied: NotRequired[Sequence[str]]
    """Paths that may not be touched at all; wins over the others."""
    executables: NotRequired[Sequence[str]]
    """Programs that may be started by the container's first; left out it is every one, an empty list allows none."""
    denied_executables: NotRequired[Sequence[str]]
    """Programs that may not be started, nor read, since what can be read can be copied; wins over executables."""
    capabilities: NotRequired[Sequence[str]]
    """Capabilities that the process may use."""
    denied_capabilities: NotRequired[Sequence[str]]
    """Capabilities that no unchecked rule can bring back, and whose use is refused without a log entry."""
    network: NotRequired[bool]
    """Whether the process may use IP sockets."""
    protocols: NotRequired[Sequence[str]]
    """What may run over IP; left out it is everything but raw sockets, and sockets of other kinds are open, too."""
    raw_sockets: NotRequired[bool]
    """Weaker: raw IP sockets, with which packets can be forged; ping needs them."""
    packet_sockets: NotRequired[bool]
    """Weaker: packet sockets, with which the traffic of the pod's network can be read."""
    unchecked_rules: NotRequired[Sequence[str]]
    """Weaker: rules in AppArmor's own language, one for each item; nobody checks what they allow."""
    text_unchecked: NotRequired[str]
    """Weaker: a whole profile file in AppArmor's own language, in place of all else but name and mode."""


class LoaderExemptionArgs(TypedDict):
    """Who answers for what the loader needs beyond the controls, and until when."""

    owner: str
    """Who answers for it."""
    expires: str
    """Last day on which it holds."""


class AppArmorLoaderSettingsArgs(TypedDict):
    """The DaemonSet that loads the profiles on every node, and labels the nodes that have them."""

    image: str
    """Image of the loader, by digest; `k8s-hardening apparmor image` makes it."""
    api_server: Sequence[str]
    """Addresses of the API server, those of its hosts and of its Service; the loader reaches nothing else."""
    exemption: LoaderExemptionArgs
    """Who answers for what the loader needs beyond the controls, and until when."""
    node_selector: NotRequired[Mapping[str, str]]
    """Labels of the nodes that get the loader; empty means every Linux node."""


class AppArmorArgs(TypedDict):
    """AppArmor in an environment."""

    profiles: NotRequired[Sequence[AppArmorProfileArgs]]
    """Profiles that the nodes provide."""
    preinstalled: NotRequired[Sequence[str]]
    """Profiles that the nodes have without this baseline, by the kernel's name; pods may choose them, too."""
    loader: NotRequired[AppArmorLoaderSettingsArgs]
    """Brings the profiles to the nodes; without it they are files for the hosts."""
    required: NotRequired[bool]
    """Every container must have an AppArmor profile; a node without AppArmor refuses such pods."""
