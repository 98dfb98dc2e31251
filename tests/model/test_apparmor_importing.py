"""Profiles of bane and of AppArmor's own files."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.model.apparmor_importing import (
    Imported,
    import_bane,
    import_file,
    looks_like_bane,
    profile_name_for,
)
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_text
from tests.model.apparmor_compiled import Compiled, compiled, complaint, profiles_of

# What github.com/genuinetools/bane/sample.toml says, with every setting that bane has.
SAMPLE = """
Name = "nginx"
[Filesystem]
ReadOnlyPaths = ["/bin/**", "/boot/**", "/dev/**", "/etc/**", "/home/**", "/lib/**", "/lib64/**", "/media/**",
  "/mnt/**", "/opt/**", "/proc/**", "/root/**", "/sbin/**", "/srv/**", "/tmp/**", "/sys/**", "/usr/**"]
LogOnWritePaths = ["/**"]
WritablePaths = ["/var/run/nginx.pid"]
AllowExec = ["/usr/sbin/nginx"]
DenyExec = ["/bin/dash", "/bin/sh", "/usr/bin/top"]
[Capabilities]
Allow = ["chown", "dac_override", "setuid", "setgid", "net_bind_service"]
[Network]
Raw = false
Packet = false
"""


def text_of(made: Imported) -> str:
    return profile_text(AppArmorProfileSpec.model_validate(made.fields))


def bane(text: str = SAMPLE, **changes: str) -> Imported:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return import_bane(text, "file")


def test_the_sample_of_bane_is_carried_over_whole() -> None:
    made = bane()
    assert made.problems == []
    assert [note.partition(":")[0] for note in made.notes] == ["WritablePaths", "AllowExec"]
    assert made.fields["name"] == "nginx"
    assert len(made.fields["read_only"]) == 17
    assert made.fields | {"read_only": []} == {
        "name": "nginx",
        "read_only": [],
        "log_on_write": ["/**"],
        "writable": ["/var/run/nginx.pid"],
        "executables": ["/usr/sbin/nginx"],
        "denied_executables": ["/bin/dash", "/bin/sh", "/usr/bin/top"],
        "capabilities": ["chown", "dac_override", "setuid", "setgid", "net_bind_service"],
    }


def decides(profile: Compiled, path: str) -> tuple[set[str], set[str]]:
    decision = profile.file(path)
    return set(decision.allowed), set(decision.allowed).intersection(decision.logged)


def test_the_sample_means_what_it_meant() -> None:
    profile = compiled(text_of(bane()))
    assert decides(profile, "/etc/passwd") == (set("rkm"), set())
    assert decides(profile, "/var/log/x") == (set("rwalkm"), set("wal"))
    assert decides(profile, "/var/run/nginx.pid")[0] == set("rwalkm")
    assert decides(profile, "/usr/sbin/nginx")[0] == set("rkmx")
    assert decides(profile, "/bin/sh") == (set(), set())
    assert profile.capabilities.bit_count() == 5
    assert [profile.socket("inet", kind) for kind in ("stream", "dgram", "raw")] == [True, True, False]
    assert not profile.socket("packet", "raw")


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ("Raw = false", "Raw = true", {"raw_sockets": True}),
        ("Packet = false", "Packet = true", {"packet_sockets": True}),
        ("Packet = false", 'Protocols = ["tcp", "udp"]', {"protocols": ["tcp", "udp"]}),
        ("[Network]", 'Deny = ["CAP_SYS_ADMIN"]\n[network]', {"denied_capabilities": ["sys_admin"]}),
        ('"/boot/**"', '"/boot/[0-9]*"', {"unchecked_rules": ["deny /boot/[0-9]* wl"]}),
        ('Name = "nginx"', "", {"name": "file"}),
        ('"nginx"', '"Nginx_Front"', {"name": "nginx-front"}),
        ('"nginx"', '"deny-write"', {"name": "own-deny-write"}),
    ],
)
def test_each_other_setting_of_bane(old: str, new: str, fields: dict[str, Any]) -> None:
    made = bane(**{old: new})
    assert made.problems == []
    assert fields.items() <= made.fields.items()
    assert complaint(text_of(made)) == ""


def test_icmp_goes_with_raw_sockets() -> None:
    closed = bane(**{"Raw = false": 'Protocols = ["icmp"]'})
    assert closed.fields["protocols"] == []
    assert any("icmp needs raw sockets" in note for note in closed.notes)
    opened = bane(**{"Raw = false": 'Raw = true\nProtocols = ["icmp"]'})
    assert opened.fields["raw_sockets"]
    assert not any("icmp" in note for note in opened.notes)


def test_what_bane_does_not_know_is_named() -> None:
    made = bane(**{"[Network]": 'Drop = ["all"]\n[Network]', 'Name = "nginx"': 'Name = "nginx"\nOwner = "me"'})
    assert "Capabilities.Drop: is not carried over, since bane has no such setting" in made.notes
    assert "Owner: is not carried over, since bane has no such setting" in made.notes


def test_all_problems_of_a_file_are_told_at_once() -> None:
    text = """
    Name = 7
    Network = "none"
    [Filesystem]
    ReadOnlyPaths = ["/a,b", "etc", 3, "/a b", '/a"']
    WritablePaths = "/tmp"
    [Capabilities]
    Allow = ["fly", "chown"]
    """
    assert bane(text).problems == [
        "Name: 7 is not the name of a profile",
        'Filesystem.ReadOnlyPaths[0]: "/a,b" is not an absolute path; for example "/etc/**"',
        'Filesystem.ReadOnlyPaths[1]: "etc" is not an absolute path; for example "/etc/**"',
        "Filesystem.ReadOnlyPaths[2]: 3 is not a text",
        'Filesystem.ReadOnlyPaths[3]: "/a b" is not an absolute path; for example "/etc/**"',
        'Filesystem.ReadOnlyPaths[4]: "/a\\"" is not an absolute path; for example "/etc/**"',
        'Filesystem.WritablePaths: "/tmp" is not a list',
        'Capabilities.Allow[0]: "fly" is not a capability; for example "net_bind_service"',
        'Network: "none" is not a table',
    ]
    assert "is not TOML" in bane("[Filesystem").problems[0]
    assert "is neither" not in str(bane(**{"Raw = false": "Raw = 1"}).problems)
    assert bane(**{"Raw = false": "Raw = 1"}).problems == ["Network.Raw: 1 is not true or false"]


FILE = """\
# Licence
#include <tunables/global>

@{WWW} = /srv/www /var/www
/usr/sbin/nginx flags=(attach_disconnected, complain) {
\t#include <abstractions/base>
  signal (send) peer=/usr/sbin/nginx,
  unix peer=(label=/usr/sbin/nginx),
  @{WWW}/** r,   # not profile x {
  /usr/bin/helper cx -> helper,
  change_profile -> /usr/sbin/nginx//helper,
  profile helper {
    file,
  }
  ^worker { /tmp/x w, }
}
"""


def test_a_profile_file_keeps_its_text_under_our_name() -> None:
    made = import_file(FILE, "web")
    assert made.problems == []
    assert made.fields["name"] == "web"
    assert made.fields["mode"] == "complain"
    text = made.fields["text_unchecked"]
    assert text.splitlines()[:4] == [
        "include <tunables/global>",
        "",
        "@{WWW} = /srv/www /var/www",
        "profile web flags=(attach_disconnected) {",
    ]
    assert "signal (send) peer=@{profile_name}," in text
    assert "unix peer=(label=@{profile_name})," in text
    assert "change_profile -> @{profile_name}//helper," in text
    assert "/usr/sbin/nginx" not in text
    profiles = profiles_of(text_of(made))
    assert [one.name.partition("//")[2] for one in profiles] == ["", "helper", "worker"]
    assert profiles[0].name.startswith("k8s-hardening-web-")
    assert profiles[0].complain
    assert "r" in profiles[0].file("/srv/www/x").allowed


def test_the_name_comes_from_the_file_and_what_is_lost_is_said() -> None:
    made = import_file(FILE.replace("/usr/sbin/nginx flags", "profile nginx /usr/sbin/{nginx,httpd} flags"), None)
    assert made.fields["name"] == "nginx"
    assert made.notes == [
        "the attachment /usr/sbin/{nginx,httpd} is left out: a pod names its profile",
        "has no abi rule, so a node may not guard sockets with it; abi <abi/3.0>, is the rule",
    ]
    assert import_file(FILE, None).fields["name"] == "usr-sbin-nginx"
    assert import_file(f"abi <abi/3.0>,\n{FILE}", "web").notes == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no profile"),
        ("profile a { file, }\nprofile b { file, }\n", "line 2: holds another profile (profile b)"),
        ("profile a {\n  file,\n", 'has a "{" that no "}" closes'),
        ('profile a {\n  "/x r,\n}\n', "line 2: has a quote that is not closed on its line"),
        ("profile a flags=(unconfined) {\n}\n", 'line 1: has the flag "unconfined"'),
        ("profile a bogus {\n}\n", 'line 1: has "bogus" in the head of the profile'),
    ],
)
def test_a_file_that_cannot_be_carried_over_is_refused_with_its_line(text: str, problem: str) -> None:
    assert import_file(text, None).problems[0].startswith(problem)


def test_lines_of_windows_are_read() -> None:
    made = import_file(FILE.replace("\n", "\r\n"), "web")
    assert made.fields == import_file(FILE, "web").fields


def test_files_are_told_apart() -> None:
    assert looks_like_bane(SAMPLE)
    assert not looks_like_bane(FILE)


@given(text=st.text())
def test_no_text_is_too_odd(text: str) -> None:
    for made in (import_file(text, None), import_file(f"profile x {{{text}}}", None), import_bane(text, "x")):
        assert made.problems or made.fields
        if not made.problems:
            AppArmorProfileSpec.model_validate(made.fields)


@given(text=st.text())
def test_every_text_leads_to_a_name(text: str) -> None:
    assert AppArmorProfileSpec.model_validate({"name": profile_name_for(text)})
