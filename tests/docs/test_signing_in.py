"""The page about signing in says what the plans say; tests/cluster/test_sign_in.py runs what it shows."""

from __future__ import annotations

import json
import re

import yaml

from k8s_hardening.kube.authentication import EXEC_CREDENTIAL_V1_SINCE
from k8s_hardening.kube.version import NEWEST
from k8s_hardening.model.control_plane.authentication import AuthenticationSpec, TokenWebhookSpec
from k8s_hardening.model.control_plane.oidc import OidcIssuerSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.authentication import plan_authentication
from tests.docs.pages import page

PAGE = page("docs/signing-in.md")
BASELINE, KUBECONFIG = (yaml.safe_load(block) for block in PAGE.blocks("yaml"))
REVIEW, CREDENTIAL = (json.loads(block) for block in PAGE.blocks("json"))
SPEC = AuthenticationSpec.model_validate(BASELINE["control_plane"]["authentication"])


def test_the_plug_in_speaks_the_version_that_the_plan_advises() -> None:
    versions = {KUBECONFIG["users"][0]["user"]["exec"]["apiVersion"], CREDENTIAL["apiVersion"]}
    advice = plan_authentication(SPEC, NEWEST, Dialect.STATIC_POD).advice
    (said,) = [re.findall(r"client\.authentication\.k8s\.io/\w+", text) for text in advice if "exec" in text]
    assert set(said) == versions
    assert f"`kubectl` below {EXEC_CREDENTIAL_V1_SINCE} knows only" in PAGE.text


def test_the_answer_is_of_the_version_that_the_server_asks_in() -> None:
    flags = {setting.flag: setting.values for setting in plan_authentication(SPEC, NEWEST, Dialect.STATIC_POD).settings}
    (version,) = flags["authentication-token-webhook-version"]
    assert REVIEW["apiVersion"] == f"authentication.k8s.io/{version}"
    assert REVIEW["status"]["audiences"] == list(SPEC.service_accounts.issuers)


def test_the_fields_that_it_names_exist() -> None:
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PAGE.prose))
    of_names = {"username_prefix", "groups_prefix", "groups_claim", "certificate_subjects"}
    assert named == {"token_webhook", "cache_ttl", *of_names}
    assert named <= {
        *AuthenticationSpec.model_fields,
        *TokenWebhookSpec.model_fields,
        *OidcIssuerSpec.model_fields,
    }


def test_no_kubeconfig_holds_a_secret() -> None:
    (user,) = KUBECONFIG["users"]
    assert list(user["user"]) == ["exec"]
