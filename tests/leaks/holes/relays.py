"""Holes in the relays that the constructs make, and in the VPC that one of them may be in."""

from typing import Any

from ..synthesis import RELAY, RELAY_IN_VPC
from .draft import FUNCTION, Draft, hole

__all__: list[str] = []

_ROLE = "AWS::IAM::Role"
_TABLE = "AWS::DynamoDB::GlobalTable"
_ENDPOINT = "AWS::EC2::VPCEndpoint"
_GROUP = "AWS::EC2::SecurityGroup"
_CONFIG = "AWS::Lambda::EventInvokeConfig"
_FOREIGN_FUNCTION = "arn:aws:lambda:us-east-1:999988887777:function:loot"


def _relay(draft: Draft) -> tuple[str, dict[str, Any]]:
    return draft.part(FUNCTION, "RelayFunction")


def _arn(draft: Draft) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [_relay(draft)[0], "Arn"]}


def _statements(draft: Draft) -> list[dict[str, Any]]:
    _, role = draft.part(_ROLE, "RelayRole")
    (policy,) = role["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def _statement(draft: Draft, sid: str) -> dict[str, Any]:
    (found,) = [entry for entry in _statements(draft) if entry.get("Sid") == sid]
    return found


def _drop(draft: Draft, sid: str) -> None:
    _statements(draft).remove(_statement(draft, sid))


def _grant(draft: Draft, actions: Any, resources: Any, **conditions: Any) -> None:
    """Give the relay's role one more Allow."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    if conditions:
        statement["Condition"] = conditions
    _statements(draft).append(statement)


def _role_that_may_call(draft: Draft, kind: str, resource: Any, **more: Any) -> None:
    statement = {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    draft.add("Other", kind, Policies=[{"PolicyName": "x", "PolicyDocument": document}], **more)


def _trust(principal: dict[str, Any]) -> dict[str, Any]:
    entry = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [entry]}


_OF_OPERATORS = _trust({"AWS": {"Ref": "AWS::AccountId"}})


@hole("R01", app=RELAY)
def _code_of_the_relay_that_nobody_signed(draft: Draft) -> None:
    del _relay(draft)[1]["CodeSigningConfigArn"]


@hole("N01", "R02", app=RELAY)
def _a_grant_of_data_that_a_deny_holds_back(draft: Draft) -> None:
    # It is one change away from being open, so it is not let pass.
    _grant(draft, "dynamodb:GetItem", draft.att(_TABLE, "Arn"))


@hole("N01", "R02", "R05", app=RELAY)
def _a_grant_of_data_that_nothing_holds_back(draft: Draft) -> None:
    _drop(draft, "NoData")
    _grant(draft, "dynamodb:GetItem", draft.att(_TABLE, "Arn"))


def _table_that_admits_the_relay(draft: Draft) -> None:
    name, _ = draft.part(_ROLE, "RelayRole")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::GetAtt": [name, "Arn"]}},
        "Action": "dynamodb:GetItem",
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    (replica,) = draft.first(_TABLE)["Replicas"]
    replica["ResourcePolicy"] = {"PolicyDocument": document}


@hole(app=RELAY)
def _harmless_a_table_that_admits_the_relay(draft: Draft) -> None:
    _table_that_admits_the_relay(draft)


@hole("R02", app=RELAY)
def _a_table_that_admits_a_relay_without_a_deny(draft: Draft) -> None:
    _drop(draft, "NoData")
    _table_that_admits_the_relay(draft)


@hole("R02", app=RELAY)
def _a_bucket_that_admits_a_relay_without_a_deny(draft: Draft) -> None:
    _drop(draft, "NoData")
    bucket = draft.add("Bucket", "AWS::S3::Bucket")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::GetAtt": [draft.part(_ROLE, "RelayRole")[0], "Arn"]}},
        "Action": "s3:GetObject",
        "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": [bucket["Ref"], "Arn"]}, "/*"]]},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    draft.add("Policy", "AWS::S3::BucketPolicy", Bucket=bucket, PolicyDocument=document)


@hole("R02", app=RELAY)
def _a_relay_with_the_password_of_a_database(draft: Draft) -> None:
    secret = {"Ref": draft.part("AWS::SecretsManager::Secret", "Secret")[0]}
    draft.add(
        "Attached",
        "AWS::SecretsManager::SecretTargetAttachment",
        SecretId=secret,
        TargetId="orders",
        TargetType="AWS::RDS::DBInstance",
    )


@hole("R03", app=RELAY)
def _a_permission_on_the_relay(draft: Draft) -> None:
    draft.add(
        "Permission",
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=_arn(draft),
        Principal={"Ref": "AWS::AccountId"},
    )


@hole("R03", app=RELAY)
def _a_permission_on_an_alias_of_the_relay(draft: Draft) -> None:
    draft.add(
        "Permission",
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName={"Fn::Join": ["", [_arn(draft), ":live"]]},
        Principal="events.amazonaws.com",
    )


@hole("R03", app=RELAY)
def _a_permission_on_the_name_of_the_relay(draft: Draft) -> None:
    name = ["${AWS::AccountId}:function:${Relay}", {"Relay": {"Ref": _relay(draft)[0]}}]
    draft.add(
        "Permission",
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName={"Fn::Sub": name},
        Principal={"Ref": "AWS::AccountId"},
    )


@hole("R03", app=RELAY)
def _a_url_of_the_relay(draft: Draft) -> None:
    draft.add("Url", "AWS::Lambda::Url", TargetFunctionArn=_arn(draft), AuthType="AWS_IAM")


@hole("R03", app=RELAY)
def _a_queue_that_the_relay_is_fed_from(draft: Draft) -> None:
    queue = draft.add("Queue", "AWS::SQS::Queue")
    draft.add(
        "Mapping",
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn={"Fn::GetAtt": [queue["Ref"], "Arn"]},
        FunctionName={"Ref": _relay(draft)[0]},
    )


@hole("R03", app=RELAY)
def _operators_call_the_relay(draft: Draft) -> None:
    _role_that_may_call(draft, _ROLE, _arn(draft), AssumeRolePolicyDocument=_OF_OPERATORS)


@hole("R03", app=RELAY)
def _operators_call_all_that_is_called_like_a_relay(draft: Draft) -> None:
    everywhere = "arn:aws:lambda:*:*:function:*Relay*"
    _role_that_may_call(draft, _ROLE, everywhere, AssumeRolePolicyDocument=_OF_OPERATORS)


@hole("R03", app=RELAY)
def _a_user_calls_versions_of_the_relay(draft: Draft) -> None:
    versions = {"Fn::Join": ["", [_arn(draft), ":*"]]}
    _role_that_may_call(draft, "AWS::IAM::User", versions)


@hole("N01", "R03", app=RELAY)
def _a_group_calls_all_but_one_function(draft: Draft) -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": _FOREIGN_FUNCTION}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    group = draft.add("Operators", "AWS::IAM::Group")
    draft.add(
        "Rights",
        "AWS::IAM::Policy",
        Groups=[group],
        PolicyDocument=document,
        PolicyName="rights",
    )


@hole("R04", app=RELAY)
def _no_bound_on_calls_at_once(draft: Draft) -> None:
    del _relay(draft)[1]["ReservedConcurrentExecutions"]


@hole("R04", app=RELAY)
def _a_call_takes_long(draft: Draft) -> None:
    _relay(draft)[1]["Timeout"] = 900


@hole("R04", app=RELAY)
def _a_call_is_made_again(draft: Draft) -> None:
    draft.part(_CONFIG, "Relay")[1]["MaximumRetryAttempts"] = 2


@hole("R04", app=RELAY)
def _calls_are_configured_for_an_alias_only(draft: Draft) -> None:
    draft.part(_CONFIG, "Relay")[1]["Qualifier"] = "live"


@hole("R04", app=RELAY)
def _a_call_of_an_alias_is_made_again(draft: Draft) -> None:
    draft.add(
        "Live",
        "AWS::Lambda::Alias",
        FunctionName={"Ref": _relay(draft)[0]},
        FunctionVersion="1",
        Name="live",
    )
    alias = {"Fn::Sub": f"${{{_relay(draft)[0]}.Arn}}:live"}
    for _, role in draft.of("AWS::IAM::Role"):
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement.get("Action") == "lambda:InvokeFunction":
                    statement["Resource"] = [statement["Resource"], alias]


@hole("O01", app=RELAY)
def _what_the_relay_was_asked_goes_to_a_topic(draft: Draft) -> None:
    topic = draft.add("Topic", "AWS::SNS::Topic")
    config = draft.part(_CONFIG, "Relay")[1]
    config["DestinationConfig"] = {"OnFailure": {"Destination": topic}}


@hole("R05", app=RELAY)
def _the_relay_reads_all_secrets(draft: Draft) -> None:
    _grant(draft, "secretsmanager:GetSecretValue", "*")


@hole("R05", app=RELAY)
def _the_relay_reads_secrets_that_are_called_so(draft: Draft) -> None:
    _grant(
        draft,
        "secretsmanager:GetSecretValue",
        {"Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:payments-*"},
    )


@hole(app=RELAY)
def _harmless_a_secret_of_a_known_name(draft: Draft) -> None:
    name = "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:payments-??????"
    _grant(draft, "secretsmanager:GetSecretValue", {"Fn::Sub": name})


@hole("R05", app=RELAY)
def _the_relay_reads_all_parameters(draft: Draft) -> None:
    parameters = "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/*"
    _grant(draft, "ssm:GetParameter", {"Fn::Sub": parameters})


@hole("R05", app=RELAY_IN_VPC)
def _the_relay_writes_other_logs(draft: Draft) -> None:
    _drop(draft, "OnlyOwnLogs")
    groups = "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/*"
    _statement(draft, "OwnLogs")["Resource"] = {"Fn::Sub": groups}


@hole("R05", app=RELAY)
def _the_relay_decrypts_with_every_key(draft: Draft) -> None:
    _drop(draft, "OnlyKeysOfCredentials")
    _grant(draft, "kms:Decrypt", "*", StringLike={"kms:ViaService": "secretsmanager.*"})


def _decrypt(draft: Draft, **conditions: Any) -> None:
    root = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    key = draft.add("Key", "AWS::KMS::Key", KeyPolicy=policy)
    _drop(draft, "OnlyKeysOfCredentials")
    _grant(draft, "kms:Decrypt", {"Fn::GetAtt": [key["Ref"], "Arn"]}, **conditions)


@hole("R05", app=RELAY_IN_VPC)
def _the_relay_decrypts_by_itself(draft: Draft) -> None:
    _decrypt(draft)


@hole("R05", app=RELAY_IN_VPC)
def _the_relay_decrypts_objects(draft: Draft) -> None:
    services = ["secretsmanager.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"]
    _decrypt(draft, StringEquals={"kms:ViaService": services})


@hole(app=RELAY_IN_VPC)
def _harmless_the_relay_decrypts_secrets(draft: Draft) -> None:
    _decrypt(draft, StringEquals={"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"})


@hole("R05", app=RELAY)
def _operators_take_the_role_of_the_relay(draft: Draft) -> None:
    draft.part(_ROLE, "RelayRole")[1]["AssumeRolePolicyDocument"] = _OF_OPERATORS


@hole("R05", app=RELAY)
def _the_relay_sends_messages(draft: Draft) -> None:
    _drop(draft, "NoData")
    # A condition that holds for nobody today may hold tomorrow.
    tagged = {"aws:PrincipalTag/team": "payments"}
    _grant(draft, "sns:Publish", "*", StringEquals=tagged)


@hole("R05", app=RELAY)
def _a_relay_in_no_vpc_makes_network_interfaces(draft: Draft) -> None:
    _drop(draft, "NoData")
    _grant(draft, "ec2:CreateNetworkInterface", "*")


@hole("P06", app=RELAY)
def _the_endpoint_of_lambda_has_the_default_policy(draft: Draft) -> None:
    del draft.part(_ENDPOINT, "NetworkLambda")[1]["PolicyDocument"]


def _endpoint_statement(draft: Draft) -> dict[str, Any]:
    (statement,) = draft.part(_ENDPOINT, "NetworkLambda")[1]["PolicyDocument"]["Statement"]
    found: dict[str, Any] = statement
    return found


@hole("P06", app=RELAY)
def _the_endpoint_leads_to_a_function_of_somebody_else(draft: Draft) -> None:
    statement = _endpoint_statement(draft)
    statement["Resource"] = [statement["Resource"], _FOREIGN_FUNCTION]
    del statement["Condition"]


@hole("P07", "I08", app=RELAY)
def _the_caller_calls_a_function_of_somebody_else(draft: Draft) -> None:
    statement = _endpoint_statement(draft)
    statement["Resource"] = "*"
    del statement["Condition"]["StringEquals"]["aws:ResourceAccount"]
    _, role = draft.part(_ROLE, "OrdersRole")
    for policy in role["Policies"]:
        for entry in policy["PolicyDocument"]["Statement"]:
            if entry.get("Action") == "lambda:InvokeFunction":
                entry["Resource"] = [entry["Resource"], _FOREIGN_FUNCTION]


@hole("I08", app=RELAY)
def _the_caller_calls_functions_of_its_own_account(draft: Draft) -> None:
    _, role = draft.part(_ROLE, "OrdersRole")
    others = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:reports"
    statement = {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": {"Fn::Sub": others},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    role["Policies"].append({"PolicyName": "more", "PolicyDocument": document})


# In the VPC with fixed addresses.


def _egress(draft: Draft, kind: str, part: str) -> dict[str, str]:
    return {"Ref": draft.part(f"AWS::EC2::{kind}", f"Egress{part}")[0]}


def _vpc(draft: Draft, start: str) -> dict[str, str]:
    return {"Ref": draft.part("AWS::EC2::VPC", start)[0]}


@hole("N01", "R02", "R05", app=RELAY_IN_VPC)
def _a_relay_in_its_vpc_reads_the_table(draft: Draft) -> None:
    _drop(draft, "NoData")
    _grant(draft, "dynamodb:GetItem", draft.att(_TABLE, "Arn"))


@hole("R01", app=RELAY_IN_VPC)
def _a_relay_in_its_vpc_is_not_signed(draft: Draft) -> None:
    del _relay(draft)[1]["CodeSigningConfigArn"]


@hole("R05", app=RELAY_IN_VPC)
def _the_code_of_the_relay_makes_network_interfaces(draft: Draft) -> None:
    _drop(draft, "NoEniFromCode")


@hole("N03", "N04", app=RELAY_IN_VPC)
def _the_closed_network_gets_a_gateway_of_its_own(draft: Draft) -> None:
    gateway = draft.add("Gateway", "AWS::EC2::InternetGateway")
    draft.add(
        "Attachment",
        "AWS::EC2::VPCGatewayAttachment",
        InternetGatewayId=gateway,
        VpcId=_vpc(draft, "Network"),
    )
    draft.add(
        "Route",
        "AWS::EC2::Route",
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=gateway,
        RouteTableId={"Ref": draft.part("AWS::EC2::RouteTable", "Network")[0]},
    )


# Then there is no function inside, and none that would be a relay of one.
@hole("N01", app=RELAY_IN_VPC)
def _the_caller_is_moved_to_the_vpc_of_the_relay(draft: Draft) -> None:
    _, caller = draft.part(FUNCTION, "OrdersFunction")
    caller["VpcConfig"] = _relay(draft)[1]["VpcConfig"]


# What else is in the VPC makes it one that has to be closed, which it is not; and its function is
# no relay any more, which another one may call, and which may read secrets wherever it is.
_NOT_CLOSED = ("D01", "D03", "I01", "I02", "I08", "N03", "N04", "N09", "N10")


@hole(*_NOT_CLOSED, app=RELAY_IN_VPC)
def _a_database_in_the_vpc_of_the_relay(draft: Draft) -> None:
    subnets = draft.add(
        "Subnets",
        "AWS::RDS::DBSubnetGroup",
        DBSubnetGroupDescription="x",
        SubnetIds=[_egress(draft, "Subnet", "Relays1")],
    )
    draft.add("Database", "AWS::RDS::DBInstance", DBSubnetGroupName=subnets)


@hole(*_NOT_CLOSED, "P01", app=RELAY_IN_VPC)
def _a_vpc_of_the_relay_with_an_endpoint(draft: Draft) -> None:
    draft.add(
        "Endpoint",
        _ENDPOINT,
        ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.dynamodb"},
        VpcId=_vpc(draft, "Egress"),
    )


@hole(*_NOT_CLOSED, "N08", app=RELAY_IN_VPC)
def _something_in_a_place_that_nobody_knows(draft: Draft) -> None:
    draft.add("Host", "AWS::EC2::NetworkInterface", SubnetId={"Fn::ImportValue": "nowhere"})


@hole(*_NOT_CLOSED, "N06", app=RELAY_IN_VPC)
def _a_route_from_the_vpc_of_the_relay_to_other_networks(draft: Draft) -> None:
    draft.add(
        "Route",
        "AWS::EC2::Route",
        DestinationCidrBlock="10.1.0.0/16",
        RouteTableId=_egress(draft, "RouteTable", "Relays1Routes"),
        TransitGatewayId="tgw-0123456789abcdef0",
    )


@hole(*_NOT_CLOSED, "N06", app=RELAY_IN_VPC)
def _a_vpn_to_the_vpc_of_the_relay(draft: Draft) -> None:
    draft.add(
        "Attachment",
        "AWS::EC2::VPCGatewayAttachment",
        VpcId=_vpc(draft, "Egress"),
        VpnGatewayId="vgw-0123456789abcdef0",
    )


@hole(*_NOT_CLOSED, "N06", app=RELAY_IN_VPC)
def _the_networks_are_joined(draft: Draft) -> None:
    draft.add(
        "Peering",
        "AWS::EC2::VPCPeeringConnection",
        PeerVpcId=_vpc(draft, "Egress"),
        VpcId=_vpc(draft, "Network"),
    )
