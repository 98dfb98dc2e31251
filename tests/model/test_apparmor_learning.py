"""What is learnt from a log, and that the profile it makes allows just that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from k8s_hardening.kube.linux_audit import read_event
from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.kube.linux_signals import SIGNALS
from k8s_hardening.kube.linux_sockets import SOCKET_FAMILIES, SOCKET_TYPES
from k8s_hardening.model.apparmor_extending import extended
from k8s_hardening.model.apparmor_learning import Learnt, friendly_of
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_text
from tests.model.apparmor_compiled import FAMILIES, TYPES, Compiled, compiled, complaint
from tests.model.audit_lines import line


def learnt(*lines: str) -> Learnt:
    made = Learnt("web")
    for one in lines:
        event = read_event(one)
        assert event is not None, one
        made.take(event)
    return made


def fields_of(*lines: str, **options: Any) -> dict[str, Any]:
    made = learnt(*lines)
    assert not made.left
    return made.fields(**options)


def text_of(fields: dict[str, Any]) -> str:
    return profile_text(AppArmorProfileSpec.model_validate(fields))


def file(path: str | bytes, mask: str, operation: str = "open") -> str:
    return line(operation, name=path, denied_mask=mask)


NOTHING: dict[str, Any] = {"name": "web", "readable": [], "writable": [], "executables": [], "network": False}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (file("/etc/x", "r"), {"readable": ["/etc/x"]}),
        (file("/etc/", "r"), {"readable": ["/etc/"]}),
        (file("/etc/x", "r::"), {"readable": ["/etc/x"]}),
        (file("/etc/x", "k", "file_lock"), {"readable": ["/etc/x"]}),
        (file("/tmp/x", "c", "mknod"), {"writable": ["/tmp/x"]}),
        (file("/tmp/x", "d", "unlink"), {"writable": ["/tmp/x"]}),
        (file("/tmp/x", "rwc"), {"writable": ["/tmp/x"]}),
        (line("link", name="/tmp/x", target="/etc/x", denied_mask="l"), {"writable": ["/tmp/x"]}),
        (file("/usr/bin/id", "x", "exec"), {"executables": ["/usr/bin/id"]}),
        (file("/srv/own.so", "rm", "file_mmap"), {"readable": ["/srv/own.so"]}),
        (file("/proc/4711/task/12/comm", "w"), {"writable": ["@{PROC}/@{pid}/task/@{tid}/comm"]}),
        (file("/proc/4711/status", "r"), {"readable": ["@{PROC}/@{pid}/status"]}),
        (file("/proc/9999999/status", "r"), {"readable": ["@{PROC}/9999999/status"]}),
        (file("/proc/version", "r"), {"readable": ["@{PROC}/version"]}),
        (file("/proc", "r"), {"readable": ["/proc"]}),
        (file("/srv/a b", "r"), {"unchecked_rules": ['"/srv/a\\040b" mrk']}),
        (file("/srv/a*", "w"), {"unchecked_rules": ['"/srv/a\\052" rwlk']}),
        (file(b"/srv/\xc3\xa4\xff", "x"), {"unchecked_rules": ['"/srv/\\303\\244\\377" mrix']}),
        (line("capable", capability=10, capname="net_bind_service"), {"capabilities": ["net_bind_service"]}),
        (line("create", family="inet", sock_type="stream", protocol=6, denied_mask="create"), {"protocols": ["tcp"]}),
        (line("create", family="inet6", sock_type="dgram", protocol=17, denied_mask="create"), {"protocols": ["udp"]}),
        (line("create", family="inet", sock_type="raw", protocol=1, denied_mask="create"),
         {"protocols": [], "raw_sockets": True}),
        (line("create", family="packet", sock_type="raw", protocol=3, denied_mask="create"), {"packet_sockets": True}),
        (line("create", family="netlink", sock_type="raw", protocol=0, denied_mask="create"),
         {"unchecked_rules": ["network netlink raw"]}),
        (line("connect", family="unix", sock_type="stream", denied_mask="send receive connect", peer="unconfined"),
         {"unchecked_rules": ["unix (connect, receive, send) type=stream peer=(label=unconfined)"]}),
        (line("signal", denied_mask="send", signal="term", peer="unconfined"),
         {"unchecked_rules": ["signal (send) set=(term) peer=unconfined"]}),
        (line("signal", denied_mask="send", signal="hup", peer="k8s-hardening-other-00000000aa"),
         {"unchecked_rules": ["signal (send) set=(hup) peer=k8s-hardening-other-*"]}),
        (line("signal", denied_mask="send", signal="hup", peer="k8s-hardening-web-ffffffffff"), {}),
        (line("ptrace", denied_mask="read", peer="unconfined"), {"unchecked_rules": ["ptrace (read) peer=unconfined"]}),
        (line("pivotroot", name="/", srcname="/old/"), {"unchecked_rules": ["pivot_root"]}),
        (line("umount", name="/mnt/"), {}),
    ],
)  # fmt: skip
def test_each_event_becomes_what_allows_it(event: str, fields: dict[str, Any]) -> None:
    expected = {**NOTHING, **fields}
    if "protocols" in fields:
        del expected["network"]
    assert fields_of(event) == expected
    assert complaint(text_of(expected)) == ""


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (line("mount", name="/mnt/", fstype="tmpfs"), 'mount of "/mnt/", which every profile denies'),
        (file("/proc/sysrq-trigger", "w"), 'w of "/proc/sysrq-trigger", which every profile denies'),
        (file("/sys/kernel/security/apparmor/profiles", "r"), "which every profile denies"),
        (file("/sys/class/net/x", "wc"), "which every profile denies"),
        (file("/proc/sys/net/core/somaxconn", "w"), "which every profile denies"),
        (file("apparmor/.null", "r"), 'open of "apparmor/.null", which is no path'),
        (file("/a/../b", "r"), "which is no path"),
        (file("/a", "q"), 'with the access "q"'),
        (
            line("change_onexec", name="other", info="label not found"),
            "change_onexec, for which a profile has no field",
        ),
        (line("userns_create", denied_mask="userns_create"), "for which a profile has no field"),
        (line()[:-1] + ' name="/trunc', "open, whose line is cut off"),
        (line(name="/a")[:-1] + " requested_ma", "open, whose line is cut off"),
        (line(name="/a")[:-1] + " requested_mask=", "open, whose line is cut off"),
        (line("capable")[:-1] + ' capability=21 capname="sys_ad', "capable, whose line is cut off"),
        (line("capable", capname="sleep"), 'capability "sleep", which is unknown'),
        (line("create", family="x", sock_type="stream"), 'socket of the family "x"'),
        (line("signal", denied_mask="send", signal="unknown(99)", peer="a"), 'signal "unknown(99)", which is unknown'),
        (line("signal", denied_mask="send", signal="term", peer="a//b"), 'with the profile "a//b"'),
        (line("ptrace", denied_mask="", peer="a"), "ptrace with the access (none)"),
        (line("connect", family="unix", sock_type="stream", denied_mask="fly"), "Unix socket with the access"),
    ],
)
def test_what_cannot_be_allowed_is_named_and_counted(event: str, why: str) -> None:
    made = learnt(event, event)
    ((what, count),) = made.left.items()
    assert why in what
    assert (count, made.events) == (2, 2)
    assert made.fields() == NOTHING


@pytest.mark.parametrize(
    ("name", "friendly"),
    [
        ("k8s-hardening-web-0123456789", "web"),
        ("k8s-hardening-web-front-0123456789//null-/bin/sh", "web-front"),
        (":ns://k8s-hardening-web-0123456789", "web"),
        ("k8s-hardening-web", "k8s-hardening-web"),
        ("/usr/sbin/nginx", "/usr/sbin/nginx"),
        ("docker-default//&unconfined", "docker-default"),
    ],
)
def test_profiles_are_called_as_in_the_baseline(name: str, friendly: str) -> None:
    assert friendly_of(name) == friendly


def test_generalising_is_a_choice() -> None:
    events = [file(f"/etc/app/{one}.conf", "r") for one in "abc"]
    events += [file("/srv/x", "r"), file("/top", "r"), file("/tmp/xyz123", "w"), file("/dev/shm/a/b", "c")]
    plain = fields_of(*events)
    assert plain["readable"] == ["/etc/app/a.conf", "/etc/app/b.conf", "/etc/app/c.conf", "/srv/x", "/top"]
    assert plain["writable"] == ["/dev/shm/a/b", "/tmp/xyz123"]
    wide = fields_of(*events, collapse=3, temporary=True)
    assert wide["readable"] == ["/etc/app/*", "/srv/x", "/top"]
    assert wide["writable"] == ["/dev/shm/**", "/tmp/**"]
    assert fields_of(*events, collapse=4)["readable"] == plain["readable"]
    assert "/*" not in fields_of(*(file(f"/{one}", "r") for one in "abcdef"), collapse=2)["readable"]


def test_order_and_repetition_teach_nothing_else() -> None:
    events = [file("/b", "r"), file("/a", "w"), file("/a", "r"), line("capable", capname="chown"), file("/a b", "x")]
    assert fields_of(*events) == fields_of(*reversed(events), *events)


LETTERS = {"r": "r", "w": "w", "c": "w", "d": "w", "a": "w", "k": "k", "m": "m", "l": "l", "x": "x"}
NAMES = st.one_of(
    st.text("abB9._-+~%=:", min_size=1, max_size=6),
    st.text("a *?[]{}^\"\\,#@'!()<>|&;$äß\n\t\x01", min_size=1, max_size=5),
    st.binary(min_size=1, max_size=4).map(lambda data: data.decode("utf-8", "surrogateescape")),
).filter(lambda name: name not in (".", "..") and "/" not in name and "\0" not in name)
PATHS = st.builds(
    lambda root, names: root + "/".join(names),
    st.sampled_from(["/", "/etc/", "/proc/12/", "/proc/12/task/7/", "/tmp/", "/sys/fs/cgroup/"]),
    st.lists(NAMES, min_size=1, max_size=3),
)


def allows(profile: Compiled, path: str, mask: str) -> bool:
    """Whether the kernel lets somebody who does not own the file have an access."""
    allowed = profile.file(path.encode("utf-8", "surrogateescape")).allowed
    return all(LETTERS[letter] in allowed for letter in mask)


@pytest.mark.thorough
@settings(max_examples=30, deadline=None)
@example(accesses=[("/proc/12/a@{x", "rw"), ("/etc/[a]*", "x")])
@example(accesses=[('/etc/"\\', "rwkl"), ("/etc/\n", "m")])
@example(accesses=[("/etc/a", "kx"), ("/etc/b", "xw"), ("/etc/c", "xm"), ("/etc/d", "wm"), ("/etc/e", "wk")])
@given(accesses=st.lists(st.tuples(PATHS, st.text("rwcdakmlx", min_size=1, max_size=3)), min_size=1, max_size=6))
def test_what_was_learnt_is_allowed_and_nothing_beside_it(accesses: list[tuple[str, str]]) -> None:
    made = learnt(*(file(path, mask) for path, mask in accesses))
    assert not made.left
    profile = compiled(text_of(made.fields()))
    for path, mask in accesses:
        assert allows(profile, path, mask), (path, mask)
    seen = {path for path, _ in accesses}
    for other in ("/etc/other", "/tmp/other/x", "/srv/a", "/a"):
        if other not in seen:
            assert profile.file(other).allowed == ""


WORDS = st.sampled_from(["send", "receive", "connect", "create", "read", "trace", "r", "send receive", "fly", ""])
PEERS = st.one_of(
    st.sampled_from(["unconfined", "docker-default", "/usr/bin/x", "a//null-/b", ":x"]), st.text(max_size=8)
)
EVENTS = st.one_of(
    st.builds(lambda name: line("capable", capname=name), st.sampled_from(sorted(LINUX_CAPABILITIES))),
    st.builds(
        lambda family, kind, words, peer: line("connect", family=family, sock_type=kind, denied_mask=words, peer=peer),
        st.sampled_from(sorted(SOCKET_FAMILIES)), st.sampled_from(sorted(SOCKET_TYPES)), WORDS, PEERS,
    ),
    st.builds(
        lambda words, name, peer: line("signal", denied_mask=words, signal=name, peer=peer),
        WORDS, st.sampled_from(sorted(SIGNALS)), PEERS,
    ),
    st.builds(lambda words, peer: line("ptrace", denied_mask=words, peer=peer), WORDS, PEERS),
    st.builds(lambda path, mask: file(path, mask), PATHS, st.text("rwcdakmlxq:", max_size=3)),
)  # fmt: skip


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(events=st.lists(EVENTS, max_size=6))
def test_whatever_is_learnt_compiles(events: list[str]) -> None:
    assert complaint(text_of(learnt(*events).fields(collapse=2, temporary=True))) == ""


@pytest.mark.thorough
@pytest.mark.parametrize("family", sorted(SOCKET_FAMILIES - {"unix"}))
def test_every_family_of_sockets_that_is_known_compiles(family: str) -> None:
    events = [line("create", family=family, sock_type=kind, denied_mask="create") for kind in sorted(SOCKET_TYPES)]
    assert complaint(text_of(learnt(*events).fields())) == ""


@pytest.mark.thorough
@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"unix"}))
@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_socket_that_was_seen_can_be_made_and_others_cannot(family: str, kind: str) -> None:
    profile = compiled(text_of(learnt(line("create", family=family, sock_type=kind, denied_mask="create")).fields()))
    assert profile.socket(family, kind)
    other = "inet6" if family == "inet" else "inet"
    assert not profile.socket(other, "stream") or (kind, {family, other}) == ("stream", {"inet", "inet6"})
    assert not profile.socket("alg" if family != "alg" else "vsock", kind)


def onto(profile: dict[str, Any], *events: str) -> dict[str, Any]:
    made = extended(AppArmorProfileSpec.model_validate(profile), learnt(*events).fields())
    AppArmorProfileSpec.model_validate(made)
    return made


def test_a_profile_keeps_what_it_says_and_gains_what_was_learnt() -> None:
    profile = {"name": "web", "mode": "complain", "writable": ["/data/**"], "denied": ["/root/**"], "network": False}
    events = [file("/tmp/x", "w"), file("/etc/x", "r"), line("create", family="inet", sock_type="stream")]
    assert onto(profile, *events, line("capable", capname="chown")) == {
        "name": "web",
        "mode": "complain",
        "writable": ["/data/**", "/tmp/x"],
        "denied": ["/root/**"],
        "capabilities": ["chown"],
        "protocols": ["tcp"],
    }


def test_what_is_open_stays_open_and_what_is_denied_stays_denied() -> None:
    events = [file("/tmp/x", "w"), line("capable", capname="chown"), line("create", family="inet", sock_type="stream")]
    assert onto({"name": "web", "denied_capabilities": ["chown"]}, *events) == {
        "name": "web",
        "denied_capabilities": ["chown"],
    }
    protocols = {"name": "web", "protocols": ["udp"], "capabilities": ["kill"]}
    assert onto(protocols, *events) == {"name": "web", "protocols": ["tcp", "udp"], "capabilities": ["chown", "kill"]}


def test_a_ready_made_profile_becomes_a_typed_one() -> None:
    made = onto({"ready_made": "deny-write"}, file("/tmp/x", "w"))
    assert (made["name"], made["writable"]) == ("web", ["/tmp/x"])
    assert "ready_made" not in made
