"""The policy pack: every control, as a few policies."""

from pulumi_policy import EnforcementLevel, PolicyPack

from k8s_hardening.enforcement.pack import policies

PolicyPack("k8s-hardening", policies(), EnforcementLevel.MANDATORY)
