"""What the audit can find: the kinds, a finding, what could not be read, and who changed what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from ...errors import SecureLambdaError

__all__ = ["KINDS", "AuditError", "Change", "Finding", "Gap", "Kind"]


class AuditError(SecureLambdaError):
    """An account could not be audited at all, or an assembly not be read.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.checks.audit.assembly import read_assembly
        from secure_lambda_constructs.checks.audit.findings import AuditError

        try:
            read_assembly(Path("missing"))
        except AuditError as error:
            assert "missing holds no cloud assembly" in str(error)
        ```
    """


class Kind(NamedTuple):
    """A kind of finding.

    Attributes:
        title: What is wrong, for tables.
        remedy: What to do.
        calls: The calls that bring it about; `*` stands for the rest of a name.
    """

    title: str
    remedy: str
    calls: tuple[str, ...]


_API_VERSION = re.compile("[0-9]{8}(v[0-9]+)?$")
_DEPLOY = "deploy the stack again, and find out who changed it and why"
_RULES = (
    "CreateFirewall*",
    "DeleteFirewall*",
    "ImportFirewallDomains",
    "UpdateFirewallDomains",
    "UpdateFirewallRule*",
)
_CONFIGURE = ("UpdateFunctionConfiguration", "CreateFunction")
# What changes the settings of tables, buckets, queues, topics, secrets, log groups, rules, mappings
# and destinations, by their names in CloudTrail.
_SETTINGS = (
    "*EventSourceMapping",
    "*FunctionEventInvokeConfig",
    "*KinesisStreamingDestination",
    "AssociateKmsKey",
    "DeleteBucket*",
    "DisableRule",
    "DisassociateKmsKey",
    "EnableRule",
    "*RetentionPolicy",
    "PutBucket*",
    "PutRule",
    "PutTargets",
    "RemoveTargets",
    "ReplicateSecretToRegions",
    "RotateSecret",
    "SetQueueAttributes",
    "SetTopicAttributes",
    "UpdateGlobalTable*",
    "UpdateTable",
)

KINDS: Mapping[str, Kind] = {
    "boundary-missing": Kind(
        "role without the permissions boundary",
        "put the boundary on the role (iam:PutRolePermissionsBoundary), or delete the role",
        ("DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary", "CreateRole"),
    ),
    "changed-by-hand": Kind(
        "changed since the given time, and not through CloudFormation",
        "find out who changed it and why, also where nothing differs any more",
        ("*",),
    ),
    "cannot-tell": Kind(
        "cannot tell whether it is as deployed",
        "compare it by hand, or give the audit what it says is missing",
        (),
    ),
    "code-changed": Kind(
        "code is not what the assembly published",
        _DEPLOY,
        ("UpdateFunctionCode", "CreateFunction", "UpdateAlias"),
    ),
    "configuration-changed": Kind(
        "configuration is not what the template says",
        _DEPLOY,
        (
            *_CONFIGURE,
            "PutFunctionConcurrency",
            "DeleteFunctionConcurrency",
            "UpdateAlias",
            *_SETTINGS,
        ),
    ),
    "dns-changed": Kind(
        "DNS, or its firewall, is not what the template says",
        _DEPLOY,
        (
            *_RULES,
            "AssociateFirewall*",
            "AssociateDhcpOptions",
            "AssociateResolverRule",
            "CreateResolver*",
            "AssociateVPCWithHostedZone",
            "CreateHostedZone",
        ),
    ),
    "dns-fails-open": Kind(
        "DNS firewall lets queries pass when it fails",
        "set FirewallFailOpen to DISABLED for the VPC",
        ("UpdateFirewallConfig",),
    ),
    "dns-open": Kind(
        "DNS queries for any name leave the network",
        "end the rules with BLOCK for the domain * without a query type, and put no wider rule "
        "before it, as IsolatedNetwork does",
        (*_RULES, "DisassociateFirewall*", "AssociateFirewall*"),
    ),
    "endpoint-added": Kind(
        "endpoint that the assembly does not have", "delete the endpoint", ("CreateVpcEndpoint",)
    ),
    "endpoint-changed": Kind(
        "endpoint is not what the template says", _DEPLOY, ("ModifyVpcEndpoint",)
    ),
    "endpoint-open": Kind(
        "endpoint admits principals or resources of other accounts",
        "bind aws:PrincipalAccount and aws:ResourceAccount to the account with StringEquals in "
        "each Allow of the endpoint policy, as IsolatedNetwork does",
        ("CreateVpcEndpoint", "ModifyVpcEndpoint"),
    ),
    "event-source-added": Kind(
        "event source mapping that the assembly does not have",
        "delete the mapping (lambda:DeleteEventSourceMapping)",
        ("CreateEventSourceMapping", "UpdateEventSourceMapping"),
    ),
    "foreign-signature": Kind(
        "signed by a publisher that the signing config does not trust",
        "sign and deploy the code anew, and delete the versions that are no longer used",
        ("UpdateFunctionCode", "CreateFunction", "PublishVersion", "UpdateCodeSigningConfig"),
    ),
    "gateway-added": Kind(
        "way out of the VPC that the assembly does not have",
        "detach it from the VPC, and delete it",
        (
            "Accept*",
            "AssociateClientVpnTargetNetwork",
            "Attach*Gateway",
            "Create*Gateway",
            "CreateClientVpnEndpoint",
            "CreateLocalGatewayRouteTableVpcAssociation",
            "CreateServiceNetworkVpcAssociation",
            "CreateTransitGatewayVpcAttachment",
            "CreateVpcPeeringConnection",
        ),
    ),
    "grant-added": Kind(
        "grant of the key that no template has",
        "revoke the grant (kms:RevokeGrant)",
        ("CreateGrant",),
    ),
    "no-signing-config": Kind(
        "function without a code signing config",
        "give the function the code signing config of a SigningBaseline, or delete it",
        ("DeleteFunctionCodeSigningConfig", "CreateFunction"),
    ),
    "outside-network": Kind(
        "function outside any VPC",
        "deploy it as a SignedVpcFunction; accept it where it is a relay",
        _CONFIGURE,
    ),
    "permission-added": Kind(
        "permission that the assembly does not have",
        "remove the statement (lambda:RemovePermission)",
        ("AddPermission",),
    ),
    "permission-open": Kind(
        "permission that admits callers of other accounts",
        "remove the statement (lambda:RemovePermission), or bind it by SourceArn or SourceAccount",
        ("AddPermission",),
    ),
    "policy-changed": Kind(
        "managed policy is not what the template says",
        _DEPLOY,
        ("CreatePolicyVersion", "SetDefaultPolicyVersion"),
    ),
    "resource-missing": Kind(
        "deployed resource is gone", _DEPLOY, ("Delete*", "Disassociate*", "Remove*")
    ),
    "resource-policy-changed": Kind(
        "resource policy is not what the template says",
        _DEPLOY,
        (
            "AddLayerVersionPermission",
            "AddPermission",
            "DeleteBucketPolicy",
            "DeleteResourcePolicy",
            "PutBucketPolicy",
            "PutKeyPolicy",
            "PutResourcePolicy",
            "RemoveLayerVersionPermission",
            "RemovePermission",
            "SetQueueAttributes",
            "SetTopicAttributes",
        ),
    ),
    "role-changed": Kind(
        "role is not what the template says",
        _DEPLOY,
        (
            "PutRolePolicy",
            "DeleteRolePolicy",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "UpdateAssumeRolePolicy",
        ),
    ),
    "route-added": Kind(
        "route that the assembly does not have",
        "delete the route and what it leads to",
        ("CreateRoute", "ReplaceRoute", "EnableVgwRoutePropagation"),
    ),
    "security-group-changed": Kind(
        "security group is not what the template says",
        _DEPLOY,
        ("AuthorizeSecurityGroup*", "RevokeSecurityGroup*", "ModifySecurityGroupRules"),
    ),
    "signing-changed": Kind(
        "code signing is not what the template says",
        _DEPLOY,
        (
            "UpdateCodeSigningConfig",
            "PutFunctionCodeSigningConfig",
            "AddProfilePermission",
            "RemoveProfilePermission",
            "CancelSigningProfile",
            "RevokeSigningProfile",
        ),
    ),
    "signing-not-enforced": Kind(
        "code signing config that only warns",
        "set UntrustedArtifactOnDeployment to Enforce",
        ("UpdateCodeSigningConfig", "PutFunctionCodeSigningConfig", "CreateCodeSigningConfig"),
    ),
    "stack-changed": Kind(
        "stack was deployed from another template",
        "audit against the assembly that was deployed, or find out who deployed the other one",
        ("ExecuteChangeSet", "UpdateStack"),
    ),
    "stack-missing": Kind(
        "stack of the assembly is not deployed",
        "deploy it, or audit against the assembly that was deployed",
        ("DeleteStack",),
    ),
    "subscription-changed": Kind(
        "subscriptions of a log group or a topic are not what the template says",
        "remove the subscription, and deploy the stack again",
        (
            "*SubscriptionFilter",
            "ConfirmSubscription",
            "CreateLink",
            "PutAccountPolicy",
            "Subscribe",
            "Unsubscribe",
        ),
    ),
    "unsigned-code": Kind(
        "code without a signature",
        "sign and deploy the code, and delete the versions that are no longer used",
        ("UpdateFunctionCode", "CreateFunction", "PublishVersion"),
    ),
    "unsigned-layer": Kind(
        "layer without a signature",
        "publish the layer signed, and deploy the function with it",
        _CONFIGURE,
    ),
    "url-added": Kind(
        "function URL that the assembly does not have",
        "delete the function URL",
        ("CreateFunctionUrlConfig",),
    ),
    "url-open": Kind(
        "function URL that anybody may call",
        "delete the function URL, or set its AuthType to AWS_IAM",
        ("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"),
    ),
}
"""All kinds by name. There are no severities: each is a finding."""


class Change(NamedTuple):
    """A call that CloudTrail has recorded.

    Attributes:
        time: When, in ISO 8601.
        by: The ARN of the caller, or the name that CloudTrail has.
        call: The name of the call.
        event_id: The id of the event.
    """

    time: str
    by: str
    call: str
    event_id: str


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        kind: One of `KINDS`.
        region: The region; `global` for what IAM has.
        resource: The ARN of the resource, or its id where it has none.
        expected: What should be there.
        found: What is there. Never the value of an environment variable.
        path: Where the construct is in the CDK app; empty where the assembly does not have it.
        trail: Names under which CloudTrail may know the resource.
        change: The latest call that can have brought it about; `None` where none is known.
        note: Why no call is known; empty where one is.
        calls: The calls that bring it about, where they are not all of its kind.
    """

    kind: str
    region: str
    resource: str
    expected: str
    found: str
    path: str = ""
    trail: tuple[str, ...] = ()
    change: Change | None = None
    note: str = ""
    calls: tuple[str, ...] = ()

    def is_brought_about_by(self, call: str) -> bool:
        """Tell whether a call can bring it about.

        Args:
            call: The name of the call as CloudTrail has it: Lambda's end with the version of its
                API, such as `UpdateFunctionCode20150331v2`.
        """
        plain = _API_VERSION.sub("", call)
        return any(fnmatchcase(plain, each) for each in self.calls or KINDS[self.kind].calls)

    def known_as(self, *names: str) -> "Finding":
        """Return the finding with further names under which CloudTrail may know it.

        Args:
            names: The names, which are asked for first.
        """
        return replace(self, trail=(*names, *self.trail))


class Gap(NamedTuple):
    """Something that could not be read.

    Attributes:
        region: The region.
        operation: The operation that failed.
        about: What it was about.
        reason: Why, and what to do.
    """

    region: str
    operation: str
    about: str
    reason: str
