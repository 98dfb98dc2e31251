"""Who may do what, asked of a real API server: its answers are those of a table written by hand and of a second RBAC.

The environments are applied by the real engine with the pack. The second evaluator of RBAC reads the roles that the
server holds; the table knows none of them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.binaries import NEWEST, OLDEST, binaries
from tests.cluster.cluster import cluster
from tests.cluster.connections import answers
from tests.cluster.crowd import NAMESPACES, TENANTS, make_crowded
from tests.cluster.escalations import OWN, PEOPLE, PREPARED, Layer, attempts, signing_request
from tests.cluster.live import BASELINE, Live, goes_live
from tests.cluster.matrix import Cell, Matrix
from tests.cluster.reviews import rights_of, verdicts

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

FEWEST, LEAST_ALLOWED, LEAST_OF_A_KIND = 20_000, 0.2, 200
ASKED = {"dev": {"own": 7, "others": 7}, "oldest": {"own": 7, "others": 7}, "crowd": {"own": 1, "others": 3}}
"""In how many namespaces each subject asks, of its own and of others."""


@pytest.fixture(scope="module", params=ASKED)
def applied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """An environment in a control plane of its own, applied by the engine with the pack."""
    version = OLDEST if request.param == "oldest" else NEWEST
    with cluster(binaries(version), tmp_path_factory.mktemp("servers")) as made:
        made.start_api_server(made.plain_flags())
        made.start_controller_manager()
        live = Live(made, tmp_path_factory.mktemp("checkout"), "dev")
        live.edit(goes_live)
        if request.param == "crowd":
            live.edit(make_crowded)
        if request.param == "oldest":
            live.edit(age)
        # The state of a thousand resources after each of them would take minutes (docs/performance.md).
        ran = live.up(PULUMI_SKIP_CHECKPOINTS="true")
        assert ran.status == 0, ran.log
        yield live


def age(baseline: dict[str, Any]) -> None:
    """Make it one for the oldest version."""
    baseline["kubernetes"] = OLDEST


def baseline_of(live: Live) -> dict[str, Any]:
    document = yaml.safe_load((live.project.folder / "Pulumi.dev.yaml").read_text())
    found = document["config"][BASELINE]
    assert isinstance(found, dict)
    return found


def test_the_server_answers_as_the_table_and_the_second_evaluator_do(
    applied: Live, record_property: Callable[[str, object], None]
) -> None:
    baseline = baseline_of(applied)
    matrix = Matrix(baseline)
    which = "oldest" if baseline["kubernetes"] == OLDEST else "dev"
    if len(baseline["tenants"]) == TENANTS:
        which = "crowd"
        assert len(matrix.namespaces) == TENANTS * NAMESPACES
    cells = list(matrix.cells(**ASKED[which]))
    started = time.monotonic()
    said = verdicts(applied.cluster, [(one.asker, one.question) for one in cells])
    seconds = time.monotonic() - started

    rights = rights_of(applied.cluster)
    against_table = [told(cell, one) for cell, one in zip(cells, said, strict=True) if one is not cell.permitted]
    assert not against_table, (len(against_table), against_table[:10])
    against_oracle = [
        told(cell, one)
        for cell, one in zip(cells, said, strict=True)
        if one is not rights.permits(cell.asker, cell.question)
    ]
    assert not against_oracle, (len(against_oracle), against_oracle[:10])

    kinds = Counter(kind_of(cell) for cell in cells)
    allowed = sum(said) / len(said)
    record_property("answers", len(said))
    record_property("allowed", round(allowed, 3))
    print(f"\n{len(said):,} answers in {seconds:.0f} s, {allowed:.0%} allow; {dict(kinds)}")
    assert len(said) >= FEWEST
    assert allowed >= LEAST_ALLOWED
    assert min(kinds[one] for one in ("resource", "subresource", "path")) >= LEAST_OF_A_KIND


def test_a_second_run_changes_nothing(applied: Live) -> None:
    steady = applied.up(PULUMI_SKIP_CHECKPOINTS="true")
    assert (steady.status, steady.summary["steps"]) == (0, {}), steady.log


@pytest.mark.parametrize("applied", ["dev"], indirect=True)
def test_no_attempt_to_get_more_passes(applied: Live, tmp_path: Path) -> None:
    cluster = applied.cluster
    for path, body in PREPARED:
        made = cluster.request("POST", path, body)
        assert made.status in (201, 409), made.body
    version = cluster.request("GET", "/version").body["gitVersion"]
    every = attempts(signing_request(cluster.binaries["kubeadm"], version, tmp_path))
    assert len(every) >= 25
    assert {one.layer for one in every} == set(Layer)
    # Without the row's one obstacle it passes: for the administrator, or where nothing guards the namespace.
    means = answers(cluster, [one.request(unguarded=one.layer is not Layer.RBAC) for one in every])
    assert not [(one.name, given) for one, given in zip(every, means, strict=True) if given.status not in one.passes]
    tried = answers(cluster, [one.request(PEOPLE[one.level]) for one in every])
    wrong = []
    for one, given in zip(every, tried, strict=True):
        message = given.body.get("message", "") if isinstance(given.body, dict) else given.body
        user = PEOPLE[one.level]["Impersonate-User"]
        if given.status != one.layer.status or one.layer.says(user) not in message:
            wrong.append((one.name, given.status, message))
    assert not wrong


@pytest.mark.parametrize("applied", ["dev"], indirect=True)
@pytest.mark.parametrize("header", ["Impersonate-User", "Impersonate-Group", "Impersonate-Uid"])
def test_nobody_of_a_tenant_pretends_to_be_somebody_else(applied: Live, header: str) -> None:
    cluster = applied.cluster
    for path, body in PREPARED[:2]:
        assert cluster.request("POST", path, body).status in (201, 409)
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = cluster.request("POST", "/api/v1/namespaces/delivery/serviceaccounts/deployer/token", asked).body
    place = f"/api/v1/namespaces/{OWN}/pods"
    assert cluster.anonymous("GET", place, token=token["status"]["token"]).status == 200
    headers = {"Impersonate-User": "ann", header: "system:masters"}
    assert cluster.request("GET", place).status == 200
    refused = cluster.anonymous("GET", place, token=token["status"]["token"], **headers)
    assert refused.status == 403
    # From 1.35 on the server asks for narrower rights as well: impersonate-on:user-info:list.
    assert 'User "system:serviceaccount:delivery:deployer" cannot impersonate' in refused.body["message"]


def kind_of(cell: Cell) -> str:
    if cell.question.path:
        return "path"
    return "subresource" if "/" in cell.question.resource else "resource"


def told(cell: Cell, said: bool) -> str:
    return f"{cell.asker.user} {cell.question}: the server says {said}"
