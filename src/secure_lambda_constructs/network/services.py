"""The AWS services that an isolated network may have an interface endpoint to.

An interface endpoint leads to all resources of a service, whoever owns them, unless its policy
binds the caller and the resource. So a service is let in only where AWS documents that its endpoint
honours a policy, with the actions that code needs, and every other one is refused by name or as
unknown. See
https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
"""

from aws_cdk import Token

from ..errors import InvalidInputError
from .endpoint_actions import ALLOWED_SERVICES
from .endpoint_service import Allowed, EndpointService, belongs_to_aws
from .refused_services import REFUSED_SERVICES, Refusal

__all__ = ["Allowed", "EndpointService", "Refusal", "belongs_to_aws", "endpoint_service", "refusal"]

_PAGE = "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html"


def refusal(name: str) -> Refusal | None:
    """Why a service may have no interface endpoint in an isolated network, if so.

    Args:
        name: The service's name in `com.amazonaws.REGION.NAME`.

    Returns:
        The reason, also where nothing is known of the service; `None` for one that is let in.

    Example:
        ```python
        from secure_lambda_constructs.network.services import refusal

        assert refusal("sqs") is None
        assert "whatever the endpoint's policy says" in refusal("acm").reason
        ```
    """
    if name in ALLOWED_SERVICES:
        return None
    if name in REFUSED_SERVICES:
        return REFUSED_SERVICES[name]
    if name.startswith("vpce"):
        return Refusal(
            "it is a service of whoever owns it, and its endpoint can have no policy",
            "let a function outside of the network call it",
        )
    return Refusal(
        "nothing is known here about whether its endpoint honours a policy",
        f"write one of {', '.join(ALLOWED_SERVICES)}, or propose to add it with the page of AWS's "
        f"documentation that says so (see {_PAGE})",
    )


def endpoint_service(name: str, *, region: str | None = None) -> EndpointService:
    """What is known of a service that an interface endpoint may lead to.

    Args:
        name: The service's name in `com.amazonaws.REGION.NAME`, which is the `short_name` of an
            `ec2.InterfaceVpcEndpointAwsService`.
        region: The region of the endpoint, a token, or `None` where it is not known.

    Returns:
        Its actions, resources and names.

    Raises:
        InvalidInputError: The service is refused, in that region or at all.

    Example:
        ```python
        from secure_lambda_constructs.network.services import endpoint_service

        service = endpoint_service(ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER.short_name)
        assert service.allowed[0].actions == (
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
        )
        ```
    """
    if not isinstance(name, str) or Token.is_unresolved(name):
        raise InvalidInputError(
            f"the service of an interface endpoint is {name!r}, which is not known at synth; write "
            "a name such as 'secretsmanager'"
        )
    refused = refusal(name)
    if refused is not None:
        raise InvalidInputError(
            f"{name} can have no interface endpoint in an isolated network, because "
            f"{refused.reason}; {refused.instead}"
        )
    service = ALLOWED_SERVICES[name]
    regions = service.policy_regions
    if regions and region is not None and not Token.is_unresolved(region) and region not in regions:
        raise InvalidInputError(
            f"{name} can have no interface endpoint in an isolated network in {region}, because "
            "AWS does not document that it honours a policy in all zones there (see "
            f"{service.documentation}); use one of {', '.join(sorted(regions))}"
        )
    return service
