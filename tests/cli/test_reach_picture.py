"""The picture shows every tenant, namespace and flow, and who is isolated stands without a line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pygraphviz
import pytest
import yaml

from tests.cli.calling import call
from tests.cli.stack_world import make_world
from tests.docs.pages import PROJECT
from tests.kube.reach.worlds import Object, by, namespace, pod, policy

SVG = "{http://www.w3.org/2000/svg}"


class Drawn:
    """What a picture shows, read from its XML."""

    def __init__(self, text: str) -> None:
        root = ElementTree.fromstring(text)  # noqa: S314 - our own
        self.size = (float(root.attrib["width"]), float(root.attrib["height"]))
        groups = [one for one in root.iter(f"{SVG}g") if "class" in one.attrib]
        self.tenants = {self.texts(one)[0].removeprefix("tenant ") for one in groups if one.get("class") == "tenant"}
        self.spaces = {
            one.attrib["data-name"]: one.attrib["class"].split()[1]
            for one in groups
            if one.attrib["class"].startswith("space")
        }
        self.outside = {one.attrib["data-name"] for one in groups if one.get("class") == "outside"}
        self.lines = {
            (one.attrib["data-from"], one.attrib["data-to"]): one.attrib["class"]
            for one in groups
            if "data-from" in one.attrib
        }
        self.labels = {
            tuple(one.attrib["data-name"].split(" → ")): self.texts(one)
            for one in groups
            if one.get("class") == "flow" and "data-name" in one.attrib
        }
        self.notes = [str(one.text) for one in root.iter(f"{SVG}text") if one.get("class") == "note"]
        self.boxes = [
            {name: float(one.attrib[name]) for name in ("x", "y", "width", "height")}
            for one in root.iter(f"{SVG}rect")
            if one.get("x") is not None
        ]

    @staticmethod
    def texts(group: ElementTree.Element) -> list[str]:
        return [str(one.text) for one in group.iter(f"{SVG}text")]


def drawn(objects: list[Object]) -> Drawn:
    result = call("reach", "--format", "svg", "-", stdin=yaml.safe_dump_all(objects))
    assert result.exit_code == 0, result.stderr
    return Drawn(result.stdout)


def dot(objects: list[Object]) -> str:
    result = call("reach", "--format", "dot", "-", stdin=yaml.safe_dump_all(objects))
    assert result.exit_code == 0, result.stderr
    return result.stdout


FLOWS = {
    ("payments-api", "payments-db"): ["app=api → app=postgres", "TCP/5432"],
    ("payments-api", "203.0.113.0/24"): ["app=api", "TCP/443"],
    ("shop-web", "shop-cart"): ["app=web → app=cart", "TCP/8080"],
    ("shop-cart", "payments-api"): ["app=cart → app=api", "TCP/8443"],
    ("platform-metrics", "payments-api"): ["app=prometheus → any pod", "TCP/9100-9102"],
    ("platform-metrics", "shop-web"): ["app=prometheus → any pod", "TCP/9100-9102"],
}
SPACES = ("payments-api", "payments-db", "shop-web", "shop-cart", "shop-batch", "platform-ci", "platform-metrics")


def test_every_tenant_namespace_and_flow_of_the_development_environment_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world(tmp_path, monkeypatch)
    found = Drawn(call("reach", "--stack", "dev", "--format", "svg").stdout)
    assert found.tenants == {"payments", "shop", "platform-tools"}
    assert set(SPACES) <= set(found.spaces)
    assert {found.spaces[name] for name in SPACES} == {"closed"}
    assert found.spaces["kube-system"] == "open"
    assert FLOWS.items() <= found.labels.items()
    assert set(found.labels) == set(found.lines)
    of_tenants = {key for key in found.lines if set(key) & set(SPACES)}
    assert of_tenants == set(FLOWS)
    # Isolated ones stand without a line.
    assert not {"shop-batch", "platform-ci"} & {name for key in found.lines for name in key}
    assert "203.0.113.0/24" in found.outside
    # What all of them reach is said once.
    assert any("kube-system k8s-app=kube-dns, 169.254.20.10/32: TCP/53, UDP/53" in note for note in found.notes)
    width, height = found.size
    for box in found.boxes:
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        assert 0 <= box["y"] <= box["y"] + box["height"] <= height


def test_the_picture_of_the_documents_shows_what_is_so() -> None:
    committed = Drawn((PROJECT / "docs/reach-dev.svg").read_text())
    fresh = Drawn(call("reach", "--stack", "dev", "--project", str(PROJECT), "--format", "svg").stdout)
    # Where things stand may differ between releases of Graphviz; what is shown may not.
    for part in ("tenants", "spaces", "outside", "lines", "labels", "notes"):
        assert getattr(committed, part) == getattr(fresh, part), "write docs/reach-dev.svg anew"


OPEN = [namespace("one"), namespace("two"), pod("one/web", {"app": "web"}), pod("two/db", {"app": "db"})]


def test_what_is_open_on_both_sides_is_marked_and_not_drawn() -> None:
    found = drawn(OPEN)
    assert found.spaces == {"one": "open", "two": "open"}
    assert found.lines == {}
    assert found.tenants == set()
    assert "What is open reaches, and is reached by, all else that is open; that is not drawn." in found.notes


def test_half_open_namespaces_and_everybody_outside_are_drawn() -> None:
    found = drawn([*OPEN, policy("two/p", ingress=[{"ports": [{"port": 80}]}])])
    assert found.spaces == {"one": "open", "two": "half"}
    assert found.lines == {("one", "two"): "flow", ("every address outside", "two"): "flow"}
    assert found.labels["one", "two"] == ["TCP/80"]


def test_what_is_not_certain_is_dashed() -> None:
    found = drawn([*OPEN, pod("one/agent", hostNetwork=True), policy("two/p", ingress=[])])
    assert found.lines == {("one", "two"): "flow unsure"}
    assert any(note.startswith("Dashed: may be open") for note in found.notes)


def test_traffic_inside_a_namespace_stands_in_it() -> None:
    closed = policy("one/p", ingress=[{"from": [{"podSelector": by(app="web")}], "ports": [{"port": 80}]}])
    text = call(
        "reach", "--format", "svg", "-", stdin=yaml.safe_dump_all([*OPEN, pod("one/db", {"app": "db"}), closed])
    ).stdout
    assert ">web → any pod: TCP/80<" in text


def test_names_that_are_markup_stay_text() -> None:
    tenant = '<script>alert("x")</script>&\x1b'
    objects = [namespace("one", **{"k8s-hardening/tenant": tenant}), pod("one/web", {"app": '"];evil'})]
    objects.append(policy("one/p", ingress=[{"ports": [{"port": 1}]}]))
    found = drawn(objects)
    assert found.tenants == {'<script>alert("x")</script>&\\x1b'}
    text = dot(objects)
    assert 'label="tenant <script>alert(\\"x\\")</script>&\\\\x1b"' in text


def test_dot_is_what_graphviz_reads() -> None:
    _, _, *pods = OPEN
    spaces = [namespace("one"), namespace("two", **{"k8s-hardening/tenant": "shop"})]
    graph = pygraphviz.AGraph(string=dot([*spaces, *pods, policy("two/p", ingress=[{"ports": [{"port": 80}]}])]))
    assert set(graph.nodes()) == {"one", "two", "every address outside"}
    assert {(one, other) for one, other in graph.edges()} == {("one", "two"), ("every address outside", "two")}
    (cluster,) = graph.subgraphs()
    assert cluster.graph_attr["label"] == "tenant shop"
    assert cluster.nodes() == ["two"]


def test_a_picture_that_nobody_could_read_is_refused() -> None:
    objects = [namespace(f"n-{number}") for number in range(300)]
    result = call("reach", "--format", "svg", "-", stdin=yaml.safe_dump_all(objects))
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "error: a picture of 300 namespaces and 0 flows cannot be read; draw at most 250 and 500 at once"
        in result.stderr
    )


def test_without_the_library_the_way_to_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump_all(OPEN))
    code = (
        "import sys\nsys.modules['pygraphviz'] = None\n"
        f"from k8s_hardening.cli.main import main\nmain(['reach', '--format', 'svg', {str(tmp_path)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "k8s-hardening[picture]", or use --format dot' in done.stderr
