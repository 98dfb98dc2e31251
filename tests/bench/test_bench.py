"""The figures that are promised come from what they say they come from."""

from __future__ import annotations

import datetime
import os
import time
from pathlib import Path

import pytest

from k8s_hardening.enforcement.verdict import Bench, Resource
from k8s_hardening.kube.manifest import kind_of
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.model.enforcement import Level, PackConfiguration
from tests.bench.figures import Figure, table, write_block
from tests.bench.measuring import cpu_of, median, reference, run
from tests.bench.samples import ROOT, dev_configuration, mix, with_tenants

PAGE = "before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n"


def test_the_mix_is_that_of_a_real_stack() -> None:
    manifests = [manifest for _, manifest in mix(200)]
    deployments = [one for one in manifests if kind_of(one) == "Deployment"]
    assert len(deployments) == 60
    assert {len(list(pod.containers())) for one in deployments for pod in pods_of(one)} == {3}
    assert len({kind_of(one) for one in manifests}) >= 8


@pytest.mark.parametrize("tenants", [0, 200])
def test_nothing_of_the_mix_has_a_finding_so_every_control_looks_at_all_of_it(tenants: int) -> None:
    configuration = with_tenants(dev_configuration(), tenants, 3)
    bench = Bench(PackConfiguration.model_validate(configuration["hardening"]), datetime.date(2026, 1, 1))
    for token, manifest in mix(100):
        for level in Level:
            said = bench.about(Resource(token, manifest, holds_unknown=False), level)
            # The AppArmor loader of dev is exempt from what it offends, and each report says so.
            assert [one for one in said if "] Exempt until " not in one] == []


def test_a_figure_is_held_against_its_target() -> None:
    assert Figure("x", "CPU", 1.01, "ms", 1).is_missed
    assert not Figure("x", "CPU", 1.0, "ms", 1).is_missed
    assert not Figure("x", "CPU", 99, "ms").is_missed


def test_the_table_is_aligned_markdown() -> None:
    lines = table([Figure("a long name", "CPU", 0.5, "ms", 1), Figure("b", "wall", 12, "s")]).splitlines()
    assert lines == [
        "| what        | time of | measured | target  |",
        "|-------------|---------|----------|---------|",
        "| a long name | CPU     | 0.50 ms  | <= 1 ms |",
        "| b           | wall    | 12.00 s  |         |",
    ]


def test_only_the_block_of_the_page_is_rewritten(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write_block(page, r"new \1 text" + "\n")
    assert page.read_text() == PAGE.replace("old", r"new \1 text")


@pytest.mark.parametrize("text", ["", PAGE + PAGE])
def test_a_page_without_one_block_is_refused(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match=r"page.md has no single block of figures"):
        write_block(page, "new")
    assert page.read_text() == text


def test_the_real_page_has_a_block(tmp_path: Path) -> None:
    copy = tmp_path / "performance.md"
    copy.write_text((ROOT / "docs/performance.md").read_text())
    write_block(copy, "new\n")
    assert "new\n" in copy.read_text()


def test_the_time_of_a_process_is_read_from_the_kernel() -> None:
    before = cpu_of(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert cpu_of(os.getpid()) - before >= 0.08


def test_the_reference_is_some_work_but_not_much() -> None:
    assert 0.005 < reference() < 2


def test_a_median_ignores_an_outlier() -> None:
    values = iter([1.0, 9.0, 2.0, 3.0, 2.5])
    assert median(lambda: next(values)) == 2.5


def test_a_command_that_fails_ends_the_measurement(tmp_path: Path) -> None:
    assert run(["sh", "-c", "exit 2"], tmp_path, status=2).wall > 0
    with pytest.raises(RuntimeError, match="sh ended with 1, not 0:\noops"):
        run(["sh", "-c", "echo oops >&2; exit 1"], tmp_path)
