"""What the endpoints of an isolated network let through."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from .endpoint_service import EndpointService
from .perimeter import Perimeter

__all__ = [
    "DYNAMODB_ITEM_ACTIONS",
    "S3_ACTIONS",
    "dynamodb_statement",
    "s3_statements",
    "service_statements",
]

# What code does with items, and nothing that changes or shares a table: no export, no resource
# policy, no stream to Kinesis. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
DYNAMODB_ITEM_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
)
# What code does with objects: no ACL, no bucket policy, no replication.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_OBJECT_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
)
_BUCKET_ACTIONS = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
S3_ACTIONS = (*_OBJECT_ACTIONS, *_BUCKET_ACTIONS)


def dynamodb_statement(stack: Stack, perimeter: Perimeter) -> iam.PolicyStatement:
    """What the DynamoDB endpoint of a network lets through.

    Args:
        stack: The stack of the network, whose region is meant.
        perimeter: Whose principals and tables.

    Returns:
        The only statement of the endpoint's policy.
    """
    return _allow(
        DYNAMODB_ITEM_ACTIONS,
        # The star covers `table/NAME/index/NAME` as well.
        [
            stack.format_arn(
                service="dynamodb",
                account=perimeter.arn_account,
                resource="table",
                resource_name="*",
            )
        ],
        perimeter,
    )


def s3_statements(bucket_arns: Sequence[str], perimeter: Perimeter) -> list[iam.PolicyStatement]:
    """What the S3 endpoint of a network lets through.

    The ARN of a bucket names no account, and whoever owns a name can change: the conditions bind
    it.

    Args:
        bucket_arns: The buckets.
        perimeter: Whose principals, and whose buckets these must be.

    Returns:
        The statements of the endpoint's policy.
    """
    return [
        _allow(_BUCKET_ACTIONS, list(bucket_arns), perimeter),
        _allow(_OBJECT_ACTIONS, [f"{arn}/*" for arn in bucket_arns], perimeter),
    ]


def service_statements(
    service: EndpointService,
    stack: Stack,
    perimeter: Perimeter,
    *,
    actions: Sequence[str] | None,
    resources: Sequence[str] | None,
) -> list[iam.PolicyStatement]:
    """What the interface endpoint of a service lets through.

    Args:
        service: The service.
        stack: The stack of the network.
        perimeter: Whose principals and resources.
        actions: Which of the service's actions, or `None` for all that code uses.
        resources: ARNs of the resources, or `None` for all in the perimeter.

    Returns:
        The statements of the endpoint's policy.

    Raises:
        InvalidInputError: An action or resource cannot be used, or a resource is missing.
    """
    return [
        _allow(
            allowed.actions,
            allowed.arns(
                partition=stack.partition, region=stack.region, account=perimeter.arn_account
            ),
            perimeter,
            bind_resource=allowed.bind_resource,
        )
        for allowed in service.narrowed(actions, resources)
    ]


def _allow(
    actions: Sequence[str],
    resources: list[str],
    perimeter: Perimeter,
    *,
    bind_resource: bool = True,
) -> iam.PolicyStatement:
    """One Allow for everybody inside the perimeter."""
    return iam.PolicyStatement(
        principals=[iam.StarPrincipal()],
        actions=list(actions),
        resources=resources,
        conditions=perimeter.conditions(bind_resource=bind_resource),
    )
