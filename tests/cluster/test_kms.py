"""Encryption at rest with a KMS v2 plug-in: the API server speaks to it, and no key lies on the node."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.emitted import stopped
from tests.cluster.kms_plugin import kms_plugin

pytestmark = pytest.mark.cluster


def test_secrets_are_encrypted_through_the_plug_in(tmp_path: Path) -> None:
    # Unix sockets have short names, and pytest's folders long ones.
    socket = Path(f"/tmp/k8s-hardening-{tmp_path.name[-8:]}-{id(tmp_path) % 10000}/kms.sock")
    provider = {"kms": {"name": "vault", "endpoint": f"unix://{socket}"}}
    spec = {"encryption": {"groups": [{"resources": ["secrets"], "providers": [provider]}]}}
    with kms_plugin(socket) as plugin, stopped(binaries(NEWEST), tmp_path, spec) as plane:
        plane.bootstrap("fill")
        (configuration,) = plane.root.rglob("live/config.yaml")
        assert "secret:" not in configuration.read_text()
        plane.start("etcd")
        plane.start("kube-apiserver")
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "through-kms", "namespace": "default"},
            "data": {"value": base64.b64encode(b"plain-text-canary").decode()},
        }
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}
        plane.cluster.request("POST", "/api/v1/namespaces", namespace)
        made = plane.cluster.request("POST", "/api/v1/namespaces/default/secrets", body)
        assert made.status == 201, made.body
        (raw,) = plane.cluster.range("/registry/secrets/default/through-kms").values()
        assert raw.startswith(b"k8s:enc:kms:v2:vault:")
        assert b"plain-text-canary" not in raw
        assert "encrypt" in plugin.calls
        plane.restart_api_server()
        read = plane.cluster.request("GET", "/api/v1/namespaces/default/secrets/through-kms")
        assert base64.b64decode(read.body["data"]["value"]) == b"plain-text-canary"
        assert "decrypt" in plugin.calls
    socket.parent.rmdir()
