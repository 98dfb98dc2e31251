"""Encryption as settings: flags with their folders, a template without keys, and a script that never replaces one."""

from __future__ import annotations

import base64
import hashlib
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.controls.encryption_configuration import check
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.encryption import EncryptionSpec
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.control_plane.encryption import CONFIG, filled_text, plan_encryption, read_inline_keys
from k8s_hardening.plans.control_plane.encryption_files import LIVE_FOLDER, SCRIPT, TEMPLATE
from k8s_hardening.plans.control_plane.encryption_state import state_of_configuration, state_of_spec
from k8s_hardening.plans.control_plane.part import Mount, combined

NOW = KubeVersion(1, 37)
KEY = base64.b64encode(b"fixture-key-of-exactly-32-bytes!").decode()
OTHER_KEY = base64.b64encode(b"another-key-of-exactly-32-bytes!").decode()
KMS = {"kms": {"name": "vault", "endpoint": "unix:///run/kms/vault.sock"}}


def spec(*providers: dict[str, Any], **group: Any) -> EncryptionSpec:
    return EncryptionSpec.model_validate({"groups": [{**({"providers": providers} if providers else {}), **group}]})


def keyed(kind: str, *names: str, **more: Any) -> dict[str, Any]:
    return {kind: {"keys": [{"name": name} for name in names], **more}}


def template_of(one: EncryptionSpec, version: KubeVersion = NOW) -> str:
    return next(file.text for file in plan_encryption(one, version).files if file.path == TEMPLATE)


def test_the_default_encrypts_secrets_and_config_maps_with_a_key_made_on_the_node() -> None:
    assert yaml.safe_load(template_of(EncryptionSpec())) == {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets", "configmaps"],
                "providers": [{"secretbox": {"keys": [{"name": "key-1", "secret": "@key-1@"}]}}],
            }
        ],
    }


def test_the_flag_names_a_file_in_a_mounted_folder() -> None:
    """A file that is replaced as a whole would stay the old one under a mount of the file itself."""
    [setting, reload] = plan_encryption(EncryptionSpec(), NOW).settings
    assert (setting.flag, setting.values, setting.mounts) == (
        "encryption-provider-config",
        (CONFIG,),
        (Mount(LIVE_FOLDER, is_folder=True),),
    )
    assert (reload.flag, reload.values) == ("encryption-provider-config-automatic-reload", ("true",))
    assert CONFIG.startswith(f"{LIVE_FOLDER}/")


@pytest.mark.parametrize(("minor", "reloads"), [(18, False), (25, False), (26, True), (37, True)])
def test_servers_read_the_file_again_where_they_can(minor: int, reloads: bool) -> None:
    part = plan_encryption(EncryptionSpec(), KubeVersion(1, minor))
    assert ("encryption-provider-config-automatic-reload" in {one.flag for one in part.settings}) is reloads
    assert any("start the servers again" in one for one in part.advice) is not reloads


def test_a_plug_in_is_named_with_its_version_and_its_folder_is_mounted() -> None:
    part = plan_encryption(spec(KMS, keyed("secretbox", "old")), NOW)
    assert part.settings[0].mounts == (Mount(LIVE_FOLDER, is_folder=True), Mount("/run/kms", is_folder=True))
    providers = yaml.safe_load(template_of(spec(KMS)))["resources"][0]["providers"]
    assert providers == [
        {"kms": {"apiVersion": "v2", "name": "vault", "endpoint": "unix:///run/kms/vault.sock", "timeout": "3s"}}
    ]


def test_version_1_of_the_plug_in_is_what_an_absent_version_means() -> None:
    v1 = {"kms": {**KMS["kms"], "api_version": "v1"}}
    [provider] = yaml.safe_load(template_of(spec(v1), KubeVersion(1, 24)))["resources"][0]["providers"]
    assert "apiVersion" not in provider["kms"]


def test_plain_text_is_read_last_and_only_when_it_is_asked_for() -> None:
    migrating = spec(keyed("secretbox", "new", "old"), reads_plain_text_while_migrating=True)
    providers = yaml.safe_load(template_of(migrating))["resources"][0]["providers"]
    assert [list(one) for one in providers] == [["secretbox"], ["identity"]]
    assert any("remove reads_plain_text_while_migrating" in one for one in plan_encryption(migrating, NOW).advice)
    assert "identity" not in template_of(EncryptionSpec())


@pytest.mark.parametrize(
    ("providers", "version", "words"),
    [
        ((keyed("aescbc", "key-1"),), NOW, "AES-CBC does not authenticate"),
        ((keyed("aesgcm", "key-1", rotation_is_automated=True),), NOW, "200,000 writes"),
        (({"kms": {**KMS["kms"], "api_version": "v1"}},), KubeVersion(1, 28), "KMS v1 is deprecated"),
    ],
)
def test_weaker_choices_come_with_advice(providers: tuple[Any, ...], version: KubeVersion, words: str) -> None:
    assert any(words in one for one in plan_encryption(spec(*providers), version).advice)
    assert not any(words in one for one in plan_encryption(EncryptionSpec(), version).advice)


def test_config_maps_left_out_are_mentioned() -> None:
    assert any("ConfigMaps" in one for one in plan_encryption(spec(resources=["secrets"]), NOW).advice)
    assert not any("ConfigMaps" in one for one in plan_encryption(spec(resources=["*.*"]), NOW).advice)


SPECS = [
    EncryptionSpec(),
    spec(KMS),
    spec(keyed("secretbox", "new", "old"), keyed("aescbc", "older"), resources=["secrets", "*.apps"]),
    spec(keyed("aescbc", "a"), reads_plain_text_while_migrating=True),
]


@pytest.mark.parametrize("one", SPECS)
def test_what_is_planned_has_no_finding_and_means_what_is_specified(one: EncryptionSpec) -> None:
    content = yaml.safe_load(template_of(one))
    assert list(check(content, Knowledge())) == []
    assert state_of_configuration(content).entries == state_of_spec(one).entries
    part = plan_encryption(one, NOW)
    assert combined([part]).files == tuple(sorted(part.files, key=lambda file: file.path))


def test_keys_from_the_configuration_leave_no_file_and_a_warning() -> None:
    inline = EncryptionSpec(inline_keys_from_config="encryptionKeys")
    part = plan_encryption(inline, NOW)
    assert part.files == ()
    assert any("encryptionKeys" in one and "can decrypt etcd" in one for one in part.advice)
    text = filled_text(inline, NOW, {"key-1": KEY})
    [entry] = yaml.safe_load(text)["resources"]
    assert entry["providers"][0]["secretbox"]["keys"] == [{"name": "key-1", "secret": KEY}]
    assert "@" not in text
    with pytest.raises(ValueError, match=r"for the keys key-1$"):
        filled_text(inline, NOW, {"key-2": KEY})


def test_inline_keys_are_read_without_ever_being_shown() -> None:
    assert read_inline_keys(f'{{"key-1": "{KEY}"}}') == {"key-1": KEY}
    for text in (KEY, f'["{KEY}"]', f'{{"{KEY}": 1}}', f'{{"a": "{KEY}x"}}', f'{{"a": "{KEY[:24]}"}}', "[" * 100_000):
        with pytest.raises(ValueError) as caught:
            read_inline_keys(text)
        assert KEY[:20] not in str(caught.value)


class Node:
    """A node whose /etc/kubernetes lies in a folder of the test."""

    def __init__(self, root: Path, one: EncryptionSpec, shell: str = "sh") -> None:
        self.root, self.shell = root, shell
        self.update(one)

    def path(self, path: str) -> Path:
        return self.root / path.removeprefix("/etc/kubernetes/")

    def update(self, one: EncryptionSpec) -> None:
        for file in plan_encryption(one, NOW).files:
            self.path(file.path).parent.mkdir(parents=True, exist_ok=True)
            self.path(file.path).write_text(file.text.replace("/etc/kubernetes", str(self.root)))

    def run(self, *arguments: str, stdin: str = "", by: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*(by or (self.shell,)), str(self.path(SCRIPT)), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def key(self, name: str) -> Path:
        return self.path(f"/etc/kubernetes/hardening/encryption/keys/{name}")

    def providers(self) -> list[dict[str, Any]]:
        return list(yaml.safe_load(self.path(CONFIG).read_text())["resources"][0]["providers"])


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_a_key_made_on_the_first_node_is_taken_on_the_others_and_fills_the_same_file(
    tmp_path: Path, shell: str
) -> None:
    first, second = Node(tmp_path / "1", EncryptionSpec(), shell), Node(tmp_path / "2", EncryptionSpec(), shell)
    assert first.run("make", "key-1").returncode == 0
    secret = first.key("key-1").read_text()
    assert len(base64.b64decode(secret)) == 32
    assert second.run("take", "key-1", stdin=secret + "\n").returncode == 0
    hashes = set()
    for node in (first, second):
        shown = node.run("fill")
        assert shown.returncode == 0
        assert node.providers() == [{"secretbox": {"keys": [{"name": "key-1", "secret": secret}]}}]
        assert stat.S_IMODE(node.path(CONFIG).stat().st_mode) == 0o600
        assert stat.S_IMODE(node.key("key-1").stat().st_mode) == 0o600
        assert [path.name for path in node.path(LIVE_FOLDER).iterdir()] == ["config.yaml"]
        assert [path.name for path in node.key("key-1").parent.iterdir()] == ["key-1"]
        hashes.add(node.run("show").stdout)
    [one] = hashes
    assert one.startswith(f"# sha256:{hashlib.sha256(first.path(CONFIG).read_bytes()).hexdigest()}\n")
    assert secret[:12] not in one
    # What is shown is as good as the file itself, without its key.
    states = [state_of_configuration(yaml.safe_load(text)) for text in (one, first.path(CONFIG).read_text())]
    assert states[0] == states[1]
    assert len(states[0].marks) == 1


@pytest.mark.parametrize("secret", ["secret: {key}", 'secret: "{key}"', '{{"secret": "{key}"}}', "secret: >-\n  {key}"])
def test_a_configuration_of_somebody_else_is_not_shown(tmp_path: Path, secret: str) -> None:
    node = Node(tmp_path, EncryptionSpec())
    node.path(LIVE_FOLDER).mkdir()
    node.path(CONFIG).write_text(secret.format(key=KEY))
    shown = node.run("show")
    assert shown.returncode == 1
    assert KEY[:12] not in shown.stdout + shown.stderr
    assert "was not written by this script" in shown.stderr


def test_no_key_is_ever_replaced(tmp_path: Path) -> None:
    node = Node(tmp_path, EncryptionSpec())
    node.run("make", "key-1")
    node.run("fill")
    secret = node.key("key-1").read_text()
    for arguments, stdin in ((("make", "key-1"), ""), (("take", "key-1"), OTHER_KEY)):
        shown = node.run(*arguments, stdin=stdin)
        assert (shown.returncode, shown.stderr) == (1, "bootstrap.sh: key key-1 exists already and is kept\n")
    node.key("key-1").unlink()
    for arguments, stdin in ((("make", "key-1"), ""), (("take", "key-1"), OTHER_KEY)):
        shown = node.run(*arguments, stdin=stdin)
        assert shown.returncode == 1
        assert "is in use by the API server" in shown.stderr
    assert not node.key("key-1").exists()
    node.key("key-1").write_text(OTHER_KEY)
    shown = node.run("fill")
    assert shown.returncode == 1
    assert "differs from the one in use" in shown.stderr
    assert node.providers() == [{"secretbox": {"keys": [{"name": "key-1", "secret": secret}]}}]


def test_a_second_key_is_added_and_promoted_with_the_first_kept(tmp_path: Path) -> None:
    node = Node(tmp_path, EncryptionSpec())
    node.run("make", "key-1")
    node.run("fill")
    secret = node.key("key-1").read_text()
    for names in (("key-1", "key-2"), ("key-2", "key-1")):
        node.update(spec(keyed("secretbox", *names)))
        if not node.key("key-2").exists():
            assert "key key-2 is not on this node" in node.run("fill").stderr
            assert node.run("make", "key-2").returncode == 0
        assert node.run("fill").returncode == 0
        keys = node.providers()[0]["secretbox"]["keys"]
        assert [key["name"] for key in keys] == list(names)
        assert keys[names.index("key-1")]["secret"] == secret


def test_only_what_is_in_plain_text_is_prepared(tmp_path: Path) -> None:
    both = EncryptionSpec.model_validate(
        {
            "groups": [
                {"resources": ["secrets"], "providers": [keyed("secretbox", "key-1")]},
                {
                    "resources": ["configmaps"],
                    "providers": [keyed("secretbox", "key-1")],
                    "reads_plain_text_while_migrating": True,
                },
            ]
        }
    )
    node = Node(tmp_path, both)
    node.run("make", "key-1")
    assert node.run("prepare").returncode == 0
    entries = yaml.safe_load(node.path(CONFIG).read_text())["resources"]
    kinds = [[next(iter(one)) for one in entry["providers"]] for entry in entries]
    assert kinds == [["secretbox"], ["identity", "secretbox", "identity"]]
    node.update(EncryptionSpec())
    shown = node.run("prepare")
    assert (shown.returncode, shown.stderr) == (1, "bootstrap.sh: no group reads plain text, so none is prepared\n")


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(bytes(16)).decode(), f"{KEY}\n{KEY}\n"])
def test_what_is_no_key_is_not_taken(tmp_path: Path, text: str) -> None:
    node = Node(tmp_path, EncryptionSpec())
    shown = node.run("take", "key-1", stdin=text)
    assert (shown.returncode, shown.stderr) == (1, "bootstrap.sh: key key-1 is not 32 bytes in base64\n")
    assert list(node.key("key-1").parent.iterdir()) == []
    assert "is not on this node" in node.run("fill").stderr
    assert not node.path(CONFIG).exists()


@pytest.mark.parametrize("arguments", [(), ("make",), ("make", "nobody"), ("take", "../../x"), ("explode",)])
def test_misuse_changes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    node = Node(tmp_path, EncryptionSpec())
    before = sorted(tmp_path.rglob("*"))
    shown = node.run(*arguments, stdin=KEY)
    assert shown.returncode == 1
    assert shown.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_the_script_shows_no_key_even_when_a_shell_is_told_to_show_everything(tmp_path: Path) -> None:
    node = Node(tmp_path, EncryptionSpec())
    for arguments, stdin in ((("take", "key-1"), KEY), (("fill",), ""), (("fill",), ""), (("show",), "")):
        shown = node.run(*arguments, stdin=stdin, by=("sh", "-x"))
        assert KEY not in shown.stdout + shown.stderr
        assert KEY[:16] not in shown.stdout + shown.stderr
    assert node.providers()[0]["secretbox"]["keys"][0]["secret"] == KEY


def test_a_plug_in_alone_needs_no_key_on_the_node(tmp_path: Path) -> None:
    node = Node(tmp_path, spec(KMS))
    assert node.run("fill").returncode == 0
    assert node.providers()[0]["kms"]["name"] == "vault"
