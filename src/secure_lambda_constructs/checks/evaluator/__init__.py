"""Decides whether IAM policies allow a request, as AWS documents it.

The policies are evaluated: Allow and Deny, `NotAction`, `NotResource` and `NotPrincipal`,
conditions and absent keys, variables, permissions boundaries, service and resource control
policies, the policies of VPC endpoints, requests within an account and across accounts.

What cannot be known is open. A statement that AWS would refuse, an operator that there is not, a
value that nobody can tell: an Allow with any of that counts as matching, a Deny with it does not.
Nothing that cannot be read is taken for not being there.

Not evaluated: session policies, the grants of KMS, the access control lists and the public access
block of S3, and whether the key of a condition exists for an action.
"""

from .decisions import CompiledPolicies, Decision, Explanation, PolicySet, decide
from .elements import matches_action
from .policies import CompiledPolicy, Policy, compiled_policy
from .request import UNKNOWN, Request
from .statements import PolicyType, Statement, statements_of
from .truth import Truth

__all__ = [
    "UNKNOWN",
    "CompiledPolicies",
    "CompiledPolicy",
    "Decision",
    "Explanation",
    "Policy",
    "PolicySet",
    "PolicyType",
    "Request",
    "Statement",
    "Truth",
    "compiled_policy",
    "decide",
    "matches_action",
    "statements_of",
]
