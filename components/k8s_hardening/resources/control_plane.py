"""The component `ControlPlane`: settings, files and objects of a hardened control plane."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.model.control_plane.encryption import EncryptionSpec
from k8s_hardening.model.control_plane.spec import ControlPlaneInputs
from k8s_hardening.plans.control_plane.dialects.writer import plan_in_dialect
from k8s_hardening.plans.control_plane.encryption import CONFIG, filled_text, read_inline_keys
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.control_plane.rendered import rendered_settings
from k8s_hardening.plans.plan import HostFile
from k8s_hardening.resources.checking import BadArgsError, checked
from k8s_hardening.resources.component import HardenedComponent
from k8s_hardening.resources.control_plane_args import ControlPlaneArgs
from k8s_hardening.resources.secret_config import require_secret


class ControlPlane(HardenedComponent):
    """A hardened control plane: its rendered settings are inputs of the component, so that the pack judges them."""

    host_files: pulumi.Output[Sequence[str]]
    """Paths of the files to put on the hosts; `k8s-hardening render` writes them."""
    manifests: pulumi.Output[Sequence[str]]
    """Kind and name of each object that belongs to the control plane."""
    not_expressible: pulumi.Output[Sequence[str]]
    """Settings for which the dialect has no words, one sentence each."""
    owned_by_provider: pulumi.Output[Sequence[str]]
    """What the distribution or the provider decides by itself, one sentence each."""
    advice: pulumi.Output[Sequence[str]]
    """What is left to the operator, one sentence each."""
    secret_files: pulumi.Output[Mapping[str, str]]
    """Path and text of files that hold keys, secret; empty unless encryption takes its keys from the configuration."""

    def __init__(
        self,
        name: str,
        args: ControlPlaneArgs,
        opts: pulumi.ResourceOptions | None = None,
        policies: Sequence[HostFile] = (),
    ) -> None:
        # The policies follow from tenants, which a control plane by itself does not know: only a baseline gives them.
        inputs = checked(args, ControlPlaneInputs, name)
        part = plan_control_plane(inputs, inputs.kubernetes, inputs.dialect, policies)
        output = plan_in_dialect(inputs, inputs.kubernetes, inputs.dialect, policies)
        rendered: Sequence[Any] = rendered_settings(part)
        super().__init__(name, inputs, opts, rendered={"settings": rendered})
        for manifest in output.manifests:
            self._emit(manifest)
        for gap in output.not_expressible:
            pulumi.warn(gap, self)
        self.host_files = self._once_registered([file.path for file in output.host_files])
        self.manifests = self._once_registered([f"{kind_of(one)}/{name_of(one)}" for one in output.manifests])
        self.not_expressible = pulumi.Output.from_input(list(output.not_expressible))
        self.owned_by_provider = pulumi.Output.from_input(list(output.owned_by_provider))
        self.advice = pulumi.Output.from_input(list(output.advice))
        self.secret_files = self._secret_files(inputs)
        self.register_outputs(
            {
                "hostFiles": self.host_files,
                "manifests": self.manifests,
                "notExpressible": self.not_expressible,
                "ownedByProvider": self.owned_by_provider,
                "advice": self.advice,
                "secretFiles": self.secret_files,
            }
        )

    def _secret_files(self, inputs: ControlPlaneInputs) -> pulumi.Output[Mapping[str, str]]:
        encryption: EncryptionSpec = inputs.encryption
        key = encryption.inline_keys_from_config
        if key is None:
            return pulumi.Output.from_input({})

        def filled(text: str) -> Mapping[str, str]:
            try:
                return {CONFIG: filled_text(encryption, inputs.kubernetes, read_inline_keys(text))}
            except ValueError as error:  # its text never holds a part of the value
                raise BadArgsError([f"k8s-hardening:{key}: {error}"]) from None

        return pulumi.Output.secret(require_secret(key).apply(filled))
