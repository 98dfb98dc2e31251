"""`apparmor learn` prints what can be pasted, and counts beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.model.apparmor import AppArmorSpec
from tests.cli.calling import call
from tests.model.audit_lines import line

LOG = [
    "Nov 25 04:00:00 node kernel: nothing of AppArmor\n",
    line("open", name="/etc/app/a.conf", denied_mask="r"),
    line("open", name="/etc/app/b.conf", denied_mask="r"),
    line("open", profile="k8s-hardening-web-ffffffffff", name="/tmp/x", denied_mask="wc"),
    line("mount", name="/mnt/"),
    line("capable", profile="docker-default", verdict="DENIED", capname="chown"),
    line("profile_load", profile="unconfined", verdict="STATUS", name="x"),
    line("open", verdict="AUDIT", name="/granted", denied_mask="w"),
    'audit: apparmor="DENIED" operation="op\n',
]


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "audit.log"
    path.write_text("".join(LOG))
    return str(path)


def profiles(text: str) -> dict[str, dict[str, Any]]:
    """What was printed, pasted below `apparmor`."""
    data = yaml.safe_load(text)
    AppArmorSpec.model_validate(data)
    return {one["name"]: one for one in data["profiles"]}


def test_each_profile_of_the_log_becomes_one_of_a_baseline(log: str) -> None:
    result = call("apparmor", "learn", log)
    assert result.exit_code == 0
    found = profiles(result.stdout)
    assert list(found) == ["docker-default", "web"]
    assert found["web"] == {
        "name": "web",
        "readable": ["/etc/app/a.conf", "/etc/app/b.conf"],
        "writable": ["/tmp/x"],
        "executables": [],
        "network": False,
    }
    assert found["docker-default"]["capabilities"] == ["chown"]
    assert result.stderr.splitlines() == [
        "lines about AppArmor that could not be read: 1",
        "docker-default: 1 lines: 0 read, 0 written, 0 started, 1 capabilities, 0 kinds of sockets, 0 other rules",
        "web: 4 lines: 2 read, 1 written, 0 started, 0 capabilities, 0 kinds of sockets, 0 other rules",
        '  not carried over (1x): mount of "/mnt/", which every profile denies',
    ]


def test_choices(log: str) -> None:
    for name in ("web", "k8s-hardening-web-0123456789"):
        result = call("apparmor", "learn", "--profile", name, "--collapse", "2", "--temporary", log, log)
        assert profiles(result.stdout)["web"]["readable"] == ["/etc/app/*"]
        assert profiles(result.stdout)["web"]["writable"] == ["/tmp/**"]
        assert "docker-default" not in result.stdout
    piped = call("apparmor", "learn", "--format", "json", "-", stdin="".join(LOG))
    assert profiles(piped.stdout) == profiles(call("apparmor", "learn", log).stdout)


def test_a_profile_of_the_run_is_extended(log: str, tmp_path: Path) -> None:
    base = {"name": "web", "mode": "complain", "writable": ["/data/**"]}
    baseline = {"config": {"k8s-hardening:baseline": {"apparmor": {"profiles": [base, {"ready_made": "deny-write"}]}}}}
    for number, data in enumerate((baseline, {"profiles": [base]}, [base])):
        file = tmp_path / f"{number}.yaml"
        file.write_text(yaml.safe_dump(data))
        result = call("apparmor", "learn", "--onto", str(file), "--profile", "web", log)
        assert profiles(result.stdout)["web"] == {**base, "writable": ["/data/**", "/tmp/x"]}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("a: b\n", "holds no apparmor.profiles"),
        ("- name: Web\n", 'profiles[0].name: "Web" is not a DNS-1123 label'),
        ("- {name: a, text_unchecked: 'profile a { }'}\n", "profiles[0]: is a text_unchecked"),
        ("- 7\n", "profiles[0]: 7 is not a mapping"),
    ],
)
def test_a_file_without_typed_profiles_cannot_be_extended(log: str, tmp_path: Path, content: str, error: str) -> None:
    file = tmp_path / "base.yaml"
    file.write_text(content)
    result = call("apparmor", "learn", "--onto", str(file), log)
    assert result.exit_code == 2
    assert error in result.stderr


def test_names_that_no_baseline_takes_are_changed_and_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "log"
    names = ("/usr/bin/App", "usr-bin-app", "deny-write", "ä", "x" * 60)
    path.write_text("".join(line("capable", profile=name, capname="kill") for name in names))
    result = call("apparmor", "learn", str(path))
    assert set(profiles(result.stdout)) >= {"usr-bin-app", "usr-bin-app-2", "own-deny-write", "x" * 38}
    assert len(profiles(result.stdout)) == len(names)
    assert "usr-bin-app (from '/usr/bin/App'): 1 lines" in result.stderr


def test_a_log_without_violations_is_refused(log: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text(LOG[0])
    assert call("apparmor", "learn", str(empty)).stderr == f"error: {empty}: holds no violation of any profile\n"
    assert "holds no violation of other" in call("apparmor", "learn", "--profile", "other", log).stderr
    missing = call("apparmor", "learn", str(tmp_path / "none"))
    assert (missing.exit_code, "cannot be read: No such file" in missing.stderr) == (2, True)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
            st.sampled_from([one.encode() for one in LOG]),
            st.sampled_from([b'apparmor="DENIED"', b' operation="open"', b' profile="x"', b" name=", b"2F41", b"\n",
                             b' family="inet"']),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_no_log_is_too_odd(parts: list[bytes]) -> None:
    result = call("apparmor", "learn", "--collapse", "2", "-", stdin=b"".join(parts))
    assert result.exit_code in (0, 2)
    if result.exit_code == 0:
        assert profiles(result.stdout)
    else:
        assert "holds no violation" in result.stderr
