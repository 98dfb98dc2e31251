"""What holds for every dialect and version."""

from __future__ import annotations

import re

import pytest

from k8s_hardening.kube.flags import flags_of, kubelet_fields
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.dialects.writer import write
from k8s_hardening.plans.control_plane.part import Component, Part
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from tests.plans.control_plane.dialects.samples import CASES, documents_of, inputs, planned

ALL_VERSIONS = [str(KubeVersion(1, minor)) for minor in range(OLDEST.minor, NEWEST.minor + 1)]


@pytest.mark.thorough
@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("dialect", [one for one in Dialect if one is not Dialect.MANAGED])
def test_every_flag_is_one_that_the_version_knows(dialect: Dialect, version: str) -> None:
    spec = inputs(dialect, version)
    for setting in plan_control_plane(spec, spec.kubernetes, spec.dialect).settings:
        if setting.component is not Component.ETCD:  # its versions are not those of Kubernetes
            span = flags_of(setting.component).get(setting.flag)
            assert span is not None, setting.flag
            assert span.is_known(spec.kubernetes), setting.flag


@pytest.mark.thorough
@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_every_word_of_a_static_pod_is_a_flag_that_the_version_knows(version: str) -> None:
    output = planned("static-pod", version)
    for component in (Component.API_SERVER, Component.CONTROLLER_MANAGER, Component.SCHEDULER):
        (pod,) = documents_of(output, f"/etc/kubernetes/manifests/{component}.yaml")
        for word in pod["spec"]["containers"][0]["command"][1:]:
            name = word.removeprefix("--").partition("=")[0]
            assert flags_of(component)[name].is_known(KubeVersion.parse(version)), name


@pytest.mark.parametrize(("dialect", "version"), CASES)
def test_files_are_absolute_sorted_and_each_written_once(dialect: str, version: str) -> None:
    paths = [file.path for file in planned(dialect, version).host_files]
    assert paths == sorted(set(paths))
    assert all(re.fullmatch(r"(/[A-Za-z0-9_.@+-]+)+", path) for path in paths)


@pytest.mark.parametrize(("dialect", "version"), CASES)
def test_notes_are_sentences_each_once(dialect: str, version: str) -> None:
    output = planned(dialect, version)
    for texts in (output.not_expressible, output.owned_by_provider):
        assert list(texts) == sorted(set(texts))
        assert all(text.endswith(".") and "\n" not in text for text in texts)
    assert output.advice


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_fields_of_the_kubelet_are_ones_that_the_version_knows(version: str) -> None:
    (kubelet,) = documents_of(planned("static-pod", version), "/var/lib/kubelet/config.yaml")
    for field in set(kubelet) - {"apiVersion", "kind"}:
        assert kubelet_fields()[field].is_known(KubeVersion.parse(version)), field


@pytest.mark.parametrize("dialect", [Dialect.STATIC_POD, Dialect.CLUSTER_API, Dialect.MANAGED])
def test_a_dialect_that_was_not_described_is_a_defect(dialect: Dialect) -> None:
    spec = inputs("kubeadm", "1.37")
    with pytest.raises(ValueError, match="is not described"):
        write(Part(), spec, spec.kubernetes, dialect)
