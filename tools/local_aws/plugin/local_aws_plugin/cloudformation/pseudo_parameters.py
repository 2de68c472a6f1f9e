"""``AWS::URLSuffix`` as AWS has it.

LocalStack puts its own host name there, so that addresses in outputs lead to it. Names that a
template *says*, such as the domains of a DNS firewall, are then of no use to a real SDK.
"""

from __future__ import annotations

from localstack.services.cloudformation.engine import template_deployer, template_utils
from localstack.services.cloudformation.engine.v2 import change_set_model_preproc

__all__ = ["use_aws_url_suffix"]

_SUFFIX = "amazonaws.com"


def use_aws_url_suffix() -> None:
    """Makes LocalStack's CloudFormation resolve the suffix of AWS's commercial regions."""
    change_set_model_preproc._AWS_URL_SUFFIX = _SUFFIX
    template_deployer.AWS_URL_SUFFIX = _SUFFIX
    template_utils.AWS_URL_SUFFIX = _SUFFIX
