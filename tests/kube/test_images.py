"""Image references against the tables of github.com/distribution/reference v0.6.0 (normalize_test.go)."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.images import Image, is_below, names_registry, parse_image
from tests.builders import DIGEST

NAMES = {
    "debian": "docker.io/library/debian",
    "library/debian": "docker.io/library/debian",
    "docker/docker": "docker.io/docker/docker",
    "docker.io/debian": "docker.io/library/debian",
    "docker.io/library/debian": "docker.io/library/debian",
    "index.docker.io/debian": "docker.io/library/debian",
    "index.docker.io/docker/docker": "docker.io/docker/docker",
    "localhost/debian": "localhost/debian",
    "localhost/library/debian": "localhost/library/debian",
    "LOCALDOMAIN/debian": "LOCALDOMAIN/debian",
    "Docker/docker": "Docker/docker",
    "127.0.0.1:5000/docker/docker": "127.0.0.1:5000/docker/docker",
    "192.168.0.1": "docker.io/library/192.168.0.1",
    "192.168.0.1:80": "docker.io/library/192.168.0.1",
    "[fc00::1]:5000/docker": "[fc00::1]:5000/docker",
    "[fc00:1:2:3:4:5:6:7]:5000/library/debian": "[fc00:1:2:3:4:5:6:7]:5000/library/debian",
    "foo.com/a_b/c__d/e---f": "foo.com/a_b/c__d/e---f",
    f"docker.io/{'1a3f5e7d9c1b3a5f' * 4}": f"docker.io/library/{'1a3f5e7d9c1b3a5f' * 4}",
}
REFUSED = [
    "",
    "https://github.com/docker/docker",
    "docker/Docker",
    "-docker",
    "-docker.io/docker/docker",
    "docker///docker",
    "docker.io/docker/Docker",
    "docker.io/",
    "/debian",
    "[fc00::1]",
    "[fc00::1]:5000",
    "fc00::1:5000/debian",
    "[fe80::1%eth0]:5000/debian",
    "[2001:db8:3:4::192.0.2.33]:5000/debian",
    "1a3f5e7d9c1b3a5f" * 4,
    "debian:",
    "debian@",
    "debian:tag:tag",
    "debian\n",
    " debian",
    "deb\u0131an",
    "debian:t\u00e4g",
    f"debian:{'a' * 129}",
    f"example.com/{'a/' * 127}aa",
    f"debian@{DIGEST[:-1]}",
    f"debian@{DIGEST}0",
    f"debian@{DIGEST.upper()}",
    f"debian@md5:{'0' * 32}",
    f"debian@{DIGEST}:tag",
    f"registry.example.com/../evil@{DIGEST}",
    f"registry.example_com/app@{DIGEST}",
]


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_short_names_are_written_out(text: str, name: str) -> None:
    assert parse_image(text).name == name


@pytest.mark.parametrize("text", REFUSED)
def test_what_no_runtime_takes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an image reference"):
        parse_image(text)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("busybox:1.36", Image("docker.io", "library/busybox", "1.36", None)),
        (f"quay.io/a/b@{DIGEST}", Image("quay.io", "a/b", None, DIGEST)),
        (f"quay.io:443/a/b:v1.2@{DIGEST}", Image("quay.io:443", "a/b", "v1.2", DIGEST)),
        ("host:5000/app", Image("host:5000", "app", None, None)),
        ("host.example.com:5000", Image("docker.io", "library/host.example.com", "5000", None)),
    ],
)
def test_tag_digest_and_port_are_told_apart(text: str, image: Image) -> None:
    assert parse_image(text) == image


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nginx", False),
        ("nginx:1.27", False),
        ("team/app", False),
        ("host.example.com:5000", False),
        ("docker.io/nginx", True),
        ("localhost/app", True),
        ("registry:5000/app", True),
        ("Registry/app", True),
    ],
)
def test_a_name_without_a_host_is_told_apart(text: str, named: bool) -> None:
    assert names_registry(text) is named


@pytest.mark.parametrize(
    ("name", "registries", "expected"),
    [
        ("example.com/team/app", ["example.com"], True),
        ("example.com/team/app", ["example.com/team"], True),
        ("example.com/team/app", ["example.com/team/"], True),
        ("example.com/team", ["example.com/team"], True),
        ("example.com/team-b/app", ["example.com/team"], False),
        ("example.com.evil/app", ["example.com"], False),
        ("example.com/team/app", ["other.com", "example.com/team"], True),
        ("example.com/team/app", [""], False),
        ("", [""], False),
        ("example.com/team/app", [], False),
    ],
)
def test_a_name_stands_below_whole_steps_of_a_path(name: str, registries: list[str], expected: bool) -> None:
    assert is_below(name, registries) is expected


@pytest.mark.parametrize("length", [255, 256])
def test_a_repository_has_at_most_255_characters(length: int) -> None:
    text = f"example.com/{'a' * length}"
    if length <= 255:
        assert len(parse_image(text).repository) == length
    else:
        with pytest.raises(ValueError, match="is not an image reference"):
            parse_image(text)


@pytest.mark.parametrize("piece", ["a-", "a.", "-", "a/", "a__", ":", "@", "0:", "[::"])
def test_hostile_texts_are_refused_at_once(piece: str) -> None:
    with pytest.raises(ValueError, match="is not an image reference"):
        parse_image(piece * 100_000)
    with pytest.raises(ValueError, match="is not an image reference"):
        parse_image(piece * (1_000 // len(piece)) + "!")
