"""What is watched: the event patterns of a `ChangeAlarm`, an area each.

An area is all that CloudTrail records as a change at some services, less what is known to be
harmless and frequent, so that a call which AWS adds later is seen as well. The names of calls are
those of CloudTrail: Lambda's carry a version, such as `UpdateFunctionCode20150331v2`. See
<https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html>.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .principals import ACCOUNT, PARTITION, REGION, Principals, unless

__all__ = ["AREAS", "LONGEST_PATTERN", "Area", "event_pattern"]

LONGEST_PATTERN = 2048
"""Characters of a pattern: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>."""

# What Lambda does for a function in a VPC, with the role of the function. The address of a call
# is the name of a service where a service makes it:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
_NOT_BY_LAMBDA = {"sourceIPAddress": unless("lambda.amazonaws.com")}


@dataclass(frozen=True)
class Area:
    """A part of what is watched, with a rule of its own.

    Attributes:
        id: Id of its rule.
        what: What has changed, for the message.
        sources: The services, as CloudTrail names them.
        quiet: Names of calls that are not reported.
        names: If not empty, the only calls that are; `*` before or after stands for any text.
        more: Further fields that must match.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.events import AREAS

        assert [area.id for area in AREAS][:2] == ["Functions", "Signing"]
        ```
    """

    id: str
    what: str
    sources: tuple[str, ...]
    quiet: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


AREAS = (
    Area(
        "Functions",
        "a function, a layer, a code signing configuration or who may call",
        ("apigateway", "lambda"),
    ),
    Area("Signing", "who signs code, or with what", ("signer",)),
    Area(
        "Network",
        "a network, or what is in it",
        (
            "directconnect",
            "ec2",
            "elasticloadbalancing",
            "globalaccelerator",
            "lightsail",
            "network-firewall",
            "networkmanager",
            "ram",
            "vpc-lattice",
        ),
        more=_NOT_BY_LAMBDA,
    ),
    Area(
        "Dns",
        "how names are resolved, or the DNS firewall",
        (
            *("route53", "route53domains", "route53globalresolver", "route53profiles"),
            *("route53resolver", "servicediscovery"),
        ),
    ),
    Area(
        "Deployment",
        "stacks, or the pipeline",
        (
            "cloudcontrolapi",
            "cloudformation",
            "codebuild",
            "codeconnections",
            "codedeploy",
            "codepipeline",
            "codestar-connections",
            "serverlessrepo",
            "servicecatalog",
        ),
        quiet=(
            *("DetectStackDrift", "DetectStackResourceDrift", "DetectStackSetDrift"),
            *("EstimateTemplateCost", "ValidateTemplate"),
        ),
    ),
    Area("Roles", "somebody became a role of the deployment", ("sts",)),
    Area(
        "Identity",
        "roles, policies, boundaries, identity providers or the organization",
        (
            *("account", "controltower", "iam", "identitystore", "organizations"),
            *("rolesanywhere", "sso", "sso-directory"),
        ),
        quiet=(
            *("Authenticate", "Federate", "GenerateCredentialReport", "Logout"),
            *("GenerateOrganizationsAccessReport", "GenerateServiceLastAccessedDetails"),
            *("SimulateCustomPolicy", "SimulatePrincipalPolicy"),
        ),
    ),
    Area(
        "Data",
        "who may reach data, or where it goes",
        ("backup", "dynamodb", "ecr", "kms", "rds", "s3", "secretsmanager", "sqs"),
        names=(
            *("*Acl", "*Grant", "*KeyDeletion", "*KinesisStreamingDestination", "*Permission"),
            *("*Policy", "*PublicAccessBlock", "*Replication", "*Snapshot", "*SnapshotAttribute"),
            *("Copy*", "Export*", "Replicate*", "Restore*", "StartExport*"),
            *("PutBucketNotification", "SetQueueAttributes", "UpdateTable"),
        ),
        more=_NOT_BY_LAMBDA,
    ),
    Area(
        "Detection",
        "what watches and records, this alarm with it",
        (
            "access-analyzer",
            "cloudtrail",
            "config",
            "detective",
            "events",
            "guardduty",
            "inspector2",
            "logs",
            "macie2",
            "monitoring",
            "notifications",
            "oam",
            "securityhub",
            "sns",
        ),
        quiet=(
            *("BatchImportFindings", "CreateLogGroup", "CreateLogStream", "PutEvaluations"),
            *("DeleteDashboards", "PutDashboard", "DeleteQueryDefinition", "PutQueryDefinition"),
            *("CancelQuery", "StartLiveTail", "StartQuery", "StopQuery"),
            *("TestEventPattern", "TestMetricFilter"),
        ),
    ),
)
"""All of them."""


def event_pattern(
    area: Area, principals: Principals, developer_prefix: str | None, *also_expected: str
) -> dict[str, Any]:
    """Return what the events of an area are like, but for those of the pipeline and of services.

    `source` begins with `aws.`, which nobody but AWS can write into an event:
    <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>.

    Args:
        area: The area.
        principals: Whose calls are expected.
        developer_prefix: How the names of the developers' own functions begin, if there are any.
        *also_expected: Further roles whose calls are expected.

    Returns:
        The pattern. Account and partition are spelled with the pseudo parameters of `Fn::Sub`.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.events import AREAS, event_pattern
        from secure_lambda_constructs.governance.changes.principals import Principals

        principals = Principals.of(["arn:aws:iam::*:role/deploy"])
        pattern = event_pattern(AREAS[1], principals, "dev-")
        assert pattern["detail"]["eventSource"] == ["signer.amazonaws.com"]
        ```
    """
    detail: dict[str, Any] = {
        "eventSource": [f"{source}.amazonaws.com" for source in area.sources],
        # Not `managementEvent`, which some records have wrong or not at all. Data events, such as
        # each call of a function, are there only if a trail records them.
        "eventCategory": unless("Data"),
        "userIdentity": principals.pattern(*also_expected),
        **area.more,
    }
    if area.id == "Roles":
        # CloudTrail takes it for a read: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
        detail |= _assumed(principals)
    else:
        detail["readOnly"] = [{"exists": False}, False]
    if area.quiet:
        detail["eventName"] = unless(list(area.quiet))
    if area.names:
        detail["eventName"] = list(map(_named, area.names))
    if developer_prefix is not None:
        detail |= _not_of_developers(area, developer_prefix)
    return {
        "source": [{"prefix": "aws."}],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": detail,
    }


def _assumed(principals: Principals) -> dict[str, Any]:
    """Who becomes a role of the CDK's or the pipeline's, or the break-glass role.

    The pipeline's own role is become with a web identity each time that it runs, and nobody else
    can: its trust policy says which repository.
    """
    bootstrap = f"arn:{PARTITION}:iam::{ACCOUNT}:role/cdk-{principals.qualifier}-*"
    become: dict[str, Any] = {
        "eventName": ["AssumeRole", "AssumeRoleWithSAML"],
        "requestParameters": _role_is(bootstrap, *principals.pipeline),
    }
    ways: list[dict[str, Any]] = [
        {
            "eventName": ["AssumeRoleWithWebIdentity"],
            "requestParameters": _role_is(bootstrap),
        }
    ]
    if principals.foreign_accounts:
        # Of a caller of another account, the account is all that the record has. The trust policy
        # of the role says who in it may. A caller of the alarm's own account has a key in it,
        # should that account be among these.
        known = unless(list(principals.foreign_accounts))
        ways.append(become | {"userIdentity": {"accountId": known}})
        ways.append(become | {"userIdentity": {"accessKeyId": [{"exists": True}]}})
    else:
        ways.append(become)
    if principals.break_glass:
        ways.append(
            {
                "eventName": [{"prefix": "AssumeRole"}],
                "requestParameters": _role_is(*principals.break_glass),
            }
        )
    return {"$or": ways}


def _role_is(*arns: str) -> dict[str, Any]:
    return {"roleArn": [{"wildcard": arn} for arn in arns]}


def _named(name: str) -> str | dict[str, str]:
    """The pattern of a name, without a wildcard: EventBridge refuses rules with too many."""
    if name.startswith("*"):
        return {"suffix": name[1:]}
    return {"prefix": name[:-1]} if name.endswith("*") else name


def _not_of_developers(area: Area, prefix: str) -> dict[str, Any]:
    """What leaves out the developers' own functions and their logs."""
    place = f"{REGION}:{ACCOUNT}"
    if area.id == "Functions":
        arn = f"arn:{PARTITION}:lambda:{place}:function:{prefix}"
        names = [prefix, f"{ACCOUNT}:function:{prefix}", arn]
        # With a role, a network or an event source, it is no longer the developers' own matter.
        reaching = ("role", "vpcConfig.subnetIds", "eventSourceArn")
        return {
            "requestParameters": {
                "resource": unless({"prefix": arn}),
                "$or": [
                    {"functionName": unless({"prefix": names})},
                    *(_nested(path, [{"exists": True}]) for path in reaching),
                ],
            }
        }
    if area.id == "Detection":
        logs = f"arn:{PARTITION}:logs:{place}:log-group:/aws/lambda/{prefix}"
        return {"requestParameters": {"resourceArn": unless({"prefix": logs})}}
    return {}


def _nested(path: str, value: object) -> dict[str, Any]:
    """A field within others, from its path."""
    first, _, rest = path.partition(".")
    return {first: _nested(rest, value) if rest else value}
