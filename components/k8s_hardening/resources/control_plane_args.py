"""Arguments of the control plane, as plain dictionaries of any language.

Written by `python -m tests.resources.facade_text` from the models of model/control_plane, which check them. The
component host reads the types themselves, so this file has no `from __future__ import annotations`, no Literal, no
union and no tuple.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict


class KmsArgs(TypedDict):
    """A plug-in on the node that keeps the key in a key management service."""

    name: str
    """Name of the plug-in, stored with each value; unique in the whole configuration."""
    endpoint: str
    """Unix socket of the plug-in, in a folder of its own."""
    timeout: NotRequired[str]
    """How long the server waits for the plug-in."""
    api_version: NotRequired[str]
    """v2 from Kubernetes 1.27 on; v1 only before 1.29."""


class NodeKeyArgs(TypedDict):
    """A key by reference: made once, on the first node of the control plane, and copied to the others."""

    name: str
    """Name of the key, stored with each value it encrypts; a new key needs a new name."""
    node_file: NotRequired[str]
    """File on the nodes that holds the key, 32 random bytes in base64; absent means keys/<name> beside the script."""


class SecretboxArgs(TypedDict):
    """XSalsa20 and Poly1305: the strongest provider whose keys lie on the nodes."""

    keys: Sequence[NodeKeyArgs]
    """Keys; the first of the first provider writes."""


class AesCbcArgs(TypedDict):
    """AES-CBC: weak, since it does not authenticate; for clusters that need FIPS 140 and have no KMS."""

    keys: Sequence[NodeKeyArgs]
    """Keys of 32 bytes; the first of the first provider writes."""


class AesGcmArgs(TypedDict):
    """AES-GCM with random nonces: safe only while something rotates the key before 200,000 writes."""

    keys: Sequence[NodeKeyArgs]
    """Keys of 32 bytes; the first of the first provider writes."""
    rotation_is_automated: NotRequired[bool]
    """Confirms that something rotates the key in time; without it the provider is refused."""


class ProviderArgs(TypedDict):
    """One provider: exactly one of its kinds."""

    kms: NotRequired[KmsArgs]
    """The best choice: no key lies on the nodes."""
    secretbox: NotRequired[SecretboxArgs]
    """The best choice without a KMS."""
    aescbc: NotRequired[AesCbcArgs]
    """Weaker: for FIPS 140 without a KMS."""
    aesgcm: NotRequired[AesGcmArgs]
    """Weaker: only with automated rotation."""


class GroupArgs(TypedDict):
    """Resources that are encrypted by the same providers."""

    resources: NotRequired[Sequence[str]]
    """Plural names with their group: secrets, widgets.example.com; from Kubernetes 1.27 on also *.apps or *.*."""
    providers: NotRequired[Sequence[ProviderArgs]]
    """Providers in order; the first writes, the others read what was written before."""
    reads_plain_text_while_migrating: NotRequired[bool]
    """Weaker: also read values that were never encrypted. Only until all are rewritten: a value that an attacker puts
into etcd is then read as well."""


class EncryptionArgs(TypedDict):
    """What is encrypted in etcd, and how. Left out, it is Secrets and ConfigMaps with a key made on the nodes."""

    groups: NotRequired[Sequence[GroupArgs]]
    """Groups in order; entries for single resources come before wildcards that include them."""
    inline_keys_from_config: NotRequired[str]
    """Weaker: take the bytes of all keys from this secret key of the stack's configuration, a mapping of names to
base64, so that the engine's state holds them encrypted. Otherwise they never leave the nodes."""


class ServiceAccountsArgs(TypedDict):
    """Tokens of service accounts: who signs them, and how long they live."""

    issuers: NotRequired[Sequence[str]]
    """The first is written into new tokens; others are still believed, which needs Kubernetes 1.22."""
    signing_key_file: NotRequired[str]
    """Private key on the host that signs."""
    key_files: NotRequired[Sequence[str]]
    """Keys on the host that tokens are checked against; several while the signing key is renewed."""
    max_token_expiration: NotRequired[str]
    """The longest life that anybody may ask for a token."""
    api_audiences: NotRequired[Sequence[str]]
    """For whom tokens must be made; the issuers when empty."""


class RequestHeaderArgs(TypedDict):
    """The proxy of the aggregation layer, which names users in headers."""

    client_ca_file: NotRequired[str]
    """Certificates on the host that the proxy's own is checked against; never those of other clients."""
    allowed_names: NotRequired[Sequence[str]]
    """Common names of the proxy's certificate; without one every certificate of that CA could claim to be anybody."""
    proxy_certificate_file: NotRequired[str]
    """Certificate by which this server is such a proxy to extension servers."""
    proxy_key_file: NotRequired[str]
    """Private key that belongs to it."""


class MfaArgs(TypedDict):
    """Which claims prove that somebody showed more than a password; both are asked for where both are named."""

    amr: NotRequired[Sequence[str]]
    """Values of the claim amr (methods), one of which the token must hold; needs Kubernetes 1.30."""
    acr: NotRequired[Sequence[str]]
    """Values of the claim acr (class of the login), one of which the token must hold."""


class OidcIssuerArgs(TypedDict):
    """One identity provider, and what its tokens must hold."""

    url: str
    """The issuer as its tokens name it."""
    discovery_url: NotRequired[str]
    """Where the issuer's keys are found when not below its own URL; needs Kubernetes 1.30."""
    audiences: Sequence[str]
    """For whom the token must be made; more than one needs Kubernetes 1.30."""
    certificate_authority: NotRequired[str]
    """Certificates (PEM) that the issuer's own is checked against; without it those of the host."""
    username_claim: NotRequired[str]
    """Claim that holds the name of the user."""
    username_prefix: NotRequired[str]
    """What the names of these users start with, so that nobody takes the name of a part of the system."""
    groups_claim: NotRequired[str]
    """Claim that holds the groups of the user; without it users have none."""
    groups_prefix: NotRequired[str]
    """What the names of these groups start with."""
    required_claims: NotRequired[Mapping[str, str]]
    """Claims that every token must hold, with their values."""
    mfa: NotRequired[MfaArgs]
    """The proof of a second factor that every token must hold."""
    without_mfa: NotRequired[bool]
    """Weaker: take tokens of people who showed a password only."""
    signing_algorithms: NotRequired[Sequence[str]]
    """Below Kubernetes 1.30: how tokens may be signed; RS256 when empty. From 1.30 the issuer's keys decide."""


class WebhookEndpointArgs(TypedDict):
    """How the API server reaches a webhook, always by TLS on both sides."""

    url: str
    """Where the webhook answers."""
    certificate_authority: NotRequired[str]
    """Certificates (PEM) that the webhook's own is checked against; without it those of the host."""
    client_certificate_file: str
    """Certificate on the host by which the API server shows the webhook who it is."""
    client_key_file: str
    """Private key on the host that belongs to it; made there, and only referred to here."""


class TokenWebhookArgs(TypedDict):
    """A service that says whose token it is, for tokens that kubectl gets from an exec credential plug-in."""

    endpoint: WebhookEndpointArgs
    """Where the service answers."""
    cache_ttl: NotRequired[str]
    """How long an answer is kept; a revoked token works for as long and up to 10 seconds more."""


class AuthenticationArgs(TypedDict):
    """Who the API server believes."""

    client_ca_file: NotRequired[str]
    """Certificates on the host that client certificates are checked against."""
    service_accounts: NotRequired[ServiceAccountsArgs]
    """Tokens of service accounts."""
    request_header: NotRequired[RequestHeaderArgs]
    """The proxy of the aggregation layer."""
    oidc: NotRequired[Sequence[OidcIssuerArgs]]
    """Identity providers of people; more than one needs Kubernetes 1.30."""
    certificate_subjects: NotRequired[Sequence[str]]
    """Weaker: users and groups of client certificates beside oidc: names without a prefix, which nothing revokes."""
    token_webhook: NotRequired[TokenWebhookArgs]
    """A service that says whose token it is."""
    bootstrap_tokens: NotRequired[bool]
    """Weaker: let nodes join by bootstrap tokens, which are Secrets that anybody who reads them can use."""
    own_probes: NotRequired[bool]
    """The probes of the API server bring credentials of their own, so that nobody comes in without a name."""
    anonymous_cluster_info: NotRequired[bool]
    """Weaker: let anybody read kube-public/cluster-info, as `kubeadm join` with a token does; from Kubernetes 1.32."""
    historical_flags: NotRequired[Mapping[str, str]]
    """Flags of an old API server as its manifest has them: translated, or refused with what to use instead."""


class AuthorizationWebhookArgs(TypedDict):
    """A service that is asked whether a request may pass."""

    name: str
    """Name of the webhook in metrics and files."""
    endpoint: WebhookEndpointArgs
    """Where the service answers."""
    failure_policy: NotRequired[str]
    """What happens when it does not answer; NoOpinion is weaker: the next authorizer decides."""
    match_conditions: NotRequired[Sequence[str]]
    """CEL expressions that must all hold for the webhook to be asked; need Kubernetes 1.30."""
    timeout: NotRequired[str]
    """How long to wait for an answer; below Kubernetes 1.30 it is always 30s."""
    authorized_ttl: NotRequired[str]
    """How long a yes is kept, and so how long a right that was taken away still works."""
    unauthorized_ttl: NotRequired[str]
    """How long a no is kept."""


class AuthorizerArgs(TypedDict):
    """One authorizer; they are asked in the order of the list, and the first that allows or denies decides."""

    type: str
    """Kind of the authorizer; AlwaysAllow is refused."""
    webhook: NotRequired[AuthorizationWebhookArgs]
    """The service of a Webhook authorizer."""


class AuthorizationArgs(TypedDict):
    """Who may do what."""

    authorizers: NotRequired[Sequence[AuthorizerArgs]]
    """Who is asked, in this order; Node and RBAC must be among them."""
    allow_abac: NotRequired[bool]
    """Weaker: take rights from a file that only a restart reads anew, beside RBAC."""
    abac_policy_file: NotRequired[str]
    """The file of the authorizer ABAC on the host."""
    allow_always_deny: NotRequired[bool]
    """For tests only: take AlwaysDeny into the list; it has no opinion of its own and allows nothing."""


class EventLimitArgs(TypedDict):
    """How many events may come in."""

    kind: str
    """Whose events share the limit."""
    per_second: int
    """Events each second in the long run."""
    burst: int
    """Events at once after a quiet time."""
    remembered: NotRequired[int]
    """How many namespaces, users or objects are told apart; without meaning for Server."""


class PodSecurityDefaultsArgs(TypedDict):
    """Pod Security Admission for namespaces without labels of their own."""

    enforce: NotRequired[str]
    """Level that pods of such namespaces must keep to; restricted is always warned about and audited."""
    exempt_namespaces: NotRequired[Mapping[str, str]]
    """Weaker: namespaces that are not looked at, each with the reason; none of a tenant."""
    exempt_users: NotRequired[Mapping[str, str]]
    """Weaker: users whose pods are not looked at in any namespace, each with the reason; never a controller."""
    exempt_runtime_classes: NotRequired[Mapping[str, str]]
    """Weaker: runtime classes whose pods are not looked at in any namespace, each with the reason."""


class ImagePolicyWebhookArgs(TypedDict):
    """A service that says which images may run."""

    endpoint: WebhookEndpointArgs
    """Where the service answers."""
    allowed_for: NotRequired[str]
    """How long a yes is kept; whole seconds."""
    denied_for: NotRequired[str]
    """How long a no is kept; whole seconds."""
    allow_when_unreachable: NotRequired[bool]
    """Weaker: let every image run while the service does not answer."""


class TolerationArgs(TypedDict):
    """Taints that a pod may tolerate."""

    key: str
    """Key of the taint."""
    value: NotRequired[str]
    """Value of the taint; every value when left out."""
    effect: NotRequired[str]
    """Effect of the taint; every effect when left out."""


class PodTolerationsArgs(TypedDict):
    """Tolerations for namespaces that have no annotations about them."""

    added: NotRequired[Sequence[TolerationArgs]]
    """Tolerations that every pod gets."""
    allowed: NotRequired[Sequence[TolerationArgs]]
    """Tolerations that pods may have; any when empty."""


class LimitedResourceArgs(TypedDict):
    """What can be used only where a ResourceQuota covers it."""

    resource: str
    """Resource by its plural name."""
    api_group: NotRequired[str]
    """API group of the resource; empty for the core."""
    match_contains: NotRequired[Sequence[str]]
    """Names of quota entries (or parts of them) that must be covered."""
    priority_classes: NotRequired[Sequence[str]]
    """Pods of these priority classes must be covered."""


class AdmissionArgs(TypedDict):
    """What the API server looks at before it stores an object."""

    enable: NotRequired[Sequence[str]]
    """Plug-ins beside the default ones and the secure set, which always run."""
    without: NotRequired[Sequence[str]]
    """Weaker: plug-ins of the secure set that stay off."""
    historical_list: NotRequired[str]
    """The list of --admission-control as an old manifest has it; its intent is translated."""
    event_rate_limits: NotRequired[Sequence[EventLimitArgs]]
    """Limits of the plug-in EventRateLimit, so that no namespace fills etcd with events."""
    pod_security: NotRequired[PodSecurityDefaultsArgs]
    """Pod Security Admission for namespaces without labels."""
    pod_security_gate: NotRequired[bool]
    """Turn on the feature gate without which Kubernetes 1.22 has no Pod Security Admission."""
    image_policy_webhook: NotRequired[ImagePolicyWebhookArgs]
    """A service that says which images may run."""
    node_selectors: NotRequired[Mapping[str, Mapping[str, str]]]
    """Nodes on which the pods of a namespace must run, by labels of the nodes; turns PodNodeSelector on."""
    default_node_selector: NotRequired[Mapping[str, str]]
    """The same for every other namespace."""
    pod_tolerations: NotRequired[PodTolerationsArgs]
    """Taints that pods may tolerate; turns PodTolerationRestriction on."""
    limited_resources: NotRequired[Sequence[LimitedResourceArgs]]
    """What can be used only where a ResourceQuota covers it."""
    webhook_kubeconfig_file: NotRequired[str]
    """A kubeconfig on the host by which the server shows admission webhooks who it is."""


class AuditLogArgs(TypedDict):
    """The log file on each control-plane node. The least values are those of CIS 1.2.17 to 1.2.19."""

    max_age_days: NotRequired[int]
    """Days for which old files are kept."""
    max_backups: NotRequired[int]
    """How many old files are kept."""
    max_size_mb: NotRequired[int]
    """Megabytes at which the log is turned over."""
    compress: NotRequired[bool]
    """Whether old files are compressed; needs Kubernetes 1.20."""
    mode: NotRequired[str]
    """blocking answers a request after its event is written; blocking-strict refuses it when that fails."""


class AuditAlertsArgs(TypedDict):
    """Alert rules about the audit log for a cluster that runs the Prometheus operator."""

    namespace: str
    """Namespace of the PrometheusRule."""
    labels: NotRequired[Mapping[str, str]]
    """Labels by which Prometheus picks its rules."""


class AuditArgs(TypedDict):
    """Audit of the API server. The policy itself is not a setting, so that nothing can be left out of it."""

    log: NotRequired[AuditLogArgs]
    """The log file on each control-plane node."""
    webhook: NotRequired[WebhookEndpointArgs]
    """A collector that gets every event as well, so that whoever takes a node cannot take its traces."""
    metadata_only: NotRequired[Sequence[str]]
    """Resources whose bodies must stay out of the log, beside Secrets, ConfigMaps and tokens: credentials in them.

Written resource.group; the group * stands for every one, from Kubernetes 1.36."""
    alerts: NotRequired[AuditAlertsArgs]
    """Alert rules about events that are lost and about the log falling silent."""


class ServingArgs(TypedDict):
    """The certificate that the API server shows."""

    certificate_file: NotRequired[str]
    """Certificate on the host."""
    key_file: NotRequired[str]
    """Private key on the host that belongs to it."""
    tls_minimum: NotRequired[str]
    """The oldest version of TLS that the API server speaks."""


class EtcdClientArgs(TypedDict):
    """The API server as a client of etcd."""

    certificate_file: NotRequired[str]
    """Certificate on the host by which the API server shows etcd who it is."""
    key_file: NotRequired[str]
    """Private key on the host that belongs to it."""
    servers: NotRequired[Sequence[str]]
    """Where etcd answers."""
    ca_file: NotRequired[str]
    """CA on the host that the certificates of etcd are checked against."""


class KubeletClientArgs(TypedDict):
    """The API server as a client of the kubelets."""

    certificate_file: NotRequired[str]
    """Certificate on the host by which the API server shows kubelets who it is."""
    key_file: NotRequired[str]
    """Private key on the host that belongs to it."""
    ca_file: NotRequired[str]
    """CA on the host that the certificates of kubelets are checked against; the cluster signs them by default."""


class ApiServerArgs(TypedDict):
    """The API server beyond its own parts (authentication, authorization, admission, audit, encryption)."""

    serving: NotRequired[ServingArgs]
    """The certificate that the API server shows, and the oldest TLS it speaks."""
    etcd: NotRequired[EtcdClientArgs]
    """The API server as a client of etcd."""
    kubelet: NotRequired[KubeletClientArgs]
    """The API server as a client of the kubelets."""
    request_timeout: NotRequired[str]
    """How long a request may take; a longer time gives more requests at once to whoever wants to exhaust the server."""
    reconnect_one_in: NotRequired[int]
    """Send one of so many HTTP/2 clients to another API server, so that none carries all; not for a single server."""


class ControllerManagerArgs(TypedDict):
    """Settings of the controller manager. Profiling is off, and each controller has an account of its own."""

    bind_address: NotRequired[str]
    """Address of this node on which health and metrics are served."""
    tls_minimum: NotRequired[str]
    """The oldest version of TLS that it speaks."""
    root_ca_file: NotRequired[str]
    """CA on the host that every service account is told to trust."""
    service_account_key_file: NotRequired[str]
    """Private key on the host that signs tokens of service accounts."""
    certificate_life: NotRequired[str]
    """The longest life of certificates that the cluster signs; kubelets renew theirs in time."""
    terminated_pods_kept: NotRequired[int]
    """How many finished pods stay before the oldest are deleted; the server's own default is 12500."""


class SchedulerArgs(TypedDict):
    """Settings of the scheduler. Profiling is off."""

    bind_address: NotRequired[str]
    """Address of this node on which health and metrics are served."""
    tls_minimum: NotRequired[str]
    """The oldest version of TLS that it speaks."""


class EtcdTlsArgs(TypedDict):
    """Certificates of one side of etcd; every client or peer must show one of this CA."""

    certificate_file: str
    """Certificate on the host."""
    key_file: str
    """Private key on the host that belongs to it."""
    ca_file: NotRequired[str]
    """CA on the host, of etcd only: whoever holds a certificate of it can read and write everything."""


class EtcdArgs(TypedDict):
    """etcd members of this control plane: TLS on both sides, clients and peers known by their certificates."""

    client: NotRequired[EtcdTlsArgs]
    """What API servers meet."""
    peer: NotRequired[EtcdTlsArgs]
    """What other members meet."""


class KubeProxyArgs(TypedDict):
    """Settings of kube-proxy. Profiling is off."""

    metrics_address: NotRequired[str]
    """Address of the node on which metrics are served, at port 10249."""
    node_port_networks: NotRequired[Sequence[str]]
    """Networks of the node on whose addresses node ports answer; empty means every address."""


class KubeletArgs(TypedDict):
    """Settings of the kubelet. What has no field here is fixed: no anonymous requests, no port without credentials."""

    client_ca_file: NotRequired[str]
    """CA on the node that the certificates of the kubelet's clients are checked against."""
    tls_minimum: NotRequired[str]
    """The oldest version of TLS that the kubelet speaks."""
    pod_pids_limit: NotRequired[int]
    """How many processes one pod may have."""
    streaming_idle_timeout: NotRequired[str]
    """How long an exec or port forwarding may be idle."""
    events_per_second: NotRequired[int]
    """How many events the kubelet sends; too few hide what happens on the node."""
    kube_reserved: NotRequired[Mapping[str, str]]
    """What is kept from the pods for the kubelet and the container runtime."""
    system_reserved: NotRequired[Mapping[str, str]]
    """What is kept from the pods for the rest of the node."""
    eviction_hard: NotRequired[Mapping[str, str]]
    """Below what is left pods are evicted; signals that are left out keep their default."""
    protect_kernel_defaults: NotRequired[bool]
    """Whether the kubelet refuses to start on a kernel with other settings than ours; false is weaker."""
    trust_preloaded_images: NotRequired[bool]
    """Weaker: let any pod use an image that was put on the node beforehand, without credentials for its registry.

Needed where nodes cannot reach the registry again; without a meaning before Kubernetes 1.35."""


class StaticPodsArgs(TypedDict):
    """What the manifests of the dialect static-pod need to be complete."""

    api_server_image: str
    """Image of kube-apiserver, with a digest or a version."""
    controller_manager_image: str
    """Image of kube-controller-manager, with a digest or a version."""
    scheduler_image: str
    """Image of kube-scheduler, with a digest or a version."""
    etcd_image: str
    """Image of etcd, with a digest or a version."""
    service_cidr: NotRequired[str]
    """Network of the Services."""
    pod_cidr: NotRequired[str]
    """Network of the pods, where the controller manager is to divide it among the nodes; None where the CNI does."""
    etcd_members: NotRequired[Mapping[str, str]]
    """Name and address of every etcd member; empty means a single one, on the node itself."""


class ClusterApiArgs(TypedDict):
    """The objects of the management cluster that the dialect cluster-api writes."""

    namespace: str
    """Namespace of the cluster's objects in the management cluster."""
    control_plane: str
    """Name of the KubeadmControlPlane, which exists; only the hardened fields are taken over."""
    workers: str
    """Name of the KubeadmConfigTemplate to make for the workers; machine deployments then refer to it."""
    self_managed: NotRequired[bool]
    """Whether the cluster holds its own Cluster API objects; false leaves them to a stack of the cluster that does."""
    version: NotRequired[str]
    """API version of both: v1beta2 from Cluster API 1.11, v1beta1 before."""


class ManagedArgs(TypedDict):
    """What a user decides of a control plane that a provider runs."""

    provider: str
    """Whose it is: eks, gke or aks."""
    cluster: str
    """Name of the cluster at the provider, for the commands that are shown."""
    endpoint_cidrs: NotRequired[Sequence[str]]
    """Networks (bastion, VPN) that reach the public API endpoint; empty means none: the endpoint is private."""


class ControlPlaneSettingsArgs(TypedDict):
    """How the control plane is hardened; what is left out is hardened, too."""

    encryption: NotRequired[EncryptionArgs]
    """Encryption at rest."""
    authentication: NotRequired[AuthenticationArgs]
    """Who the API server believes."""
    authorization: NotRequired[AuthorizationArgs]
    """Who decides what they may do."""
    admission: NotRequired[AdmissionArgs]
    """What the API server refuses or changes."""
    audit: NotRequired[AuditArgs]
    """What is logged about requests."""
    api_server: NotRequired[ApiServerArgs]
    """The rest of the API server: TLS, addresses, connections to etcd and to the kubelets."""
    controller_manager: NotRequired[ControllerManagerArgs]
    """The controllers."""
    scheduler: NotRequired[SchedulerArgs]
    """The scheduler."""
    etcd: NotRequired[EtcdArgs]
    """The store of the cluster."""
    kube_proxy: NotRequired[KubeProxyArgs]
    """The proxy of the nodes."""
    kubelet: NotRequired[KubeletArgs]
    """The agents of the nodes."""
    static_pods: NotRequired[StaticPodsArgs]
    """What the manifests of the dialect static-pod need; for that dialect only."""
    cluster_api: NotRequired[ClusterApiArgs]
    """Which objects carry the hardening in the dialect cluster-api; for that dialect only."""
    managed: NotRequired[ManagedArgs]
    """What a user decides in the dialect managed; for that dialect only."""


class ControlPlaneArgs(TypedDict):
    """Inputs of the component `ControlPlane`: the control plane and what it must know of its cluster."""

    encryption: NotRequired[EncryptionArgs]
    """Encryption at rest."""
    authentication: NotRequired[AuthenticationArgs]
    """Who the API server believes."""
    authorization: NotRequired[AuthorizationArgs]
    """Who decides what they may do."""
    admission: NotRequired[AdmissionArgs]
    """What the API server refuses or changes."""
    audit: NotRequired[AuditArgs]
    """What is logged about requests."""
    api_server: NotRequired[ApiServerArgs]
    """The rest of the API server: TLS, addresses, connections to etcd and to the kubelets."""
    controller_manager: NotRequired[ControllerManagerArgs]
    """The controllers."""
    scheduler: NotRequired[SchedulerArgs]
    """The scheduler."""
    etcd: NotRequired[EtcdArgs]
    """The store of the cluster."""
    kube_proxy: NotRequired[KubeProxyArgs]
    """The proxy of the nodes."""
    kubelet: NotRequired[KubeletArgs]
    """The agents of the nodes."""
    static_pods: NotRequired[StaticPodsArgs]
    """What the manifests of the dialect static-pod need; for that dialect only."""
    cluster_api: NotRequired[ClusterApiArgs]
    """Which objects carry the hardening in the dialect cluster-api; for that dialect only."""
    managed: NotRequired[ManagedArgs]
    """What a user decides in the dialect managed; for that dialect only."""
    kubernetes: str
    """Kubernetes version of the cluster."""
    dialect: str
    """How the control plane is configured."""
