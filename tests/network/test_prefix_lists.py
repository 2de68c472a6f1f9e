"""Where the id of the managed prefix list comes from."""

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork
from secure_lambda_constructs.network.prefix_lists import KNOWN_PREFIX_LISTS

from .conftest import Synthesize

_ACCOUNT = "111122223333"
_UNKNOWN = "ap-south-2"


def destination(template: dict[str, Any]) -> Any:
    (group,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::EC2::SecurityGroup"
    ]
    (rule,) = group["SecurityGroupEgress"]
    return rule["DestinationPrefixListId"]


def with_group(stack: cdk.Stack, network: IsolatedNetwork) -> None:
    network.client_security_group(stack, "Clients")


def context_key(region: str) -> str:
    """The key under which the CDK itself keeps a look-up of the list."""
    app = cdk.App()
    stack = cdk.Stack(app, "App", env=cdk.Environment(account=_ACCOUNT, region=region))
    ec2.PrefixList.from_lookup(stack, "List", prefix_list_name=f"com.amazonaws.{region}.dynamodb")
    manifest = json.loads(Path(app.synth().directory, "manifest.json").read_text())
    (missing,) = manifest["missing"]
    return str(missing["key"])


def test_table_has_ids_only() -> None:
    for (region, service), prefix_list_id in KNOWN_PREFIX_LISTS.items():
        assert re.fullmatch(r"[a-z]{2}-[a-z]+-\d", region)
        assert service == "dynamodb"
        assert re.fullmatch(r"pl-[0-9a-f]{8}", prefix_list_id)


def test_known_region(synthesize: Synthesize) -> None:
    template = synthesize(with_group, region="ap-northeast-1")
    assert destination(template) == "pl-78a54011"
    assert "Mappings" not in template


def test_unknown_region_is_refused(synthesize: Synthesize) -> None:
    with pytest.raises(
        InvalidInputError,
        match=re.escape(
            "the id of the managed prefix list of dynamodb in ap-south-2 is not known; write "
            "dynamodb_prefix_list_id='pl-...' with the id that `aws ec2 "
            "describe-managed-prefix-lists --region ap-south-2 --filters "
            "Name=prefix-list-name,Values=com.amazonaws.ap-south-2.dynamodb` prints"
        ),
    ):
        synthesize(with_group, region=_UNKNOWN)


@pytest.mark.parametrize("region", ["us-east", "useast1", "us-east-1a", "Ireland"])
def test_region_that_is_none_is_refused_as_such(synthesize: Synthesize, region: str) -> None:
    with pytest.raises(
        InvalidInputError,
        match=f"'{region}' is no region of AWS as far as known, so the managed prefix list of "
        r"dynamodb there is not known; write .* env=cdk.Environment\(region='us-east-1'\)",
    ):
        synthesize(with_group, region=region)


@pytest.mark.parametrize("region", [_UNKNOWN, "eu-west-1", None])
def test_explicit_id_goes_first(synthesize: Synthesize, region: str | None) -> None:
    template = synthesize(with_group, region=region, dynamodb_prefix_list_id="pl-0123456789abcdef0")
    assert destination(template) == "pl-0123456789abcdef0"
    assert "Mappings" not in template


def test_explicit_reference_is_taken(synthesize: Synthesize) -> None:
    template = synthesize(with_group, dynamodb_prefix_list_id=cdk.Fn.import_value("DynamoDbList"))
    assert destination(template) == {"Fn::ImportValue": "DynamoDbList"}


@pytest.mark.parametrize("value", ["pl-xxxxxxxx", "dynamodb", "", "pl-12345678 "])
def test_explicit_nonsense_is_refused(synthesize: Synthesize, value: str) -> None:
    with pytest.raises(
        InvalidInputError,
        match=f"dynamodb_prefix_list_id is '{value}', which is no prefix list id; write the 'pl-",
    ):
        synthesize(dynamodb_prefix_list_id=value)


@pytest.mark.parametrize("region", [_UNKNOWN, "eu-west-1"])
def test_look_up_in_the_context_goes_second(synthesize: Synthesize, region: str) -> None:
    context = {context_key(region): [{"PrefixListId": "pl-0aa0aa0a"}]}
    assert destination(synthesize(with_group, region=region, context=context)) == "pl-0aa0aa0a"


@pytest.mark.parametrize("found", [[{"PrefixListId": "pl-xxxxxxxx"}], [], "pl-0aa0aa0a"])
def test_look_up_that_found_nothing_is_passed_over(synthesize: Synthesize, found: Any) -> None:
    context = {context_key("eu-west-1"): found}
    assert destination(synthesize(with_group, region="eu-west-1", context=context)) == "pl-6fa54006"


def test_region_without_account_uses_the_table() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "App", env=cdk.Environment(region="us-west-2"))
    network = IsolatedNetwork(stack, "Network")
    network.client_security_group(stack, "Clients")
    template = app.synth().get_stack_by_name("App").template
    assert destination(template) == "pl-00a54069"


def test_unbound_stack_fails_closed_at_deployment(agnostic: dict[str, Any]) -> None:
    assert destination(agnostic) == {
        "Fn::FindInMap": ["SecureLambdaPrefixLists", {"Ref": "AWS::Region"}, "dynamodb"]
    }
    mapping = agnostic["Mappings"]["SecureLambdaPrefixLists"]
    assert {
        (region, service): prefix_list_id
        for region, services in mapping.items()
        for service, prefix_list_id in services.items()
    } == KNOWN_PREFIX_LISTS


def test_each_stack_has_a_mapping_of_its_own() -> None:
    app = cdk.App()
    network = IsolatedNetwork(cdk.Stack(app, "Net"), "Network")
    stack = cdk.Stack(app, "App")
    for number in range(2):
        network.client_security_group(stack, f"Clients{number}")
    assembly = app.synth()
    assert "Mappings" not in assembly.get_stack_by_name("Net").template
    assert list(assembly.get_stack_by_name("App").template["Mappings"]) == [
        "SecureLambdaPrefixLists"
    ]


def test_two_networks_of_a_stack_share_the_mapping(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        for number, one in enumerate((network, IsolatedNetwork(stack, "Second"))):
            one.client_security_group(stack, f"Clients{number}")

    assert list(synthesize(change)["Mappings"]) == ["SecureLambdaPrefixLists"]
