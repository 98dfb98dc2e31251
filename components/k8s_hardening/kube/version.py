"""Kubernetes minor versions: what this package knows, how they are written, how they compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_FORM = re.compile(r"v?1\.(0|[1-9][0-9]{0,2})(\.[0-9]+)?(?:[-+][0-9A-Za-z.+-]+)?")


@dataclass(frozen=True, order=True)
class KubeVersion:
    """A Kubernetes minor version, such as 1.36. Patch levels are read and dropped: no rule depends on one."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: object) -> KubeVersion:
        """Read `1.36`, `v1.36` or `1.36.3`.

        Raises:
            ValueError: not such a text; a YAML number is refused because `1.30` unquoted is the number 1.3.
        """
        if isinstance(text, KubeVersion):
            return text
        if isinstance(text, float | int) and not isinstance(text, bool):
            raise ValueError('is a YAML number, which loses a trailing zero; quote it, for example "1.36"')
        if not isinstance(text, str) or (match := _FORM.fullmatch(text)) is None:
            raise ValueError('is not a Kubernetes version; for example "1.36"')
        return cls(1, int(match[1]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: object) -> KubeVersion:
            try:
                found = cls.parse(value)
            except ValueError as error:
                raise PydanticCustomError("kubernetes_version", str(error)) from error
            if not OLDEST <= found <= NEWEST:
                raise PydanticCustomError(
                    "kubernetes_version",
                    'is outside the supported versions {oldest} to {newest}; for example "{newest}"',
                    {"oldest": str(OLDEST), "newest": str(NEWEST)},
                )
            return found

        return core_schema.no_info_plain_validator_function(
            validate, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # A text, so that an editor marks the number that an unquoted version is.
        return {"type": "string", "pattern": f"^{_FORM.pattern}$"}


# The span whose facts were read in the Kubernetes source, minor by minor (k8s.io/kubernetes v1.18.20 to v1.37.2).
OLDEST = KubeVersion(1, 18)
NEWEST = KubeVersion(1, 37)


def supported(value: object) -> KubeVersion | None:
    """The version that a value names; None when it names none, or none whose facts are known here."""
    try:
        version = KubeVersion.parse(value)
    except ValueError:
        return None
    return version if OLDEST <= version <= NEWEST else None
