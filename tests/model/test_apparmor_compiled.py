"""What profiles decide once apparmor_parser has compiled them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.kube.linux_signals import SIGNALS
from k8s_hardening.kube.linux_sockets import SOCKET_FAMILIES, SOCKET_TYPES
from k8s_hardening.model.apparmor_profile import ReadyMade
from k8s_hardening.model.apparmor_syntax import rule_problem
from tests.model.apparmor_compiled import Compiled, compiled, complaint, profiles_of, run_parser
from tests.model.apparmor_profiles import TYPED, text_of


def made(**fields: Any) -> Compiled:
    return compiled(text_of(**fields))


def allowed(profile: Compiled, path: str) -> str:
    return profile.file(path).allowed


def test_the_reading_of_automata_is_not_blind() -> None:
    profile = compiled(
        "profile x flags=(complain) {\n /a r,\n owner /b w,\n audit /c w,\n deny /d w,\n network unix,\n}\n"
    )
    assert (profile.name, profile.complain, profile.capabilities) == ("x", True, 0)
    assert [allowed(profile, path) for path in ("/a", "/b", "/c", "/d", "/e")] == ["r", "", "wa", "", ""]
    assert profile.file("/b", owner=True).allowed == "wa"
    assert (profile.file("/c").logged, profile.file("/d").quiet) == ("wa", "wa")
    assert profile.socket("unix", "stream")
    assert not profile.socket("inet", "stream")


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(fields=TYPED)
def test_every_typed_profile_compiles(fields: dict[str, Any]) -> None:
    assert complaint(text_of(**fields)) == ""


@pytest.mark.parametrize("mode", ["enforce", "complain"])
@pytest.mark.parametrize("abi", ["3.0", "2.13"])
@pytest.mark.parametrize("name", list(ReadyMade))
def test_every_ready_made_profile_compiles(name: str, abi: str, mode: str) -> None:
    text = text_of(ready_made=name, abi=abi, mode=mode)
    assert run_parser(text, "--Werror").stderr.decode().replace("\n", "") in ("", CACHE)
    assert compiled(text).complain is (mode == "complain")


CACHE = "Cache read/write disabled: interface file missing. (Kernel needs AppArmor 2.4 compatibility patch.)"


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(fields=TYPED)
def test_no_field_opens_what_the_runtime_guards(fields: dict[str, Any]) -> None:
    profile = made(**fields)
    for path in ("/proc/sysrq-trigger", "/proc/kcore", "/sys/firmware/efi", "/sys/kernel/security/apparmor/.load"):
        assert allowed(profile, path) in ("", "m"), path
    for path in ("/proc/sys/fs/file-max", "/proc/sys/kernel/core_pattern", "/sys/class/net/x", "/proc/mdstat"):
        assert not {"w", "a"}.intersection(allowed(profile, path)), path


@pytest.mark.parametrize(
    ("path", "letters"),
    [("/etc/passwd", "xrkm"), ("/tmp/a", "xwralkm"), ("/tmp", "xrkm"), ("/", "xrkm"), ("/dev/null", "xwrakm"),
     ("/root/x", "")],
)  # fmt: skip
def test_writing_is_for_the_named_paths(path: str, letters: str) -> None:
    profile = made(writable=["/tmp/**"], denied=["/root/**"])
    assert set(allowed(profile, path)) == set(letters)
    assert set(profile.file(path, owner=True).allowed) == set(letters)


def test_what_owners_have_elsewhere_is_not_open() -> None:
    profile = made(writable=[])
    assert not {"w", "a", "l", "x"}.intersection(profile.file("/root/.Private/x", owner=True).allowed)
    assert not {"w", "a", "l"}.intersection(profile.file("/tmp/x", owner=True).allowed)


def test_an_empty_list_allows_nothing() -> None:
    profile = made(readable=[], writable=[], executables=[], network=False)
    assert allowed(profile, "/etc/shadow") == ""
    assert allowed(profile, "/usr/bin/id") == ""
    assert "r" in allowed(profile, "/usr/lib/x86_64-linux-gnu/libc.so.6")
    assert not any(profile.socket(family, "stream") for family in ("inet", "inet6", "vsock", "alg"))
    assert profile.socket("unix", "stream")


def test_only_the_named_programs_start() -> None:
    profile = made(executables=["/usr/sbin/nginx"], denied_executables=["/bin/{,da}sh"])
    assert "x" in allowed(profile, "/usr/sbin/nginx")
    assert set(allowed(profile, "/usr/bin/id")) == set("rwalkm")
    assert allowed(profile, "/bin/dash") == ""
    assert profile.file("/bin/sh").quiet


def test_what_is_read_only_wins_over_what_is_writable() -> None:
    profile = made(writable=["/srv/**"], read_only=["/srv/fixed/**"])
    assert "w" in allowed(profile, "/srv/x")
    assert set(allowed(profile, "/srv/fixed/x")) == set("xrkm")


def test_writes_are_logged_where_they_shall_be() -> None:
    profile = made(writable=["/tmp/**"], log_on_write=["/var/log/app/**"])
    assert (set(profile.file("/var/log/app/x").logged), profile.file("/tmp/x").logged) == (set("wal"), "")
    assert "w" in allowed(profile, "/var/log/app/x")
    assert not made(log_on_write=["/etc/**"]).file("/srv/x").logged
    assert "w" in allowed(made(log_on_write=["/etc/**"]), "/srv/x")


def test_complain_mode_logs_what_the_fields_deny() -> None:
    denied = {"denied": ["/root/**"], "read_only": ["/etc/**"]}
    enforced, complaining = made(**denied), made(mode="complain", **denied)
    for path in ("/root/x", "/etc/x"):
        assert enforced.file(path).allowed == complaining.file(path).allowed
        assert enforced.file(path).quiet
        assert not complaining.file(path).quiet
    assert complaining.file("/proc/kcore").quiet
    assert enforced.quiet_socket("inet", "raw")
    assert not complaining.quiet_socket("inet", "raw")


SOCKETS = (
    ("inet", "stream"),
    ("inet6", "dgram"),
    ("inet", "raw"),
    ("packet", "raw"),
    ("netlink", "raw"),
    ("unix", "stream"),
)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fields", "open_ones"),
    [
        ({}, "110011"),
        ({"raw_sockets": True}, "111011"),
        ({"packet_sockets": True}, "110111"),
        ({"network": False}, "000001"),
        ({"network": False, "packet_sockets": True}, "000101"),
        ({"protocols": ["tcp"]}, "100001"),
        ({"protocols": ["udp"], "raw_sockets": True}, "011001"),
        ({"ready_made": "container-default"}, "111111"),
        ({"ready_made": "no-raw-network"}, "110011"),
        ({"network": False, "unchecked_rules": ["network"]}, "000011"),
        ({"unchecked_rules": ["network inet raw", "network packet"]}, "110011"),
    ],
)
def test_sockets(fields: dict[str, Any], open_ones: str) -> None:
    profile = made(**fields)
    assert "".join(str(int(profile.socket(*one))) for one in SOCKETS) == open_ones


def test_deny_write_reads_and_runs_but_writes_nothing() -> None:
    profile = made(ready_made="deny-write")
    for path in ("/etc/passwd", "/tmp/x", "/data/file", "/root/.bashrc"):
        assert set(allowed(profile, path)) == set("xrkm")


def test_terminals_can_be_written_where_little_else_can() -> None:
    profile = made(ready_made="deny-write")
    for path in ("/dev/null", "/dev/tty", "/dev/console", "/dev/pts/0"):
        assert "w" in allowed(profile, path)
    assert "w" not in allowed(profile, "/dev/sda")


def test_the_parser_takes_every_name_that_is_known() -> None:
    signals = sorted(SIGNALS)
    sockets = [f"network {family} {kind}," for family in sorted(SOCKET_FAMILIES) for kind in sorted(SOCKET_TYPES)]
    rules = [*(f"signal set=({one})," for one in signals), *sockets]
    assert complaint("profile x {\n" + "\n".join(rules) + "\n}\n") == ""


def test_every_capability_is_a_number_of_the_kernel() -> None:
    found = {name: compiled(f"profile x {{\n /a r,\n capability {name},\n}}\n") for name in LINUX_CAPABILITIES}
    numbers = {name: profile.capabilities.bit_length() - 1 for name, profile in found.items()}
    # The features of AppArmor 3.0 are older than checkpoint_restore, which was a part of sys_admin before.
    assert numbers.pop("checkpoint_restore") == numbers["sys_admin"] == 21
    assert sorted(numbers.values()) == list(range(40))


@pytest.mark.parametrize("rule", ["capability fly,", "signal set=(hop),", "network moon stream,", "network inet fast,"])
def test_the_parser_refuses_names_that_do_not_exist(rule: str) -> None:
    assert complaint(f"profile x {{\n {rule}\n}}\n")


def test_capabilities() -> None:
    net_bind_service, sys_admin = 1 << 10, 1 << 21
    assert made().capabilities == 0
    assert made(capabilities=["net_bind_service"]).capabilities == net_bind_service
    assert made(unchecked_rules=["capability"]).capabilities & sys_admin
    assert not made(unchecked_rules=["capability"], denied_capabilities=["sys_admin"]).capabilities & sys_admin
    # The kernel's number of net_raw is 13; the default of containers is fourteen capabilities.
    assert made(ready_made="container-default").capabilities.bit_count() == 14
    assert made(ready_made="no-raw-network").capabilities == made(ready_made="deny-write").capabilities & ~(1 << 13)


HOSTILE = st.one_of(
    st.text("/ab*{},\"\\#()[]<> \n;=-@rwxi'!", max_size=24),
    st.lists(
        st.sampled_from(
            ["/a", "r", "rw", ",", "}", "{", " ", "profile x {", "file,", '"', "(", ")", "#", "\\", "capability"]
        ),
        max_size=7,
    ).map("".join),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@example(rule="/a r, } profile x { file,")
@example(rule='"/a" r, "} profile x { file,"')
@example(rule='"/a\\" r,} profile x { file, capability, #"')
@example(rule="/a[}] r")
@example(rule="/a,} r")
@example(rule="audit { /a r, }")
@example(rule="include <x>\n}")
@given(rule=HOSTILE)
def test_no_rule_leaves_its_profile(rule: str) -> None:
    """An unchecked rule may be nonsense, but never begins another profile or switches the guards off."""
    if rule_problem(rule) is not None:
        return
    text = text_of(unchecked_rules=[rule])
    assert text.endswith("}\n")
    if complaint(text):
        return
    (profile,) = profiles_of(text)
    assert profile.name == "web"
    assert allowed(profile, "/sys/kernel/security/apparmor/.load") in ("", "m")
    assert not profile.socket("packet", "raw")


FILE_PIECES = st.sampled_from(
    ["profile a {", "profile b ", "flags=(complain) ", "/bin/x ", "{", "}", "\n", "file,", "  /a r,", "# }", "#{\n",
     '"', "^hat {", "include <tunables/global>\n", "@{X}=/a\n", "abi <abi/3.0>,", ",", " ", "unconfined",
     "flags=(unconfined)", "\\", "deny {"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(FILE_PIECES, max_size=12))
@example(pieces=["profile a {", "}"])
@example(pieces=["profile a {", "file,", "}", "# }"])
@example(pieces=["include <tunables/global>\n", "@{X}=/a\n", "profile b ", "/bin/x ", "{", "^hat {", "file,", "}", "}"])
def test_a_whole_file_makes_one_profile_of_our_name(pieces: list[str]) -> None:
    try:
        text = text_of(text_unchecked="".join(pieces))
    except ValidationError:
        return
    if complaint(text):
        return
    names = [profile.name for profile in profiles_of(text)]
    assert names[0] == "web"
    assert all(name.startswith("web//") for name in names[1:])
