"""Who can change what, as far as the templates tell: boundaries, SCPs, roles of pipelines.

Each policy is asked, by the evaluator, whether it refuses each of some changes; nothing is read
off its words.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..leaks.case import Case
from ..leaks.questions import ALLOW_ALL, Decision, Question
from ..model.policies import pessimistic, principal_documents, statements
from ..model.values import Unknown, as_list, dig
from ..model.world import Resource
from .data import Ceiling, Guardrails, Trust

__all__ = ["guardrails_of"]

# What is asked, in words: the action, and the resource that it would be done to.
_CHANGES: Mapping[str, tuple[str, str]] = {
    "change a function's code": ("lambda:UpdateFunctionCode", "arn:aws:lambda:{place}:function:x"),
    "change a function's configuration": (
        "lambda:UpdateFunctionConfiguration",
        "arn:aws:lambda:{place}:function:x",
    ),
    "take code signing off a function": (
        "lambda:DeleteFunctionCodeSigningConfig",
        "arn:aws:lambda:{place}:function:x",
    ),
    "sign code": ("signer:StartSigningJob", "arn:aws:signer:{place}:/signing-profiles/x"),
    "let others call a function": ("lambda:AddPermission", "arn:aws:lambda:{place}:function:x"),
    "attach an internet gateway": ("ec2:AttachInternetGateway", "arn:aws:ec2:{place}:vpc/vpc-0a"),
    "change an endpoint's policy": (
        "ec2:ModifyVpcEndpoint",
        "arn:aws:ec2:{place}:vpc-endpoint/vpce-0a",
    ),
    "open a security group": (
        "ec2:AuthorizeSecurityGroupEgress",
        "arn:aws:ec2:{place}:security-group/sg-0a",
    ),
    "take the DNS firewall off a VPC": (
        "route53resolver:DisassociateFirewallRuleGroup",
        "arn:aws:route53resolver:{place}:firewall-rule-group-association/x",
    ),
    "change a role's policies": ("iam:PutRolePolicy", "arn:aws:iam::{account}:role/x"),
    "read a table": ("dynamodb:GetItem", "arn:aws:dynamodb:{place}:table/x"),
}

_BOUNDARY = "permissions boundary"
_UNUSED = "managed policy that nothing here attaches"
_SCP = "service control policy"
_ROLE = "role that identities outside of AWS assume"
_BOOTSTRAP = re.compile(r"cdk-[a-z0-9]+-(deploy|cfn-exec|file-publishing|image-publishing|lookup)-")
_HOLDERS = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::SSO::PermissionSet")


def guardrails_of(case: Case) -> Guardrails:
    """Ask all that bounds changes, and list who besides services may assume a role.

    Args:
        case: The app under judgement, with the evaluator that is asked.

    Returns:
        What the templates tell, and what they do not have.
    """
    trusts = tuple(_trusts(case))
    federated = {trust.role for trust in trusts if trust.principal.startswith("federated: ")}
    ceilings = (
        *_managed_policies(case),
        *_control_policies(case),
        *_roles(case, federated),
    )
    kinds = {ceiling.kind for ceiling in ceilings}
    missing = {
        "a permissions boundary": _BOUNDARY in kinds or _UNUSED in kinds,
        "a service control policy": _SCP in kinds,
        "a role of a pipeline": _ROLE in kinds,
    }
    return Guardrails(
        changes=tuple(_CHANGES),
        ceilings=ceilings,
        trusts=trusts,
        missing=tuple(what for what, is_there in missing.items() if not is_there),
    )


def _managed_policies(case: Case) -> Iterator[Ceiling]:
    for policy in case.world.of("AWS::IAM::ManagedPolicy"):
        holders = [r.construct_path for r in case.world.of(*_HOLDERS) if _is_bounded(r, policy)]
        attached = any(policy.get(name) for name in ("Roles", "Users", "Groups")) or any(
            policy.arn in as_list(r.get("ManagedPolicyArns")) for r in case.world.of(*_HOLDERS)
        )
        denies = any(
            entry.get("Effect") == "Deny" for entry in statements(policy.get("PolicyDocument"))
        )
        if holders or (denies and not attached):
            kind = _BOUNDARY if holders else _UNUSED
            note = f"bounds {_list(holders)}" if holders else "holds for whoever is given it"
            document = pessimistic(policy.get("PolicyDocument"))
            yield _asked(case, policy, kind, note, (document,))


def _is_bounded(holder: Resource, policy: Resource) -> bool:
    if holder.type != "AWS::SSO::PermissionSet":
        return bool(holder.get("PermissionsBoundary") == policy.arn)
    named = holder.get("PermissionsBoundary", "CustomerManagedPolicyReference")
    same_name = dig(named, "Name") == policy.get("ManagedPolicyName")
    same_path = dig(named, "Path", default="/") == policy.get("Path", default="/")
    return dig(named, "Name") is not None and same_name and same_path


def _control_policies(case: Case) -> Iterator[Ceiling]:
    for policy in case.world.of("AWS::Organizations::Policy"):
        if policy.get("Type") == "SERVICE_CONTROL_POLICY":
            targets = [str(t) for t in as_list(policy.get("TargetIds")) if isinstance(t, str)]
            note = f"for {_list(targets)}" if targets else "where it is attached is not told"
            note += "; asked for a principal that it does not exempt"
            yield _asked(case, policy, _SCP, note, (pessimistic(policy.get("Content")),))


def _roles(case: Case, names: set[str]) -> Iterator[Ceiling]:
    for role in case.world.of("AWS::IAM::Role"):
        if role.construct_path in names:
            documents = principal_documents(case.world, role)
            assumed = sorted(
                {
                    str(arn).rpartition("/")[2]
                    for document in documents
                    for entry in statements(document)
                    if entry.get("Effect") == "Allow"
                    and "sts:AssumeRole" in as_list(entry.get("Action"))
                    for arn in as_list(entry.get("Resource"))
                }
            )
            note = "its own policies"
            if assumed:
                cdk = all(_BOOTSTRAP.match(name) for name in assumed)
                roles = "roles of the CDK's bootstrap" if cdk else "roles"
                note += f"; may assume the {roles} {_list(assumed)}, whose rights are their own"
            yield _asked(case, role, _ROLE, note, documents)


def _asked(
    case: Case, resource: Resource, kind: str, note: str, documents: tuple[dict[str, Any], ...]
) -> Ceiling:
    account, region = resource.account, resource.region
    principal = f"arn:aws:sts::{account}:assumed-role/somebody/session"
    role = f"arn:aws:iam::{account}:role/somebody"
    # An SCP of Denies alone stands beside the one of AWS that allows everything.
    allows = any(e.get("Effect") == "Allow" for d in documents for e in statements(d))
    identity = documents if allows or kind != _SCP else (ALLOW_ALL, *documents)
    questions = [
        Question(
            label=resource.path,
            action=action,
            resource=arn.format(account=account, place=f"{region}:{account}"),
            context={
                "aws:PrincipalAccount": account,
                "aws:PrincipalArn": role,
                "aws:PrincipalType": "AssumedRole",
                "aws:PrincipalIsAWSService": "false",
                "aws:ViaAWSService": "false",
                "aws:RequestedRegion": region,
                "aws:ResourceAccount": account,
                "aws:SecureTransport": "true",
                "aws:SourceIp": "203.0.113.7",
                "aws:userid": "AROAEXAMPLEEXAMPLE:session",
            },
            principal=principal,
            identity=identity,
        )
        for action, arn in _CHANGES.values()
    ]
    decisions = case.evaluator.decide(questions)
    refused = {Decision.DENIED: True, Decision.ALLOWED: False}
    return Ceiling(
        name=resource.construct_path,
        kind=kind,
        note=note,
        answers={
            change: refused.get(decision)
            for change, decision in zip(_CHANGES, decisions, strict=True)
        },
    )


def _trusts(case: Case) -> Iterator[Trust]:
    for role in case.world.of("AWS::IAM::Role"):
        for entry in statements(role.get("AssumeRolePolicyDocument")):
            if entry.get("Effect") == "Allow":
                conditions = tuple(_conditions(entry.get("Condition")))
                for principal in _principals(entry):
                    yield Trust(
                        role=role.construct_path, principal=principal, conditions=conditions
                    )


def _principals(entry: Mapping[str, Any]) -> Iterator[str]:
    principal = entry.get("Principal")
    if not isinstance(principal, dict):
        yield "everybody" if principal == "*" else "somebody who is not told"
        return
    for kind, named in principal.items():
        if kind == "Service":
            continue
        for each in as_list(named):
            lost = "an identity provider" if kind == "Federated" else "somebody who is not told"
            told = lost if isinstance(each, Unknown) else str(each)
            yield f"{'federated' if kind == 'Federated' else kind}: {told}"


def _conditions(conditions: Any) -> Iterator[str]:
    for operator, keys in sorted(conditions.items()) if isinstance(conditions, dict) else ():
        for key, values in sorted(keys.items()) if isinstance(keys, dict) else ():
            told = ["not told" if isinstance(v, Unknown) else str(v) for v in as_list(values)]
            yield f"{operator} {key} = {' or '.join(told)}"


def _list(names: list[str], shown: int = 3) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")
