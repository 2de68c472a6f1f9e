"""What the interface endpoint of a service carries in an isolated network, service by service.

A service is here only if AWS documents that its endpoint honours a policy. Three rules hold for
what is allowed:

1. The actions are those with which code uses what is there: no action that changes, shares or
   creates a resource, and none of the asynchronous ones whose result the service writes to a
   bucket by itself, past the network.
2. An action that works on a resource names ARNs of the own account. One that has no resource
   (`*`) is left out where code can do without it.
3. `aws:ResourceAccount` must be in the request, because `StringEquals` never matches an absent key
   and the endpoint would carry nothing. AWS names the actions without the key; of those below only
   `events:PutEvents` is among them, for the bus of another account that was a target before
   March 2023, and that is to be refused. The actions without a resource of STS, CloudWatch and
   Textract were reviewed by AWS with that condition in an endpoint's policy. See
   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
   and https://github.com/aws-samples/data-perimeter-policy-examples (service_specific_guidance).

Actions and resource types are those of
https://docs.aws.amazon.com/service-authorization/latest/reference/; the tests compare them.
"""

from .endpoint_service import Allowed, EndpointService

__all__ = ["ALLOWED_SERVICES"]

_ARN = "arn:{{partition}}:{}:{{region}}:{{account}}:{}"
# Of a model of AWS the ARN has no account, and in a call through an inference profile it has the
# region in which the model answers, or none:
# https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
_FOUNDATION_MODELS = "arn:{partition}:bedrock:*::foundation-model/*"
_MODELS = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
_GUIDE = "https://docs.aws.amazon.com/{}.html"
_REVIEWS = "https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_specific_guidance"


def _own(service: str, *resources: str) -> tuple[str, ...]:
    """Patterns of the own account's resources of a service."""
    return tuple(_ARN.format(service, resource) for resource in resources)


def _actions(service: str, *names: str) -> tuple[str, ...]:
    """Actions of a service."""
    return tuple(f"{service}:{name}" for name in names)


def _service(
    name: str,
    *allowed: Allowed,
    page: str,
    dns: tuple[str, ...] | None = None,
    regions: str = "",
) -> EndpointService:
    """A service, which is mostly called by the name of its endpoint."""
    hosts = (name,) if dns is None else dns
    return EndpointService(
        name=name,
        allowed=allowed,
        dns_names=tuple(f"{host}.{{region}}.{{suffix}}" for host in hosts),
        documentation=page if page.startswith("https:") else _GUIDE.format(page),
        policy_regions=frozenset(regions.split()),
    )


_SERVICES = (
    _service(
        "appconfigdata",
        Allowed(
            _actions("appconfig", "GetLatestConfiguration", "StartConfigurationSession"),
            _own("appconfig", "application/*/environment/*/configuration/*"),
        ),
        page="appconfig/latest/userguide/appconfig-security",
    ),
    _service(
        "athena",
        # The result goes to the bucket of the workgroup, written by Athena with the rights of the
        # role: let the workgroup enforce its settings, so that a caller cannot name another one.
        Allowed(
            _actions(
                "athena",
                "GetQueryExecution",
                "GetQueryResults",
                "StartQueryExecution",
                "StopQueryExecution",
            ),
            _own("athena", "workgroup/*"),
        ),
        page="athena/latest/ug/interface-vpc-endpoint",
    ),
    _service(
        "bedrock-agent-runtime",
        # Not `RetrieveAndGenerate` and `Rerank`, which name no resource.
        Allowed(_actions("bedrock", "InvokeAgent"), _own("bedrock", "agent-alias/*")),
        Allowed(_actions("bedrock", "InvokeFlow"), _own("bedrock", "flow/*/alias/*")),
        Allowed(_actions("bedrock", "Retrieve"), _own("bedrock", "knowledge-base/*")),
        page="bedrock/latest/userguide/vpc-interface-endpoints",
    ),
    _service(
        "bedrock-runtime",
        Allowed(_MODELS, (_FOUNDATION_MODELS,), bind_resource=False),
        # Not `async-invoke`, whose result the service writes to a bucket, nor the endpoints of
        # models from the marketplace, which are SageMaker's.
        Allowed(
            _MODELS,
            _own(
                "bedrock",
                "application-inference-profile/*",
                "custom-model-deployment/*",
                "default-prompt-router/*",
                "imported-model/*",
                "inference-profile/*",
                "prompt-router/*",
                "provisioned-model/*",
            ),
        ),
        Allowed(_actions("bedrock", "ApplyGuardrail"), _own("bedrock", "guardrail/*")),
        page="bedrock/latest/userguide/vpc-interface-endpoints",
    ),
    _service(
        "comprehend",
        Allowed(
            _actions(
                "comprehend",
                "ContainsPiiEntities",
                "DetectDominantLanguage",
                "DetectEntities",
                "DetectKeyPhrases",
                "DetectPiiEntities",
                "DetectSentiment",
                "DetectSyntax",
            ),
            ("*",),
        ),
        page="comprehend/latest/dg/vpc-interface-endpoints",
    ),
    _service(
        "events",
        Allowed(_actions("events", "PutEvents"), _own("events", "event-bus/*")),
        page="eventbridge/latest/userguide/eb-related-service-vpc",
    ),
    _service(
        "glue",
        # The catalog only: a job runs code outside of the network.
        Allowed(
            _actions(
                "glue",
                "BatchGetPartition",
                "GetDatabase",
                "GetDatabases",
                "GetPartition",
                "GetPartitions",
                "GetTable",
                "GetTables",
            ),
            _own("glue", "catalog", "database/*", "table/*"),
        ),
        page="glue/latest/dg/vpc-interface-endpoints",
    ),
    _service(
        "kinesis-firehose",
        Allowed(
            _actions("firehose", "PutRecord", "PutRecordBatch"),
            _own("firehose", "deliverystream/*"),
        ),
        page="firehose/latest/dev/vpc",
        dns=("firehose",),
    ),
    _service(
        "kinesis-streams",
        Allowed(
            _actions(
                "kinesis",
                "DescribeStreamSummary",
                "GetRecords",
                "GetShardIterator",
                "ListShards",
                "PutRecord",
                "PutRecords",
            ),
            _own("kinesis", "stream/*"),
        ),
        page="streams/latest/dev/vpc",
        # Called with the ARN of a stream, SDKs use the names with the account:
        # https://docs.aws.amazon.com/general/latest/gr/ak.html
        dns=("kinesis", "{account}.control-kinesis", "{account}.data-kinesis"),
        # "Availability of VPC endpoint policies". Not us-west-2, where one zone is without.
        regions="""
            af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
            ap-southeast-1 ap-southeast-2 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1
            eu-central-2 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-central-1 me-south-1
            sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1
        """,
    ),
    _service(
        "kms",
        # Not `GenerateRandom`, which has no resource, nor `CreateGrant`, which shares a key.
        Allowed(
            _actions(
                "kms",
                "Decrypt",
                "DescribeKey",
                "Encrypt",
                "GenerateDataKey",
                "GenerateDataKeyPair",
                "GenerateDataKeyPairWithoutPlaintext",
                "GenerateDataKeyWithoutPlaintext",
                "GenerateMac",
                "GetPublicKey",
                "ReEncryptFrom",
                "ReEncryptTo",
                "Sign",
                "Verify",
                "VerifyMac",
            ),
            _own("kms", "key/*"),
        ),
        page="kms/latest/developerguide/kms-vpc-endpoint",
    ),
    _service(
        "lambda",
        # No default: every other function of the account is a way around the network.
        Allowed(_actions("lambda", "InvokeFunction"), ()),
        page="lambda/latest/dg/configuration-vpc-endpoints",
    ),
    _service(
        "logs",
        # Only needed to write by oneself: what a function prints is sent by Lambda.
        Allowed(_actions("logs", "CreateLogStream", "PutLogEvents"), _own("logs", "log-group:*")),
        page="AmazonCloudWatch/latest/logs/cloudwatch-logs-and-interface-VPC",
    ),
    _service(
        "monitoring",
        Allowed(_actions("cloudwatch", "PutMetricData"), ("*",)),
        page="AmazonCloudWatch/latest/monitoring/cloudwatch-and-interface-VPC",
    ),
    _service(
        "rds-data",
        Allowed(
            _actions(
                "rds-data",
                "BatchExecuteStatement",
                "BeginTransaction",
                "CommitTransaction",
                "ExecuteStatement",
                "RollbackTransaction",
            ),
            _own("rds", "cluster:*"),
        ),
        page="AmazonRDS/latest/AuroraUserGuide/data-api.vpc-endpoint",
    ),
    _service(
        "rekognition",
        Allowed(
            _actions(
                "rekognition",
                "CompareFaces",
                "DetectFaces",
                "DetectLabels",
                "DetectModerationLabels",
                "DetectProtectiveEquipment",
                "DetectText",
            ),
            ("*",),
        ),
        page="rekognition/latest/dg/vpc",
    ),
    _service(
        "sagemaker.runtime",
        # Not `InvokeEndpointAsync`, whose result goes to a bucket.
        Allowed(
            _actions("sagemaker", "InvokeEndpoint", "InvokeEndpointWithResponseStream"),
            _own("sagemaker", "endpoint/*"),
        ),
        page="sagemaker/latest/dg/interface-vpc-endpoint",
        dns=("runtime.sagemaker",),
    ),
    _service(
        "secretsmanager",
        # Not `BatchGetSecretValue` and `GetRandomPassword`, which have no resource.
        Allowed(
            _actions("secretsmanager", "DescribeSecret", "GetSecretValue"),
            _own("secretsmanager", "secret:*"),
        ),
        page="secretsmanager/latest/userguide/vpc-endpoint-overview",
    ),
    _service(
        "sns",
        # A text to a phone number is published to no topic, so that no ARN admits it.
        Allowed(_actions("sns", "Publish"), _own("sns", "*")),
        page="sns/latest/dg/sns-vpc-endpoint-policy",
    ),
    _service(
        "sqs",
        Allowed(
            _actions(
                "sqs",
                "ChangeMessageVisibility",
                "DeleteMessage",
                "GetQueueAttributes",
                "GetQueueUrl",
                "ReceiveMessage",
                "SendMessage",
            ),
            _own("sqs", "*"),
        ),
        page="AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-internetwork-traffic-privacy",
    ),
    _service(
        "ssm",
        # Parameters only. Those that AWS publishes have no account and are read at synth.
        Allowed(
            _actions("ssm", "GetParameter", "GetParameters", "GetParametersByPath"),
            _own("ssm", "parameter/*"),
        ),
        page="systems-manager/latest/userguide/setup-create-vpc",
    ),
    _service(
        "states",
        Allowed(_actions("states", "StartExecution"), _own("states", "stateMachine:*")),
        Allowed(
            _actions("states", "DescribeExecution", "StopExecution"),
            _own("states", "execution:*", "express:*"),
        ),
        # What answers a task has no resource but a token, which is good in its own account only:
        # https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
        Allowed(
            _actions("states", "SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"), ("*",)
        ),
        page="step-functions/latest/dg/vpc-endpoints",
    ),
    _service(
        "sts",
        # Not `AssumeRole`: another role's keys are not bound to the network.
        Allowed(_actions("sts", "GetCallerIdentity"), ("*",)),
        page=f"{_REVIEWS}/sts-specific-guidance.md",
    ),
    _service(
        "sync-states",
        Allowed(_actions("states", "StartSyncExecution"), _own("states", "stateMachine:*")),
        page="step-functions/latest/dg/vpc-endpoints",
    ),
    _service(
        "textract",
        Allowed(
            _actions(
                "textract",
                "AnalyzeDocument",
                "AnalyzeExpense",
                "AnalyzeID",
                "DetectDocumentText",
            ),
            ("*",),
        ),
        page="textract/latest/dg/vpc-interface-endpoints",
    ),
    _service(
        "translate",
        Allowed(_actions("translate", "TranslateDocument", "TranslateText"), ("*",)),
        page="translate/latest/dg/vpc-interface-endpoints",
    ),
    _service(
        "xray",
        # Only needed to write by oneself: the traces of a function are sent by Lambda.
        Allowed(_actions("xray", "PutTelemetryRecords", "PutTraceSegments"), ("*",)),
        page="xray/latest/devguide/xray-security-vpc-endpoint",
    ),
)

ALLOWED_SERVICES = {service.name: service for service in _SERVICES}
