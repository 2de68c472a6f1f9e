"""Requests that hand data to the attacker, service by service: action and ARN.

In an ARN ``{region}`` stands for the region of the endpoint; ``*`` is a call without a resource.
"""

from ..attackers import FOREIGN_ACCOUNT

__all__ = [
    "DIRECTORIES",
    "DYNAMODB",
    "HEEDLESS",
    "LAMBDA",
    "OTHERS",
    "ROLE",
    "S3",
    "STS",
    "UNSIGNED",
]

_ARN = "arn:aws:{}:{{region}}:" + FOREIGN_ACCOUNT + ":{}"
_TABLE = _ARN.format("dynamodb", "table/loot")
_BUCKET = "arn:aws:s3:::loot/data"
_FUNCTION = _ARN.format("lambda", "function:loot")
ROLE = f"arn:aws:iam::{FOREIGN_ACCOUNT}:role/loot"
_KEY = _ARN.format("kms", "key/11111111-2222-3333-4444-555555555555")

DYNAMODB = {
    **dict.fromkeys(
        [
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:DescribeTable",
            "dynamodb:GetItem",
            "dynamodb:PartiQLInsert",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:TagResource",
            "dynamodb:UpdateItem",
            "dynamodb:UpdateTable",
        ],
        _TABLE,
    ),
    # Calls that name no resource reach the account of whoever signs them.
    "dynamodb:ListTables": "*",
    "dynamodb:DescribeLimits": "*",
}
S3 = dict.fromkeys(["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"], _BUCKET)
# Buckets that are used by sessions; the zone of the bucket is in its name.
DIRECTORIES = {"s3express:CreateSession": _ARN.format("s3express", "bucket/loot--use1-az4--x-s3")}
LAMBDA = {
    "lambda:InvokeFunction": _FUNCTION,
    "lambda:UpdateFunctionConfiguration": _FUNCTION,
    "lambda:ListFunctions": "*",
}
STS = {
    "sts:AssumeRole": ROLE,
    "sts:GetCallerIdentity": "*",
    "sts:GetSessionToken": "*",
}

# One way to hand data to each of the other services.
OTHERS: dict[str, dict[str, str]] = {
    "appconfigdata": {
        "appconfig:StartConfigurationSession": _ARN.format(
            "appconfig", "application/loot/environment/x/configuration/x"
        )
    },
    "athena": {
        "athena:ListDataCatalogs": "*",
        "athena:StartQueryExecution": _ARN.format("athena", "workgroup/loot"),
    },
    "bedrock-agent-runtime": {
        "bedrock:InvokeAgent": _ARN.format("bedrock", "agent-alias/LOOT/LOOT"),
        "bedrock:Retrieve": _ARN.format("bedrock", "knowledge-base/LOOT"),
    },
    "bedrock-runtime": {
        "bedrock:InvokeModel": _ARN.format("bedrock", "provisioned-model/0a1b2c3d4e5f")
    },
    "comprehend": {"comprehend:DetectKeyPhrases": "*"},
    "ec2": {"ec2:DescribeInstances": "*", "ec2:CreateTags": _ARN.format("ec2", "instance/i-0a")},
    "ecr.api": {"ecr:PutImage": _ARN.format("ecr", "repository/loot")},
    "ecr.dkr": {"ecr:PutImage": _ARN.format("ecr", "repository/loot")},
    "events": {
        "events:ListEventBuses": "*",
        "events:PutEvents": _ARN.format("events", "event-bus/loot"),
    },
    "execute-api": {"execute-api:Invoke": _ARN.format("execute-api", "loot/prod/POST/data")},
    "glue": {"glue:GetTable": _ARN.format("glue", "table/loot/data")},
    "kinesis-firehose": {
        "firehose:ListDeliveryStreams": "*",
        "firehose:PutRecord": _ARN.format("firehose", "deliverystream/loot"),
    },
    "kinesis-streams": {
        "kinesis:ListStreams": "*",
        "kinesis:PutRecord": _ARN.format("kinesis", "stream/loot"),
    },
    "kms": {"kms:Encrypt": _KEY, "kms:GenerateDataKey": _KEY, "kms:ListKeys": "*"},
    "logs": {"logs:PutLogEvents": _ARN.format("logs", "log-group:loot:log-stream:x")},
    "monitoring": {"cloudwatch:PutMetricData": "*"},
    "rds-data": {"rds-data:ExecuteStatement": _ARN.format("rds", "cluster:loot")},
    "rekognition": {"rekognition:DetectLabels": "*"},
    "sagemaker.runtime": {"sagemaker:InvokeEndpoint": _ARN.format("sagemaker", "endpoint/loot")},
    "s3-outposts": {
        "s3-outposts:PutObject": _ARN.format("s3-outposts", "outpost/x/bucket/loot/object/x")
    },
    "s3tables": {"s3tables:PutTableData": _ARN.format("s3tables", "bucket/loot/table/x")},
    "s3vectors": {"s3vectors:PutVectors": _ARN.format("s3vectors", "bucket/loot/index/x")},
    "secretsmanager": {
        "secretsmanager:ListSecrets": "*",
        "secretsmanager:PutSecretValue": _ARN.format("secretsmanager", "secret:loot-AbCdEf"),
    },
    "sns": {"sns:ListTopics": "*", "sns:Publish": _ARN.format("sns", "loot")},
    "sqs": {"sqs:ListQueues": "*", "sqs:SendMessage": _ARN.format("sqs", "loot")},
    "ssm": {
        "ssm:DescribeParameters": "*",
        "ssm:PutParameter": _ARN.format("ssm", "parameter/loot"),
    },
    "states": {
        "states:SendTaskSuccess": "*",
        "states:StartExecution": _ARN.format("states", "stateMachine:loot"),
    },
    "sync-states": {"states:StartSyncExecution": _ARN.format("states", "stateMachine:loot")},
    "textract": {"textract:DetectDocumentText": "*"},
    "translate": {"translate:TranslateText": "*"},
    "xray": {"xray:PutTraceSegments": "*"},
}

# Services that take requests without a signature if the resource lets everybody in.
UNSIGNED = {
    "execute-api": {"execute-api:Invoke": _ARN.format("execute-api", "loot/prod/POST/data")},
    "sns": {"sns:Publish": _ARN.format("sns", "loot")},
    "sqs": {"sqs:SendMessage": _ARN.format("sqs", "loot")},
}

# Services whose endpoints do not heed a policy (data-perimeter-policy-examples of aws-samples).
HEEDLESS = (
    "acm",
    "acm-pca",
    "appsync",
    "appsync-api",
    "artifact",
    "cloudfront-keyvaluestore",
    "glacier",
    "route53",
)
