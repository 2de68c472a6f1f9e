"""Where the id of the managed prefix list comes from."""

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork
from secure_lambda_constructs.network.prefix_lists import KNOWN_PREFIX_LISTS

from .conftest import Synthesize, with_group

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
        assert service in ("dynamodb", "s3")
        assert re.fullmatch(r"pl-[0-9a-f]{8}", prefix_list_id)


@pytest.mark.parametrize("region", sorted({region for region, _ in KNOWN_PREFIX_LISTS}))
def test_ids_of_a_region_differ(region: str) -> None:
    # One id for both would open the way to the wrong service.
    ids = [found for (place, _), found in KNOWN_PREFIX_LISTS.items() if place == region]
    assert len(ids) == len(set(ids))


def test_ids_that_aws_documents() -> None:
    """https://docs.aws.amazon.com/powershell/v5/reference/items/Get-EC2PrefixList.html"""
    assert KNOWN_PREFIX_LISTS["eu-west-1", "dynamodb"] == "pl-6fa54006"
    assert KNOWN_PREFIX_LISTS["eu-west-1", "s3"] == "pl-6da54004"


def test_same_id_is_another_service_elsewhere() -> None:
    assert KNOWN_PREFIX_LISTS["eu-west-1", "dynamodb"] == KNOWN_PREFIX_LISTS["ap-southeast-1", "s3"]


def test_list_of_s3(synthesize: Synthesize) -> None:
    def destinations(region: str, **arguments: Any) -> set[str]:
        def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
            with_group(stack, network)
            network.add_s3_endpoint(buckets=[s3.Bucket(stack, "Bucket")])

        template = synthesize(change, region=region, **arguments)
        return {
            rule["DestinationPrefixListId"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::EC2::SecurityGroup"
            for rule in resource["Properties"].get("SecurityGroupEgress", [])
            if "DestinationPrefixListId" in rule
        }

    assert destinations("us-west-2") == {"pl-00a54069", "pl-68a54001"}
    assert destinations("eu-north-1", s3_prefix_list_id="pl-0123abcd") == {
        "pl-adae4bc4",
        "pl-0123abcd",
    }
    with pytest.raises(
        InvalidInputError,
        match="managed prefix list of s3 in eu-north-1 is not known; write s3_pre",
    ):
        destinations("eu-north-1")


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
        synthesize(with_group, dynamodb_prefix_list_id=value)


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
    with_group(stack, IsolatedNetwork(stack, "Network"))
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
        network.create_security_group(stack, f"Group{number}")
    assembly = app.synth()
    assert "Mappings" not in assembly.get_stack_by_name("Net").template
    assert list(assembly.get_stack_by_name("App").template["Mappings"]) == [
        "SecureLambdaPrefixLists"
    ]


def test_two_networks_of_a_stack_share_the_mapping(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        for number, one in enumerate((network, IsolatedNetwork(stack, "Second"))):
            one.create_security_group(stack, f"Group{number}")

    assert list(synthesize(change)["Mappings"]) == ["SecureLambdaPrefixLists"]
