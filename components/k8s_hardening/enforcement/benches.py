"""The bench that belongs to what the engine configured."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Any

from k8s_hardening.enforcement.verdict import Bench
from k8s_hardening.model.enforcement import Level, PackConfiguration

# sdk v3.200.0 go/common/resource/plugin/analyzer_plugin.go, constructEnv. While changes are made nothing is unknown any
# more: what still reads so is a text that a stack made to look like it, and that is no reason to let it pass. Read here
# and once, since the pack clears its environment before it serves.
_APPLIES = os.environ.get("PULUMI_DRY_RUN") == "false"


class Benches:
    """The bench of each configuration seen, kept for as long as the engine sends the same one.

    The SDK hands out one mapping per Configure call, so its identity tells whether it changed; holding the mapping
    keeps that identity from being given to another. Threads may race here and then make the same bench twice.
    """

    def __init__(self) -> None:
        self._kept: tuple[object, datetime.date, Bench] | None = None

    def bench(self, config: Mapping[str, Any]) -> Bench:
        """The bench for a policy's configuration.

        Raises:
            ValidationError, BadInputError: the configuration is unusable.
        """
        today = datetime.datetime.now(tz=datetime.UTC).date()
        identity = config.get("knowledge")
        kept = self._kept
        if kept is not None and identity is not None and kept[0] is identity and kept[1] == today:
            return kept[2]
        configuration = PackConfiguration.model_validate(config)
        if _APPLIES:
            configuration = configuration.model_copy(update={"unknowns": Level.MANDATORY})
        bench = Bench(configuration, today)
        self._kept = (identity, today, bench)
        return bench
