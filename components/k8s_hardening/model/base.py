"""The form of every model: frozen, unknown keys refused, documented by attribute docstrings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from k8s_hardening.model.raw import SECRET, Problem, plain, secrets_in

_NO_SECRETS = (
    "is a secret, and no secret belongs here; name the configuration key that holds it, "
    'for example context_config: "kubeContext"'
)


class Model(BaseModel):
    """Base of all models."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """The model itself: it is frozen, and pydantic copies each default that is left as it is."""
        return self


class Whole(Model):
    """A model whose parts are also checked against each other, all problems shown at once.

    Validators of parts run only when the parts are valid, so a problem between two tenants would stay hidden behind a
    misspelt key of a third. Problems between parts are therefore looked for in the raw data.
    """

    @classmethod
    @abstractmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """Problems between the parts; the data is plain, and of any shape below its top."""

    @model_validator(mode="wrap")
    @classmethod
    def _every_problem_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return handler(data)
        data = plain(data)
        secrets = list(secrets_in(data))
        found: list[Problem] = [(loc, SECRET, _NO_SECRETS) for loc in secrets]
        if isinstance(data, dict):
            found += cls.problems_between(data)
        errors = [
            InitErrorDetails(type=PydanticCustomError("refused", "{what}", {"what": what}), loc=loc, input=value)
            for loc, value, what in found
        ]
        try:
            made = handler(data)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                if not any(one["loc"][: len(loc)] == loc for loc in secrets):
                    custom = PydanticCustomError(one["type"], "{what}", {"what": one["msg"]})
                    errors.append(InitErrorDetails(type=custom, loc=one["loc"], input=one["input"]))
            raise ValidationError.from_exception_data(cls.__name__, errors) from None
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return made
