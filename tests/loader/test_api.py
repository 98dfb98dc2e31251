"""The loader's requests, against a real server with TLS on loopback."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from k8s_hardening.loader.api import Api, ApiError

CERTIFICATES = Path(__file__).parent / "certificates"


@dataclass
class Served:
    """A server, what it was asked, and what it answers: a status and a body."""

    answer: Callable[[str], tuple[int, bytes]] = lambda _: (200, b"{}")
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    drip: float = 0
    port: int = 0


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_PATCH(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            made.asked.append((self.command, self.path, dict(self.headers), body))
            status, text = made.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if not made.drip:
                self.wfile.write(text)
                return
            for byte in text:
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(made.drip)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is that of the base class
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def account(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("first\n")
    (tmp_path / "ca.crt").write_bytes((CERTIFICATES / "ca.crt").read_bytes())
    return tmp_path


@pytest.fixture
def api(served: Served, account: Path) -> Api:
    return Api("127.0.0.1", served.port, account, 5)


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def test_fresh_pods_come_in_pages(served: Served, api: Api) -> None:
    def answer(path: str) -> tuple[int, bytes]:
        following = "continue" not in parse_qs(urlsplit(path).query)
        return 200, body({"metadata": {"continue": "more"} if following else {}, "items": [{"page": following}]})

    served.answer = answer
    assert list(api.pods_of("worker-1", fresh=True)) == [{"page": True}, {"page": False}]
    queries = [parse_qs(urlsplit(path).query) for _, path, _, _ in served.asked]
    first = {"fieldSelector": ["spec.nodeName=worker-1"], "limit": ["100"]}
    assert queries == [first, {**first, "continue": ["more"]}]
    assert {urlsplit(path).path for _, path, _, _ in served.asked} == {"/api/v1/pods"}


def test_remembered_pods_cost_the_server_little(served: Served, api: Api) -> None:
    served.answer = lambda _: (200, body({"metadata": {}, "items": []}))
    assert list(api.pods_of("worker-1", fresh=False)) == []
    assert parse_qs(urlsplit(served.asked[0][1]).query)["resourceVersion"] == ["0"]


def test_labels_are_a_merge_patch_and_the_answer_has_all(served: Served, api: Api) -> None:
    served.answer = lambda _: (200, body({"metadata": {"labels": {"a": "b"}}}))
    assert api.label_node("worker-1", {"x": "y", "z": None}) == {"a": "b"}
    method, path, headers, patch = served.asked[0]
    assert (method, path, patch) == ("PATCH", "/api/v1/nodes/worker-1", {"metadata": {"labels": {"x": "y", "z": None}}})
    assert headers["Content-Type"] == "application/merge-patch+json"


def test_the_token_is_read_anew_each_time(served: Served, api: Api, account: Path) -> None:
    served.answer = lambda _: (200, body({"metadata": {}}))
    api.label_node("worker-1", {})
    (account / "token").write_text("second")
    api.label_node("worker-1", {})
    assert [headers["Authorization"] for _, _, headers, _ in served.asked] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    ("status", "text", "says"),
    [
        (
            403,
            body({"message": 'nodes "worker-1" is forbidden'}),
            'is answered with 403: nodes "worker-1" is forbidden$',
        ),
        (500, b"<html>", "is answered with 500$"),
        (302, b"", "is answered with 302$"),
        (410, body({"message": "x" * 1000}), "410: x{300}$"),
        (200, b"[]", "is not answered with JSON"),
        (200, b"{", "is not answered with JSON"),
        (200, b"[" * 100_000, "is not answered with JSON"),
        (200, b"\xff", "is not answered with JSON"),
        (200, body({"metadata": {}, "items": "none"}), "has an unknown form"),
        (200, body({"metadata": None, "items": []}), "has an unknown form"),
        (200, body({"metadata": {"continue": 1}, "items": []}), "has an unknown form"),
        (200, body({"metadata": {"continue": "more"}, "items": []}), "has more than 50 pages"),
    ],
)
def test_other_answers_are_errors_without_secrets(
    served: Served, api: Api, status: int, text: bytes, says: str
) -> None:
    served.answer = lambda _: (status, text)
    with pytest.raises(ApiError, match=says) as raised:
        list(api.pods_of("worker-1", fresh=True))
    assert "first" not in str(raised.value)


@pytest.mark.parametrize("metadata", [None, [], {"labels": []}, {"labels": {"a": 1}}])
def test_a_node_of_unknown_form(served: Served, api: Api, metadata: object) -> None:
    served.answer = lambda _: (200, body({"metadata": metadata}))
    with pytest.raises(ApiError, match="has an unknown form"):
        api.label_node("worker-1", {})


def test_a_name_cannot_lead_elsewhere(served: Served, api: Api) -> None:
    served.answer = lambda _: (200, body({"metadata": {}}))
    api.label_node("../pods?x", {})
    assert served.asked[0][1] == "/api/v1/nodes/..%2Fpods%3Fx"


def test_an_answer_that_takes_too_long(served: Served, account: Path) -> None:
    served.answer, served.drip = lambda _: (200, b" " * 10_000), 0.05
    started = time.monotonic()
    with pytest.raises(ApiError, match="takes too long"):
        Api("127.0.0.1", served.port, account, 0.5).label_node("worker-1", {})
    assert time.monotonic() - started < 5


def test_an_answer_that_is_too_long(served: Served, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8s_hardening.loader.api._LARGEST_ANSWER", 1000)
    served.answer = lambda _: (200, b" " * 1001)
    with pytest.raises(ApiError, match="too long"):
        api.label_node("worker-1", {})


def test_nobody_there(account: Path) -> None:
    with pytest.raises(ApiError, match="cannot be reached: Connection refused"):
        Api("127.0.0.1", 1, account, 1).label_node("worker-1", {})


def test_a_server_of_another_ca_is_not_spoken_to(served: Served, api: Api, account: Path) -> None:
    pem = (CERTIFICATES / "server.pem").read_text()
    (account / "ca.crt").write_text(pem[: pem.index("-----BEGIN EC")])
    with pytest.raises(ApiError, match="cannot be reached"):
        api.label_node("worker-1", {})
    assert served.asked == []


def test_a_server_of_another_name_is_not_spoken_to(served: Served, account: Path) -> None:
    with pytest.raises(ApiError, match="cannot be reached"):
        Api("localhost", served.port, account, 5).label_node("worker-1", {})
    assert served.asked == []


@pytest.mark.parametrize("name", ["token", "ca.crt"])
def test_no_account(served: Served, api: Api, account: Path, name: str) -> None:
    (account / name).unlink()
    with pytest.raises(ApiError, match="cannot be reached: No such file"):
        api.label_node("worker-1", {})
