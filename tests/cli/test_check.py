"""`check` judges whatever is named, with the right status, and says what it could not judge."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bench.samples import DEV_CONFIGURATION
from tests.builders import container, pod, pod_spec, wrap_pod
from tests.cli.calling import call

PRIVILEGED = container(securityContext={**container()["securityContext"], "privileged": True})


def bad_pod(**metadata: str) -> dict[str, Any]:
    made = pod(containers=[PRIVILEGED])
    made["metadata"].update(metadata)
    return made


def text_of(*objects: Any) -> str:
    return yaml.safe_dump_all(objects, sort_keys=False)


def check_json(*arguments: str, stdin: str | bytes | None = None) -> tuple[int, dict[str, Any]]:
    result = call("check", "--format", "json", *arguments, stdin=stdin)
    return result.exit_code, json.loads(result.stdout)


def test_a_clean_object_gives_status_0_and_an_empty_report(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(text_of(pod()))
    assert check_json(str(tmp_path)) == (0, {"findings": [], "exempt": [], "judged": 1, "errors": []})


def test_a_finding_gives_status_1_and_everything_about_it(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(text_of(pod(), bad_pod(name="bad")))
    assert check_json(str(path)) == (
        1,
        {
            "findings": [
                {
                    "control": "privileged",
                    "severity": "critical",
                    "file": str(path),
                    "kind": "Pod",
                    "namespace": "payments-api",
                    "name": "bad",
                    "path": "spec.containers[0].securityContext.privileged",
                    "found": "true",
                    "fix": "set it to false and add the capabilities that the process needs",
                }
            ],
            "exempt": [],
            "judged": 2,
            "errors": [],
        },
    )


def test_bad_input_wins_over_findings_and_the_rest_is_judged(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"a: b: c\n---\n{text_of(bad_pod())}")
    (tmp_path / "b.json").write_text('{"kind": 1')
    status, report = check_json(str(tmp_path))
    assert status == 2
    assert report["judged"] == 1
    assert [finding["control"] for finding in report["findings"]] == ["privileged"]
    assert [(Path(error["file"]).name, error["line"]) for error in report["errors"]] == [("a.yaml", 1), ("b.json", 1)]


def test_the_items_of_a_list_are_objects_with_paths_from_the_root() -> None:
    deployment, _ = wrap_pod(bad_pod(name="app"), "Deployment")
    nested = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"apiVersion": "v1", "kind": "List", "items": [deployment]}],
    }
    typed = {"apiVersion": "v1", "kind": "PodList", "items": [{**bad_pod(name="typed"), "kind": "Pod"}]}
    status, report = check_json("-", stdin=text_of(nested, typed))
    assert (status, report["judged"]) == (1, 2)
    assert [(f["file"], f["kind"], f["name"], f["path"]) for f in report["findings"]] == [
        (
            "<stdin>",
            "Deployment",
            "app",
            "items[0].items[0].spec.template.spec.containers[0].securityContext.privileged",
        ),
        ("<stdin>", "Pod", "typed", "items[0].spec.containers[0].securityContext.privileged"),
    ]


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([5], "items[0] is not a mapping"),
        ({"a": 1}, "items is not a mapping"),
        ([{"kind": "List", "items": [None]}], "items[0].items[0] is not a mapping"),
        ([{"apiVersion": "v1"}], "items[0].kind is not a text"),
        ([{"kind": "Pod"}], "items[0].apiVersion is missing"),
    ],
)
def test_what_is_no_object_in_a_list_is_an_error(items: Any, problem: str) -> None:
    status, report = check_json("-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    assert status == 2
    assert any(problem in error["problem"] for error in report["errors"])


def test_objects_of_all_files_are_judged_together(tmp_path: Path) -> None:
    def write(name: str, kind: str, api: str, **fields: Any) -> None:
        namespace = {} if kind == "Namespace" else {"namespace": "payments-api"}
        metadata = {"name": "payments-api" if kind == "Namespace" else "deny-all", **namespace}
        (tmp_path / name).write_text(text_of({"apiVersion": api, "kind": kind, "metadata": metadata, **fields}))

    write("namespace.yaml", "Namespace", "v1")
    alone = check_json("--control", "namespace-deny-all", str(tmp_path))
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    write("policies.yaml", "NetworkPolicy", "networking.k8s.io/v1", spec=spec)
    together = check_json("--control", "namespace-deny-all", str(tmp_path))
    assert alone[0] == 1
    assert [finding["name"] for finding in alone[1]["findings"]] == ["payments-api"]
    assert together[0] == 0


@pytest.mark.parametrize(
    "text", ["replicas: 3\n", "apiVersion: v2\nname: chart\n", "- a\n", "just text\n", "on: push\n", "resources: []\n"]
)
def test_what_has_no_kind_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(text)
    result = call("check", "--format", "json", str(path))
    assert (result.exit_code, json.loads(result.stdout)["judged"]) == (0, 0)
    assert result.stderr == f"note: {path}:1: is not a Kubernetes object\n"
    assert f"1 document is not a Kubernetes object: {path}:1" in call("check", str(path)).stdout


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind: Pod\n", "apiVersion is missing or not a text, so the Pod is not judged"),
        ("kind: Pod\napiVersion: 1\n", "apiVersion is missing or not a text, so the Pod is not judged"),
        ('kind: "\\e[31m"\n', "apiVersion is missing or not a text, so the object is not judged"),
        ("kind:\napiVersion: v1\n", "kind is not a text, so the object is not judged"),
        ("kind: yes\napiVersion: v1\n", "kind is not a text, so the object is not judged"),
        ("kind: Pod\nkind: Pod\napiVersion: v1\n", 'key "kind" stands twice in one mapping, first on line 1'),
    ],
)
def test_what_was_meant_as_an_object_and_is_none_is_an_error(text: str, problem: str) -> None:
    status, report = check_json("-", stdin=text)
    assert status == 2
    assert [error["problem"] for error in report["errors"]] == [problem]


def test_findings_are_in_the_order_of_files_objects_severities_and_numbers(tmp_path: Path) -> None:
    many = pod(containers=[PRIVILEGED | {"name": f"c{n}", "image": "app"} for n in range(12)], hostNetwork=True)
    (tmp_path / "b.yaml").write_text(text_of(many))
    (tmp_path / "a.yaml").write_text(text_of(bad_pod(name="z"), bad_pod(name="a")))
    _, report = check_json(str(tmp_path))
    places = [(Path(f["file"]).name, f["name"], f["severity"]) for f in report["findings"]]
    assert places[:3] == [("a.yaml", "z", "critical"), ("a.yaml", "a", "critical"), ("b.yaml", "app", "critical")]
    privileged = [f["path"] for f in report["findings"] if f["control"] == "privileged"][2:]
    assert privileged == [f"spec.containers[{n}].securityContext.privileged" for n in range(12)]
    ranks = [["critical", "high", "medium", "low"].index(severity) for file, _, severity in places if file == "b.yaml"]
    assert ranks == sorted(ranks)
    assert (
        call("check", "--format", "json", str(tmp_path)).stdout
        == call("check", "--format", "json", str(tmp_path)).stdout
    )


def test_the_text_shows_object_control_requirement_culprit_fix_and_a_summary(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(f"# head\n{text_of(bad_pod())}")
    result = call("check", str(path))
    assert result.exit_code == 1
    assert result.stdout == (
        f"{path}\n"
        "  Pod payments-api/app  line 2\n"
        "    critical [privileged] Containers must not run privileged.\n"
        "             spec.containers[0].securityContext.privileged is true; "
        "set it to false and add the capabilities that the process needs\n"
        "\n"
        f"1 object judged for Kubernetes 1.37 by {controls_in_force()} controls: 1 finding in 1 object (1 critical)\n"
    )
    assert result.stderr == ""


def controls_in_force() -> int:
    return len(json.loads(call("controls", "--format", "json").stdout))


def test_the_text_shows_errors_apart_from_findings(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text("kind: A\n\tb: c\n")
    result = call("check", str(path))
    assert result.exit_code == 2
    assert result.stdout.endswith("no findings; 1 error in the input\n")
    assert result.stderr.startswith(f"error: {path}:2: is not YAML")


def test_names_from_a_file_cannot_steer_the_terminal() -> None:
    evil = bad_pod(name="\x1b[2Jx\u202e", namespace="a\nb")
    result = call("check", "-", stdin=json.dumps(evil))
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "Pod a\\nb/\\x1b[2Jx\\u202e" in result.stdout


def test_there_are_no_colours_without_a_terminal() -> None:
    assert "\x1b[" not in call("check", "-", stdin=text_of(bad_pod())).stdout


def test_the_profile_bounds_what_is_judged() -> None:
    loose = pod_spec(containers=[container(image="app:latest", securityContext={"privileged": True})])
    loose["securityContext"] = {}
    stdin = text_of({**pod(), "spec": loose})

    def controls_at(profile: str) -> set[str]:
        return {finding["control"] for finding in check_json("--profile", profile, "-", stdin=stdin)[1]["findings"]}

    assert "privileged" in controls_at("pss-baseline")
    assert controls_at("pss-baseline") < controls_at("pss-restricted") < controls_at("full")


def test_severity_and_control_narrow_what_is_judged() -> None:
    stdin = text_of(pod(containers=[PRIVILEGED], hostNetwork=True, hostPID=True))
    both = {"privileged", "host-namespaces"}
    found = {finding["control"] for finding in check_json("-", stdin=stdin)[1]["findings"]}
    assert both <= found
    _, worst = check_json("--severity", "critical", "-", stdin=stdin)
    assert {finding["control"] for finding in worst["findings"]} == {"privileged"}
    _, one = check_json("--control", "host-namespaces", "--profile", "pss-baseline", "-", stdin=stdin)
    assert {finding["control"] for finding in one["findings"]} == {"host-namespaces"}


def test_the_version_of_the_cluster_decides() -> None:
    stdin = text_of(
        {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a", "namespace": "b"}}
    )
    old = check_json("--kubernetes", "v1.24.3", "--control", "removed-api", "-", stdin=stdin)
    new = check_json("--kubernetes", "1.25", "--control", "removed-api", "-", stdin=stdin)
    assert (old[0], new[0]) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("--kubernetes", "1.17"), "outside the supported versions 1.18 to"),
        (("--kubernetes", "latest"), "is not a Kubernetes version"),
        (("--control", "privilegd"), 'for example "privileged"'),
        (("--profile", "strict"), "pss-restricted"),
        (("--severity", "bad"), "critical"),
        (("--knowledge", "a", "--pack-config", "b"), "give one"),
    ],
)
def test_a_wrong_option_is_explained_with_status_2(arguments: tuple[str, ...], hint: str) -> None:
    result = call("check", *arguments, "-", stdin="")
    assert result.exit_code == 2
    assert hint in " ".join(result.stderr.split())


def exemption(expires: datetime.date) -> dict[str, Any]:
    return {
        "control": "privileged",
        "namespace": "payments-api",
        "reason": "needs the node for a migration",
        "owner": "platform",
        "expires": expires.isoformat(),
    }


def test_a_file_of_knowledge_is_heeded_and_the_day_is_today(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.yaml"
    stdin = text_of(bad_pod())
    today = datetime.datetime.now(tz=datetime.UTC).date()
    for day, status in ((today + datetime.timedelta(days=1), 0), (today - datetime.timedelta(days=1), 1)):
        path.write_text(yaml.safe_dump({"kubernetes": "1.30", "exemptions": [exemption(day)]}))
        assert check_json("--knowledge", str(path), "-", stdin=stdin)[0] == status
    assert "for Kubernetes 1.30" in call("check", "--knowledge", str(path), "-", stdin=stdin).stdout
    shown = call("check", "--knowledge", str(path), "--kubernetes", "1.31", "-", stdin=stdin).stdout
    assert "for Kubernetes 1.31" in shown


def test_every_use_of_an_exemption_is_reported(tmp_path: Path) -> None:
    path, day = tmp_path / "knowledge.yaml", datetime.date(2099, 1, 1)
    path.write_text(yaml.safe_dump({"exemptions": [exemption(day)]}))
    arguments = ("--knowledge", str(path), "--control", "privileged", "-")
    _, report = check_json(*arguments, stdin=text_of(bad_pod(), bad_pod()))
    assert report["findings"] == []
    assert [(one["control"], one["path"], one["until"], one["owner"], one["reason"]) for one in report["exempt"]] == [
        (
            "privileged",
            "spec.containers[0].securityContext.privileged",
            "2099-01-01",
            "platform",
            "needs the node for a migration",
        )
    ] * 2
    shown = call("check", *arguments, stdin=text_of(bad_pod(), bad_pod())).stdout
    assert "exempt: 2 findings by privileged until 2099-01-01, platform: needs the node for a migration\n" in shown
    assert "exempt" not in call("check", "-", stdin=text_of(bad_pod())).stdout


def test_an_exemption_that_ended_or_is_not_needed_is_found(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.yaml"
    for day, control in (("2020-01-01", "exemption-expired"), ("2099-01-01", "exemption-unneeded")):
        named = exemption(datetime.date.fromisoformat(day)) | {"name": pod()["metadata"]["name"]}
        path.write_text(yaml.safe_dump({"exemptions": [named]}))
        status, report = check_json("--knowledge", str(path), "-", stdin=text_of(pod()))
        assert (status, [one["control"] for one in report["findings"]]) == (1, [control])


def test_every_problem_of_a_file_of_knowledge_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.yaml"
    path.write_text("kubernetes: 1.36\ncnii: calico\ntoday: 2020-01-01\n")
    result = call("check", "--knowledge", str(path), "-", stdin="")
    assert result.exit_code == 2
    for part in ("knowledge.yaml.kubernetes: ", 'did you mean "cni"?', "knowledge.yaml.today: is taken from the clock"):
        assert part in result.stderr
    path.write_text(yaml.safe_dump({"exemptions": [exemption(datetime.date(2099, 1, 1)) | {"control": "privilegd"}]}))
    result = call("check", "--knowledge", str(path), "-", stdin="")
    assert (result.exit_code, 'for example "privileged"' in result.stderr) == (2, True)
    for text in ("- a\n", "a: 1\na: 2\n"):
        path.write_text(text)
        assert call("check", "--knowledge", str(path), "-", stdin="").exit_code == 2
    assert call("check", "--knowledge", str(tmp_path / "none"), "-", stdin="").exit_code == 2


def test_the_configuration_of_the_pack_is_heeded(tmp_path: Path) -> None:
    from k8s_hardening.engine.pack_lint import POLICIES
    from k8s_hardening.model.enforcement import PackConfiguration

    told = PackConfiguration.model_validate(
        {"knowledge": {"kubernetes": "1.30", "registries": ["other.example.com"]}, "levels": {"privileged": "disabled"}}
    )
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(dict.fromkeys(POLICIES, told.model_dump(mode="json"))))
    _, report = check_json("--pack-config", str(path), "-", stdin=text_of(bad_pod()))
    assert [finding["control"] for finding in report["findings"]] == ["image-registry"]
    path.write_text("{}")
    assert call("check", "--pack-config", str(path), "-", stdin="").exit_code == 2


def test_a_service_account_token_or_password_is_never_shown() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a", "namespace": "b"},
        "data": {"password": "czNjcjN0"},
        "stringData": {"token": "s3cr3t"},
    }
    for text in (json.dumps(secret), text_of(secret), text_of(secret) + "stringData: {token: s3cr3t}\n"):
        result = call("check", "-", stdin=text)
        assert "s3cr3t" not in result.output
        assert "czNjcjN0" not in result.output


HOSTILE: list[Any] = [
    {"apiVersion": "v1", "kind": "Pod", "metadata": [], "spec": {"containers": {"a": []}}},
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ["a"], "namespace": {}}, "spec": [[[]]]},
    {"apiVersion": "", "kind": "Pod"},
    {"apiVersion": "v1", "kind": "List"},
    {"apiVersion": "v1", "kind": "List", "items": None},
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [5, None, {"verbs": {}}]},
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"ingress": 5, "policyTypes": [{}]}},
]


@pytest.mark.parametrize("value", HOSTILE)
def test_objects_of_any_shape_are_judged_without_a_defect(value: Any) -> None:
    result = call("check", "--format", "json", "-", stdin=json.dumps(value))
    assert result.exit_code in (0, 1, 2)
    assert not any("not judged: control" in finding["found"] for finding in json.loads(result.stdout)["findings"])


@pytest.mark.thorough
def test_two_thousand_deployments_take_a_few_seconds(tmp_path: Path) -> None:
    objects = []
    for number in range(2000):
        made, _ = wrap_pod({**pod(), "metadata": {"name": f"app-{number}", "namespace": "payments-api"}}, "Deployment")
        objects.append(made)
    path = tmp_path / "big.yaml"
    path.write_text(yaml.dump_all(objects, Dumper=yaml.CSafeDumper))
    before = time.process_time()
    status, report = check_json(str(path))
    assert (status, report["judged"]) == (0, 2000)
    assert time.process_time() - before < 8


def allowing(peer: str, **metadata: str) -> dict[str, Any]:
    """A policy that lets pods of a namespace into the database of the dev environment."""
    named = {"matchLabels": {"kubernetes.io/metadata.name": peer}}
    pods = {"matchLabels": {"app": "api"}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-more", "namespace": "payments-db", **metadata},
        "spec": {
            "podSelector": {"matchLabels": {"app": "postgres"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [{"namespaceSelector": named, "podSelector": pods}],
                    "ports": [{"protocol": "TCP", "port": 5432}],
                }
            ],
        },
    }


def test_policies_in_a_folder_are_held_to_the_flows_that_the_pack_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "within.yaml").write_text(text_of(allowing("payments-api", name="within")))
    (tmp_path / "beyond.yaml").write_text(text_of(allowing("shop-web", name="beyond")))
    assert check_json(str(tmp_path))[0] == 0  # nothing is known of flows
    status, report = check_json("--pack-config", str(DEV_CONFIGURATION), str(tmp_path))
    (found,) = report["findings"]
    assert status == 1
    assert (found["control"], found["name"], found["path"]) == (
        "network-flow-declared",
        "beyond",
        "spec.ingress[0].from[0]",
    )
    assert found["found"] == (
        "open from pods with app=api of shop-web to pods with app=postgres of payments-db on TCP/5432, "
        "which no flow of the environment declares"
    )
    assert "consent of both ends" in found["fix"]


@pytest.mark.parametrize(
    "rules", [{"ingress": [{}]}, {"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}]
)
def test_an_open_rule_is_held_to_the_flows_where_the_control_of_open_rules_is_off(
    rules: dict[str, Any], tmp_path: Path
) -> None:
    told = json.loads(DEV_CONFIGURATION.read_text())
    for one in told.values():
        one["levels"] = {"network-policy-open": "disabled"}
    (tmp_path / "pack.json").write_text(json.dumps(told))
    opened = {**allowing("payments-api"), "spec": {"podSelector": {}, **rules}}
    (tmp_path / "policy.yaml").write_text(text_of(opened))
    for configuration, control in (
        (DEV_CONFIGURATION, "network-policy-open"),
        (tmp_path / "pack.json", "network-flow-declared"),
    ):
        status, report = check_json("--pack-config", str(configuration), str(tmp_path / "policy.yaml"))
        assert (status, [one["control"] for one in report["findings"]]) == (1, [control])


def test_a_policy_that_selects_nobody_is_named_by_what_the_folder_holds(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(text_of(pod()))
    (tmp_path / "policy.yaml").write_text(text_of(allowing("payments-api", namespace="payments-api")))
    _, report = check_json("--control", "network-policy-idle", str(tmp_path))
    (found,) = report["findings"]
    assert found["found"] == "app=postgres, which none of the pods of payments-api in this stack has"
