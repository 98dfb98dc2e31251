"""The outline of an X.509 certificate (RFC 5280, section 4.1), enough to tell it from a torn or foreign text."""

from __future__ import annotations

from collections.abc import Iterator

_SEQUENCE, _BIT_STRING = 0x30, 0x03


def is_certificate(der: bytes) -> bool:
    """Whether bytes are a sequence of what is signed, the algorithm, and a signature, and nothing else."""
    try:
        ((tag, body),) = _elements(der)
        return tag == _SEQUENCE and [inner for inner, _ in _elements(body)] == [_SEQUENCE, _SEQUENCE, _BIT_STRING]
    except (ValueError, IndexError):
        return False


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, one after the other (DER).

    Raises:
        ValueError: one ends after its end.
        IndexError: the same, within the head of one.
    """
    while der:
        tag, size, start = der[0], der[1], 2
        if size >= 0x80:  # the length of the length
            start = 2 + (size & 0x7F)
            size = int.from_bytes(der[2:start])
        if start + size > len(der):
            raise ValueError("an element is longer than what holds it")
        yield tag, der[start : start + size]
        der = der[start + size :]
