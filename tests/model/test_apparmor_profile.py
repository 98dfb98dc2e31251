"""Which AppArmor profiles the model takes, and what it says of the others."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.apparmor import LONGEST_PROFILE_NAME
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec, ReadyMade
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.problems import BadInputError, explain
from k8s_hardening.model.reading import read_baseline
from tests.model.sample import sample


def problems(**fields: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        AppArmorProfileSpec.model_validate(fields)
    return explain(caught.value, AppArmorProfileSpec, "profiles[0]")


def test_what_is_left_out_opens_nothing_that_the_runtime_closes() -> None:
    spec = AppArmorProfileSpec(name="web")
    assert spec.mode == "enforce"
    assert spec.abi == "3.0"
    assert spec.capabilities == spec.unchecked_rules == ()
    assert not spec.raw_sockets
    assert not spec.packet_sockets


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, 'profiles[0].name: "" is no name, and no ready-made profile gives one; for example "web"'),
        ({"name": "Web"}, 'profiles[0].name: "Web" is not a DNS-1123 label; for example "web"'),
        (
            {"name": "a" * (LONGEST_PROFILE_NAME + 1)},
            f'profiles[0].name: "{"a" * 39}" has 39 characters, at most 38 are allowed; for example "web"',
        ),
        (
            {"name": "web", "writable": ['/a"b']},
            ('profiles[0].writable[0]: "/a\\"b" is not an absolute path (or glob) of letters, digits and '
            '._*?{}/+:~%=^-; for example "/var/lib/app/**"'),
        ),
        (
            {"name": "web", "capabilities": ["CAP_CHOWN"]},
            ('profiles[0].capabilities[0]: "CAP_CHOWN" is not the name of a capability in lower case; for example '
            '"net_bind_service"'),
        ),
        (
            {"name": "web", "unchecked_rules": ["/a r, /b r"]},
            ('profiles[0].unchecked_rules[0]: "/a r, /b r" is more than one rule; for example "network netlink raw", '
            "one rule for each item"),
        ),
        (
            {"ready_made": "deny-writes"},
            ('profiles[0].ready_made: "deny-writes" is none of container-default, deny-write, no-raw-network; for '
            'example "deny-write"'),
        ),
        ({"name": "web", "protocols": ["icmp"]},
         'profiles[0].protocols[0]: "icmp" is none of tcp, udp; for example "tcp"'),
    ],
)  # fmt: skip
def test_each_problem_says_where_it_is_and_shows_a_good_value(fields: dict[str, Any], line: str) -> None:
    assert line in problems(**fields)


@pytest.mark.parametrize("field", ["readable", "read_only", "writable", "log_on_write", "denied", "executables"])
@pytest.mark.parametrize(
    "path", ["a/b", "/a b", "/a,b", '/a"', "/a\nb", "/a\\040b", "/a[0-9]", "/../b", "/a//b", "@{X}/a", ""]
)
def test_paths_that_could_mean_something_else_are_refused(field: str, path: str) -> None:
    (line,) = problems(name="web", **{field: [path]})
    assert line.startswith(f"profiles[0].{field}[0]: ")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "deny-write"}, "has the name of a ready-made profile without being it (ready_made: deny-write)"),
        ({"name": "no-raw-network", "ready_made": "deny-write"}, "has the name of a ready-made profile"),
        ({"ready_made": "deny-write", "writable": ["/tmp/**"]}, "is ready_made, which writable cannot change"),
        ({"ready_made": "deny-write", "network": False}, "is ready_made, which network cannot change"),
        ({"name": "a", "text_unchecked": "profile a { }", "denied": ["/x"]},
         "is text_unchecked, which denied cannot change"),
        ({"name": "a", "text_unchecked": "profile a { }", "ready_made": "deny-write"},
         "is both ready_made and text_unchecked"),
        ({"name": "a", "text_unchecked": "profile a { }", "abi": "2.13"},
         "is text_unchecked, which says its abi itself"),
        ({"name": "a", "text_unchecked": "profile a flags=(kill) { }", "mode": "complain"}, 'and the flag "kill"'),
        ({"name": "a", "capabilities": ["chown"], "denied_capabilities": ["chown"]},
         "both allows and denies the capability chown"),
        ({"name": "a", "network": False, "protocols": ["tcp"]}, "has protocols without a network"),
        ({"name": "a", "network": False, "raw_sockets": True}, "has raw_sockets without a network"),
    ],
)  # fmt: skip
def test_fields_that_contradict_each_other_are_refused(fields: dict[str, Any], why: str) -> None:
    (line,) = problems(**fields)
    assert why in line
    assert "for example" in line


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,", "holds no profile"),
        ("profile a { } profile b { }", "holds another profile (profile b); give each profile a file of its own"),
        ("profile a {", 'has a "{" that no "}" closes'),
        ("profile a { } }", 'has "}" without its opening bracket'),
        ("profile a {\n}\nfile,\n", "line 3: has a rule after the profile's end"),
        ("profile a flags=(unconfined) { }", 'has the flag "unconfined", which confines nothing'),
        ("profile a flags=(complain) { }", 'has the flag "complain", and the mode is a setting of its own'),
        ("profile a { \x1b[2J }", "has an unprintable character"),
        ('profile a { "/x r, }', "has a quote that is not closed on its line"),
        ("audit { file, }", "has a block without the name of a profile"),
    ],
)  # fmt: skip
def test_a_text_that_is_not_one_profile_is_refused(text: str, why: str) -> None:
    assert any(why in line for line in problems(name="web", text_unchecked=text))


def test_ready_made_profiles_take_a_name_and_a_mode() -> None:
    for one in ReadyMade:
        spec = AppArmorProfileSpec.model_validate({"ready_made": one.value, "mode": "complain", "abi": "2.13"})
        assert (spec.name, spec.mode, spec.abi) == (one.value, "complain", "2.13")
    assert AppArmorProfileSpec.model_validate({"name": "web", "ready_made": "deny-write"}).name == "web"


@pytest.mark.parametrize(("given", "meant"), [(3.0, "3.0"), (3, "3.0"), (2.13, "2.13"), ("2.13", "2.13")])
def test_a_version_may_be_written_without_quotes(given: Any, meant: str) -> None:
    assert AppArmorProfileSpec.model_validate({"name": "web", "abi": given}).abi == meant


def test_workloads_may_choose_a_ready_made_profile() -> None:
    profiles = [{"ready_made": "deny-write"}, {"name": "web"}]
    made = read_baseline(sample({"apparmor/profiles": profiles, "workloads/apparmor/profile": "deny-write"}))
    assert list(knowledge_of(made).apparmor_profiles or {}) == ["deny-write", "web"]


def test_a_ready_made_profile_counts_once() -> None:
    twice = [{"ready_made": "deny-write"}, {"ready_made": "deny-write", "mode": "complain"}]
    with pytest.raises(BadInputError) as caught:
        read_baseline(sample({"apparmor/profiles": twice}))
    assert any("is already the name of profiles[0]" in line for line in caught.value.problems)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/etc/./shadow", 'the step "."'),
        ("/etc/.", 'the step "."'),
        ("/./etc", 'the step "."'),
        ("@{HOME}/./x", 'the step "."'),
        ("/etc/{.,x}/shadow", 'the step "."'),
        ("/etc/{x,./}shadow", 'the step "."'),
        ("/etc/.{,x}/shadow", 'the step "."'),
        ("/etc/{/x,y}", '"//"'),
        ("/../etc", 'the step ".."'),
        ("/var/..", 'the step ".."'),
        ("/etc/{..,x}/shadow", 'the step ".."'),
        ("/etc/{.,x}{.,y}/shadow", 'the step ".."'),
        ("//x", '"//"'),
        ("/x//", '"//"'),
        ("/{,usr}/bin", '"//"'),
    ],
)
def test_a_path_that_the_kernel_never_asks_about_is_refused(path: str, what: str) -> None:
    problem = f'"{path}" has {what}, which no path that the kernel asks about holds; for example "/var/lib/app/**"'
    for field in ("denied", "writable", "read_only"):
        assert problems(name="web", **{field: [path]}) == [f"profiles[0].{field}[0]: {problem}"]


@pytest.mark.parametrize(
    "path",
    ["/", "/etc/", "/.ssh/**", "/a/..b", "/a/...", "/.*", "/{,usr/}bin/*", "/a/.{x,y}", "/@{pid}.x/y"],
)
def test_dots_in_names_and_optional_folders_are_fine(path: str) -> None:
    assert AppArmorProfileSpec(name="web", denied=(path,)).denied == (path,)
