"""Who may sign, and who may have the layers, against the templates they came from."""

from collections.abc import Sequence
from typing import Any

from ...signing.command.aws import DeclinedError
from .calls import Account
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding
from .intrinsics import has_unknown
from .resource_policies import check_policy, document_of

__all__ = ["compare_layer", "compare_profile"]

_GONE = {"ResourceNotFoundException"}


def compare_profile(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare a signing profile with its template: whom it permits to sign, and its state.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region, permissions among them.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    name = resource.physical.rsplit("/", 1)[-1]
    about = f"the signing profile {name}"
    live = account.ask(
        stack.region, "signer", "GetSigningProfile", about, declined=_GONE, profileName=name
    )
    arn = str(live["arn"])
    comparison = Comparison(resource, stack.region, arn, (name, arn))
    comparison.check("status", "Active", live.get("status"), default="Active")
    try:
        permissions = account.ask(
            stack.region,
            "signer",
            "ListProfilePermissions",
            about,
            declined=_GONE,
            profileName=name,
        )["permissions"]
    except DeclinedError:
        permissions = []  # it has none
    wanted: list[Any] = []
    for each in resources:
        if each.type != "AWS::Signer::ProfilePermission":
            continue
        given = each.properties
        if has_unknown([given.get(part) for part in ("ProfileName", "Principal", "Action")]):
            wanted.append(given.get("Principal") if given.get("ProfileName") == name else None)
        elif given.get("ProfileName") == name:
            wanted.append(f"{given.get('Principal')} may {given.get('Action')}")
    comparison.check_set(
        "permissions",
        [each for each in wanted if each is not None],
        [f"{each['principal']} may {each['action']}" for each in permissions],
    )
    return comparison.findings("signing-changed")


def compare_layer(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare the policy of a layer version with all templates.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region, permissions among them.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
    """
    arn = resource.physical
    layer, _, version = arn.rpartition(":")
    about = f"the layer {arn}"
    try:
        answer = account.ask(
            stack.region,
            "lambda",
            "GetLayerVersionPolicy",
            about,
            declined=_GONE,
            LayerName=layer,
            VersionNumber=int(version),
        )
    except DeclinedError:
        answer = {}  # it has none
    sharing = Comparison(resource, stack.region, arn, (arn, layer, layer.rsplit(":", 1)[-1]))
    wanted = [
        _statement(each.properties, arn)
        for each in resources
        if each.type == "AWS::Lambda::LayerVersionPermission"
        and each.properties.get("LayerVersionArn") == arn
    ]
    check_policy(sharing, {"Statement": wanted}, document_of(answer.get("Policy")))
    return sharing.findings("resource-policy-changed")


def _statement(permission: dict[str, Any], arn: str) -> dict[str, Any]:
    organization = permission.get("OrganizationId")
    condition = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}}
    return {
        "Effect": "Allow",
        "Principal": {"AWS": permission.get("Principal")},
        "Action": permission.get("Action"),
        "Resource": arn,
        **(condition if organization else {}),
    }
