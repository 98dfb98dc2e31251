"""The kernel's files, as a node shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8s_hardening.loader.kernel import Kernel, KernelError


def kernel(folder: Path, enabled: str | None = "Y\n", profiles: str | None = "") -> Kernel:
    (folder / "apparmor").mkdir()
    if enabled is not None:
        (folder / "enabled").write_text(enabled)
    if profiles is not None:
        (folder / "apparmor/profiles").write_text(profiles)
    return Kernel(folder, folder / "enabled")


@pytest.mark.parametrize(("text", "answer"), [("Y\n", True), ("N\n", False), ("", False), (None, False)])
def test_whether_there_is_apparmor(tmp_path: Path, text: str | None, answer: bool) -> None:
    assert kernel(tmp_path, text).is_enabled() is answer


def test_an_unreadable_switch_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "enabled").mkdir()
    with pytest.raises(KernelError, match="enabled cannot be read"):
        kernel(tmp_path, None).is_enabled()


def test_profiles_with_their_modes(tmp_path: Path) -> None:
    text = "web (enforce)\nweb//child (enforce)\na name (with) (complain)\n/usr/bin/man (unconfined)\ngarbage\n\n"
    found = kernel(tmp_path, profiles=text).profiles()
    assert found == {"web": "enforce", "a name (with)": "complain", "/usr/bin/man": "unconfined"}


def test_no_list_of_profiles_is_not_an_empty_list(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match="profiles cannot be read: No such file"):
        kernel(tmp_path, profiles=None).profiles()


def test_a_profile_is_removed_by_one_write_of_its_name(tmp_path: Path) -> None:
    there = kernel(tmp_path)
    (tmp_path / "apparmor/.remove").touch()
    there.remove("web")
    assert (tmp_path / "apparmor/.remove").read_bytes() == b"web"


def test_what_the_kernel_refuses(tmp_path: Path) -> None:
    there = kernel(tmp_path)
    (tmp_path / "apparmor/.remove").mkdir()
    with pytest.raises(KernelError, match="does not remove web"):
        there.remove("web")
