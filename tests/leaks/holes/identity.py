"""Holes in what the function's role may do."""

from typing import Any

from .draft import Draft, hole

__all__: list[str] = []

_VPC = "AWS::EC2::VPC"
_TABLE = "AWS::DynamoDB::GlobalTable"
_KEY = {"Fn::Sub": "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/own"}


# The Denies of the role, by what they are about.
_INTERFACES = "network interfaces"
_OUTSIDE = "from outside the VPC"
_SHARING = "sharing"
_OTHER_LOGS = "other log groups"


def _about(statement: dict[str, Any]) -> str | None:
    if statement["Effect"] != "Deny":
        return None
    if "NotAction" in statement:
        return _OUTSIDE
    if "NotResource" in statement:
        return _OTHER_LOGS
    return _INTERFACES if statement["Action"] == "ec2:*" else _SHARING


def _denies(draft: Draft, about: str) -> list[dict[str, Any]]:
    return [statement for _, statement in draft.role_statements() if _about(statement) == about]


def _drop(draft: Draft, *about: str) -> None:
    for statements, statement in draft.role_statements():
        if _about(statement) in about:
            statements.remove(statement)


def _is_data(statement: dict[str, Any]) -> bool:
    actions = statement.get("Action", [])
    named = [actions] if isinstance(actions, str) else actions
    return statement["Effect"] == "Allow" and any(a.startswith("dynamodb:") for a in named)


def _inside(draft: Draft) -> dict[str, Any]:
    return {"aws:SourceVpc": draft.ref(_VPC)}


@hole("I01", "I02")
def _data_from_anywhere(draft: Draft) -> None:
    for _, statement in draft.role_statements():
        if _is_data(statement):
            statement.pop("Condition", None)


@hole("I01", "I02")
def _no_deny_from_outside_the_vpc(draft: Draft) -> None:
    _drop(draft, _OUTSIDE)
    draft.allow("kms:Decrypt", _KEY)


@hole("I01")
def _only_other_vpcs_are_denied(draft: Draft) -> None:
    # On the internet the key is absent: StringNotEquals holds there, Null takes that away.
    for statement in _denies(draft, _OUTSIDE):
        statement["Condition"]["Null"]["aws:SourceVpc"] = "false"
    draft.allow("kms:Decrypt", _KEY)


@hole("I02")
def _any_vpc_will_do(draft: Draft) -> None:
    for statement in _denies(draft, _OUTSIDE):
        statement["Condition"]["Null"]["aws:SourceVpc"] = "true"
    draft.allow("kms:Decrypt", _KEY)


@hole("I02")
def _the_vpc_of_somebody_else_too(draft: Draft) -> None:
    for statement in _denies(draft, _OUTSIDE):
        del statement["Condition"]["StringNotEquals"]
        statement["Condition"]["StringNotLike"] = {"aws:SourceVpc": "vpc-*"}
    draft.allow("kms:Decrypt", _KEY)


def _exempt(draft: Draft, action: str, resource: Any) -> None:
    """Allow an action, and leave it out of the Deny of what comes from outside the VPC."""
    for statement in _denies(draft, _OUTSIDE):
        statement["NotAction"].append(action)
    draft.allow(action, resource)


@hole()
def _harmless_traces_from_anywhere(draft: Draft) -> None:
    _exempt(draft, "xray:PutTraceSegments", "*")


@hole("I01", "I02")
def _everything_of_xray_from_anywhere(draft: Draft) -> None:
    _exempt(draft, "xray:*", "*")


@hole("I01", "I02")
def _logins_to_every_database_from_anywhere(draft: Draft) -> None:
    _exempt(draft, "rds-db:connect", "*")


@hole("I01", "I02")
def _keys_from_anywhere(draft: Draft) -> None:
    _exempt(draft, "kms:Decrypt", _KEY)


@hole("I01", "I02")
def _everything_is_left_out_of_the_deny(draft: Draft) -> None:
    _exempt(draft, "*", _KEY)


@hole("I03")
def _the_code_makes_network_interfaces(draft: Draft) -> None:
    _drop(draft, _INTERFACES)


@hole("I03")
def _the_wrong_key_for_the_code(draft: Draft) -> None:
    # lambda:FunctionArn is about event source mappings and is not in the code's requests.
    for statement in _denies(draft, _INTERFACES):
        statement["Condition"] = {"Null": {"lambda:FunctionArn": "false"}}


@hole("I04")
def _the_table_may_be_shared(draft: Draft) -> None:
    _drop(draft, _SHARING)
    draft.allow("dynamodb:PutResourcePolicy", draft.att(_TABLE, "Arn"), StringEquals=_inside(draft))


@hole("I04")
def _everything_on_the_table(draft: Draft) -> None:
    _drop(draft, _SHARING)
    draft.allow("dynamodb:*", draft.att(_TABLE, "Arn"), StringEquals=_inside(draft))


@hole("I05")
def _a_role_of_somebody_else(draft: Draft) -> None:
    _drop(draft, _SHARING)
    draft.allow("sts:AssumeRole", "arn:aws:iam::999988887777:role/loot")


@hole("I05")
def _the_account_may_assume_the_role(draft: Draft) -> None:
    root = {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}
    trust = draft.role()[1]["AssumeRolePolicyDocument"]["Statement"]
    trust.append({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"})


@hole("I05")
def _any_service_may_assume_the_role(draft: Draft) -> None:
    (trust,) = draft.role()[1]["AssumeRolePolicyDocument"]["Statement"]
    trust["Principal"] = {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}


@hole("I05")
def _another_role_trusts_the_role(draft: Draft) -> None:
    # Inside one account the trust alone is enough when it names the role.
    _drop(draft, _SHARING)
    name, _ = draft.role()
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::GetAtt": [name, "Arn"]}},
        "Action": "sts:AssumeRole",
    }
    draft.add(
        "Next",
        "AWS::IAM::Role",
        AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [trust]},
    )


@hole("I06")
def _logs_of_every_function(draft: Draft) -> None:
    _drop(draft, _OTHER_LOGS)
    draft.allow(
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        {"Fn::Sub": "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/*"},
    )


@hole("I01", "I02", "I03", "I06")
def _the_managed_policy_without_the_denies(draft: Draft) -> None:
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    draft.role()[1]["ManagedPolicyArns"] = [managed]
    _drop(draft, _INTERFACES, _OUTSIDE, _SHARING, _OTHER_LOGS)


@hole("I06")
def _the_managed_policy(draft: Draft) -> None:
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    draft.role()[1]["ManagedPolicyArns"] = [managed]


@hole("I06")
def _log_groups_may_be_created(draft: Draft) -> None:
    draft.allow("logs:CreateLogGroup", "*")


@hole("I07")
def _messages_by_mail(draft: Draft) -> None:
    draft.allow("ses:SendEmail", "*")


@hole("I07")
def _a_queue_of_somebody_else(draft: Draft) -> None:
    draft.allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:999988887777:loot")


@hole("I08")
def _another_function_of_the_account(draft: Draft) -> None:
    draft.allow(
        "lambda:InvokeFunction",
        {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:other"},
    )


@hole("I04", "I05", "I06", "I07", "I08")
def _an_administrator_inside(draft: Draft) -> None:
    _drop(draft, _SHARING)
    draft.allow("*", "*", StringEquals=_inside(draft))
