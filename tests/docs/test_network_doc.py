"""docs/network.md shows what the command prints."""

from __future__ import annotations

import re
import shlex

from k8s_hardening.kube.reach import end_named
from tests.cli.calling import call
from tests.docs.pages import PROJECT, page

PAGE = page("docs/network.md")


def test_the_pair_shown_is_what_the_command_prints() -> None:
    (shown,) = PAGE.blocks("text")
    (line,) = re.findall(r"^\.venv/bin/k8s-hardening (reach .*--to payments-db/.*)$", PAGE.text, re.MULTILINE)
    result = call(*shlex.split(line), "--project", str(PROJECT))
    assert (result.exit_code, result.stdout) == (1, shown)


def test_the_forms_of_names_are_those_that_are_read() -> None:
    text = str(end_named.__doc__)
    for form in ("namespace/pod", "namespace/Kind/name", "namespace/label=value,...", "IP address"):
        assert form in text
        assert form in call("reach", "--help").stdout.replace("\n ", "")
    for example in ("shop/web", "shop/Deployment/web", "shop/app=web,tier=front", "shop", "203.0.113.7"):
        assert f"| `{example}` |" in PAGE.text
