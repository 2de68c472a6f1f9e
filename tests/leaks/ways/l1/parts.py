"""Parts that only some ways need, each with the rights, rules and names that go with it."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from .base import WRITES, Base, Statement, allow, deny, document, log_group, role

__all__ = ["Bucket", "Endpoints", "Relay", "queue"]


class Bucket:
    """A bucket that the function reads, and the endpoint that leads there."""

    def __init__(self, base: Base, *, stack: cdk.Stack | None = None) -> None:
        """Make them; the bucket in `stack`."""
        self.bucket = s3.CfnBucket(stack or base.shared, "Bucket")
        self.objects = cdk.Fn.join("/", [self.bucket.attr_arn, "*"])
        self.actions = ["s3:GetObject", "s3:PutObject"]
        base.grant(base.inside(self.actions, self.objects))
        base.let_out(base.to_gateway("s3"))
        base.answer("s3")
        self.endpoint = base.gateway("Buckets", "s3", base.through(self.actions, self.objects))


class Endpoints:
    """The interface endpoints, and the security group that they have."""

    def __init__(self, base: Base) -> None:
        """Make the group, and let the function out to it."""
        self.base = base
        self.group = ec2.CfnSecurityGroup(
            base.shared,
            "Doors",
            group_description="Endpoints",
            security_group_egress=[
                # It answers, and calls nobody.
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="icmp", from_port=252, to_port=86, cidr_ip="255.255.255.255/32"
                )
            ],
            vpc_id=base.vpc.ref,
        )
        ec2.CfnSecurityGroupIngress(
            base.shared,
            "Door",
            group_id=self.group.attr_group_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            source_security_group_id=base.group.attr_group_id,
        )
        base.let_out(base.https(destination_security_group_id=self.group.attr_group_id))

    def add(
        self,
        name: str,
        service: str,
        *statements: Statement,
        of: ec2.CfnVPC | None = None,
        subnet_ids: list[str] | None = None,
    ) -> ec2.CfnVPCEndpoint:
        """Make an endpoint of a service of AWS."""
        base = self.base
        base.answer(service)
        return ec2.CfnVPCEndpoint(
            base.shared,
            name,
            policy_document=document(*statements) if statements else None,
            private_dns_enabled=True,
            security_group_ids=[self.group.attr_group_id],
            service_name=f"com.amazonaws.{base.region}.{service}",
            subnet_ids=subnet_ids or [subnet.ref for subnet in base.subnets],
            vpc_endpoint_type="Interface",
            vpc_id=(of or base.vpc).ref,
        )


def queue(base: Base, name: str = "Dead", queue_name: str | None = None) -> sqs.CfnQueue:
    """Make a queue that is encrypted and takes nothing without TLS."""
    made = sqs.CfnQueue(base.shared, name, queue_name=queue_name, sqs_managed_sse_enabled=True)
    tls = deny({"Bool": {"aws:SecureTransport": "false"}}, Action="sqs:*", Principal="*")
    sqs.CfnQueuePolicy(
        base.shared, f"{name}Tls", policy_document=document(tls), queues=[made.attr_queue_url]
    )
    return made


class Relay:
    """A function outside that the one inside may call, and the endpoint that leads there."""

    def __init__(self, base: Base, endpoints: Endpoints | None = None, name: str | None = None):
        """Make them, and a group for the endpoint if there is none."""
        stack = base.shared
        self.logs = log_group(stack, "RelayLogs")
        self.secret = secretsmanager.CfnSecret(stack, "Token")
        self.rights = [
            allow(WRITES, self.logs.attr_arn),
            allow("secretsmanager:GetSecretValue", self.secret.ref),
        ]
        self.role = role(stack, "RelayRole", *self.rights)
        self.function = base.signed(
            "Relay",
            self.role,
            self.logs,
            stack=stack,
            function_name=name,
            reserved_concurrent_executions=2,
            timeout=20,
        )
        lambda_.CfnEventInvokeConfig(
            stack,
            "RelayOnce",
            function_name=self.function.ref,
            maximum_retry_attempts=0,
            qualifier="$LATEST",
        )
        self.called = allow("lambda:InvokeFunction", self.function.attr_arn)
        base.grant(self.called)
        self.let_through = base.through("lambda:InvokeFunction", self.function.attr_arn)
        self.endpoint = (endpoints or Endpoints(base)).add("Functions", "lambda", self.let_through)

    def grant(self, *statements: Statement) -> None:
        """Add statements to the role of the relay."""
        self.rights = [*self.rights, *statements]
        policy = document(*self.rights)
        self.role.policies = [iam.CfnRole.PolicyProperty(policy_name="own", policy_document=policy)]
