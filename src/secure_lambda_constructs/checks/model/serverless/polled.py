"""What SAM makes of the events that Lambda asks for itself: queues, streams, brokers."""

from collections.abc import Iterator
from typing import Any

from ..transforms import as_section
from ..values import Unknown, as_list
from .sending import sending
from .written import Made, Written

__all__ = ["POLLED", "add_mapping", "managed_policies", "statements_of_event"]

# type: (property that names the source, managed policy of the role)
POLLED = {
    "DocumentDB": ("Cluster", ""),
    "DynamoDB": ("Stream", "AWSLambdaDynamoDBExecutionRole"),
    "Kinesis": ("Stream", "AWSLambdaKinesisExecutionRole"),
    "MQ": ("Broker", ""),
    "MSK": ("Stream", "AWSLambdaMSKExecutionRole"),
    "SQS": ("Queue", "AWSLambdaSQSQueueExecutionRole"),
    "SelfManagedKafka": ("", ""),
}

# type: what of `SourceAccessConfigurations` is no secret that the role may read
_PLACES = {
    "DocumentDB": (),
    "MQ": ("VIRTUAL_HOST",),
    "MSK": (
        "BASIC_AUTH",
        "SASL_SCRAM_256_AUTH",
        "SASL_SCRAM_512_AUTH",
        "SERVER_ROOT_CA_CERTIFICATE",
    ),
    "SelfManagedKafka": ("VPC_SECURITY_GROUP", "VPC_SUBNET"),
}

_INTERFACES = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]

_ARN = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:%s"


def add_mapping(
    written: Written, made: Made, logical_id: str, kind: str, properties: dict[str, Any]
) -> None:
    """Add the event source mapping of an event.

    Args:
        written: The function.
        made: What is made of it.
        logical_id: The logical id of the mapping.
        kind: The type of the event.
        properties: Those of the event.
    """
    source, _ = POLLED[kind]
    left = {key: value for key, value in properties.items() if key != source}
    arn = {"EventSourceArn": properties.get(source)} if source else {}
    mapping = {**left, **arn, "FunctionName": {"Ref": written.logical_id}}
    failing = as_section(as_section(properties.get("DestinationConfig")).get("OnFailure"))
    if "Type" in failing:
        target = {key: value for key, value in failing.items() if key != "Type"}
        mapping["DestinationConfig"] = {"OnFailure": target}
    made.add(logical_id, written.like("AWS::Lambda::EventSourceMapping", mapping))


def managed_policies(kinds: list[Any]) -> list[str]:
    """Return the managed policies that a role gets for the events of a function.

    Args:
        kinds: The types of the events.

    Returns:
        The names of the policies.
    """
    names = [POLLED[kind][1] for kind in kinds if isinstance(kind, str) and kind in POLLED]
    return list(dict.fromkeys(name for name in names if name))


def statements_of_event(kind: str, properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the statements that a role gets for an event, beside the managed policy.

    Args:
        kind: The type of the event.
        properties: Those of the event.

    Yields:
        The statements.
    """
    failing = as_section(as_section(properties.get("DestinationConfig")).get("OnFailure"))
    if failing.get("Type") in ("S3", "SNS", "SQS"):
        yield from sending(failing["Type"], failing.get("Destination"))
    if kind in _PLACES:
        yield from _reading(kind, properties)
    if kind == "MQ":
        yield _allow("mq:DescribeBroker", properties.get("Broker"))
    if kind == "DocumentDB":
        yield _allow("rds:DescribeDBClusterParameters", _of("rds", "cluster-pg:*"))
        yield _allow("rds:DescribeDBSubnetGroups", _of("rds", "subgrp:*"))
        yield _allow("rds:DescribeDBClusters", properties.get("Cluster"))
        yield _allow(_INTERFACES, "*")


def _reading(kind: str, properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for access in as_list(properties.get("SourceAccessConfigurations")):
        config = as_section(access)
        if config.get("Type") not in _PLACES[kind]:
            yield _allow("secretsmanager:GetSecretValue", _uri(config))
        elif config.get("Type") == "VPC_SUBNET":
            yield _allow(_INTERFACES, "*")
    key = properties.get("SecretsManagerKmsKeyId")
    if key is not None and kind != "MSK":
        yield _allow("kms:Decrypt", {"Fn::Sub": [_ARN % ("kms", "key/${Key}"), {"Key": key}]})
    registry = as_section(properties.get("SchemaRegistryConfig"))
    for access in as_list(registry.get("AccessConfigs")):
        yield _allow("secretsmanager:GetSecretValue", _uri(as_section(access)))
    uri = registry.get("SchemaRegistryURI")
    if isinstance(uri, dict) or ":registry/" in str(uri):
        name = uri.partition(":registry/")[2] if isinstance(uri, str) else "*"
        yield _allow("glue:GetRegistry", uri)
        yield _allow("glue:GetSchemaVersion", _of("glue", f"schema/{name}/*"))


def _uri(config: dict[str, Any]) -> Any:
    return config.get("URI") or Unknown("the secret of an event is not told")


def _of(service: str, rest: str) -> dict[str, str]:
    return {"Fn::Sub": _ARN % (service, rest)}


def _allow(actions: str | list[str], resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}
