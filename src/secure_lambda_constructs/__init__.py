"""AWS CDK constructs for Lambda functions that run only signed code in a closed network.

The public names are imported when they are first used, so that the signing program, which is
started once for each asset, never pays for importing `aws_cdk`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checks.leak_checks import LeakChecks
    from .errors import InvalidInputError, RevocationError, SecureLambdaError, SigningError
    from .function.signed_vpc_function import SignedVpcFunction
    from .governance.bootstrap.template import harden_bootstrap_template
    from .governance.changes.change_alarm import ChangeAlarm
    from .governance.developers.boundary_reference import BoundaryReference
    from .governance.developers.developer_assignment import DeveloperAssignment
    from .governance.developers.developer_boundary import DeveloperBoundary
    from .governance.developers.developer_permission_set import DeveloperPermissionSet
    from .governance.organization.guardrail_scp import GuardrailScp
    from .governance.pipeline.deployment_role import DeploymentRole
    from .governance.pipeline.execution_policy import CloudFormationExecutionPolicy
    from .governance.pipeline.trust.github import GitHubTrust
    from .governance.pipeline.trust.gitlab import GitLabTrust
    from .network.isolated_network import IsolatedNetwork
    from .network.isolated_table import IsolatedTable
    from .relay.egress_relay_function import EgressRelayFunction
    from .relay.egress_vpc import RelayEgressVpc
    from .relay.routes.body import RequestBody
    from .relay.routes.credential import RelayCredential
    from .relay.routes.parameter import RouteParameter
    from .relay.routes.response import ResponseFilter
    from .relay.routes.route import RelayRoute
    from .signing.baseline import ISigningBaseline, SigningBaseline
    from .signing.central import CentralSigningProfile
    from .signing.injector import CodeSigningInjector
    from .signing.signed_code import SignedCode

__all__ = [
    "BoundaryReference",
    "CentralSigningProfile",
    "ChangeAlarm",
    "CloudFormationExecutionPolicy",
    "CodeSigningInjector",
    "DeploymentRole",
    "DeveloperAssignment",
    "DeveloperBoundary",
    "DeveloperPermissionSet",
    "EgressRelayFunction",
    "GitHubTrust",
    "GitLabTrust",
    "GuardrailScp",
    "ISigningBaseline",
    "InvalidInputError",
    "IsolatedNetwork",
    "IsolatedTable",
    "LeakChecks",
    "RelayCredential",
    "RelayEgressVpc",
    "RelayRoute",
    "RequestBody",
    "ResponseFilter",
    "RevocationError",
    "RouteParameter",
    "SecureLambdaError",
    "SignedCode",
    "SignedVpcFunction",
    "SigningBaseline",
    "SigningError",
    "harden_bootstrap_template",
]

_MODULES = {
    "BoundaryReference": ".governance.developers.boundary_reference",
    "CentralSigningProfile": ".signing.central",
    "ChangeAlarm": ".governance.changes.change_alarm",
    "CloudFormationExecutionPolicy": ".governance.pipeline.execution_policy",
    "CodeSigningInjector": ".signing.injector",
    "DeploymentRole": ".governance.pipeline.deployment_role",
    "DeveloperAssignment": ".governance.developers.developer_assignment",
    "DeveloperBoundary": ".governance.developers.developer_boundary",
    "DeveloperPermissionSet": ".governance.developers.developer_permission_set",
    "EgressRelayFunction": ".relay.egress_relay_function",
    "GitHubTrust": ".governance.pipeline.trust.github",
    "GitLabTrust": ".governance.pipeline.trust.gitlab",
    "GuardrailScp": ".governance.organization.guardrail_scp",
    "ISigningBaseline": ".signing.baseline",
    "InvalidInputError": ".errors",
    "IsolatedNetwork": ".network.isolated_network",
    "IsolatedTable": ".network.isolated_table",
    "LeakChecks": ".checks.leak_checks",
    "RelayCredential": ".relay.routes.credential",
    "RelayEgressVpc": ".relay.egress_vpc",
    "RelayRoute": ".relay.routes.route",
    "RequestBody": ".relay.routes.body",
    "ResponseFilter": ".relay.routes.response",
    "RevocationError": ".errors",
    "RouteParameter": ".relay.routes.parameter",
    "SecureLambdaError": ".errors",
    "SignedCode": ".signing.signed_code",
    "SignedVpcFunction": ".function.signed_vpc_function",
    "SigningBaseline": ".signing.baseline",
    "SigningError": ".errors",
    "harden_bootstrap_template": ".governance.bootstrap.template",
}


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
