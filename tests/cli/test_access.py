"""`who-can`, `can`, `can-i` and `access`: what they say, and how they end."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.calling import call
from tests.kube.access.worlds import Object, bind, rbac, rule

NS: Object = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
}
WORLD = [
    NS,
    rbac("Role", "reader", "shop", rules=[rule("get list", "secrets")]),
    bind("Role/reader", "user:alice", namespace="shop", name="reader"),
    rbac("Role", "runner", "shop", rules=[rule("create", "pods"), rule("get", "pods/log")]),
    bind("Role/runner", "user:bob", "serviceaccount:shop/ci", namespace="shop", name="runner"),
    rbac("ClusterRole", "metrics", rules=[rule("get", urls="/metrics")]),
    bind("ClusterRole/metrics", "group:watchers"),
]
STATE_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - marks a secret in a state


def said(*arguments: str, objects: list[Object] | None = None) -> Any:
    return call(*arguments, "-", stdin=yaml.safe_dump_all(WORLD if objects is None else objects))


def test_who_can_tells_the_direct_from_those_by_way_of_others() -> None:
    result = said("who-can", "get", "secret", "-n", "shop", "--name", "db", "--format", "json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert {one["subject"]: (one["direct"], [step["step"] for step in one["path"]]) for one in told["able"]} == {
        "user:alice": (True, []),
        "user:bob": (False, ["create-pods"]),
        "serviceaccount:shop/ci": (False, ["create-pods"]),
    }
    assert (told["verb"], told["resource"], told["namespace"], told["name"]) == ("get", "secrets", "shop", "db")


def test_who_can_in_words() -> None:
    text = said("who-can", "get", "secrets", "-n", "shop").stdout
    assert "user:bob -> creates a pod in shop -> the Secrets of shop" in text
    assert "RoleBinding shop/reader gives user:alice Role shop/reader rules[0]: get,list secrets" in text
    assert text.index("directly:") < text.index("user:alice") < text.index("by way of others:") < text.index("user:bob")


def test_who_can_directly_leaves_the_others_out() -> None:
    text = said("who-can", "get", "secrets", "-n", "shop", "--direct").stdout
    assert "user:alice" in text
    assert "user:bob" not in text


def test_who_can_names_those_of_the_cluster_on_request() -> None:
    assert "generic-garbage-collector" not in said("who-can", "get", "secrets", "-n", "shop").stdout
    assert "generic-garbage-collector" in said("who-can", "get", "secrets", "-n", "shop", "--system").stdout


def test_nobody_is_status_1() -> None:
    result = said("who-can", "delete", "nodes")
    assert result.exit_code == 1
    assert "nobody" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("who-can", "get", "secretz", "-n", "shop"),
            'RESOURCE "secretz" is no resource that is known; did you mean "secrets"?',
        ),
        (("who-can", "get", "pods/logs"), 'RESOURCE "pods/logs": pods has no logs; for example "pods/log"'),
        (("who-can", "get", "pods", "-n", "shp"), '--namespace "shp" is none of those here; did you mean "shop"?'),
        (("can", "serviceaccount:shop"), 'SUBJECT "serviceaccount:shop" is no service account; for example'),
        (("can", "alice", "-n", "shp"), '--namespace "shp" is none of those here; did you mean "shop"?'),
    ],
)
def test_bad_input_is_told_with_what_would_do(arguments: tuple[str, ...], message: str) -> None:
    result = said(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("can", "user:alce"), '"user:alce" is bound to nothing here; did you mean "user:alice"?'),
        (("can", "user:dana@example.com"), '"user:dana@example.com" is bound to nothing here'),
        (("can", "group:strangers"), '"group:strangers" is bound to nothing here'),
        (("can", "zoe", "--as-group", "strangers"), '"user:zoe" is bound to nothing here'),
    ],
)
def test_somebody_of_whom_nothing_is_known_may_what_everybody_may(arguments: tuple[str, ...], hint: str) -> None:
    result = said(*arguments)
    assert result.exit_code == 1
    assert f"note: SUBJECT {hint}" in result.stderr
    assert "/version: get" in result.stdout
    data = said(*arguments, "--format", "json")
    assert data.exit_code == 1
    assert not json.loads(data.stdout)["known"]


def test_somebody_whose_group_is_known_is_known() -> None:
    result = said("can", "zoe", "--as-group", "watchers", "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["known"]


@pytest.mark.parametrize(
    ("arguments", "is_known"),
    [
        (("frobnicate", "secrets", "-n", "shop"), False),
        (("frobnicate", "/metrics"), False),
        (("list", "/metrics"), False),
        (("delete", "nodes"), True),
        (("get", "/metrics"), True),
        (("*", "*"), True),
    ],
)
def test_who_can_warns_of_a_verb_that_there_is_not(arguments: tuple[str, ...], is_known: bool) -> None:
    for form in ("text", "json"):
        warning = said("who-can", *arguments, "--format", form).stderr
        assert warning == ("" if is_known else f"Warning: verb '{arguments[0]}' is not a known verb\n")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("serviceaccount:shop/ci", "system:serviceaccount:shop:ci"),
        ("serviceaccount:shop:ci", "system:serviceaccount:shop:ci"),
        ("system:serviceaccount:shop/ci", "system:serviceaccount:shop:ci"),
    ],
)
def test_can_i_warns_of_a_user_that_looks_like_a_service_account(name: str, right: str) -> None:
    result = said("can-i", "create", "pods", "--as", name, "-n", "shop")
    assert (result.stdout, result.exit_code) == ("no\n", 1)
    assert f"Warning: '{name}' is asked about as a user of that name; the service account is '{right}'" in result.stderr
    assert "Warning" in said("can-i", "--list", "--as", name, "-n", "shop").stderr
    assert said("can-i", "create", "pods", "--as", right, "-n", "shop").stderr == ""


def test_every_problem_is_told_at_once() -> None:
    result = said("who-can", "get", "secretz", "-n", "shp")
    assert len(result.stderr.splitlines()) == 2


def test_resources_of_others_are_named_with_their_group() -> None:
    objects = [
        rbac("ClusterRole", "w", rules=[rule("get", "widgets", groups="example.com")]),
        bind("ClusterRole/w", "user:eve"),
    ]
    assert "user:eve" in said("who-can", "get", "widgets.example.com", objects=objects).stdout


@pytest.mark.parametrize("command", [("who-can", "get", "secrets"), ("can", "user:u0"), ("access",)])
def test_rights_that_are_followed_no_further_are_said_in_words(command: tuple[str, ...]) -> None:
    objects = [
        one
        for number in range(150)
        for one in (
            rbac("ClusterRole", f"c{number}", rules=[rule("impersonate", "users", names=f"u{number + 1}")]),
            bind(f"ClusterRole/c{number}", f"user:u{number}", name=f"b{number}"),
        )
    ]
    result = said(*command, objects=objects)
    assert result.exit_code == 2
    assert "rights lead from one holder to the next more than 100 times in a row" in result.stderr


def test_can_tells_own_rights_and_what_they_lead_to() -> None:
    result = said("can", "bob", "--format", "json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    (row,) = [one for one in told["rows"] if one["namespace"] == "shop"]
    assert row["level"] == "runs code"
    assert {"resource": "pods/log", "verbs": ["get"], "certain": True} in row["rights"]
    assert {one["title"] for one in told["reaches"]} == {
        "serviceaccount:shop/ci",
        "serviceaccount:shop/default",
        "the Secrets of shop",
    }
    assert "the Secrets of shop" in said("can", "bob").stdout


@pytest.mark.parametrize(
    ("arguments", "answer", "status"),
    [
        (("get", "secrets", "--as", "alice", "-n", "shop"), "yes\n", 0),
        (("get", "secret/db", "--as", "alice", "-n", "shop"), "yes\n", 0),
        (("get", "secrets", "--as", "alice"), "no\n", 1),
        (("get", "secrets", "--as", "alice", "-A"), "no\n", 1),
        (("get", "secrets", "--as", "bob", "-n", "shop"), "no\n", 1),
        (("get", "pods", "--subresource", "log", "--as", "bob", "-n", "shop"), "yes\n", 0),
        (("get", "pods/log", "--as", "bob", "-n", "shop"), "no\n", 1),
        (("create", "po", "--as", "system:serviceaccount:shop:ci", "-n", "shop"), "yes\n", 0),
        (("get", "/metrics", "--as", "x", "--as-group", "watchers"), "yes\n", 0),
        (("get", "/metrics", "--as", "x"), "no\n", 1),
        (("*", "*", "--as", "x", "--as-group", "system:masters", "-A"), "yes\n", 0),
        (("get", "secrets", "--as", "alice", "-n", "shop", "-q"), "", 0),
    ],
)
def test_can_i_answers_as_kubectl(arguments: tuple[str, ...], answer: str, status: int) -> None:
    result = said("can-i", *arguments)
    assert (result.stdout, result.exit_code) == (answer, status)


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (("get", "widgets"), "Warning: the server doesn't have a resource type 'widgets'"),
        (("get", "nodes"), "Warning: resource 'nodes' is not namespace scoped"),
        (("frob", "pods"), "Warning: verb 'frob' is not a known verb"),
        (("list", "/metrics"), "Warning: verb 'list' is not a known verb"),
    ],
)
def test_can_i_warns_as_kubectl(arguments: tuple[str, ...], warning: str) -> None:
    result = said("can-i", *arguments, "--as", "alice")
    assert warning in result.stderr
    assert result.exit_code == 1


def test_can_i_lists_what_counts_in_a_namespace_as_kubectl() -> None:
    lines = said("can-i", "--list", "--as", "alice", "-n", "shop", "--no-headers").stdout.splitlines()
    assert [" ".join(line.split()) for line in lines if "secrets" in line] == ["secrets [] [] [get list]"]
    assert any(line.split() == ["[/api/*]", "[]", "[get]"] for line in lines), "what everybody may do"
    assert not any("secrets" in line for line in said("can-i", "--list", "--as", "alice").stdout.splitlines())
    header, *_ = said("can-i", "--list", "--as", "alice", "-n", "shop").stdout.splitlines()
    assert header.split("  ")[0] == "Resources"
    everything = said("can-i", "--list", "--as", "x", "--as-group", "system:masters").stdout
    assert any(line.split() == ["*.*", "[]", "[]", "[*]"] for line in everything.splitlines())


def test_can_i_lists_each_named_object_and_path() -> None:
    objects = [
        rbac("ClusterRole", "w", rules=[rule("get update", "deployments/scale", groups="apps", names="a b")]),
        rbac("ClusterRole", "u", rules=[rule("get", urls="/metrics")]),
        bind("ClusterRole/w", "user:eve"),
        bind("ClusterRole/u", "user:eve", name="u"),
    ]
    text = said("can-i", "--list", "--as", "eve", "--no-headers", objects=objects).stdout
    rows = {tuple(line.split(maxsplit=3)) for line in text.splitlines() if "deployments" in line}
    assert rows == {
        ("deployments.apps/scale", "[]", "[a]", "[get update]"),
        ("deployments.apps/scale", "[]", "[b]", "[get update]"),
    }
    assert any(line.split() == ["[/metrics]", "[]", "[get]"] for line in text.splitlines())


def test_can_i_says_when_its_list_is_not_for_sure() -> None:
    objects = [
        rbac("ClusterRole", "all", aggregationRule={"clusterRoleSelectors": []}, rules=[rule("get", "pods")]),
        bind("ClusterRole/all", "user:eve"),
    ]
    result = said("can-i", "--list", "--as", "eve", objects=objects)
    assert "Warning: the list may be incomplete" in result.stderr
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("get", "--as", "x"), "name a VERB and a TYPE"),
        (("get", "pods", "--as", "x", "--no-headers"), "--no-headers goes with --list only"),
        (("--list", "--as", "x", "-A"), "--list goes with none of"),
        (("--list", "--as", "x", "-q"), "--list goes with none of"),
        (("--list", "--as", "x", "--subresource", "log"), "--list goes with none of"),
    ],
)
def test_can_i_says_what_does_not_go_together(arguments: tuple[str, ...], message: str) -> None:
    result = call("can-i", *arguments, "--stack", "dev")
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_matrix_has_a_row_for_each_subject_and_namespace() -> None:
    told = json.loads(said("access", "--format", "json").stdout)
    rows = {
        (one["subject"], one["scope"]): (one["level"], one["secrets"] and one["secrets"]["direct"])
        for one in told["rows"]
    }
    assert rows == {
        ("user:alice", "shop"): ("reads", True),
        ("user:bob", "shop"): ("runs code", False),
        ("serviceaccount:shop/ci", "shop"): ("runs code", False),
        ("group:watchers", "every namespace"): ("reads", None),
    }


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_one_table_that_loads_nothing_and_escapes_everything() -> None:
    evil = "<script>alert(1)</script>"
    result = said("access", "--format", "html", objects=[*WORLD, bind("Role/reader", f"user:{evil}", namespace="shop")])
    page = Page()
    page.feed(result.stdout)
    assert f"user:{evil}" in page.words
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert not [attributes for _, attributes in page.tags if {"src", "href", "onclick"} & set(attributes)]
    assert names.count("table") == names.count("caption") == 1
    assert ("html", {"lang": "en"}) in page.tags
    scopes = [attributes.get("scope") for tag, attributes in page.tags if tag == "th"]
    assert scopes.count("col") == 4
    assert scopes.count("rowgroup") == 2
    assert scopes.count("row") == 5


def test_what_differs_is_told_and_is_status_1(tmp_path: Path) -> None:
    before = tmp_path / "before.yaml"
    before.write_text(yaml.safe_dump_all(WORLD[:3]))
    result = said("access", "--against", str(before))
    assert result.exit_code == 1
    assert "gained  user:bob  shop: create pods" in result.stdout
    assert "gained  user:bob  shop: get by way of create-pods secrets" in result.stdout
    before.write_text(yaml.safe_dump_all(WORLD))
    assert said("access", "--against", str(before)).exit_code == 0


def test_a_state_is_read_and_its_secrets_are_not(tmp_path: Path) -> None:
    hidden = {STATE_SECRET: "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"planted"'}
    resources = [{"urn": f"urn:{number}", "type": "x", "inputs": one} for number, one in enumerate(WORLD)]
    metadata = {"name": "db", "namespace": "shop"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": hidden}
    resources.append({"urn": "urn:s", "type": "kubernetes:core/v1:Secret", "inputs": secret})
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"deployment": {"resources": resources}}))
    for arguments in (("access",), ("who-can", "get", "secrets", "-n", "shop"), ("can", "alice")):
        result = call(*arguments, "--state", str(state), "--format", "json")
        assert result.exit_code == 0, result.stderr
        assert "planted" not in result.stdout + result.stderr


def test_the_plan_of_a_stack_is_asked_about() -> None:
    result = call("who-can", "get", "secrets", "-n", "payments-api", "--stack", "dev", "--format", "json")
    assert result.exit_code == 0
    assert "group:payments-admins" in {one["subject"] for one in json.loads(result.stdout)["able"]}


@pytest.mark.parametrize(
    "arguments",
    [("access",), ("who-can", "get", "pods"), ("can", "x"), ("can-i", "get", "pods", "--as", "x")],
)
def test_one_place_to_look_at_is_needed(arguments: tuple[str, ...]) -> None:
    for more in ((), ("--stack", "dev", "x.yaml")):
        result = call(*arguments, *more)
        assert result.exit_code == 2
        assert "give one of PATH, --stack and --state" in result.stderr


def test_what_cannot_be_read_is_told_and_is_status_2() -> None:
    result = call("access", "-", stdin="a: [")
    assert result.exit_code == 2
    assert "error: " in result.stderr
    result = call("access", "--state", "-", stdin="no")
    assert result.exit_code == 2
    assert "pulumi stack export" in result.stderr
