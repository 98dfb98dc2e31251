"""What the commands around the engine set themselves is not for the caller to set again."""

from __future__ import annotations

import pytest

from tests.cli.calling import call


@pytest.mark.parametrize("command", ["preview", "up"])
@pytest.mark.parametrize("argument", ["--event-log=x", "--policy-pack", "--policy-pack-config=x", "--stack", "-s"])
def test_an_argument_that_would_take_the_judge_away_is_refused(command: str, argument: str) -> None:
    result = call(command, "--", argument)
    assert result.exit_code == 2
    assert f"{argument.partition('=')[0]} is set by this command itself" in result.stderr
