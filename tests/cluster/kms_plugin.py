"""A small KMS v2 plug-in on a unix socket: real gRPC, a key that never leaves this process.

The messages are those of k8s.io/kms v0.37.2 apis/v2/api.proto, declared here by their field numbers.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
_BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
_MESSAGES: dict[str, dict[str, tuple[int, Any]]] = {
    "StatusRequest": {},
    "StatusResponse": {"version": (1, _STRING), "healthz": (2, _STRING), "key_id": (3, _STRING)},
    # Annotations are left out: this plug-in sends none, and so none come back.
    "DecryptRequest": {"ciphertext": (1, _BYTES), "uid": (2, _STRING), "key_id": (3, _STRING)},
    "DecryptResponse": {"plaintext": (1, _BYTES)},
    "EncryptRequest": {"plaintext": (1, _BYTES), "uid": (2, _STRING)},
    "EncryptResponse": {"ciphertext": (1, _BYTES), "key_id": (2, _STRING)},
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="k8s-hardening-test-kms.proto", package="v2", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            message.field.add(
                name=field, number=number, type=kind, label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"v2.{name}")) for name in _MESSAGES}


class Plugin:
    """Encrypts with a stream made from a random key and a nonce; enough to prove who can read what."""

    def __init__(self) -> None:
        self.classes = _classes()
        self.key_id = "kek-1"
        self.calls: list[str] = []
        self._key = secrets.token_bytes(32)

    def _stream(self, nonce: bytes, length: int) -> bytes:
        return hashlib.shake_256(self._key + nonce).digest(length)

    def status(self, request: Any, context: grpc.ServicerContext) -> Any:
        return self.classes["StatusResponse"](version="v2", healthz="ok", key_id=self.key_id)

    def encrypt(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.calls.append("encrypt")
        nonce = secrets.token_bytes(16)
        text = bytes(a ^ b for a, b in zip(request.plaintext, self._stream(nonce, len(request.plaintext)), strict=True))
        return self.classes["EncryptResponse"](ciphertext=nonce + text, key_id=self.key_id)

    def decrypt(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.calls.append("decrypt")
        nonce, text = request.ciphertext[:16], request.ciphertext[16:]
        plain = bytes(a ^ b for a, b in zip(text, self._stream(nonce, len(text)), strict=True))
        return self.classes["DecryptResponse"](plaintext=plain)


@contextmanager
def kms_plugin(socket: Path) -> Iterator[Plugin]:
    """A running plug-in on a unix socket."""
    plugin = Plugin()
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(
            handle,
            request_deserializer=plugin.classes[f"{method}Request"].FromString,
            response_serializer=lambda answer: answer.SerializeToString(),
        )
        for method, handle in (("Status", plugin.status), ("Encrypt", plugin.encrypt), ("Decrypt", plugin.decrypt))
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("v2.KeyManagementService", handlers),))
    socket.parent.mkdir(parents=True, exist_ok=True)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield plugin
    finally:
        server.stop(grace=1).wait()
