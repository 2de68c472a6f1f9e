"""AWS CDK constructs for Lambda functions that run only signed code in a closed network.

The public names are imported when they are first used, so that the signing program, which is
started once for each asset, never pays for importing `aws_cdk`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import InvalidInputError, RevocationError, SecureLambdaError, SigningError
    from .function.signed_vpc_function import SignedVpcFunction
    from .network.isolated_network import IsolatedNetwork
    from .network.isolated_table import IsolatedTable
    from .signing.baseline import ISigningBaseline, SigningBaseline
    from .signing.central import CentralSigningProfile
    from .signing.injector import CodeSigningInjector
    from .signing.signed_code import SignedCode

__all__ = [
    "CentralSigningProfile",
    "CodeSigningInjector",
    "ISigningBaseline",
    "InvalidInputError",
    "IsolatedNetwork",
    "IsolatedTable",
    "RevocationError",
    "SecureLambdaError",
    "SignedCode",
    "SignedVpcFunction",
    "SigningBaseline",
    "SigningError",
]

_MODULES = {
    "CentralSigningProfile": ".signing.central",
    "CodeSigningInjector": ".signing.injector",
    "ISigningBaseline": ".signing.baseline",
    "InvalidInputError": ".errors",
    "IsolatedNetwork": ".network.isolated_network",
    "IsolatedTable": ".network.isolated_table",
    "RevocationError": ".errors",
    "SecureLambdaError": ".errors",
    "SignedCode": ".signing.signed_code",
    "SignedVpcFunction": ".function.signed_vpc_function",
    "SigningBaseline": ".signing.baseline",
    "SigningError": ".errors",
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
