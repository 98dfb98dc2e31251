"""The patterns that the API server is given say of an image what the parser says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.kube.image_patterns import BARE_ID, BY_DIGEST, BY_DIGEST_OR_TAG, LATEST, READABLE, below
from k8s_hardening.kube.images import Image, names_registry, parse_image

_STEPS = ("a", "A", "a_b", "a__b", "a.b", "a-b", "a--b", "a.b_c", "-a", "library", "team", "localhost", "docker.io",
          "index.docker.io", "registry.example.com", "registry.example.com:5000", "[::1]:5000", "x:y", "",
          "nginx")  # fmt: skip
_TAGS = ("", ":1", ":latest", ":", ":a/b", ":" + "t" * 128, ":" + "t" * 129)
_DIGESTS = ("", "@sha256:" + "0" * 64, "@sha256:" + "0" * 63, "@sha512:" + "a" * 128, "@md5:" + "0" * 32)
_IMAGES = st.builds(
    lambda steps, tag, digest: "/".join(steps) + tag + digest,
    st.lists(st.sampled_from(_STEPS), min_size=1, max_size=4),
    st.sampled_from(_TAGS),
    st.sampled_from(_DIGESTS),
)
_ENTRIES = st.lists(
    st.sampled_from(
        (
            "docker.io",
            "docker.io/library",
            "docker.io/library/nginx",
            "docker.io/team",
            "docker.io/team/a",
            "a.b/team",
            "docker.io/a.b/team",
            "docker.io/localhost",
            "localhost",
            "localhost/team",
            "registry.example.com:5000/team",
            "registry.example.com",
            "registry.example.com/library/nginx",
            "team",
            "index.docker.io",
        )
    ),
    max_size=2,
)


def parsed(text: str) -> Image | None:
    try:
        return parse_image(text)
    except ValueError:
        return None


def is_match(pattern: str, text: str) -> bool:
    return bool(pattern) and re.search(pattern.replace("$", r"\Z"), text) is not None


def is_readable(text: str) -> bool:
    return is_match(READABLE, text) and not is_match(BARE_ID, text)


@given(_IMAGES)
@settings(max_examples=600, deadline=None)
def test_readable_is_what_the_parser_reads(text: str) -> None:
    assert is_readable(text) == (parsed(text) is not None)


@pytest.mark.thorough
@given(_IMAGES)
@settings(max_examples=600, deadline=None)
def test_pinned_is_a_digest_of_sha256_or_a_fixed_tag(text: str) -> None:
    image = parsed(text)
    by_digest = image is not None and (image.digest or "").startswith("sha256:")
    by_tag = image is not None and image.digest is None and image.tag not in (None, "latest")
    assert is_match(BY_DIGEST, text) == by_digest
    assert (is_match(BY_DIGEST_OR_TAG, text) and not is_match(LATEST, text)) == (by_digest or by_tag)


@pytest.mark.thorough
@given(_IMAGES, _ENTRIES)
@settings(max_examples=1500, deadline=None)
def test_below_is_what_stands_under_an_entry(text: str, entries: list[str]) -> None:
    image = parsed(text)
    if image is None:
        return
    is_below = any(f"{image.name}/".startswith(f"{entry}/") for entry in entries)
    assert is_match(below(entries), text) == (is_below and names_registry(text)), (text, entries)


@pytest.mark.parametrize("text", ["0" * 64, "a" * 64])
def test_the_id_of_an_image_is_no_reference(text: str) -> None:
    assert not is_readable(text)
    assert not is_match(BY_DIGEST_OR_TAG, text)
