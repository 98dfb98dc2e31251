"""Who may do what in a namespace, written by hand: what the people of a tenant are promised, one line a resource.

r = get, list, watch; w = create, update, patch, delete; c = create alone; p = update, patch; - = nothing. Nobody may
do with a resource what its line does not say: no deletecollection, no bind, escalate or impersonate. Resources that are
not here are nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping

LEVELS = ("viewer", "member", "admin")
_TABLE = """
resource                                        viewer  member  admin
bindings                                        -       -       -
configmaps                                      r       rw      rw
endpoints                                       r       r       r
events                                          r       r       r
limitranges                                     r       r       r
persistentvolumeclaims                          r       rw      rw
persistentvolumeclaims/status                   -       -       -
pods                                            r       rw      rw
pods/attach                                     -       -       -
pods/binding                                    -       -       -
pods/ephemeralcontainers                        -       -       -
pods/eviction                                   -       -       -
pods/exec                                       -       -       -
pods/log                                        r       r       r
pods/portforward                                -       -       -
pods/proxy                                      -       -       -
pods/resize                                     -       -       -
pods/status                                     r       r       r
podtemplates                                    -       -       -
replicationcontrollers                          r       rw      rw
resourcequotas                                  r       r       r
resourcequotas/status                           -       -       -
secrets                                         -       -       -
serviceaccounts                                 r       rw      rw
serviceaccounts/token                           -       -       -
services                                        r       rw      rw
services/proxy                                  -       -       -
apps/controllerrevisions                        -       -       -
apps/daemonsets                                 r       rw      rw
apps/deployments                                r       rw      rw
apps/deployments/scale                          r       rw      rw
apps/deployments/status                         -       -       -
apps/replicasets                                r       rw      rw
apps/statefulsets                               r       rw      rw
apps/statefulsets/scale                         r       rw      rw
autoscaling/horizontalpodautoscalers            r       rw      rw
batch/cronjobs                                  r       rw      rw
batch/jobs                                      r       rw      rw
coordination.k8s.io/leases                      -       -       -
discovery.k8s.io/endpointslices                 -       -       -
events.k8s.io/events                            -       -       -
networking.k8s.io/ingresses                     r       rw      rw
networking.k8s.io/ingresses/status              -       -       -
networking.k8s.io/networkpolicies               r       r       r
policy/poddisruptionbudgets                     r       rw      rw
rbac.authorization.k8s.io/rolebindings          -       -       r
rbac.authorization.k8s.io/roles                 -       -       r
storage.k8s.io/csistoragecapacities             -       -       -
"""
_ON_REQUEST = {
    "secrets": ("secrets", "rw"),
    "exec": ("pods/exec", "c"),
    "attach": ("pods/attach", "c"),
    "port_forward": ("pods/portforward", "c"),
    "ephemeral_containers": ("pods/ephemeralcontainers", "p"),
}
"""Name under `access` of a tenant -> the resource that it opens, to its admins or to its members as well."""
_CORE = {"pods", "persistentvolumeclaims", "resourcequotas", "serviceaccounts", "services"}  # have subresources here
_LETTERS = {
    "r": ("get", "list", "watch"),
    "w": ("create", "update", "patch", "delete"),
    "c": ("create",),
    "p": ("update", "patch"),
    "-": (),
}
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
OWN_VERBS = {
    "rbac.authorization.k8s.io/roles": ("bind", "escalate"),
    "serviceaccounts": ("impersonate",),
}
"""Verbs that a resource has beside the ordinary ones."""
OF_THE_CLUSTER = (
    ("", "namespaces", ("get", "list", "watch", "create", "update", "patch", "delete")),
    ("", "namespaces/finalize", ("update",)),
    ("", "nodes", ("get", "list", "watch", "patch", "delete")),
    ("", "nodes/proxy", ("get", "create")),
    ("", "persistentvolumes", ("get", "list", "create", "delete")),
    ("", "users", ("impersonate",)),
    ("", "groups", ("impersonate",)),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", ("list", "create", "delete")),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", ("list", "create", "delete")),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies", ("list", "create", "delete")),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings", ("list", "create", "delete")),
    ("apiextensions.k8s.io", "customresourcedefinitions", ("list", "create")),
    ("apiregistration.k8s.io", "apiservices", ("list", "create")),
    ("authentication.k8s.io", "tokenreviews", ("create",)),
    ("authorization.k8s.io", "subjectaccessreviews", ("create",)),
    ("certificates.k8s.io", "certificatesigningrequests", ("list", "create")),
    ("certificates.k8s.io", "certificatesigningrequests/approval", ("update",)),
    ("certificates.k8s.io", "signers", ("approve", "sign")),
    ("node.k8s.io", "runtimeclasses", ("list", "create")),
    ("rbac.authorization.k8s.io", "clusterroles", ("list", "create", "bind", "escalate")),
    ("rbac.authorization.k8s.io", "clusterrolebindings", ("list", "create")),
    ("scheduling.k8s.io", "priorityclasses", ("list", "create")),
    ("storage.k8s.io", "storageclasses", ("list", "create")),
    ("storage.k8s.io", "volumeattachments", ("list", "create")),
)
"""(group, resource, verbs) that nobody of a tenant may."""
FOR_EVERYBODY = (
    ("authorization.k8s.io", "selfsubjectaccessreviews", ("create",), "1.18"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", ("create",), "1.18"),
    ("authentication.k8s.io", "selfsubjectreviews", ("create",), "1.28"),
)
"""(group, resource, verbs, first version) of system:basic-user, which everybody known has."""
PATHS = {
    "/api": True,
    "/apis/apps/v1": True,
    "/healthz": True,
    "/livez": True,
    "/openapi/v2": True,
    "/readyz": True,
    "/version": True,
    "/": False,
    "/configz": False,
    "/debug/pprof/heap": False,
    "/flagz": False,
    "/logs/": False,
    "/metrics": False,
    "/healthz/etcd": False,
    "/statusz": False,
}
"""Path that is no resource -> whether everybody known may get it (system:discovery, system:public-info-viewer)."""


def resources() -> list[tuple[str, str]]:
    """(group, resource) of every line, subresources included."""
    return [_split(line.split()[0]) for line in _lines()]


def promised() -> dict[str, frozenset[tuple[str, str, str]]]:
    """Level -> every (verb, group, resource) that it may in its own namespaces."""
    made: dict[str, set[tuple[str, str, str]]] = {level: set() for level in LEVELS}
    for line in _lines():
        name, *cells = line.split()
        group, resource = _split(name)
        for level, letters in zip(LEVELS, cells, strict=True):
            made[level] |= {(verb, group, resource) for letter in letters for verb in _LETTERS[letter]}
    return {level: frozenset(rights) for level, rights in made.items()}


def opened(access: Mapping[str, str], level: str) -> frozenset[tuple[str, str, str]]:
    """What a level may beside that in a tenant which asks for it."""
    holders = {"member": ("member", "admin"), "admin": ("admin",)}
    return frozenset(
        (verb, *_split(_ON_REQUEST[name][0]))
        for name, holder in access.items()
        if level in holders.get(holder, ())
        for letter in _ON_REQUEST[name][1]
        for verb in _LETTERS[letter]
    )


def _lines() -> list[str]:
    return _TABLE.strip().splitlines()[1:]


def _split(name: str) -> tuple[str, str]:
    group, slash, resource = name.partition("/")
    return (group, resource) if slash and group not in _CORE else ("", name)
