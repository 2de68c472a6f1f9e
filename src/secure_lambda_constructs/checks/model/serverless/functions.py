"""What SAM makes of `AWS::Serverless::Function`."""

import re
from typing import Any

from ..transforms import as_section
from ..values import Unknown
from .events import add_events, event_statements, execution_policies
from .roles import managed_policy, role_of, trust_of
from .sending import destination, sending
from .written import Made, Written, or_else

__all__ = ["expand_function"]

# The properties that only SAM has. All others are those of `AWS::Lambda::Function`.
_OWN = (
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeUri",
    "DeadLetterQueue",
    "DeploymentPreference",
    "EventInvokeConfig",
    "Events",
    "FunctionUrlConfig",
    "ImageUri",
    "InlineCode",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "Role",
    "RolePath",
    "Tracing",
    "VersionDeletionPolicy",
    "VersionDescription",
)


def expand_function(written: Written) -> Made:
    """Return what SAM makes of a function.

    Args:
        written: The function.

    Returns:
        The function of Lambda, its role, and what calls it.
    """
    logical_id = written.logical_id
    function = {"Ref": logical_id}
    properties = {**written.without(*_OWN), "Code": _code(written)}
    made = written.made("AWS::Lambda::Function", properties)
    statements = list(event_statements(written))
    letters = as_section(written.get("DeadLetterQueue"))
    if letters:
        properties["DeadLetterConfig"] = {"TargetArn": letters.get("TargetArn")}
        statements += sending(letters.get("Type"), letters.get("TargetArn"))
    tracing = written.get("Tracing")
    if tracing is not None and tracing != "Disabled":
        properties["TracingConfig"] = {"Mode": tracing}
    invoked = as_section(written.get("EventInvokeConfig"))
    destinations: dict[str, Any] = {}
    for outcome, target in as_section(invoked.get("DestinationConfig")).items():
        kind = as_section(target).get("Type")
        arn = destination(written, made, outcome, as_section(target))
        destinations[outcome] = {"Destination": arn}
        statements += sending(kind, arn)
    role = written.get("Role")
    properties["Role"] = or_else(role, {"Fn::GetAtt": [f"{logical_id}Role", "Arn"]})
    if properties["Role"] != role:
        basic = "AWSLambdaBasicExecutionRole"
        if written.get("DurableConfig"):
            basic = "AWSLambdaBasicDurableExecutionRolePolicy"
        managed = [basic, *execution_policies(written)]
        if "VpcConfig" in properties:
            managed.append("AWSLambdaVPCAccessExecutionRole")
        if "TracingConfig" in properties:
            managed.append("AWSXrayWriteOnlyAccess")
        made.add(
            f"{logical_id}Role",
            role_of(written, "lambda.amazonaws.com", managed=managed, statements=statements),
        )
    qualifier = _add_alias(written, made)
    if invoked:
        config = {"FunctionName": function, "Qualifier": qualifier or "$LATEST", **invoked}
        config["DestinationConfig"] = destinations
        name = f"{logical_id}EventInvokeConfig"
        made.add(name, written.like("AWS::Lambda::EventInvokeConfig", config))
    _add_url(written, made)
    _add_deployment(written, made)
    add_events(written, made)
    return made


def _code(written: Written) -> dict[str, Any]:
    if written.get("InlineCode") is not None:
        return {"ZipFile": written.get("InlineCode")}
    if written.get("ImageUri") is not None:
        return {"ImageUri": written.get("ImageUri")}
    code = written.get("CodeUri")
    if isinstance(code, dict) and "Bucket" in code:
        return {"S3Bucket": code["Bucket"], "S3Key": code.get("Key")}
    match = re.fullmatch(r"s3://([^/]+)/(.+)", code) if isinstance(code, str) else None
    if match is not None:
        return {"S3Bucket": match[1], "S3Key": match[2]}
    packed = Unknown("the code is not packed yet")
    return {"S3Bucket": packed, "S3Key": packed}


def _add_alias(written: Written, made: Made) -> Any:
    alias = written.get("AutoPublishAlias")
    if alias is None:
        return None
    logical_id = written.logical_id
    function = {"FunctionName": {"Ref": logical_id}}
    made.add(f"{logical_id}Version", written.like("AWS::Lambda::Version", function))
    version = {"Fn::GetAtt": [f"{logical_id}Version", "Version"]}
    name = f"{logical_id}Alias{alias}" if isinstance(alias, str) else f"{logical_id}Alias"
    properties = {**function, "FunctionVersion": version, "Name": alias}
    made.add(name, written.like("AWS::Lambda::Alias", properties))
    made.properties |= {"Alias": name, "Version": f"{logical_id}Version"}
    return alias


def _add_deployment(written: Written, made: Made) -> None:
    preference = as_section(written.get("DeploymentPreference"))
    if (
        preference
        and preference.get("Enabled") not in (False, "false")
        and (preference.get("Role") is None)
    ):
        role = {
            "AssumeRolePolicyDocument": trust_of("codedeploy.amazonaws.com"),
            "ManagedPolicyArns": [managed_policy("AWSCodeDeployRoleForLambda")],
        }
        made.add("CodeDeployServiceRole", {"Type": "AWS::IAM::Role", "Properties": role})


def _add_url(written: Written, made: Made) -> None:
    config = as_section(written.get("FunctionUrlConfig"))
    if not config:
        return
    logical_id = written.logical_id
    target = {"Ref": logical_id}
    properties = {**config, "TargetFunctionArn": target}
    made.add(f"{logical_id}Url", written.like("AWS::Lambda::Url", properties))
    if config.get("AuthType") != "AWS_IAM":
        permission = {
            "Action": "lambda:InvokeFunctionUrl",
            "FunctionName": target,
            "FunctionUrlAuthType": config.get("AuthType"),
            "Principal": "*",
        }
        name = f"{logical_id}UrlPublicPermissions"
        made.add(name, written.like("AWS::Lambda::Permission", permission))
