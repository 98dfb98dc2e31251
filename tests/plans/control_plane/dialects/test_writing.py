"""What the writers share: mounts, names of volumes, and another layout of the host."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.names import is_dns1123_label
from k8s_hardening.plans.control_plane.dialects.writing import arguments, mounts_of, path_type, relocated, volume_name
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.plan import HostFile
from tests.plans.control_plane.dialects.samples import flag

PATHS = ("/etc/ab", "/etc/a-b", "/etc/a_b", "/etc/a/b", "/etc/A/b", "/etc/a/b.conf", f"/{'x' * 90}/a", f"/{'x' * 90}/b")


def test_no_two_paths_share_a_volume() -> None:
    names = [volume_name(path) for path in PATHS]
    assert len(set(names)) == len(PATHS)
    assert all(map(is_dns1123_label, names))
    assert volume_name("/etc/a/b") == "etc-a-b"


def test_a_file_of_ours_comes_with_its_folder_since_it_may_be_replaced() -> None:
    file = HostFile("/etc/kubernetes/hardening/audit/policy.yaml", "")
    assert mounts_of([Setting(Component.API_SERVER, "audit-policy-file", (file.path,), file)]) == (
        Mount("/etc/kubernetes/hardening/audit", is_folder=True),
    )


def test_what_lies_in_a_mounted_folder_needs_no_mount_unless_it_is_written_to() -> None:
    folder, inside = Mount("/srv/a", is_folder=True), Mount("/srv/a/b", is_folder=True, writable=True)
    beside = Mount("/srv/ab")
    setting = Setting(Component.ETCD, "x", ("y",), mounts=(folder, Mount("/srv/a/c"), inside, beside))
    assert mounts_of([setting]) == (folder, inside, beside)


@pytest.mark.parametrize(
    ("mount", "kind"),
    [
        (Mount("/a"), "File"),
        (Mount("/a", is_folder=True), "Directory"),
        (Mount("/a", is_folder=True, writable=True), "DirectoryOrCreate"),
    ],
)
def test_only_what_is_written_to_is_made(mount: Mount, kind: str) -> None:
    assert path_type(mount) == kind


def test_lists_are_one_argument_and_repeated_flags_several() -> None:
    assert arguments(flag("tls-cipher-suites", "A", "B")) == ("tls-cipher-suites=A,B",)
    assert arguments(flag("service-account-issuer", "a", "b")) == (
        "service-account-issuer=a",
        "service-account-issuer=b",
    )


def test_another_layout_reaches_values_files_mounts_documents_and_advice_and_nothing_that_only_looks_alike() -> None:
    file = HostFile("/a/b/c.yaml", "in: /a/b/d\nnot: /a/bc\n")
    part = Part(
        settings=(Setting(Component.ETCD, "x", ("/a/b/c.yaml", "/a/b-c"), file, (Mount("/a/b"),)),),
        files=(HostFile("/a/b/e", ""),),
        documents=({"kind": "K", "list": ["/a/b/f", 3]},),
        advice=("see /a/b/g",),
    )
    moved = relocated(part, {"/a/b": "/var/b"})
    (setting,) = moved.settings
    assert setting.values == ("/var/b/c.yaml", "/a/b-c")
    assert setting.file == HostFile("/var/b/c.yaml", "in: /var/b/d\nnot: /a/bc\n")
    assert setting.mounts == (Mount("/var/b"),)
    assert [one.path for one in moved.files] == ["/var/b/e"]
    assert moved.documents == ({"kind": "K", "list": ["/var/b/f", 3]},)
    assert moved.advice == ("see /var/b/g",)
