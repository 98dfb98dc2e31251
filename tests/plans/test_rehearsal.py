"""A rehearsal says what a version changes and what it no longer takes."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.plans.rehearsal import breaks_of, changes_between
from tests.plans.environments import environment


def moved(before: str, after: str) -> tuple[Baseline, Baseline]:
    baseline = environment(before)
    return baseline, baseline.model_copy(update={"kubernetes": KubeVersion.parse(after)})


def test_the_same_version_changes_nothing_and_breaks_nothing() -> None:
    before, after = moved("1.36", "1.36")
    assert changes_between(before, after) == ()
    assert breaks_of(before, KubeVersion(1, 36)) == ()


def test_flags_that_come_and_go_are_told_by_name() -> None:
    changes = {(one.subject, one.path): (one.before, one.after) for one in changes_between(*moved("1.18", "1.24"))}
    assert changes["kube-apiserver", "--insecure-port"] == ("0", None)
    assert changes["kube-apiserver", "--service-account-extend-token-expiration"] == (None, "false")
    assert changes["kube-controller-manager", "--port"] == ("0", None)


def test_fields_of_the_kubelet_are_told_by_path() -> None:
    changes = {(one.subject, one.path): (one.before, one.after) for one in changes_between(*moved("1.24", "1.30"))}
    assert changes["KubeletConfiguration.kubelet.config.k8s.io", "seccompDefault"] == (None, "true")


def test_the_pod_security_version_of_each_namespace_moves() -> None:
    changes = [one for one in changes_between(*moved("1.30", "1.36")) if one.subject.startswith("Namespace ")]
    assert changes
    assert {(one.before, one.after) for one in changes} == {('"v1.30"', '"v1.36"')}


def test_a_change_within_a_list_is_told_by_its_place() -> None:
    admission = "file /etc/kubernetes/hardening/admission/admission-configuration.yaml"
    changes = [one for one in changes_between(*moved("1.35", "1.36")) if one.subject == admission]
    assert {one.path for one in changes} == {
        f"plugins.PodSecurity.configuration.defaults.{mode}-version" for mode in ("audit", "enforce", "warn")
    }
    assert {(one.before, one.after) for one in changes} == {('"v1.35"', '"v1.36"')}


def test_a_file_of_several_documents_tells_how_much_of_it_is_new() -> None:
    (file,) = (one for one in changes_between(*moved("1.35", "1.36")) if "kubeadm-config.yaml" in one.subject)
    assert file.path == ""
    assert file.after == f"{file.before}, 1 of them new"


def test_policies_of_the_server_move_to_its_hosts() -> None:
    changes = {one.subject: (one.before is None, one.after is None) for one in changes_between(*moved("1.36", "1.37"))}
    name = "k8s-hardening-test-image-pinned-pods"
    assert changes[f"ValidatingAdmissionPolicy.admissionregistration.k8s.io {name}"] == (False, True)
    assert changes[f"file /etc/kubernetes/hardening/admission-policies/{name}.yaml"] == (True, False)


def test_entries_of_a_list_that_come_and_go_are_named() -> None:
    changes = {(one.subject, one.path): (one.before, one.after) for one in changes_between(*moved("1.18", "1.37"))}
    before, after = changes["KubeletConfiguration.kubelet.config.k8s.io", "tlsCipherSuites"]
    assert before == '6 entries, with "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"'
    assert after == (
        '6 entries, with "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"'
    )


@pytest.mark.thorough
def test_no_change_shows_the_same_twice() -> None:
    for start in ("1.18", "1.24", "1.30", "1.36"):
        changes = changes_between(*moved(start, "1.37"))
        assert [one for one in changes if one.before == one.after] == []


def test_a_flag_that_is_gone_breaks_in_the_first_version_without_it() -> None:
    found = {(one.control, one.path): one for one in breaks_of(environment("1.18"), KubeVersion(1, 30))}
    gone = [one for one in found.values() if "--insecure-port" in one.found]
    assert [(one.control, str(one.since)) for one in gone] == [("control-plane-life-span", "1.24")]
    assert "--secure-port" in gone[0].fix


def test_weakness_that_a_newer_version_could_mend_is_told() -> None:
    controls = {one.control: str(one.since) for one in breaks_of(environment("1.18"), KubeVersion(1, 36))}
    assert controls["control-plane-authentication"] == "1.19"
    assert controls["control-plane-admission-limits"] == "1.21"


def test_an_older_version_does_not_know_what_is_new() -> None:
    found = breaks_of(environment("1.36"), KubeVersion(1, 24))
    assert any("--authentication-config" in one.found and one.since == KubeVersion(1, 24) for one in found)
