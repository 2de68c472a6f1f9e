"""The service providers that our entry points name; each loads its module when first used."""

from __future__ import annotations

from typing import Any

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider

__all__ = [
    "EmulatorExecutorPlugin",
    "cloudformation",
    "cloudtrail",
    "dynamodb",
    "events",
    "lambda_",
    "logs",
    "rds",
    "route53resolver",
    "s3",
    "signer",
]


@aws_provider()
def signer() -> Service:
    """AWS Signer, which LocalStack has not."""
    from .signer.provider import SignerProvider

    return Service.for_provider(SignerProvider())


@aws_provider()
def cloudtrail() -> Service:
    """CloudTrail's event history, which LocalStack has not."""
    from .trail import CloudTrailProvider

    return Service.for_provider(CloudTrailProvider())


@aws_provider(api="lambda", name="local_aws")
def lambda_() -> Service:
    """LocalStack's Lambda with code signing enforced."""
    from .functions.provider import CodeSigningLambdaProvider

    return Service.for_provider(CodeSigningLambdaProvider())


@aws_provider(api="dynamodb", name="local_aws")
def dynamodb() -> Service:
    """LocalStack's DynamoDB on the DynamoDB Local that we installed."""
    from localstack.aws.forwarder import HttpFallbackDispatcher

    from .dynamodb import LocalDynamoDBProvider

    return Service.for_provider(
        LocalDynamoDBProvider(),
        dispatch_table_factory=lambda provider: HttpFallbackDispatcher(
            provider, provider.get_forward_url
        ),
    )


@aws_provider(api="events", name="local_aws")
def events() -> Service:
    """LocalStack's EventBridge with AWS's event patterns."""
    from localstack.services.events.provider import EventsProvider

    from .event_patterns import use_aws_patterns

    use_aws_patterns()
    return Service.for_provider(EventsProvider())


@aws_provider(api="logs", name="local_aws")
def logs() -> Service:
    """LocalStack's CloudWatch Logs with keys that can be changed."""
    from localstack.services.moto import MotoFallbackDispatcher

    from .log_groups import KeyChangingLogsProvider

    return Service.for_provider(
        KeyChangingLogsProvider(), dispatch_table_factory=MotoFallbackDispatcher
    )


@aws_provider()
def rds() -> Service:
    """RDS, which LocalStack has not."""
    from .databases.api import RdsProvider, dispatch_table

    return Service.for_provider(RdsProvider(), dispatch_table_factory=dispatch_table)


@aws_provider(api="route53resolver", name="local_aws")
def route53resolver() -> Service:
    """LocalStack's Route 53 Resolver with mutation protection."""
    from localstack.services.moto import MotoFallbackDispatcher

    from .resolver import ProtectingResolverProvider

    return Service.for_provider(
        ProtectingResolverProvider(), dispatch_table_factory=MotoFallbackDispatcher
    )


@aws_provider(api="s3", name="local_aws")
def s3() -> Service:
    """LocalStack's S3, apart from other runs."""
    from .buckets import s3_provider

    return Service.for_provider(s3_provider())


@aws_provider(api="cloudformation", name="local_aws")
def cloudformation() -> Service:
    """LocalStack's CloudFormation engine with AWS's rollback and deletion policies."""
    from localstack.services.cloudformation.v2.provider import CloudformationProviderV2

    from .cloudformation.engine import use_our_executor
    from .cloudformation.pseudo_parameters import use_aws_url_suffix

    use_our_executor()
    use_aws_url_suffix()
    return Service.for_provider(CloudformationProviderV2())


class EmulatorExecutorPlugin(RuntimeExecutorPlugin):
    """Runs functions under AWS's runtime interface emulator."""

    name = "local_aws"

    def load(self, *args: Any, **kwargs: Any) -> type:
        """The executor's class."""
        from .functions.executor import EmulatorExecutor

        return EmulatorExecutor
