"""The text of AppArmor profiles; apparmor_parser 3.0.8 compiles all of them (-Q -K)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from k8s_hardening.kube.apparmor import OWN_PROFILE
from k8s_hardening.kube.linux_capabilities import LINUX_CAPABILITIES
from k8s_hardening.model.apparmor import AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_name, profile_text


def text_of(**fields: Any) -> str:
    spec = AppArmorProfileSpec.model_validate({"name": "web", **fields})
    return profile_text(spec).replace(profile_name(spec), "web")


def own_rules(text: str) -> list[str]:
    """The rules that a profile's fields make, without what every profile has."""
    fixed = set(text_of().splitlines())
    return [line.strip() for line in text.splitlines() if line and line not in fixed]


def test_a_profile_that_names_nothing() -> None:
    assert text_of().splitlines()[:8] == [
        "#include <tunables/global>",
        "",
        "profile web flags=(attach_disconnected,mediate_deleted) {",
        "  #include <abstractions/base>",
        "",
        "  network,",
        "  file,",
        "",
    ]
    assert text_of().endswith("}\n")


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


def test_complain_mode_is_a_flag() -> None:
    assert "flags=(attach_disconnected,mediate_deleted,complain) {" in text_of(mode="complain")


def test_each_field_makes_its_rules() -> None:
    text = text_of(
        read_only=["/usr/**", "/etc/**"],
        denied=["/root/**"],
        capabilities=["setuid", "net_bind_service", "setuid"],
        network=False,
    )
    assert own_rules(text) == [
        "deny network inet,",
        "deny network inet6,",
        "capability net_bind_service,",
        "capability setuid,",
        "deny /etc/** wl,",
        "deny /usr/** wl,",
        "deny /root/** mrwlkx,",
    ]
    assert "  network," not in text.splitlines()


def test_writing_is_granted_only_where_it_is_named() -> None:
    text = text_of(writable=["/var/lib/app/**", "/tmp/**"])
    assert own_rules(text) == ["/** mrkix,", "/tmp/** rwlk,", "/var/lib/app/** rwlk,"]
    assert "  file," not in text.splitlines()


def test_no_capability_is_granted_that_is_not_named() -> None:
    assert "capability" not in text_of()


def test_every_capability_of_the_kernel_is_known() -> None:
    # Linux 6.x include/uapi/linux/capability.h: CAP_CHOWN is 0, CAP_LAST_CAP is CAP_CHECKPOINT_RESTORE, 40.
    assert len(LINUX_CAPABILITIES) == 41


RULE = re.compile(r"  (?:deny )?\S+ [mrwlkix]+,|  (?:deny )?\S+ \S+,|  [a-z]+,|  [a-z]+ \([a-z, ]+\) peer=\S+,")
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
    about = [line for line in own_rules(text) if line != "/** mrkix,"]
    assert about == [f"{'' if field == 'writable' else 'deny '}{path} {suffix},"]
    assert re.fullmatch(r"\S+", path)
    body = text[text.index("{\n") + 2 : text.rindex("}\n")]
    assert all(RULE.fullmatch(line) for line in body.splitlines() if line and not line.startswith("  #include"))


@pytest.mark.parametrize(
    "path", ["/", "/**", "/a/{b,c}/*.d", "/{,usr/}lib/**", "@{HOME}/.ssh/**", "@{PROC}/sys/**", "/a-b_c+d:e~f%g=h^i"]
)
def test_ordinary_paths_are_taken(path: str) -> None:
    assert f"deny {path} mrwlkx," in own_rules(text_of(denied=[path]))
