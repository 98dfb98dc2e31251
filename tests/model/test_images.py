"""The allow-list of registries and the name of the key with their credentials."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.model.secret_keys import readable_secrets, secret_keys
from tests.model.sample import sample

KEY = "k8s-hardening:registryPullSecret"


def images(**fields: Any) -> dict[str, Any]:
    return sample({"images": {"registries": ["registry.example.com/platform"], **fields}})


def credentials(key: Any) -> dict[str, Any]:
    return images(pull_secret_config=key)


@pytest.mark.parametrize(
    "entry", ["registry.example.com", "localhost/team", "registry:5000", "10.0.0.1:5000/a/b", "docker.io/library"]
)
def test_a_registry_is_a_host_with_an_optional_path(entry: str) -> None:
    assert read_baseline(images(registries=[entry])).images.registries == (entry,)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("index.docker.io/library", 'is the old name of Docker Hub; for example "docker.io/library"'),
        ("index.docker.io", 'is the old name of Docker Hub; for example "docker.io/library"'),
        ("platform/team", 'names no host, and images without one come from Docker Hub; for example "docker.io/platf'),
        ("nginx", 'names no host, and images without one come from Docker Hub; for example "docker.io/nginx"'),
        ("https://registry.example.com", "is not a registry with an optional path"),
        ("registry.example.com/app:1", "is not a registry with an optional path"),
        ("Registry.example.com", "is not a registry with an optional path"),
        ("*.example.com", "is not a registry with an optional path"),
    ],
)
def test_an_entry_that_no_image_could_ever_match_is_refused(entry: str, says: str) -> None:
    with pytest.raises(BadInputError) as error:
        read_baseline(images(registries=[entry]))
    assert f'images.registries[0]: "{entry}" {says}' in str(error.value)


def test_credentials_are_named_by_their_key_and_never_given() -> None:
    assert read_baseline(credentials("registryPullSecret")).images.pull_secret_config
    with pytest.raises(BadInputError, match=r"pull_secret_config: .* is not a key of the configuration"):
        read_baseline(credentials('{"auths": {}}'))
    with pytest.raises(BadInputError, match=r"pull_secret_config: \[secret\] is a secret"):
        read_baseline(credentials({"secure": "v1:abc"}))


def test_a_secret_that_stands_readable_in_a_stacks_file_is_a_problem_without_its_value() -> None:
    inline = {"control_plane": {"encryption": {"inline_keys_from_config": "encryptionKeys"}}}
    baseline = read_baseline({**credentials("registryPullSecret"), **inline})
    assert list(secret_keys(baseline)) == ["registryPullSecret", "encryptionKeys"]
    found = readable_secrets(baseline, {KEY: "hunter2", "k8s-hardening:encryptionKeys": {"secure": "v1:abc"}})
    assert len(found) == 1
    assert found[0].startswith(f"{KEY}: [secret] stands there as plain text")
    assert f"pulumi config set --secret {KEY}" in found[0]
    assert "hunter2" not in found[0]
    assert readable_secrets(baseline, {}) == []
    assert readable_secrets(read_baseline(images()), {KEY: "of no use here"}) == []
