"""Texts that are probably secrets: by what they look like, and by the name that they are given under.

A guess that errs on the safe side: what it finds may be harmless, and a short password without a name is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from k8s_hardening.kube.key_material import key_material_in

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAMES = frozenset(
    {"password", "passwd", "pwd", "pass", "passphrase", "secret", "token", "credential", "credentials", "apikey"}
)
_KEYS = frozenset({"api", "access", "private", "client", "secret", "signing", "encryption"})
_SWITCHES = frozenset({"", "true", "false"})
# Each kind of token by the form of its own.
_FORMS = (
    (re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\."), "a JSON Web Token"),
    (re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), "an Authorization header"),
    (re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]+@"), "a URL with a password"),
    (
        re.compile(r"\b(?:gh[opsur]_|github_pat_|glpat-|xox[abprs]-|hvs\.|dckr_pat_)[A-Za-z0-9_-]{10,}"),
        "an access token",
    ),
    (re.compile(r"(?<![a-z0-9.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9.-])"), "a bootstrap token"),
    (re.compile(r"(?<![A-Za-z0-9])[0-9a-fA-F]{32,}(?![A-Za-z0-9])"), "a long opaque text"),
)
# Longer than names are, without the dots and colons of URLs; a path begins with a slash.
_RUN = re.compile(r"(?<![\w+/=.-])[\w+-][\w+/=-]{39,}", re.ASCII)
# Up to the last @, since passwords hold slashes and blanks as well; the digest of an image is no host.
_USER_OF_URL = re.compile(r"(?<=//).*@(?!sha256:)")
_USER_OF_HOST = re.compile(r'"[^"/@:\s]+:(?!//)\S*@(?!sha256:)')
_USER_WITHIN = re.compile(r"(?<=://)[^\s\"']*@(?!sha256:)")
_HIDDEN_USER = "[secret]@"


def without_user_info(quoted: str, *, also_of_hosts: bool) -> str:
    """One text in the quotes of JSON, without the user and the password of a URL.

    Args:
        quoted: the text, with its quotes.
        also_of_hosts: whether `x:y@z` without a scheme is a password as well, and not somebody's name.
    """
    found = _USER_OF_URL.sub(_HIDDEN_USER, quoted)
    return _USER_OF_HOST.sub(f'"{_HIDDEN_USER}', found) if also_of_hosts else found


def without_users_of_urls(line: str) -> str:
    """A sentence without the users and the passwords of the URLs in it."""
    return _USER_WITHIN.sub(_HIDDEN_USER, line)


def secret_form(text: str) -> str | None:
    """What secret a text looks like, in words; None when it looks like none."""
    found = key_material_in(text) or next((what for form, what in _FORMS if form.search(text)), None)
    return found or ("a long opaque text" if any(map(_is_mixed, _RUN.findall(text))) else None)


def _is_mixed(run: str) -> bool:
    return all(any(map(kind, run)) for kind in (str.isdigit, str.islower, str.isupper))


def is_secret_name(name: str) -> bool:
    """Whether a variable or an option of this name takes a secret itself: its last words say so.

    What names a file, an id or an address (TOKEN_FILE, ACCESS_KEY_ID) takes none.
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(words) and (words[-1] in _NAMES or (words[-1] == "key" and bool(_KEYS & set(words[:-1]))))


def named_secret(name: str, value: str) -> str | None:
    """What secret a named value is, by its name or by its looks; None when it is none."""
    if is_secret_name(name) and value.lower() not in _SWITCHES:
        return "a secret by its name"
    return secret_form(value)


def secrets_in_arguments(arguments: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Index of each argument of a command line that holds a secret, and which: `--password=x`, `--password x`."""
    awaited = False
    for index, argument in enumerate(arguments):
        option, equals, value = argument.partition("=") if argument.startswith("-") else ("", "", argument)
        what = named_secret(option, value) or secret_form(argument)
        if what is None and awaited and not option and value.lower() not in _SWITCHES:
            what = "a secret by the option before it"
        if what is not None:
            yield index, what
        awaited = bool(option) and not equals and is_secret_name(option)
