"""The two requests that the loader sends to the API server: the pods of its node, and the labels of its node.

Source: k8s.io/kubernetes v1.37.2, staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go (ListOptions).
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SECONDS = 10.0
_LARGEST_ANSWER = 64 << 20  # bytes
_PAGE = 100
_MOST_PAGES = 50
_CHUNK = 1 << 16
_LONGEST_MESSAGE = 300


class ApiError(Exception):
    """The API server did not answer as it should; the text is one sentence without secrets."""


@dataclass(frozen=True)
class Api:
    """The API server, as the account of the pod sees it."""

    host: str
    port: int
    account: Path = ACCOUNT
    """Folder of the token, which is renewed all the time, and of the CA's certificate."""
    seconds: float = _SECONDS
    """Longest time for one request."""

    def pods_of(self, node: str, *, fresh: bool) -> Iterator[object]:
        """Every pod of a node; fresh is what holds now, otherwise what the server remembers, which costs it little."""
        query = {"fieldSelector": f"spec.nodeName={node}"}
        query |= {"limit": str(_PAGE)} if fresh else {"resourceVersion": "0"}
        for _ in range(_MOST_PAGES):
            answer = self._ask("GET", f"/api/v1/pods?{urlencode(query)}")
            items, metadata = answer.get("items"), answer.get("metadata")
            if not isinstance(items, list) or not isinstance(metadata, dict):
                raise ApiError("the list of pods has an unknown form")
            yield from items
            following = metadata.get("continue")
            if not following:
                return
            if not isinstance(following, str):
                raise ApiError("the list of pods has an unknown form")
            query["continue"] = following
        raise ApiError(f"the list of pods has more than {_MOST_PAGES} pages")

    def label_node(self, node: str, labels: Mapping[str, str | None]) -> dict[str, str]:
        """Set labels of a node, or remove those that are None; all labels that it then has."""
        answer = self._ask("PATCH", f"/api/v1/nodes/{quote(node, safe='')}", {"metadata": {"labels": dict(labels)}})
        metadata = answer.get("metadata")
        found = metadata.get("labels", {}) if isinstance(metadata, dict) else None
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise ApiError("the node in the answer has an unknown form")
        return found

    def _ask(self, method: str, path: str, patch: object = None) -> dict[str, object]:
        try:
            status, body = self._send(method, path, patch)
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ApiError(f"the API server cannot be reached: {why[:_LONGEST_MESSAGE]}") from None
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if status != 200:
            said = answer.get("message") if isinstance(answer, dict) else None
            more = f": {said[:_LONGEST_MESSAGE]}" if isinstance(said, str) else ""
            raise ApiError(f"{method} {path.partition('?')[0]} is answered with {status}{more}")
        if not isinstance(answer, dict):
            raise ApiError(f"{method} {path.partition('?')[0]} is not answered with JSON")
        return answer

    def _send(self, method: str, path: str, patch: object) -> tuple[int, bytes]:
        end = time.monotonic() + self.seconds
        token = (self.account / "token").read_text(encoding="ascii").strip()
        context = ssl.create_default_context(cafile=str(self.account / "ca.crt"))
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "apparmor-loader"}
        body = None
        if patch is not None:
            headers["Content-Type"] = "application/merge-patch+json"
            body = json.dumps(patch)
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=self.seconds, context=context)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            parts, size = [], 0
            while part := answer.read1(_CHUNK):
                parts.append(part)
                size += len(part)
                if size > _LARGEST_ANSWER:
                    raise ValueError("its answer is too long")
                if time.monotonic() > end:
                    raise TimeoutError("its answer takes too long")
            return answer.status, b"".join(parts)
        finally:
            connection.close()
