"""The components served to programs of every language."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from k8s_hardening.resources.checking import BadArgsError

PACKAGE = "k8s-hardening"


class HardeningProvider(ComponentProvider):
    """The SDK's provider for components, but a user's mistake reaches the user as one line, without a stack trace."""

    def __init__(self, components: Sequence[type[pulumi.ComponentResource]]) -> None:
        super().__init__(list(components), PACKAGE)

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make one component.

        Raises:
            InputPropertiesError: the arguments are refused; the engine lists the problems.
        """
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if not isinstance(error.inner, BadArgsError):
                raise
            problems = [problem.partition(": ") for problem in error.inner.problems]
            # The engine names the resource, so the path starts below it.
            raise InputPropertiesError(
                "", [{"property_path": path.removeprefix(f"{name}."), "reason": why} for path, _, why in problems]
            ) from None


def serve(components: Sequence[type[pulumi.ComponentResource]]) -> None:
    """Serve components to the engine that started this process; returns when the engine is done."""
    main(HardeningProvider(components), sys.argv[1:])
