"""What the engine leaves in the environment of a pack, and a judge has no use for."""

from __future__ import annotations

from collections.abc import MutableMapping

# sdk v3.200.0 go/common/resource/plugin/analyzer_plugin.go, constructEnv; the passphrase is inherited from the caller.
_SECRET = ("PULUMI_CONFIG", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
# While all of these are set, the SDK configures itself anew in each call (pulumi_policy 1.21.0 policy.py,
# _configure_runtime_settings), with the same values as at its start.
_REPEATED = ("PULUMI_PROJECT", "PULUMI_STACK", "PULUMI_DRY_RUN")


def forget_the_stack(environment: MutableMapping[str, str]) -> None:
    """Remove the decrypted configuration of the stack and the key to its state; call it once, before the pack starts.

    No control reads either, what is not there cannot leak, and the SDK would parse the configuration in each call.
    """
    for name in (*_SECRET, *_REPEATED):
        environment.pop(name, None)
