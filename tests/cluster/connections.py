"""Many requests to an API server over a few connections that stay open: a handshake costs more than an answer."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import local
from typing import Any

from tests.cluster.cluster import Answer, Cluster, answer_of

_CONNECTIONS = 6
_SECONDS = 60


@dataclass(frozen=True)
class Request:
    """One request of the administrator."""

    method: str
    path: str
    body: Any = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside those about the body."""


def answers(cluster: Cluster, requests: Iterable[Request]) -> list[Answer]:
    """The answers to some requests, in their order; several are under way at a time."""
    mine, context = local(), cluster.context
    opened: list[http.client.HTTPSConnection] = []

    def ask(request: Request) -> Answer:
        if not hasattr(mine, "connection"):
            mine.connection = http.client.HTTPSConnection("127.0.0.1", cluster.port, context=context, timeout=_SECONDS)
            opened.append(mine.connection)
        body = None if request.body is None else json.dumps(request.body)
        headers = {"Content-Type": request.content_type, **request.headers}
        mine.connection.request(request.method, request.path, body, headers)
        answer = mine.connection.getresponse()
        return answer_of(answer.status, answer.headers, answer.read())

    try:
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            return list(pool.map(ask, requests))
    finally:
        for one in opened:
            one.close()
