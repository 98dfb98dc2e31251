"""What the static pods of a control plane need beyond its hardening: images, networks and the members of etcd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from k8s_hardening.kube.images import parse_image
from k8s_hardening.kube.networks import parse_network
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, wrong
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.ends import Cidr
from k8s_hardening.model.raw import Problem

_IMAGE = "registry.example.com/platform/kube-apiserver:v1.36.2"


def _image(text: str) -> str:
    try:
        image = parse_image(text)
    except ValueError as error:
        raise wrong("is not an image", f'"{_IMAGE}"') from error
    if image.digest is None and image.tag in (None, "latest"):
        raise wrong("names no version, so what runs would change by itself", f'"{_IMAGE}"')
    return text


def _host(text: str) -> str:
    try:
        parse_network(f"{text}/128" if ":" in text else f"{text}/32")
    except ValueError as error:
        raise wrong("is not an IP address", '"10.0.0.10"') from error
    return text


ComponentImage = Annotated[str, AfterValidator(_image)]
IpAddress = Annotated[str, AfterValidator(_host)]


class StaticPodsSpec(Model):
    """What the manifests of the dialect static-pod need to be complete."""

    api_server_image: ComponentImage = Field(examples=[_IMAGE])
    """Image of kube-apiserver, with a digest or a version."""
    controller_manager_image: ComponentImage = Field(examples=[_IMAGE.replace("apiserver", "controller-manager")])
    """Image of kube-controller-manager, with a digest or a version."""
    scheduler_image: ComponentImage = Field(examples=[_IMAGE.replace("apiserver", "scheduler")])
    """Image of kube-scheduler, with a digest or a version."""
    etcd_image: ComponentImage = Field(examples=["registry.example.com/platform/etcd:3.6.5-0"])
    """Image of etcd, with a digest or a version."""
    service_cidr: Cidr = "10.96.0.0/12"
    """Network of the Services."""
    pod_cidr: Cidr | None = Field(default=None, examples=["10.244.0.0/16"])
    """Network of the pods, where the controller manager is to divide it among the nodes; None where the CNI does."""
    etcd_members: dict[Name, IpAddress] = Field(default={}, examples=[{"cp-1": "10.0.0.10", "cp-2": "10.0.0.11"}])
    """Name and address of every etcd member; empty means a single one, on the node itself."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:
        """Images of another Kubernetes version, and a dialect that writes no static pods."""
        if dialect is not Dialect.STATIC_POD:
            yield (
                (),
                self.model_dump(mode="json", exclude_unset=True),
                f"belongs to the dialect static-pod, and this is {dialect}; leave it out",
            )
            return
        for field in ("api_server_image", "controller_manager_image", "scheduler_image"):
            image: str = getattr(self, field)
            try:
                reference = parse_image(image)
                found = KubeVersion.parse(reference.tag)
            except ValueError:
                continue  # a tag of one's own says nothing
            if found != kubernetes:
                mended = f"{reference.name}:v{kubernetes}.0"
                text = f'is Kubernetes {found}, and the baseline says {kubernetes}; for example "{mended}"'
                yield (field,), image, text
