"""Services outside the cluster that an API server asks: an identity provider and webhooks, by https."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[str, Any], Any]
"""From the path and the JSON that was sent to the JSON of the answer."""

_SECONDS_TO_SPEAK = 10


def lend_client_pair(pki: Path, name: str) -> None:
    """Make `<name>.crt` and `.key`, by which a service knows the API server, of those by which kubelets do."""
    for suffix in ("crt", "key"):
        (pki / f"{name}.{suffix}").write_bytes((pki / f"apiserver-kubelet-client.{suffix}").read_bytes())


@contextmanager
def service(
    pki: Path, answer: Answer, *, client_ca: bool, port: int = 0, certificate: str = "apiserver"
) -> Iterator[int]:
    """Serve https on a port of loopback, any free one by default, with a certificate of the folder; the port.

    With `client_ca` only those come in who show a certificate of the cluster's CA.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS_TO_SPEAK

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, asked: Any) -> None:
            text = json.dumps(answer(self.path, asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is that of the base class
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / f"{certificate}.crt", pki / f"{certificate}.key")
    if client_ca:
        context.load_verify_locations(pki / "ca.crt")
        context.verify_mode = ssl.CERT_REQUIRED
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class TokenSigner:
    """The keys of an identity provider: signs with an RSA key in the form of kubeadm (PKCS #1)."""

    def __init__(self, key_file: Path) -> None:
        body = "".join(line for line in key_file.read_text().splitlines() if not line.startswith("-----"))
        _version, self._modulus, self._exponent, self._private, *_ = _integers(base64.b64decode(body))

    def key_set(self) -> dict[str, Any]:
        """What the provider publishes."""
        numbers = {"n": _base64(_bytes(self._modulus)), "e": _base64(_bytes(self._exponent))}
        return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "test", **numbers}]}

    def token(self, **claims: Any) -> str:
        """A token that is valid for some minutes."""
        now = int(time.time())
        parts = ({"alg": "RS256", "kid": "test"}, {"iat": now, "exp": now + 600, **claims})
        signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        # PKCS #1 v1.5: padding, the name of SHA-256, the digest.
        digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(signed.encode()).digest()
        size = len(_bytes(self._modulus))
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        signature = pow(int.from_bytes(padded), self._private, self._modulus)
        return f"{signed}.{_base64(signature.to_bytes(size))}"


def _integers(der: bytes) -> list[int]:
    """The integers of a DER sequence of nothing else."""
    found = []
    _, rest = _element(der)
    while rest:
        length, body = _element(rest)
        found.append(int.from_bytes(body[:length]))
        rest = body[length:]
    return found


def _element(der: bytes) -> tuple[int, bytes]:
    """Length of the first element, and everything after its head."""
    if der[1] < 0x80:
        return der[1], der[2:]
    size = der[1] & 0x7F
    return int.from_bytes(der[2 : 2 + size]), der[2 + size :]


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
