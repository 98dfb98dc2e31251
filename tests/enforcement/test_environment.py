"""The pack keeps neither the stack's decrypted configuration nor the key to its state."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from k8s_hardening.enforcement.environment import forget_the_stack
from tests.enforcement.pack_process import ROOT, running_pack

LEFT_BY_THE_ENGINE = {
    "PULUMI_CONFIG": '{"team:token": "s3cr3t"}',
    "PULUMI_CONFIG_PASSPHRASE": "s3cr3t",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere",
    "PULUMI_PROJECT": "team",
    "PULUMI_STACK": "dev",
    "PULUMI_DRY_RUN": "true",
}


def test_only_what_belongs_to_the_stack_is_forgotten() -> None:
    environment = {**LEFT_BY_THE_ENGINE, "PATH": "/bin"}
    forget_the_stack(environment)
    assert environment == {"PATH": "/bin"}


def test_the_pack_forgets_before_it_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of a process as /proc shows it is that of its start, so the pack itself writes it down."""
    main = (ROOT / "policy-pack/__main__.py").read_text()
    spy = f"import pathlib\npathlib.Path({str(tmp_path / 'seen')!r}).write_text(repr(dict(os.environ)))\n"
    before, _, rest = main.partition('PolicyPack("')
    (tmp_path / "PulumiPolicy.yaml").write_bytes((ROOT / "policy-pack/PulumiPolicy.yaml").read_bytes())
    (tmp_path / "__main__.py").write_text(f'{before}{spy}PolicyPack("{rest}')
    for name, value in LEFT_BY_THE_ENGINE.items():
        monkeypatch.setenv(name, value)
    with running_pack(tmp_path) as pack:
        assert pack.info().name == "k8s-hardening"
    seen = (tmp_path / "seen").read_text()
    assert "PATH" in seen
    assert "s3cr3t" not in seen
    assert not [name for name in LEFT_BY_THE_ENGINE if repr(name) in seen]
    assert os.environ["PULUMI_CONFIG"]
