"""Which services an isolated network may have no interface endpoint to, and why.

That an endpoint ignores its policy is what AWS documents or
https://github.com/aws-samples/data-perimeter-policy-examples (service_specific_guidance) says.
The others could be closed by a policy, but would serve nobody but an attacker, or would carry what
reaches them to somebody else by themselves.
"""

from dataclasses import dataclass

__all__ = ["REFUSED_SERVICES", "Refusal"]

_LEAVE_OUT = "leave it out: an isolated function has no use for it"


@dataclass(frozen=True)
class Refusal:
    """Why a service is refused."""

    reason: str
    """A clause about "it", the service."""
    instead: str = _LEAVE_OUT
    """What to write instead."""


_IGNORES = Refusal("its endpoint carries every call, whatever the endpoint's policy says")
_SENDS = Refusal(
    "it sends what it gets to mailboxes, phones or sites anywhere",
    "let a function outside of the network send it",
)
_RUNS = Refusal(
    "it runs code outside of the network",
    "leave it out, and start such jobs by an event or a state machine",
)
_MANAGES = Refusal("it creates and changes resources, which is what a deployment does")
_STRANGERS = Refusal(
    "it takes calls that nobody has signed, which no policy can tell apart",
    "let a function outside of the network make such calls",
)

_BY_REFUSAL = {
    _IGNORES: """
        acm acm-fips appmesh-envoy-management appstream.api appstream.streaming appsync appsync-api
        aps aps-workspaces artifact billing billingconductor cloudfront cloudfront-keyvaluestore
        cloudtrail codeguru-profiler codeguru-reviewer datasync deviceadvisor.iot ebs
        elastic-inference.runtime freetier glacier inspector2 iot.credentials iot.data
        iotsitewise.api iotsitewise.data iotwireless.api lorawan.cups lorawan.lns macie2
        neptune-graph neptune-graph-fips pipes-data route53 sagemaker.runtime-fips storagegateway
        sts-oidc tax
    """,
    _SENDS: """
        connect-campaigns email email-fips mail-manager mail-manager-fips pinpoint
        pinpoint-sms-voice-v2 social-messaging workmail
    """,
    _RUNS: """
        airflow.api airflow.env airflow.ops apprunner apprunner.requests batch bedrock-agentcore
        codebuild codebuild-fips codecatalyst codepipeline ecs ecs-agent ecs-telemetry eks eks-auth
        elasticmapreduce emr-containers emr-serverless sagemaker.api sagemaker.api-fips
    """,
    _MANAGES: """
        acm-pca acm-pca-fips apigateway appconfig application-autoscaling autoscaling backup bedrock
        bedrock-agent cloudcontrolapi cloudformation config elasticache elasticfilesystem
        elasticloadbalancing iam network-firewall organizations ram rds redshift servicecatalog
        vpc-lattice wafv2
    """,
    _STRANGERS: """
        cognito-identity cognito-identity-fips cognito-idp cognito-idp-fips console
        rolesanywhere signin
    """,
}

REFUSED_SERVICES: dict[str, Refusal] = {
    **{name: refusal for refusal, names in _BY_REFUSAL.items() for name in names.split()},
    "codecommit": Refusal("a repository is not where an isolated function gets its code"),
    "dynamodb": Refusal(
        "the network has the gateway endpoint, which costs nothing",
        "leave it out: the network reaches DynamoDB without it",
    ),
    "ec2": Refusal("it would serve nobody but an attacker, who could open the network with it"),
    "ec2messages": Refusal("it is the channel by which somebody outside runs commands inside"),
    "ecr.api": Refusal("images can be pushed through it, and a ZIP function pulls none"),
    "ecr.dkr": Refusal("images can be pushed through it, and a ZIP function pulls none"),
    "email-smtp": Refusal(
        "it sends mail to anybody, and its endpoint has no policy at all",
        "let a function outside of the network send mail",
    ),
    "execute-api": Refusal(
        "its names are those of everybody's APIs, and each may answer calls that nobody has signed",
        "call the function behind your API through the endpoint of lambda",
    ),
    "git-codecommit": Refusal("a repository is not where an isolated function gets its code"),
    "s3": Refusal(
        "a gateway endpoint costs nothing and does the same",
        "write network.add_s3_endpoint(buckets=[...])",
    ),
    "s3-global.accesspoint": Refusal(
        "it leads to buckets of other regions",
        "write network.add_s3_endpoint(buckets=[...])",
    ),
    "scheduler": Refusal(
        "a schedule calls any API of AWS from outside of the network",
        "put schedules into the app, or send an event",
    ),
    "ssmmessages": Refusal("it is the channel by which somebody outside opens a shell inside"),
    "syslog-logs": Refusal(
        "it takes lines of log from anybody without keys",
        "print them: Lambda sends the output of a function to its log group",
    ),
    "transfer": Refusal("it lets in and out files of whoever knows a password"),
    "transfer.server": Refusal("it lets in and out files of whoever knows a password"),
}
