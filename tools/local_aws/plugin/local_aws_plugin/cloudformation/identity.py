"""``AWS::IAM::Role``, ``::ManagedPolicy`` and ``::OIDCProvider``: stored, never enforced."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = ["ManagedPolicyProvider", "OidcProvider", "RoleProvider"]


class RoleProvider(OurProvider):
    """A role, with its inline policies and its boundary."""

    TYPE = "AWS::IAM::Role"
    SUPPORTED = frozenset(
        {
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        iam = request.aws_client_factory.iam
        name = wanted.get("RoleName") or self._name(request)
        optional = {
            key: wanted[key]
            for key in ("Description", "Path", "PermissionsBoundary", "Tags")
            if wanted.get(key)
        }
        if wanted.get("MaxSessionDuration"):
            optional["MaxSessionDuration"] = int(wanted["MaxSessionDuration"])
        made = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=_text(wanted["AssumeRolePolicyDocument"]),
            **optional,
        )["Role"]
        try:
            self._policies(iam, name, {}, wanted)
        except Exception:
            self._empty_and_delete(iam, name)
            raise
        return wanted | {"RoleName": name, "Arn": made["Arn"], "RoleId": made["RoleId"]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        iam, name = request.aws_client_factory.iam, before["RoleName"]
        iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=_text(wanted["AssumeRolePolicyDocument"])
        )
        iam.update_role(
            RoleName=name,
            Description=wanted.get("Description", ""),
            MaxSessionDuration=int(wanted.get("MaxSessionDuration", 3600)),
        )
        boundary = wanted.get("PermissionsBoundary")
        if boundary != before.get("PermissionsBoundary"):
            if boundary:
                iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
            else:
                iam.delete_role_permissions_boundary(RoleName=name)
        self._policies(iam, name, before, wanted)
        tag_changes(
            before,
            wanted,
            add=lambda tags: iam.tag_role(
                RoleName=name, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
            ),
            remove=lambda keys: iam.untag_role(RoleName=name, TagKeys=keys),
        )
        return wanted | {key: before[key] for key in ("RoleName", "Arn", "RoleId")}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        self._empty_and_delete(request.aws_client_factory.iam, before["RoleName"])

    @staticmethod
    def _policies(iam: Any, name: str, before: Model, wanted: Model) -> None:
        old = {each["PolicyName"] for each in before.get("Policies") or []}
        new = {each["PolicyName"]: each for each in wanted.get("Policies") or []}
        for gone in sorted(old - new.keys()):
            iam.delete_role_policy(RoleName=name, PolicyName=gone)
        for policy_name, policy in new.items():
            iam.put_role_policy(
                RoleName=name,
                PolicyName=policy_name,
                PolicyDocument=_text(policy["PolicyDocument"]),
            )
        attached = set(before.get("ManagedPolicyArns") or [])
        wanted_arns = set(wanted.get("ManagedPolicyArns") or [])
        for arn in sorted(attached - wanted_arns):
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in sorted(wanted_arns - attached):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    @staticmethod
    def _empty_and_delete(iam: Any, name: str) -> None:
        for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=name)


class ManagedPolicyProvider(OurProvider):
    """A customer managed policy."""

    TYPE = "AWS::IAM::ManagedPolicy"
    SUPPORTED = frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        iam = request.aws_client_factory.iam
        optional = {key: wanted[key] for key in ("Description", "Path") if wanted.get(key)}
        made = iam.create_policy(
            PolicyName=wanted.get("ManagedPolicyName") or self._name(request, 128),
            PolicyDocument=_text(wanted["PolicyDocument"]),
            **optional,
        )["Policy"]
        for role in wanted.get("Roles") or []:
            iam.attach_role_policy(RoleName=role, PolicyArn=made["Arn"])
        return wanted | {"PolicyArn": made["Arn"], "PolicyId": made["PolicyId"]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        iam, arn = request.aws_client_factory.iam, before["PolicyArn"]
        if wanted["PolicyDocument"] != before.get("PolicyDocument"):
            for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
            iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=_text(wanted["PolicyDocument"]), SetAsDefault=True
            )
        old, new = set(before.get("Roles") or []), set(wanted.get("Roles") or [])
        for role in sorted(old - new):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for role in sorted(new - old):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        return wanted | {"PolicyArn": arn, "PolicyId": before["PolicyId"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        iam, arn = request.aws_client_factory.iam, before["PolicyArn"]
        for role in before.get("Roles") or []:
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)


class OidcProvider(OurProvider):
    """An OpenID Connect provider; no token is ever checked against it."""

    TYPE = "AWS::IAM::OIDCProvider"
    SUPPORTED = frozenset({"ClientIdList", "Tags", "ThumbprintList", "Url"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        made = request.aws_client_factory.iam.create_open_id_connect_provider(
            Url=wanted["Url"],
            ClientIDList=wanted.get("ClientIdList") or [],
            # AWS finds the thumbprint itself where none is given; the API's stand-in wants one.
            ThumbprintList=wanted.get("ThumbprintList") or ["0" * 40],
            Tags=wanted.get("Tags") or [],
        )
        return wanted | {"Arn": made["OpenIDConnectProviderArn"]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        iam, arn = request.aws_client_factory.iam, before["Arn"]
        if any(wanted.get(key) != before.get(key) for key in ("ClientIdList", "ThumbprintList")):
            # LocalStack cannot change a client; made anew it has the same ARN.
            self._remove(request, before)
            return self._make(request, wanted)
        tag_changes(
            before,
            wanted,
            add=lambda tags: iam.tag_open_id_connect_provider(
                OpenIDConnectProviderArn=arn,
                Tags=[{"Key": k, "Value": v} for k, v in tags.items()],
            ),
            remove=lambda keys: iam.untag_open_id_connect_provider(
                OpenIDConnectProviderArn=arn, TagKeys=keys
            ),
        )
        return wanted | {"Arn": arn}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.iam.delete_open_id_connect_provider(
            OpenIDConnectProviderArn=before["Arn"]
        )


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document)
