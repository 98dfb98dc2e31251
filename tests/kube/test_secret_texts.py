"""What looks like a secret, and what does not: names, paths, addresses and UUIDs of everyday command lines."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.secret_texts import is_secret_name, named_secret, secret_form, secrets_in_arguments

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg"


@pytest.mark.parametrize(
    "text",
    [
        PEM,
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl",
        "Authorization: Bearer abcdefgh12345",
        "https://alice:hunter2@login.example.com",
        "ghp_abcdefghijklmnopqrst",
        "abcdef.0123456789abcdef",
        "0123456789abcdef0123456789abcdef",
        "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYabcdef",
    ],
)
def test_tokens_and_keys_are_seen(text: str) -> None:
    assert secret_form(text) is not None
    assert secret_form(f"--value={text}") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "token",
        "--cluster=prod",
        "https://login.example.com/realms/k8s",
        "6dae42f8-4368-4678-94ff-3960e28e3630",
        "1234567890-abcdef.apps.googleusercontent.com",
        "/home/Alice/projects/platform/kubernetes/login2/config.yaml",
        "--a-very-long-option-that-goes-on-and-on-for-more-than-forty",
        "arn:aws:iam::123456789012:role/PaymentsDevelopers",
    ],
)
def test_everyday_arguments_are_not(text: str) -> None:
    assert secret_form(text) is None


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("PASSWORD", True),
        ("--client-secret", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("oidcToken", True),
        ("API_KEY", True),
        ("TOKEN_FILE", False),
        ("AWS_ACCESS_KEY_ID", False),
        ("--token-cache-dir", False),
        ("--cluster", False),
        ("KEY", False),
        ("", False),
    ],
)
def test_a_name_says_whether_it_takes_a_secret(name: str, takes: bool) -> None:
    assert is_secret_name(name) is takes
    assert (named_secret(name, "hunter2") is not None) is takes
    assert named_secret(name, "true") is None


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--client-secret=x1"], [0]),
        (["get-token", "--client-secret", "x1"], [2]),
        (["token", "--oidc-use-access-token", "--cluster=prod"], []),
        (["--token", "true", "a"], []),
        (["a", PEM], [1]),
    ],
)
def test_secrets_are_found_in_command_lines(arguments: list[str], found: list[int]) -> None:
    assert [index for index, _ in secrets_in_arguments(arguments)] == found
