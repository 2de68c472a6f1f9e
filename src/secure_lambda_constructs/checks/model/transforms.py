"""What a template leaves to somebody else: macros, modules, products, stack sets."""

from typing import Any

from .values import as_list

__all__ = [
    "LANGUAGE_EXTENSIONS",
    "SERVERLESS",
    "as_section",
    "reason_of_resource",
    "reasons_of_template",
    "stands_for_others",
]

SERVERLESS = "AWS::Serverless-2016-10-31"
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"

# The transforms of CloudFormation that create nothing by themselves, or that the model knows.
_UNDERSTOOD = {
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    LANGUAGE_EXTENSIONS,
    SERVERLESS,
}

# What deploys a template that is not one of ours.
_DEPLOYING = {
    "AWS::CloudFormation::StackSet": "a stack set deploys what no template here tells",
    "AWS::Proton::ServiceInstance": "Proton deploys what no template here tells",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct": (
        "a product of a service catalog creates what no template here tells"
    ),
}


def as_section(value: Any) -> dict[str, Any]:
    """Return a section of a template.

    Args:
        value: What the template has there.

    Returns:
        It, empty where it is absent or no object.
    """
    return value if isinstance(value, dict) else {}


def reasons_of_template(template: dict[str, Any]) -> list[str]:
    """Say what nobody can tell of a template as a whole.

    Args:
        template: The template.

    Returns:
        A sentence for each macro that may change all of it.
    """
    names = [
        entry.get("Name") if isinstance(entry, dict) else entry
        for entry in as_list(template.get("Transform"))
    ]
    reasons = [
        f"the macro {name} may change all that the template creates"
        for name in names
        if not isinstance(name, str) or name not in _UNDERSTOOD
    ]
    if "Fn::Transform" in as_section(template.get("Resources")):
        reasons.append("Fn::Transform adds resources that the template does not tell")
    if "Fn::Transform" in template:
        reasons.append("Fn::Transform adds sections that the template does not tell")
    return reasons


def stands_for_others(resource: Any) -> bool:
    """Tell whether an entry of `Resources` is no resource, but makes others at deployment.

    Args:
        resource: The entry.

    Returns:
        Whether it is: a macro, a module, a resource of SAM.
    """
    kind = resource.get("Type") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or "Fn::Transform" in resource:
        return True
    return kind.endswith("::MODULE") or kind.startswith("AWS::Serverless::")


def reason_of_resource(resource: Any) -> str | None:
    """Say why nobody can tell what an entry of `Resources` creates.

    Args:
        resource: The entry.

    Returns:
        A sentence, None for an ordinary resource.
    """
    kind = resource.get("Type") if isinstance(resource, dict) else None
    if not isinstance(kind, str):
        return "it has no type"
    if "Fn::Transform" in resource:
        return "a macro makes it"
    if kind.endswith("::MODULE"):
        return f"the module {kind} creates what no template here tells"
    if kind.startswith("AWS::Serverless::"):
        return f"what SAM makes of {kind} is not known here"
    if "HostedRotationLambda" in as_section(resource.get("Properties")):
        return "HostedRotationLambda adds a function that no template here tells"
    return _DEPLOYING.get(kind)
