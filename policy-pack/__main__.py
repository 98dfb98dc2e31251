"""The policy pack: every control, as a few policies."""

import os

from pulumi_policy import EnforcementLevel, PolicyPack

from k8s_hardening.enforcement.environment import forget_the_stack
from k8s_hardening.enforcement.pack import policies

forget_the_stack(os.environ)
PolicyPack("k8s-hardening", policies(), EnforcementLevel.MANDATORY)
