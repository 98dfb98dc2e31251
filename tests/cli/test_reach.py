"""`reach`: pairs, the whole matrix, and what differs, for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8s_hardening.cli.reach_worlds import enforcement_of
from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.reach import Enforcement
from k8s_hardening.plans.baseline import plan_baseline
from tests.cli.calling import call
from tests.cli.stack_world import make_world
from tests.kube.reach.worlds import Object, by, namespace, pod, policy, small_worlds
from tests.kube.test_manifest import ANYTHING

WEB = pod("shop/web", {"app": "web"})
DB = pod("shop/db", {"app": "db"}, ports={"sql": "TCP/5432"})
CLOSED = policy("shop/deny-all", policyTypes=["Ingress", "Egress"])
OUT = policy(
    "shop/web-out", podSelector=by(app="web"), policyTypes=["Egress"], egress=[{"to": [{"podSelector": by(app="db")}]}]
)
IN = policy("shop/db-in", podSelector=by(app="db"), ingress=[{"ports": [{"port": "sql"}]}])
WORLD = [namespace("shop"), WEB, DB, CLOSED, OUT, IN]
PAIR = ("--from", "shop/web", "--to", "shop/db")


def reach(*arguments: str, objects: list[Object] | None = None) -> tuple[int, Any]:
    result = call(
        "reach", "--format", "json", "-", *arguments, stdin=yaml.safe_dump_all(WORLD if objects is None else objects)
    )
    return result.exit_code, json.loads(result.stdout)


def test_a_pair_that_is_allowed_names_the_rules() -> None:
    assert reach(*PAIR, "--port", "5432") == (
        0,
        {
            "from": "shop/web",
            "to": "shop/db",
            "port": 5432,
            "protocol": "TCP",
            "allowed": True,
            "because": ["NetworkPolicy shop/web-out, spec.egress[0]", "NetworkPolicy shop/db-in, spec.ingress[0]"],
            "errors": [],
        },
    )


def test_a_pair_that_is_denied_names_the_isolation_and_ends_with_1() -> None:
    status, found = reach("--from", "shop/web", "--to", "169.254.169.254", "--port", "80")
    assert (status, found["allowed"]) == (1, False)
    assert found["because"] == ["shop: policies deny-all, web-out isolate shop/Pod/web for egress, and none allows it"]


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        (("--port", "sql"), True),
        (("--port", "http"), False),
        (("--port", "5433"), False),
        (("--port", "5432", "--protocol", "udp"), False),
        ((), True),
    ],
)
def test_ports_are_numbers_names_or_all_of_a_protocol(options: tuple[str, ...], allowed: bool) -> None:
    status, found = reach(*PAIR, *options)
    assert (status, found["allowed"]) == (0 if allowed else 1, allowed)
    if not options:
        assert found["because"][0] == "open: TCP/5432"


def test_a_denial_by_a_name_or_a_range_that_does_not_count_says_so() -> None:
    status, found = reach(*PAIR, "--port", "nosuch")
    assert status == 1
    assert found["because"] == ["shop/Pod/db has no port with the name nosuch for TCP; it has sql (TCP/5432)"]
    ranged = policy("shop/db-in", podSelector=by(app="db"), ingress=[{"ports": [{"port": 5430, "endPort": 5440}]}])
    for options, reader in (
        (("--kubernetes", "1.20"), "Kubernetes 1.20"),
        (("--cni", "cilium", "--cni-version", "1.15"), "the network plug-in"),
    ):
        status, found = reach(*PAIR, "--port", "5432", *options, objects=[WEB, DB, ranged])
        assert status == 1
        assert found["because"][-1].endswith(f"first port of a range, since {reader} does not read endPort")


def test_people_are_told_the_same() -> None:
    result = call("reach", "-", *PAIR, "--port", "80", stdin=yaml.safe_dump_all(WORLD))
    assert result.exit_code == 1
    assert result.stdout == (
        "shop/web -> shop/db TCP/80: denied\n"
        "  shop: policies db-in, deny-all isolate shop/Pod/db for ingress, and none allows it\n"
    )


def test_what_is_not_certain_is_allowed_and_says_so() -> None:
    agent = pod("shop/agent", hostNetwork=True)
    status, found = reach("--from", "shop/agent", "--to", "shop/web", objects=[*WORLD, agent])
    assert (status, found["allowed"]) == (0, True)
    assert found["because"][1] == (
        "not for certain: it hangs on what is known only at apply, or on which node a pod runs"
    )


def test_the_whole_matrix_says_who_reaches_whom() -> None:
    status, found = reach()
    assert status == 0
    assert found["errors"] == []
    names = [end["name"] for end in found["ends"]]
    assert names == ["shop/Pod/web", "shop/Pod/db", "any IPv4 address", "any IPv6 address"]
    assert found["ends"][1] == {
        "name": "shop/Pod/db",
        "namespace": "shop",
        "labels": {"app": "db"},
        "workloads": ["Pod/db"],
    }
    # A source outside needs nobody's egress, and the rule of the database names no source.
    expected = {"from": ["shop/Pod/web", *names[2:]], "to": ["shop/Pod/db"], "ports": ["TCP/5432"], "certain": True}
    assert found["reach"] == [expected]


def test_the_matrix_reads_well() -> None:
    result = call("reach", "-", stdin=yaml.safe_dump_all(WORLD))
    assert result.stdout == (
        "shop/Pod/web, every address outside\n"
        "  reaches shop/Pod/db  TCP/5432\n"
        "reaching nothing: shop/Pod/db\n"
        "2 classes of pods in 1 namespace, 3 policies: 3 of 12 pairs are open\n"
    )


def test_policies_alone_are_enough() -> None:
    result = call("reach", "-", stdin=yaml.safe_dump_all([CLOSED, OUT, IN]))
    assert "shop/app=web\n  reaches shop/app=db  " not in result.stdout  # nothing says which number sql has
    assert "* stands for pods that no policy mentions by a label" in result.stdout
    assert "3 classes of pods in 1 namespace, 3 policies" in result.stdout


def test_a_difference_is_told_pair_by_pair(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(yaml.safe_dump_all(WORLD[:-1]))
    status, found = reach("--against", str(tmp_path / "old.yaml"))
    assert status == 1
    assert found["closed"] == found["errors"] == []
    sources = ["shop/Pod/web", "any IPv4 address", "any IPv6 address"]
    assert found["opened"] == [{"from": sources, "to": ["shop/Pod/db"], "ports": ["TCP/5432"]}]
    text = call("reach", str(tmp_path), "--against", "-", stdin=yaml.safe_dump_all(WORLD)).stdout
    assert f"closed  {', '.join(sources)} -> shop/Pod/db  TCP/5432\n" in text
    assert text.endswith("0 pairs opened, 3 pairs closed\n")


def test_no_difference_ends_with_0(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(yaml.safe_dump_all(reversed(WORLD)))
    assert reach("--against", str(tmp_path)) == (0, {"opened": [], "closed": [], "errors": []})


def test_a_stack_is_asked_by_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_world(tmp_path, monkeypatch)
    ends = ("--from", "payments-api/app=api", "--to", "payments-db/app=postgres")
    for arguments, status in ((("--port", "5432"), 0), (("--port", "5433"), 1)):
        assert call("reach", "--stack", "dev", *ends, *arguments).exit_code == status
    # Another pod of the same namespaces is not let through.
    assert (
        call("reach", "--stack", "dev", "--from", "payments-api", "--to", "payments-db", "--port", "5432").exit_code
        == 1
    )
    shown = call("reach", "--stack", "dev")
    assert shown.exit_code == 0
    assert "shop-web/app=web\n" in shown.stdout
    assert "  reaches shop-cart/app=cart  TCP/8080\n" in shown.stdout
    differing = call("reach", "--stack", "prod", "--against-stack", "dev")
    assert differing.exit_code == 1
    assert "closed  shop-batch/*" in differing.stdout


@pytest.mark.parametrize(
    ("name", "version", "switches", "expected"),
    [
        ("calico", None, (), Enforcement()),
        ("cilium", "1.15", ("sctp.enabled",), Enforcement(port_ranges=False)),
        ("cilium", "1.16", ("sctp.enabled",), Enforcement()),
        # Which version it is decides, so either may be true; and SCTP is dropped, whatever rules say.
        ("cilium", None, (), Enforcement(port_ranges=None, sctp_rules=False)),
        ("k3s", None, (), Enforcement(sctp_rules=False)),
        ("antrea", "2.7", (), Enforcement(sctp=False, sctp_rules=False)),
        ("weave", None, (), Enforcement(port_ranges=None, sctp=False, sctp_rules=False, spares_hosts=False)),
        ("flannel", "0.28", (), Enforcement(False, False, False, sctp=False)),
        ("kindnet", "0.23", (), Enforcement(False, False)),
        ("kindnet", None, (), Enforcement(None, None)),
        ("romana", None, (), Enforcement(None, None, None, sctp=False, sctp_rules=False, spares_hosts=False)),
        ("aws-vpc-cni", "1.20", (), Enforcement(None, None)),
        ("aws-vpc-cni", "1.20", ("enable-network-policy",), Enforcement()),
        ("eks-auto-mode", None, ("controller",), Enforcement(egress=None)),
    ],
)
def test_a_plug_in_is_taken_for_what_is_known_of_it(
    name: str, version: str | None, switches: tuple[str, ...], expected: Enforcement
) -> None:
    assert enforcement_of(name, version, switches, ()) == expected


def test_every_plug_in_that_a_baseline_may_name_holds_its_pods_apart() -> None:
    for name, cni in CNIS.items():
        if cni.enforces:
            version = "99.0" if cni.first_version else None
            made = enforcement_of(name, version, cni.required_switches, ())
            assert (made.ingress, made.egress) == (True, True), name


@pytest.mark.parametrize(
    ("options", "allowed", "said"),
    [
        ((), False, "isolates shop/Pod/web for egress"),
        (("--cni", "calico"), False, "isolates shop/Pod/web for egress"),
        (("--cni", "flannel"), True, "the network plug-in does not hold egress to policies"),
        (("--cni", "kindnet", "--cni-version", "0.20"), True, "the network plug-in does not hold ingress to policies"),
        (("--cni", "kindnet"), True, "the network plug-in is not known to hold egress to policies"),
        (("--cni", "kindnet", "--cni-version", "0.24"), False, "isolates shop/Pod/web for egress"),
        (("--cni", "aws-vpc-cni", "--cni-version", "1.20"), True, "is not known to hold egress to policies"),
        (
            ("--cni", "aws-vpc-cni", "--cni-version", "v1.20.1", "--cni-switch", "enable-network-policy"),
            False,
            "isolates shop/Pod/web for egress",
        ),
        (("--cni", "weave", "--protocol", "SCTP"), True, "the network plug-in is not known to hold SCTP to policies"),
        (("--cni", "k3s", "--protocol", "SCTP"), False, "isolates shop/Pod/web for egress"),
    ],
)
def test_files_may_say_whose_they_are(options: tuple[str, ...], allowed: bool, said: str) -> None:
    status, found = reach("--from", "shop/web", "--to", "shop/db", "--port", "81", *options, objects=[WEB, DB, CLOSED])
    assert (status, found["allowed"]) == (0 if allowed else 1, allowed)
    assert said in " ".join(found["because"])


def test_what_is_compared_has_one_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack on a plug-in whose SCTP is unverified equals its own files."""
    project = make_world(tmp_path, monkeypatch).fakes.project
    plan = plan_baseline(baseline_of(project, "dev")).manifests
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump_all(plan))
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text().replace("name: calico", "name: antrea"))
    assert enforcement_of(baseline_of(project, "dev").cni.name, None, (), ()) != Enforcement()
    version = ("--kubernetes", str(baseline_of(project, "dev").kubernetes))
    assert call("reach", "--stack", "dev", "--against", str(tmp_path / "plan.yaml")).exit_code == 0
    assert call("reach", str(tmp_path / "plan.yaml"), "--against-stack", "dev", *version).exit_code == 0
    assert (
        call("reach", str(tmp_path / "plan.yaml"), "--against-stack", "dev", *version, "--cni", "flannel").exit_code
        == 1
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either PATH or --stack"),
        (("x.yaml", "--stack", "dev"), "give either PATH or --stack"),
        (("x.yaml", "--from", "a"), "--from and --to go together"),
        (("x.yaml", "--against", "y", "--against-stack", "dev"), "give either --against or --against-stack"),
        (("x.yaml", "--against", "y", *PAIR), "--against compares everything"),
        (("x.yaml", "--format", "svg", *PAIR), "a picture (svg) is of the whole matrix"),
        (("x.yaml", "--format", "dot", "--against", "y"), "a picture (dot) is of the whole matrix"),
        (("x.yaml", *PAIR, "--port", "0"), '"0" is no number from 1 to 65535 and no name of a port'),
        (("x.yaml", *PAIR, "--port", "70000"), '"70000" is no number from 1 to 65535'),
        (("x.yaml", *PAIR, "--port", "9" * 5000), "is no number from 1 to 65535"),
        (("x.yaml", *PAIR, "--protocol", "ICMP"), "'ICMP' is not one of"),
        (("x.yaml", "--pod-cidr", "10.0.0.1/8"), '"10.0.0.1/8" is not a network; for example "10.244.0.0/16"'),
        (("x.yaml", "--kubernetes", "1.10"), "outside the supported versions"),
        (("x.yaml", "--cni", "calicoo"), '"calicoo" is not a known CNI; for example "calico"'),
        (("x.yaml", "--cni", "calico", "--cni-version", "new"), '"new" is not a version; for example "3.32"'),
        (("x.yaml", "--cni", "calico", "--cni-switch", "on"), 'calico has no switch "on"; it has none'),
        (("x.yaml", "--cni-version", "1.2"), "say something of a --cni; name it"),
        (("--stack", "dev", "--cni", "calico"), "a stack has that of its baseline"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(arguments: tuple[str, ...], message: str) -> None:
    result = call("reach", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


def test_unknown_names_are_refused_with_the_nearest() -> None:
    result = call("reach", "-", "--from", "shop/wep", "--to", "shup/db", stdin=yaml.safe_dump_all(WORLD))
    assert result.exit_code == 2
    assert result.stderr == (
        'error: --from shop/wep: there is no pod or workload wep in shop; did you mean "web"?\n'
        'error: --to shup/db: there is no namespace shup; did you mean "shop"?\n'
    )


@pytest.mark.parametrize("name", ["nope/x", "shop/nosuch"])
def test_a_name_that_is_like_nothing_is_refused_without_a_guess(name: str) -> None:
    objects = [namespace("shop-web"), *WORLD]
    result = call("reach", "-", "--from", name, "--to", "shop/db", stdin=yaml.safe_dump_all(objects))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: --from {name}: there is no ")
    assert "did you mean" not in result.stderr


def test_a_name_that_is_in_no_file_is_refused_with_what_could_not_be_read(tmp_path: Path) -> None:
    result = call("reach", str(tmp_path / "none"), *PAIR)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        str(tmp_path / "none"), "--from shop/web", "--to shop/db",
    ]  # fmt: skip


def test_an_unknown_stack_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_world(tmp_path, monkeypatch)
    result = call("reach", "--stack", "deg")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: Pulumi.deg.yaml: does not exist; known stacks are dev, prod\n"


def test_what_cannot_be_judged_ends_with_2_and_the_rest_is_shown(tmp_path: Path) -> None:
    bad = policy("shop/bad", ingress=[{"ports": [{"port": 0}]}])
    result = call("reach", "-", str(tmp_path / "none.yaml"), stdin=yaml.safe_dump_all([*WORLD, bad]))
    assert result.exit_code == 2
    assert "  reaches shop/Pod/db  TCP/5432\n" in result.stdout
    assert "none.yaml: cannot be read: No such file or directory\n" in result.stderr
    assert (
        "error: NetworkPolicy shop/bad: spec.ingress[0].ports[0].port is no number from 1 to 65535 and no name of "
        "a port, so the server refuses the policy\n" in result.stderr
    )
    status, found = reach(objects=[bad])
    assert (status, len(found["errors"])) == (2, 1)
    status, pair = reach(*PAIR, objects=[*WORLD, bad])
    assert (status, pair["allowed"], pair["errors"]) == (2, True, found["errors"])


def test_networks_of_pods_may_be_told() -> None:
    rule = policy("shop/p", podSelector=by(app="db"), ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])
    assert reach(*PAIR, objects=[WEB, DB, rule])[0] == 1
    assert reach(*PAIR, "--pod-cidr", "10.244.0.0/16", objects=[WEB, DB, rule])[0] == 0


def test_nothing_of_a_file_steers_the_terminal() -> None:
    odd = pod("shop/web", {"app": "\x1b[31mred\u202e"})
    result = call(
        "reach", "-", stdin=yaml.safe_dump_all([odd, policy("a\x1b[2J/p", ingress=[{"ports": [{"port": 0}]}])])
    )
    assert "\x1b" not in result.stdout + result.stderr


@pytest.mark.thorough
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(small_worlds(), ANYTHING, st.sampled_from(("text", "json", "dot", "svg")))
def test_no_manifest_crashes_it(objects: list[Object], value: Any, form: str) -> None:
    shape = json.dumps(value, default=lambda _: "?")
    for number, one in enumerate(objects):
        one[("spec", "metadata", "kind")[number % 3]] = json.loads(shape) if number % 2 else one.get("spec")
    result = call(
        "reach", "--format", form, "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    )
    assert result.exit_code in (0, 2), result.stderr


def test_help_has_examples_and_statuses() -> None:
    shown = call("reach", "--help").stdout
    assert "k8s-hardening reach --stack dev --format svg > reach.svg" in shown
    assert "Exit status: 0 the pair is allowed" in shown


def test_files_are_judged_without_the_engine_and_without_graphviz(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump_all(WORLD))
    code = (
        "import sys\nfrom k8s_hardening.cli.main import main\n"
        f"try:\n    main(['reach', {str(tmp_path)!r}])\n"
        "except SystemExit:\n    print(sorted({'pulumi', 'pygraphviz', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("pairs are open\n[]\n")
