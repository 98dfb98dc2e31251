"""Secrets from the stack's configuration: the only way by which one comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pulumi
from pulumi.runtime import is_config_secret

from k8s_hardening.model.secret_keys import CONFIG, readable
from k8s_hardening.resources.checking import BadArgsError


def require_secret(key: str, problems: Callable[[str], Iterable[str]] = lambda _: ()) -> pulumi.Output[str]:
    """The value of a key that the configuration keeps encrypted.

    Args:
        key: the key, without the part before the colon.
        problems: what is wrong with a value, in sentences that hold no part of it. They show before anything is
            registered.

    Raises:
        BadArgsError: the value is wrong, or the configuration holds it readably.
        pulumi.ConfigMissingError: there is no such key.
    """
    refuse_readable(key)
    config = pulumi.Config(CONFIG)
    secret = config.require_secret(key)
    if found := [f"{config.full_key(key)}: {problem}" for problem in problems(config.require(key))]:
        raise BadArgsError(found)
    return secret


def refuse_readable(key: str) -> None:
    """Stop when the configuration holds a secret as plain text.

    Raises:
        BadArgsError: it does.
    """
    config = pulumi.Config(CONFIG)
    if config.get(key) is not None and not is_config_secret(config.full_key(key)):
        raise BadArgsError([readable(key)])
