"""Who may do what: RBAC as the authorizer of the API server evaluates it, and what rights of others it leads to.

Facts, no opinions. `World.of` reads objects once into grants; `allows` answers a request as a SubjectAccessReview
would; `Closure` takes every step by which somebody gets rights of others; `matrix` is the whole of it.
"""

from k8s_hardening.kube.access.closure import Closure, Holder, Path, TooFarError
from k8s_hardening.kube.access.identities import Identity, account, identity_of, member, user
from k8s_hardening.kube.access.matrix import Level, Row, level_of, matrix, reads_secrets, rights, secrets_rule
from k8s_hardening.kube.access.needs import offers_of
from k8s_hardening.kube.access.principals import Able, Principal, Reach, principals
from k8s_hardening.kube.access.roles import ANYWHERE, Placed
from k8s_hardening.kube.access.rules import Match, Rule
from k8s_hardening.kube.access.steps import STEPS, Step
from k8s_hardening.kube.access.verdict import Answer, Reason, allows
from k8s_hardening.kube.access.world import Grant, World

__all__ = [
    "ANYWHERE",
    "STEPS",
    "Able",
    "Answer",
    "Closure",
    "Grant",
    "Holder",
    "Identity",
    "Level",
    "Match",
    "Path",
    "Placed",
    "Principal",
    "Reach",
    "Reason",
    "Row",
    "Rule",
    "Step",
    "TooFarError",
    "World",
    "account",
    "allows",
    "identity_of",
    "level_of",
    "matrix",
    "member",
    "offers_of",
    "principals",
    "reads_secrets",
    "rights",
    "secrets_rule",
    "user",
]
