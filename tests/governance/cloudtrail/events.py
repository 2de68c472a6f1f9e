"""What happens in an account, and which area of a `ChangeAlarm` reports it, if any."""

from typing import Any

from .shapes import (
    ACCOUNT,
    REGION,
    assumed,
    aws_service,
    bus_event,
    iam_user,
    lambda_arn,
    lambda_event,
    other_account,
    record,
    root,
    session,
    through,
)

__all__ = [
    "BREAK_GLASS",
    "CDK_EXECUTION",
    "DEVELOPER",
    "EVENTS",
    "FREEZE_ROLE",
    "PIPELINE",
    "PIPELINE_ROLES",
    "ROLES",
    "TOOLING",
    "Event",
]

TOOLING = "444455556666"
ROLES = f"arn:aws:iam::{ACCOUNT}:role"
PIPELINE_ROLES = [
    "arn:aws:iam::*:role/cicd/deploy-*",
    f"{ROLES}/nightly",
    f"arn:aws:iam::{TOOLING}:role/release",
]
BREAK_GLASS = ["arn:aws:iam::*:role/break-glass"]
FREEZE_ROLE = f"{ROLES}/App-ChangesFreezeRole"

DEVELOPER = session("aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Developer_0123")
PIPELINE = session("cicd/deploy-orders", "run-42")
CDK_DEPLOY = session(f"cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}", "aws-cdk-runner")
_EXECUTION = f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"
CDK_EXECUTION = through(session(_EXECUTION, "AWSCloudFormation"), "cloudformation")
AUTOSCALING = session("aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")
ORDERS = session("App-OrdersRole", "awslambda_42_20261128")

Event = dict[str, Any]


def _call(identity: dict[str, Any], service: str, name: str, **more: Any) -> Event:
    return bus_event(record(identity, service, name, **more))


def _became(identity: dict[str, Any], role: str, name: str = "AssumeRole") -> Event:
    more = assumed(role if role.startswith("arn:") else f"{ROLES}/{role}", name)
    return _call(identity, "sts", more.pop("name"), **more)


_CSC = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
_LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools:3"
_CDK_ROLE = f"cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}"

EVENTS: dict[str, tuple[Event, str | None]] = {
    # What developers do to a function, by all the names that a function has.
    "code-by-name": (lambda_event(DEVELOPER), "Functions"),
    "code-by-arn": (lambda_event(DEVELOPER, function=lambda_arn("prod-orders")), "Functions"),
    "code-by-partial-arn": (
        lambda_event(DEVELOPER, function=f"{ACCOUNT}:function:prod-orders"),
        "Functions",
    ),
    "code-with-qualifier": (lambda_event(DEVELOPER, function="prod-orders:live"), "Functions"),
    "code-refused": (lambda_event(DEVELOPER, error="AccessDenied"), "Functions"),
    "configuration": (
        lambda_event(
            DEVELOPER, "UpdateFunctionConfiguration20150331v2", request={"layers": [_LAYER]}
        ),
        "Functions",
    ),
    "vpc-detached": (
        lambda_event(
            DEVELOPER,
            "UpdateFunctionConfiguration20150331v2",
            request={"vpcConfig": {"subnetIds": [], "securityGroupIds": []}},
        ),
        "Functions",
    ),
    "new-function": (lambda_event(DEVELOPER, "CreateFunction20150331", "shadow"), "Functions"),
    "permission": (
        lambda_event(DEVELOPER, "AddPermission20150331v2", request={"principal": "*"}),
        "Functions",
    ),
    "url": (lambda_event(DEVELOPER, "CreateFunctionUrlConfig"), "Functions"),
    "signing-config-detached": (
        lambda_event(DEVELOPER, "DeleteFunctionCodeSigningConfig"),
        "Functions",
    ),
    "signing-config-replaced": (
        lambda_event(DEVELOPER, "PutFunctionCodeSigningConfig"),
        "Functions",
    ),
    "signing-config-warns": (
        _call(
            DEVELOPER, "lambda", "UpdateCodeSigningConfig", request={"codeSigningConfigArn": _CSC}
        ),
        "Functions",
    ),
    "layer": (
        _call(DEVELOPER, "lambda", "PublishLayerVersion20181031", request={"layerName": "tools"}),
        "Functions",
    ),
    "alias": (lambda_event(DEVELOPER, "UpdateAlias20150331"), "Functions"),
    "let-run-again": (lambda_event(DEVELOPER, "DeleteFunctionConcurrency20171031"), "Functions"),
    "microvm": (_call(DEVELOPER, "lambda", "RunMicrovm", request={"imageArn": "x"}), "Functions"),
    "a-call-of-tomorrow": (lambda_event(DEVELOPER, "PutFunctionAnything20271031"), "Functions"),
    "tag": (
        _call(
            DEVELOPER,
            "lambda",
            "TagResource20170331v2",
            request={"resource": lambda_arn("prod-orders")},
        ),
        "Functions",
    ),
    "api": (_call(DEVELOPER, "apigateway", "PutIntegration"), "Functions"),
    # Who else it may be.
    "root": (lambda_event(root()), "Functions"),
    "iam-user": (lambda_event(iam_user()), "Functions"),
    "iam-user-in-the-console": (lambda_event(iam_user(with_session=True)), "Functions"),
    "another-account": (lambda_event(other_account("999988887777")), "Functions"),
    "break-glass": (lambda_event(session("break-glass")), "Functions"),
    "a-function": (lambda_event(ORDERS), "Functions"),
    "no-identity": (lambda_event({}), "Functions"),
    "through-cloudformation": (lambda_event(through(DEVELOPER, "cloudformation")), "Functions"),
    "user-through-cloudformation": (
        lambda_event(through(iam_user(with_session=True), "cloudformation")),
        "Functions",
    ),
    "execution-role-by-itself": (
        lambda_event(session(_EXECUTION, "AWSCloudFormation")),
        "Functions",
    ),
    "execution-role-of-another-bootstrap": (
        lambda_event(
            through(session(f"cdk-other-cfn-exec-role-{ACCOUNT}-{REGION}"), "cloudformation")
        ),
        "Functions",
    ),
    "pipeline-of-another-account": (
        lambda_event(session("cicd/deploy-orders", account="999988887777")),
        "Functions",
    ),
    "a-name-like-the-pipelines": (lambda_event(session("deploy-orders")), "Functions"),
    # Whose changes are expected.
    "pipeline": (lambda_event(PIPELINE), None),
    "pipeline-by-its-whole-arn": (lambda_event(session("nightly")), None),
    "pipeline-of-the-tooling-account": (
        lambda_event(session("release", account=TOOLING)),
        None,
    ),
    "cdk-deployment-role": (_call(CDK_DEPLOY, "cloudformation", "ExecuteChangeSet"), None),
    "cloudformation-for-the-pipeline": (lambda_event(CDK_EXECUTION), None),
    "network-of-the-pipeline": (_call(CDK_EXECUTION, "ec2", "CreateRoute"), None),
    "role-of-the-pipeline": (
        _call(CDK_EXECUTION, "iam", "CreateRole", region="us-east-1"),
        None,
    ),
    "service-linked-role": (_call(AUTOSCALING, "ec2", "RunInstances"), None),
    "service": (_call(aws_service("ec2"), "kms", "CreateGrant"), None),
    "the-freezing-function": (
        lambda_event(session("App-ChangesFreezeRole", "freeze"), "PutFunctionConcurrency20171031"),
        None,
    ),
    # What is the developers' own.
    "dev-code": (lambda_event(DEVELOPER, function="dev-playground"), None),
    "dev-code-by-arn": (lambda_event(DEVELOPER, function=lambda_arn("dev-playground")), None),
    "dev-code-by-partial-arn": (
        lambda_event(DEVELOPER, function=f"{ACCOUNT}:function:dev-playground"),
        None,
    ),
    "dev-of-another-account": (
        lambda_event(DEVELOPER, function=lambda_arn("dev-playground", account=TOOLING)),
        "Functions",
    ),
    "dev-tag": (
        _call(
            DEVELOPER,
            "lambda",
            "TagResource20170331v2",
            request={"resource": lambda_arn("dev-playground")},
        ),
        None,
    ),
    "dev-with-a-role": (
        lambda_event(
            DEVELOPER,
            "CreateFunction20150331",
            "dev-shadow",
            request={"role": f"{ROLES}/App-OrdersRole"},
        ),
        "Functions",
    ),
    "dev-in-a-network": (
        lambda_event(
            DEVELOPER,
            "UpdateFunctionConfiguration20150331v2",
            "dev-shadow",
            request={"vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}},
        ),
        "Functions",
    ),
    "dev-with-a-stream": (
        lambda_event(
            DEVELOPER,
            "CreateEventSourceMapping20150331",
            "dev-shadow",
            request={"eventSourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/a/stream/1"},
        ),
        "Functions",
    ),
    "name-that-only-begins-alike": (lambda_event(DEVELOPER, function="developer-api"), "Functions"),
    "dev-in-the-middle": (lambda_event(DEVELOPER, function="prod-dev-orders"), "Functions"),
    "dev-log-tag": (
        _call(
            DEVELOPER,
            "logs",
            "TagResource",
            request={"resourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/dev-a"},
        ),
        None,
    ),
    "dev-invocation": (
        lambda_event(DEVELOPER, "Invoke", "dev-playground", eventCategory="Data"),
        None,
    ),
    "invocation-in-a-trail-of-data-events": (
        lambda_event(ORDERS, "Invoke", "prod-orders", eventCategory="Data"),
        None,
    ),
    "read": (lambda_event(DEVELOPER, "GetPolicy20150331v2", readOnly=True), None),
    # Signing.
    "signing-job": (
        _call(DEVELOPER, "signer", "StartSigningJob", request={"profileName": "App_Signing"}),
        "Signing",
    ),
    "signing-profile-shared": (_call(root(), "signer", "AddProfilePermission"), "Signing"),
    "signing-by-the-pipeline": (_call(PIPELINE, "signer", "StartSigningJob"), None),
    # The network.
    "route": (
        _call(
            DEVELOPER,
            "ec2",
            "CreateRoute",
            request={"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"},
        ),
        "Network",
    ),
    "gateway": (_call(DEVELOPER, "ec2", "AttachInternetGateway"), "Network"),
    "nat-gateway": (_call(iam_user(), "ec2", "CreateNatGateway"), "Network"),
    "security-group": (
        _call(
            DEVELOPER,
            "ec2",
            "AuthorizeSecurityGroupEgress",
            error="Client.UnauthorizedOperation",
        ),
        "Network",
    ),
    "endpoint-policy": (_call(DEVELOPER, "ec2", "ModifyVpcEndpoint"), "Network"),
    "peering": (_call(DEVELOPER, "ec2", "AcceptVpcPeeringConnection"), "Network"),
    "vpc-attribute": (_call(DEVELOPER, "ec2", "ModifyVpcAttribute"), "Network"),
    "flow-log": (
        _call(
            DEVELOPER,
            "ec2",
            "DeleteFlowLogs",
            request={"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}},
        ),
        "Network",
    ),
    "interface-by-hand": (_call(DEVELOPER, "ec2", "CreateNetworkInterface"), "Network"),
    "interface-of-a-function": (
        _call(through(ORDERS, "lambda"), "ec2", "CreateNetworkInterface"),
        None,
    ),
    "lattice": (_call(DEVELOPER, "vpc-lattice", "CreateServiceNetworkVpcAssociation"), "Network"),
    "shared-resource": (_call(DEVELOPER, "ram", "CreateResourceShare"), "Network"),
    # Names.
    "dns-firewall-rule": (
        _call(
            DEVELOPER,
            "route53resolver",
            "CreateFirewallRule",
            request={"firewallRuleGroupId": "rslvr-frg-1", "action": "ALLOW"},
        ),
        "Dns",
    ),
    "dns-firewall-fails-open": (
        _call(DEVELOPER, "route53resolver", "UpdateFirewallConfig"),
        "Dns",
    ),
    "dns-firewall-gone": (
        _call(DEVELOPER, "route53resolver", "DisassociateFirewallRuleGroup"),
        "Dns",
    ),
    "query-log-gone": (_call(DEVELOPER, "route53resolver", "DeleteResolverQueryLogConfig"), "Dns"),
    "hosted-zone": (
        _call(DEVELOPER, "route53", "AssociateVPCWithHostedZone", region="us-east-1"),
        "Dns",
    ),
    # Stacks and the pipeline.
    "stack-with-its-stored-role": (
        _call(DEVELOPER, "cloudformation", "UpdateStack", request={"stackName": "Orders"}),
        "Deployment",
    ),
    "change-set": (_call(iam_user(), "cloudformation", "ExecuteChangeSet"), "Deployment"),
    "build": (_call(DEVELOPER, "codebuild", "StartBuild"), "Deployment"),
    "drift": (_call(DEVELOPER, "cloudformation", "DetectStackDrift"), None),
    # Who becomes what.
    "becomes-the-deployment-role": (_became(DEVELOPER, _CDK_ROLE), "Roles"),
    "becomes-the-deployment-role-in-vain": (
        _call(
            DEVELOPER,
            "sts",
            "AssumeRole",
            request={"roleArn": f"{ROLES}/{_CDK_ROLE}"},
            error="AccessDenied",
            readOnly=True,
        ),
        "Roles",
    ),
    "root-becomes-the-deployment-role": (_became(root(), _CDK_ROLE), "Roles"),
    "becomes-the-pipeline": (_became(iam_user(), "cicd/deploy-orders"), "Roles"),
    "takes-the-break-glass-role": (
        _became(iam_user(), "break-glass", "AssumeRoleWithSAML"),
        "Roles",
    ),
    "tooling-account-takes-the-break-glass-role": (
        _became(other_account(TOOLING), "break-glass"),
        "Roles",
    ),
    "another-account-becomes-the-deployment-role": (
        _became(other_account("999988887777"), _CDK_ROLE),
        "Roles",
    ),
    "web-identity-becomes-the-deployment-role": (
        _became({"type": "WebIdentityUser"}, _CDK_ROLE, "AssumeRoleWithWebIdentity"),
        "Roles",
    ),
    "pipeline-becomes-the-deployment-role": (_became(PIPELINE, _CDK_ROLE), None),
    "tooling-account-becomes-the-deployment-role": (
        _became(other_account(TOOLING), _CDK_ROLE),
        None,
    ),
    "a-run-of-the-pipeline": (
        _became({"type": "WebIdentityUser"}, "cicd/deploy-orders", "AssumeRoleWithWebIdentity"),
        None,
    ),
    "cloudformation-becomes-its-role": (_became(aws_service("cloudformation"), _EXECUTION), None),
    "becomes-some-other-role": (_became(DEVELOPER, "App-OrdersRole"), None),
    # The guardrails, where they are recorded: in us-east-1.
    "boundary-gone": (
        _call(DEVELOPER, "iam", "DeleteRolePermissionsBoundary", region="us-east-1"),
        "Identity",
    ),
    "boundary-version": (
        _call(root(), "iam", "CreatePolicyVersion", region="us-east-1"),
        "Identity",
    ),
    "identity-provider": (
        _call(DEVELOPER, "iam", "UpdateOpenIDConnectProviderThumbprint", region="us-east-1"),
        "Identity",
    ),
    "trust": (_call(DEVELOPER, "iam", "UpdateAssumeRolePolicy", region="us-east-1"), "Identity"),
    "trust-through-cloudformation": (
        _call(through(DEVELOPER, "cloudformation"), "iam", "PutRolePolicy", region="us-east-1"),
        "Identity",
    ),
    "scp-detached": (
        _call(DEVELOPER, "organizations", "DetachPolicy", region="us-east-1"),
        "Identity",
    ),
    "permission-set": (_call(DEVELOPER, "sso", "AttachManagedPolicyToPermissionSet"), "Identity"),
    "credential-report": (
        _call(DEVELOPER, "iam", "GenerateCredentialReport", region="us-east-1"),
        None,
    ),
    # Data.
    "table-policy": (_call(DEVELOPER, "dynamodb", "PutResourcePolicy"), "Data"),
    "table-export": (_call(DEVELOPER, "dynamodb", "ExportTableToPointInTime"), "Data"),
    "key-policy": (_call(DEVELOPER, "kms", "PutKeyPolicy"), "Data"),
    "key-grant": (_call(DEVELOPER, "kms", "CreateGrant"), "Data"),
    "bucket-policy": (_call(DEVELOPER, "s3", "PutBucketPolicy"), "Data"),
    "snapshot": (_call(DEVELOPER, "rds", "ModifyDBSnapshotAttribute"), "Data"),
    "secret-policy": (_call(DEVELOPER, "secretsmanager", "PutResourcePolicy"), "Data"),
    "key-grant-of-a-function": (_call(through(ORDERS, "lambda"), "kms", "CreateGrant"), None),
    "a-secret-rotates": (_call(ORDERS, "secretsmanager", "PutSecretValue"), None),
    # What watches.
    "trail-stopped": (
        _call(DEVELOPER, "cloudtrail", "StopLogging", request={"name": "organization"}),
        "Detection",
    ),
    "rule-disabled": (_call(DEVELOPER, "events", "DisableRule"), "Detection"),
    "targets-removed": (_call(root(), "events", "RemoveTargets"), "Detection"),
    "topic-policy": (_call(DEVELOPER, "sns", "SetTopicAttributes"), "Detection"),
    "subscription": (_call(DEVELOPER, "sns", "Unsubscribe"), "Detection"),
    "log-gone": (_call(DEVELOPER, "logs", "DeleteLogGroup"), "Detection"),
    "alarm-silenced": (_call(DEVELOPER, "monitoring", "DisableAlarmActions"), "Detection"),
    "recorder-stopped": (_call(DEVELOPER, "config", "StopConfigurationRecorder"), "Detection"),
    "dashboard": (_call(DEVELOPER, "monitoring", "PutDashboard"), None),
    "log-query": (_call(DEVELOPER, "logs", "StartQuery"), None),
    "saved-query": (_call(DEVELOPER, "logs", "PutQueryDefinition"), None),
    "log-stream-of-a-function": (_call(ORDERS, "logs", "CreateLogStream"), None),
    # What is no record of a call, or of nothing that is watched.
    "forged": (bus_event(record(DEVELOPER, "lambda", "X"), source="my.app"), None),
    "service-event": (
        bus_event(
            record(aws_service("lambda"), "lambda", "X"),
            **{"detail-type": "AWS Service Event via CloudTrail"},
        ),
        None,
    ),
    "other-service": (_call(DEVELOPER, "athena", "StartQueryExecution"), None),
}
