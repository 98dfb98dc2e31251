"""The text of AppArmor profiles; what it means once compiled is in test_apparmor_compiled.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from k8s_hardening.kube.apparmor import OWN_PROFILE
from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_name, profile_text
from tests.model.apparmor_profiles import text_of


def own_rules(text: str) -> list[str]:
    """The rules that a profile's fields make, without what every profile has."""
    fixed = set(text_of().splitlines())
    return [line.strip() for line in text.splitlines() if line and line not in fixed]


def test_a_profile_that_names_nothing_is_that_of_the_runtime_without_raw_sockets() -> None:
    assert text_of().splitlines()[:13] == [
        "abi <abi/3.0>,",
        "include <tunables/global>",
        "",
        "profile web flags=(attach_disconnected,mediate_deleted) {",
        "  include <abstractions/base>",
        "",
        "  network,",
        "  deny network inet raw,",
        "  deny network inet6 raw,",
        "  deny network packet,",
        "  file,",
        "",
        "  umount,",
    ]
    assert text_of().endswith("}\n")


def test_older_nodes_get_the_older_syntax() -> None:
    assert text_of(abi="2.13").splitlines()[:4] == [
        "#include <tunables/global>",
        "",
        "profile web flags=(attach_disconnected,mediate_deleted) {",
        "  #include <abstractions/base>",
    ]


def test_the_name_ends_with_a_hash_of_what_the_profile_says() -> None:
    spec = AppArmorProfileSpec(name="web")
    assert OWN_PROFILE.fullmatch(profile_name(spec))
    assert profile_name(spec) == profile_name(AppArmorProfileSpec(name="web"))
    assert profile_name(spec) != profile_name(AppArmorProfileSpec(name="web", network=False))
    assert f"profile {profile_name(spec)} flags=" in profile_text(spec)


@pytest.mark.parametrize(
    "rule",
    [
        "deny mount,",
        "deny @{PROC}/sysrq-trigger rwklx,",
        "deny @{PROC}/kcore rwklx,",
        "deny /sys/firmware/** rwklx,",
        "deny /sys/kernel/security/** rwklx,",
        "signal (receive) peer=runc,",
        "signal (send, receive) peer=web,",
        "ptrace (trace, tracedby, read, readby) peer=web,",
    ],
)
def test_what_the_container_runtime_guards_stays_guarded(rule: str) -> None:
    assert f"  {rule}" in text_of(writable=["/tmp/**"]).splitlines()


def test_complain_mode_is_a_flag_and_what_is_denied_is_logged() -> None:
    text = text_of(mode="complain", read_only=["/etc/**"], network=False)
    assert "flags=(attach_disconnected,mediate_deleted,complain) {" in text
    assert {"audit deny /etc/** wl,", "audit deny network inet,"} <= set(own_rules(text))
    assert "  deny @{PROC}/sysrq-trigger rwklx," in text.splitlines()


def test_each_field_makes_its_rules() -> None:
    text = text_of(
        read_only=["/usr/**", "/etc/**"],
        log_on_write=["/var/lib/keys/**"],
        denied=["/root/**"],
        denied_executables=["/bin/sh"],
        capabilities=["setuid", "net_bind_service", "setuid"],
        denied_capabilities=["sys_admin"],
        network=False,
        unchecked_rules=["network netlink raw", "include <abstractions/ssl_certs>"],
    )
    assert own_rules(text) == [
        "deny network inet,",
        "deny network inet6,",
        "capability net_bind_service,",
        "capability setuid,",
        "deny capability sys_admin,",
        "audit /var/lib/keys/** wl,",
        "deny /etc/** wl,",
        "deny /usr/** wl,",
        "deny /bin/sh mrwlkx,",
        "deny /root/** mrwlkx,",
        "include <abstractions/ssl_certs>",
        "network netlink raw,",
    ]
    assert "  network," not in text.splitlines()


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"writable": ["/var/lib/app/**", "/tmp/**"]}, ["/{,**} mrkix,", "/tmp/** rwlk,", "/var/lib/app/** rwlk,"]),
        ({"writable": []}, ["/{,**} mrkix,"]),
        ({"readable": []}, ["/{,**} wlix,"]),
        ({"executables": ["/usr/bin/app"]}, ["/{,**} mrwlk,", "/usr/bin/app mrix,"]),
        ({"readable": ["/srv/**"], "writable": [], "executables": []}, ["/srv/** mrk,"]),
        (
            {"writable": [], "log_on_write": ["/tmp/**"]},
            ["/{,**} mrkix,", "/tmp/** rwlk,", "audit /tmp/** wl,"],
        ),
    ],
)
def test_what_has_a_list_is_granted_only_where_it_is_named(fields: dict[str, Any], rules: list[str]) -> None:
    text = text_of(**fields)
    assert [rule for rule in own_rules(text) if "/.Private/" not in rule and rule != TERMINALS] == rules
    assert (TERMINALS in own_rules(text)) == ("writable" in fields)
    assert "  file," not in text.splitlines()


@pytest.mark.parametrize(
    ("fields", "added", "removed"),
    [
        ({"raw_sockets": True}, [], ["deny network inet raw,", "deny network inet6 raw,"]),
        ({"packet_sockets": True}, [], ["deny network packet,"]),
        ({"protocols": ["udp", "tcp"]},
         ["network inet tcp,", "network inet6 tcp,", "network inet udp,", "network inet6 udp,"], ["network,"]),
        ({"network": False, "packet_sockets": True}, ["deny network inet,", "deny network inet6,", "network packet,"],
         ["network,", "deny network packet,"]),
        ({"protocols": ["tcp"], "raw_sockets": True},
         ["network inet tcp,", "network inet6 tcp,", "network inet raw,", "network inet6 raw,"], ["network,"]),
    ],
)  # fmt: skip
def test_sockets(fields: dict[str, Any], added: list[str], removed: list[str]) -> None:
    text = text_of(**fields)
    assert own_rules(text) == added
    assert not {f"  {rule}" for rule in removed}.intersection(text.splitlines())


FIELDS = {
    "read_only": ["/b", "/a", "/c/**"],
    "writable": ["/d/**", "/a", "/e"],
    "readable": ["/y", "/x"],
    "executables": ["/bin/b", "/bin/a"],
    "denied": ["/g", "/f"],
    "capabilities": ["setuid", "chown"],
    "unchecked_rules": ["ptrace", "dbus", "ptrace,"],
    "protocols": ["udp", "tcp"],
}


def test_neither_order_nor_repetition_makes_another_profile() -> None:
    turned = {name: [*reversed(items), items[0]] for name, items in FIELDS.items()}
    assert text_of(**turned) == text_of(**FIELDS)


def test_a_ready_made_profile_is_named_by_one_word() -> None:
    spec = AppArmorProfileSpec.model_validate({"ready_made": "deny-write"})
    assert spec.name == "deny-write"
    assert profile_name(spec).startswith("k8s-hardening-deny-write-")
    open_, strict = (own_rules(text_of(ready_made=one)) for one in ("container-default", "no-raw-network"))
    assert "capability net_raw," in open_
    assert "capability net_raw," not in strict
    assert "deny network packet," in text_of(ready_made="no-raw-network")
    assert "deny network" not in text_of(ready_made="container-default")


TEXT = """\
abi <abi/3.0>,
include <tunables/global>
@{APP}=/srv/app
profile nginx /usr/sbin/nginx flags=(attach_disconnected) {
  include <abstractions/base>
  @{APP}/** r,
  ^worker { /tmp/x w, }
}
"""


def test_a_whole_file_keeps_all_but_its_name_and_what_it_attaches_to() -> None:
    kept = TEXT.replace("nginx /usr/sbin/nginx", "web")
    assert text_of(text_unchecked=TEXT) == kept
    assert text_of(text_unchecked=TEXT, mode="complain") == kept.replace("disconnected)", "disconnected,complain)")


def test_no_capability_is_granted_that_is_not_named() -> None:
    assert "capability" not in text_of()


def test_every_capability_of_the_kernel_is_known() -> None:
    # Linux 6.x include/uapi/linux/capability.h: CAP_CHOWN is 0, CAP_LAST_CAP is CAP_CHECKPOINT_RESTORE, 40.
    assert len(LINUX_CAPABILITIES) == 41


TERMINALS = "/dev/{console,tty,pts/*} rw,"
RULE = re.compile(
    r"  (?:deny )?\S+ (?:[mrwlkix]+|\S+),|  deny network \S+ raw,|  [a-z]+,|  [a-z]+ \([a-z, ]+\) peer=\S+,"
)
PATHS = st.one_of(
    st.text(max_size=20).map(lambda text: f"/{text}"),
    st.text("ab/.*?{},@#;()\"' \\\n[]", max_size=12).map(lambda text: f"/{text}"),
    st.sampled_from(["/a rw,\n  capability sys_admin", "/a,", "/a }\nprofile x {", "/a #", "/{a}", "/{a,,b}", "/{a"]),
)


@given(path=PATHS, field=st.sampled_from(["read_only", "writable", "denied"]))
def test_no_path_breaks_out_of_its_rule(path: str, field: str) -> None:
    """What the model lets through stands in exactly one rule; all the rest is as it was."""
    try:
        text = text_of(**{field: [path]})
    except ValidationError:
        return
    suffix = {"read_only": "wl", "writable": "rwlk", "denied": "mrwlkx"}[field]
    about = [
        line for line in own_rules(text) if line not in ("/{,**} mrkix,", "deny @{HOME}/.Private/** mrwlkx,", TERMINALS)
    ]
    assert about == [f"{'' if field == 'writable' else 'deny '}{path} {suffix},"]
    assert re.fullmatch(r"\S+", path)
    body = text[text.index("{\n") + 2 : text.rindex("}\n")]
    assert all(RULE.fullmatch(line) for line in body.splitlines() if line and not line.startswith("  include"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/**",
        "/a/{b,c}/*.d",
        "/{,usr/}lib/**",
        "@{HOME}/.ssh/**",
        "@{PROC}/@{pid}/task/@{tid}/comm",
        "/a-b_c+d:e~f%g=h^i",
    ],
)
def test_ordinary_paths_are_taken(path: str) -> None:
    assert f"deny {path} mrwlkx," in own_rules(text_of(denied=[path]))
