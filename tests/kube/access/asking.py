"""The questions of tests, put to the evaluator of the product."""

from __future__ import annotations

from k8s_hardening.kube.access import Answer, Identity, World, allows
from k8s_hardening.kube.api_requests import ApiRequest
from tests.oracle.rbac import Asker, Question


def request_of(question: Question) -> ApiRequest:
    """A question as the product writes it."""
    if question.path:
        return ApiRequest(question.verb, question.path)
    resource, _, subresource = question.resource.partition("/")
    return ApiRequest(question.verb, "", True, question.group, resource, subresource, question.namespace, question.name)


def answer_of(world: World, asker: Asker, question: Question) -> Answer:
    """What the product answers."""
    return allows(world, Identity(asker.user, asker.user, asker.groups), request_of(question))
