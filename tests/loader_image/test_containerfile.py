"""The Containerfile and the command make the same: same packages, same paths, same start."""

from __future__ import annotations

import json
import re

from k8s_hardening.loader_image.recipe import COMMAND, ENTRY, LABELS, PACKAGES, PROGRAM, SOURCE, USER

TEXT = (SOURCE / "Containerfile").read_text()
STEPS = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE))


def step(keyword: str) -> list[str]:
    return re.findall(rf"^{keyword} (.*)$", STEPS, re.MULTILINE)


def test_packages() -> None:
    installed = re.search(r"install --yes --no-install-recommends ([a-z0-9 -]+?) +&&", step("RUN")[0])
    assert installed is not None
    assert {*installed[1].split(), "base-files"} == set(PACKAGES)  # every Debian base has that one


def test_paths() -> None:
    assert step("COPY") == [f"*.py /{PROGRAM}/", f"--chmod=0755 {ENTRY.rpartition('/')[2]} /{ENTRY}"]


def test_start() -> None:
    assert step("USER") == [USER]
    assert [json.loads(one) for one in (*step("ENTRYPOINT"), *step("CMD"))] == [[f"/{ENTRY}"], list(COMMAND)]
    assert dict(re.findall(r'(\S+)="([^"]*)"', step("LABEL")[0])) == LABELS


def test_the_base_is_given_and_nothing_of_the_package_manager_stays() -> None:
    assert (step("ARG"), step("FROM")) == (["BASE"], ["${BASE}"])
    assert {"/var/lib/apt/lists/*", "/var/log/*", "/etc/machine-id"} <= set(step("RUN")[0].split())
