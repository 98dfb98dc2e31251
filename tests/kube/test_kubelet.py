from __future__ import annotations

import pytest

from k8s_hardening.kube.kubelet import KERNEL, is_usable
from k8s_hardening.kube.version import KubeVersion


@pytest.mark.parametrize(
    ("field", "first"),
    [
        ("readOnlyPort", 18),
        ("enableSystemLogHandler", 19),
        ("enableProfilingHandler", 21),
        ("enableDebugFlagsHandler", 21),
        ("seccompDefault", 25),
        ("imagePullCredentialsVerificationPolicy", 35),
    ],
)
def test_a_field_is_usable_from_its_version_on(field: str, first: int) -> None:
    assert [minor for minor in range(18, 38) if is_usable(field, KubeVersion(1, minor))] == list(range(first, 38))


def test_the_kernel_is_compared_as_a_whole() -> None:
    assert KERNEL == {
        "kernel.keys.root_maxbytes": 25_000_000,
        "kernel.keys.root_maxkeys": 1_000_000,
        "kernel.panic": 10,
        "kernel.panic_on_oops": 1,
        "vm.overcommit_memory": 1,
        "vm.panic_on_oom": 0,
    }


def test_a_field_that_no_kubelet_has_is_a_defect() -> None:
    with pytest.raises(KeyError):
        is_usable("readOnlyPorts", KubeVersion(1, 37))
