"""The loader in a real kernel, against a real API server, as its DaemonSet would run it."""

from __future__ import annotations

import json

import pytest

from k8s_hardening.kube.apparmor import LOADED
from k8s_hardening.model.apparmor_profile import AppArmorMode, AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_name, profile_text
from tests.kernel.node import Node

pytestmark = pytest.mark.kernel

DENY_WRITE = AppArmorProfileSpec(ready_made="deny-write")
READY_MADE = (
    DENY_WRITE,
    AppArmorProfileSpec(ready_made="container-default"),
    AppArmorProfileSpec(ready_made="no-raw-network"),
)


def texts(*profiles: AppArmorProfileSpec) -> dict[str, str]:
    return {profile_name(one): profile_text(one) for one in profiles}


def until_ready(node: Node) -> None:
    node.until(lambda: node.probe("ready").status == 0, "readiness")


@pytest.fixture(scope="module")
def enforcing(guest_node: Node) -> Node:
    """The node with the ready-made profiles in its kernel, where they stay without the loader."""
    guest_node.provide(texts(*READY_MADE))
    guest_node.start()
    until_ready(guest_node)
    guest_node.stop()
    return guest_node


def test_every_profile_is_loaded_and_the_node_says_so(node: Node) -> None:
    node.provide(texts(*READY_MADE))
    node.start()
    assert node.probe("ready").status == 1  # before the first round ends
    until_ready(node)
    names = {profile_name(one) for one in READY_MADE}
    assert {name: mode for name, mode in node.kernel_profiles().items() if name in names} == dict.fromkeys(
        names, "enforce"
    )
    assert node.labels() == {"state": "ready", **dict.fromkeys(names, LOADED)}  # the stale one is gone
    status = node.status()
    assert (status["state"], status["api"]) == ("ready", "")
    assert {name: one["state"] for name, one in status["profiles"].items()} == dict.fromkeys(names, "loaded")
    assert node.probe("alive").status == 0
    assert json.loads(node.probe("status").text)["state"] == "ready"


def test_it_needs_no_more_than_the_daemon_set_gives(node: Node) -> None:
    node.provide(texts(DENY_WRITE))
    node.start()
    until_ready(node)
    found = node.run_in_loader(
        "busybox cat /proc/$pid/status; busybox chroot /proc/$pid/root /test/bin/busybox touch /x"
    )
    mac_admin = f"{1 << 33:016x}"
    for line in (f"CapBnd:\t{mac_admin}", f"CapEff:\t{mac_admin}", f"CapPrm:\t{mac_admin}", "NoNewPrivs:\t1"):
        assert line in found.text
    assert "/x: Read-only file system" in found.text
    assert node.stop() < 5  # at once, although it is the first process of its container


def test_rounds_without_a_change_print_nothing(node: Node) -> None:
    node.provide(texts(DENY_WRITE))
    node.start()
    until_ready(node)
    # Those of other tests are on their way out of the kernel.
    node.until(lambda: node.status()["profiles"].keys() == {profile_name(DENY_WRITE)}, "the end of other profiles")
    first, log = node.status()["finished"], node.log()
    assert [json.loads(line)["subject"] for line in log.splitlines()].count("round") == 1
    node.until(lambda: node.status()["finished"] > first + 2, "more rounds")
    assert node.log() == log


def test_a_confined_process_may_read_and_not_write(node: Node) -> None:
    name = profile_name(DENY_WRITE)
    node.provide(texts(DENY_WRITE))
    node.start()
    until_ready(node)
    node.guest.must("echo text > /node/file")
    shown = node.confined(name, "busybox cat /proc/self/attr/current /node/file")
    assert (shown.status, shown.text) == (0, f"{name} (enforce)\ntext\n")
    refused = node.confined(name, "echo more > /node/file")
    assert refused.status != 0
    assert "/node/file: Permission denied" in refused.text
    assert node.guest.must("busybox cat /node/file") == "text\n"  # and without the profile it can be written
    node.guest.must("echo more > /node/file")


@pytest.mark.parametrize(
    ("profile", "script", "allowed"),
    [
        ("deny-write", "busybox touch /tmp/x", False),
        ("deny-write", "busybox mkdir -p /tmp/y/z", False),
        ("deny-write", "busybox ping -c 1 127.0.0.1", True),
        ("container-default", "busybox touch /tmp/x", True),
        ("container-default", "echo 1 > /proc/sys/kernel/panic", False),
        ("container-default", "echo h > /proc/sysrq-trigger", False),
        ("container-default", "busybox mount -t tmpfs tmpfs /tmp", False),
        ("container-default", "busybox cat /sys/kernel/security/apparmor/profiles", False),
        ("container-default", "busybox ping -c 1 127.0.0.1", True),
        ("container-default", "busybox arping -c 1 -I eth0 10.96.0.1", True),
        ("no-raw-network", "busybox touch /tmp/x", True),
        ("no-raw-network", "busybox ping -c 1 127.0.0.1", False),
        ("no-raw-network", "busybox arping -c 1 -I eth0 10.96.0.1", False),
        ("no-raw-network", "echo | busybox nc -w 5 10.96.0.1 $port", True),
    ],
)
def test_ready_made_profiles_do_what_they_say(enforcing: Node, profile: str, script: str, allowed: bool) -> None:
    (name,) = (profile_name(one) for one in READY_MADE if one.name == profile)
    script = script.replace("$port", str(enforcing.cluster.port))
    assert (enforcing.confined(name, script).status == 0) is allowed
    unconfined = enforcing.guest.run(script)
    assert unconfined.status == 0, unconfined.text  # so what is denied above is denied by the profile


def test_an_edited_profile_is_loaded_beside_the_old_one_which_goes_when_nobody_uses_it(node: Node) -> None:
    old, new = (AppArmorProfileSpec(name="web", denied=[path]) for path in ("/root/**", "/home/**"))
    node.provide(texts(old))
    node.start()
    until_ready(node)
    node.run_pod("web", profile_name(old))
    node.provide(texts(new))
    node.until(lambda: profile_name(new) in node.kernel_profiles(), "the new profile")
    until_ready(node)
    node.until(lambda: node.status()["profiles"].get(profile_name(old), {}).get("state") == "kept", "the old one")
    first = node.status()["finished"]
    node.until(lambda: node.status()["finished"] > first + 6, "more rounds than the grace lasts")
    assert {profile_name(old), profile_name(new)} <= node.kernel_profiles().keys()
    assert node.labels().keys() == {"state", profile_name(old), profile_name(new)}
    node.delete_pod("web")
    node.until(lambda: profile_name(old) not in node.labels(), "the end of the offer")
    assert profile_name(old) in node.kernel_profiles()  # for a pod that was scheduled just before
    node.until(lambda: profile_name(old) not in node.kernel_profiles(), "the end of the old profile")
    assert profile_name(new) in node.kernel_profiles()
    assert node.status()["state"] == "ready"


def test_a_malformed_profile_leaves_the_others_loaded_and_is_reported(node: Node) -> None:
    bad, foreign, lost = (f"k8s-hardening-{name}-0123456789" for name in ("bad", "foreign", "lost"))
    node.provide(
        {
            **texts(DENY_WRITE),
            bad: f"profile {bad} {{ no rule at all\n",
            foreign: "profile somebody-else { file, }\n",
            lost: f"#include <tunables/nowhere>\nprofile {lost} {{ file, }}\n",
        }
    )
    node.start()
    node.until(lambda: node.status().get("state") == "partial", "the first round")
    ready, status = node.probe("ready"), node.status()
    assert ready.status == 1
    assert f"3 of 4 profiles are not loaded: {bad}, {foreign}, {lost}" in ready.text
    assert status["profiles"][profile_name(DENY_WRITE)]["state"] == "loaded"
    said = {name: status["profiles"][name] for name in (bad, foreign, lost)}
    assert {one["state"] for one in said.values()} == {"failed"}
    assert "syntax error" in said[bad]["message"]
    assert "somebody-else" in said[foreign]["message"]
    assert "tunables/nowhere" in said[lost]["message"]
    assert node.kernel_profiles().keys().isdisjoint({bad, foreign, lost, "somebody-else"})
    assert node.labels() == {"state": "partial", profile_name(DENY_WRITE): LOADED} | {
        name: LOADED for name, one in status["profiles"].items() if one["state"] == "kept"
    }
    node.provide(texts(DENY_WRITE))
    until_ready(node)


def test_a_profile_that_somebody_removed_or_softened_comes_back(node: Node) -> None:
    name = profile_name(DENY_WRITE)
    node.provide(texts(DENY_WRITE))
    node.start()
    until_ready(node)
    node.guest.must(f"echo -n {name} > /sys/kernel/security/apparmor/.remove")
    assert name not in node.kernel_profiles()
    node.until(lambda: name in node.kernel_profiles(), "the removed profile")
    soft = profile_text(DENY_WRITE.model_copy(update={"mode": AppArmorMode.COMPLAIN}))
    node.guest.write("/node/soft", soft.replace(soft.split("profile ")[1].split(" ")[0], name))
    node.guest.must("/usr/sbin/apparmor_parser -K -r /node/soft")
    node.until(lambda: node.kernel_profiles()[name] == "enforce", "the mode")


def test_a_node_without_apparmor_says_so_and_goes_on(plain_node: Node) -> None:
    plain_node.provide(texts(DENY_WRITE))
    plain_node.start()
    plain_node.until(lambda: plain_node.status().get("state") == "disabled", "the first round")
    assert "has no AppArmor" in plain_node.status()["message"]
    ready = plain_node.probe("ready")
    assert (ready.status, "has no AppArmor" in ready.text) == (1, True)
    assert plain_node.labels() == {"state": "disabled"}
    assert plain_node.probe("alive").status == 0
