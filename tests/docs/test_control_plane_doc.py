"""docs/control-plane.md is what the writers of the dialects really write."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.reach import State, reach
from tests.cli.calling import call

PAGE = Path(__file__).parents[2] / "docs/control-plane.md"


@pytest.mark.thorough
def test_the_page_is_up_to_date() -> None:
    assert call("ledger", "--by-dialect").stdout == PAGE.read_text(), "run make docs"


def test_it_is_written_in_markdown_only() -> None:
    refused = call("ledger", "--by-dialect", "--format", "json")
    assert refused.exit_code == 2
    assert "--by-dialect is written in Markdown only" in refused.stderr
    assert call("ledger", "--by-dialect", "--format", "markdown").stdout == PAGE.read_text()


def test_the_table_tells_apart_what_is_written_what_is_owned_and_what_is_not_there() -> None:
    states = {one.entry.control.id: {d: dict(found) for d, found in one.states.items()} for one in reach()}
    old, new = KubeVersion(1, 18), KubeVersion(1, 37)
    assert states["1.2.16"][Dialect.KUBEADM][new] is State.WRITTEN
    assert states["1.2.16"][Dialect.TALOS][new] is State.OWN
    assert states["1.2.30"][Dialect.STATIC_POD] == {
        version: State.WRITTEN if version > old else State.NONE for version in states["1.2.30"][Dialect.STATIC_POD]
    }
    assert states["3.1.1"][Dialect.K3S][new] is State.NONE
    assert states["4.2.14"][Dialect.TALOS][new] is State.OWN


def test_anonymous_requests_are_limited_by_a_file_where_no_flag_says_it() -> None:
    states = {one.entry.control.id: {d: dict(found) for d, found in one.states.items()} for one in reach()}
    versions = [version for version in states["1.2.1"][Dialect.KUBEADM] if version >= KubeVersion(1, 32)]
    for dialect in (Dialect.KUBEADM, Dialect.STATIC_POD, Dialect.CLUSTER_API):
        assert {states["1.2.1"][dialect][version] for version in versions} == {State.NONE}
        assert {states["3.1.1"][dialect][version] for version in versions} == {State.WRITTEN}
