"""Which names can be let through the DNS firewall, and which cannot."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork

from .conftest import Synthesize


def network_in(region: str | None, prefix_list_id: str = "pl-0123456789abcdef0") -> IsolatedNetwork:
    env = cdk.Environment(region=region) if region else None
    stack = cdk.Stack(cdk.App(), "App", env=env)
    return IsolatedNetwork(stack, "Network", dynamodb_prefix_list_id=prefix_list_id)


@pytest.fixture(scope="module")
def network() -> IsolatedNetwork:
    return network_in("us-east-1")


@pytest.fixture(scope="module")
def unbound() -> IsolatedNetwork:
    return network_in(None)


def with_references(name: str) -> str:
    """A name with references in place of the words in angle brackets."""
    for word, reference in (
        ("<region>", cdk.Aws.REGION),
        ("<suffix>", cdk.Aws.URL_SUFFIX),
        ("<import>", cdk.Fn.import_value("Zone")),
    ):
        name = name.replace(word, reference)
    return name


def domains(template: dict[str, Any]) -> list[Any]:
    found: list[Any] = template["Resources"]["NetworkDnsFirewallAllowedE16FFFD0"]["Properties"][
        "Domains"
    ]
    return found


@pytest.mark.parametrize(
    "name",
    [
        "sts.us-east-1.amazonaws.com",
        "SecretsManager.us-east-1.amazonaws.com",
        "users.abc123.us-east-1.rds.amazonaws.com",
        "cache.abc123.ng.0001.use1.cache.amazonaws.com",
        "vpce-0123-abc.sts.us-east-1.vpce.amazonaws.com",
        "*.s3.us-east-1.amazonaws.com",
        "*.ddb.us-east-1.amazonaws.com",
        "*.abc123.us-east-1.rds.amazonaws.com",
        "*.cluster-ro-abc123.us-east-1.rds.amazonaws.com",
        "*.abc123.us-east-1.docdb.amazonaws.com",
        "*.s3.<region>.<suffix>",
        "sts.<region>.<suffix>",
    ],
)
def test_names_of_aws(network: IsolatedNetwork, unbound: IsolatedNetwork, name: str) -> None:
    name = with_references(name)
    for one in (network, unbound):
        one.allow_dns_names(name)
        assert name in one.allowed_dns_names


def test_names_reach_the_list_once(synthesize: Synthesize) -> None:
    name = "sts.us-east-1.amazonaws.com"
    template = synthesize(lambda stack, network: network.allow_dns_names(name, name))
    assert domains(template)[2:] == [name]
    assert len(domains(synthesize(lambda stack, network: network.allow_dns_names()))) == 2


def test_references_are_taken_as_they_are(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        database = cdk.CfnResource(stack, "Database", type="AWS::RDS::DBInstance")
        network.allow_dns_names(
            database.get_att("Endpoint.Address").to_string(), cdk.Fn.import_value("Address")
        )

    assert domains(synthesize(change))[2:] == [
        {"Fn::GetAtt": ["Database", "Endpoint.Address"]},
        {"Fn::ImportValue": "Address"},
    ]


def test_interface_endpoint(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        endpoint = network.vpc.add_interface_endpoint(
            "Sts", service=ec2.InterfaceVpcEndpointAwsService.STS, open=False
        )
        account = {"aws:PrincipalAccount": stack.account, "aws:ResourceAccount": stack.account}
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.StarPrincipal()],
                actions=["sts:GetCallerIdentity"],
                resources=["*"],
                conditions={"StringEquals": account},
            )
        )
        entry = cdk.Fn.select(0, endpoint.vpc_endpoint_dns_entries)
        network.allow_dns_names(
            f"sts.{stack.region}.{stack.url_suffix}", cdk.Fn.select(1, cdk.Fn.split(":", entry))
        )

    regional, own = domains(synthesize(change, region="eu-west-1"))[2:]
    assert regional == {"Fn::Join": ["", ["sts.eu-west-1.", {"Ref": "AWS::URLSuffix"}]]}
    assert "Fn::Select" in own


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("db.example.com", "is not below amazonaws.com, so somebody else could read what is asked"),
        ("evilamazonaws.com", "is not below amazonaws.com"),
        ("sts.us-east-1.amazonaws.com.example.com", "is not below amazonaws.com"),
        ("*.on.aws", "is not below amazonaws.com"),
        ("*amazonaws.com", "is no DNS name; write an exact name, one with"),
        ("*", "is no DNS name"),
        ("", "is no DNS name"),
        ("s3.*.amazonaws.com", "is no DNS name"),
        ("*.*.amazonaws.com", "is no DNS name"),
        ("sts.us-east-1.amazonaws.com.", "is no DNS name"),
        ("sts.us-east-1.amazonaws.com\n", "is no DNS name"),
        ("https://sts.us-east-1.amazonaws.com", "is no DNS name"),
        ("amazonaws.com", "is no name of a region; write the service's name there, such as 'sts"),
        ("sts.amazonaws.com", "is no name of a region"),
        ("*.amazonaws.com", "covers names of other customers of AWS, or of other regions; write"),
        ("*.us-east-1.amazonaws.com", "covers names of other customers"),
        ("*.rds.amazonaws.com", "covers names of other customers"),
        ("*.us-east-1.rds.amazonaws.com", "covers names of other customers"),
        ("*.serverless.use1.cache.amazonaws.com", "covers names of other customers"),
        ("*.execute-api.us-east-1.amazonaws.com", "covers names of other customers"),
        ("*.s3-website.us-east-1.amazonaws.com", "covers names of other customers"),
        ("*.s3-website-us-east-1.amazonaws.com", "covers names of other customers"),
        ("*.elb.us-east-1.amazonaws.com", "covers names of other customers"),
        ("*.us-east-1.elb.amazonaws.com", "covers names of other customers"),
        ("*.us-east-1.compute.amazonaws.com", "covers names of other customers"),
        ("*.vpce.amazonaws.com", "covers names of other customers"),
        ("*.us-east-1.vpce.amazonaws.com", "covers names of other customers"),
        ("*.s3.amazonaws.com", "covers names of other customers"),
        ("*.<suffix>", "covers names of other customers"),
        ("*.<region>.<suffix>", "covers names of other customers"),
        ("*.<import>", "is no DNS name"),
        ("<import>.amazonaws.com", "is no DNS name"),
    ],
)
def test_names_of_others(
    network: IsolatedNetwork, unbound: IsolatedNetwork, name: str, reason: str
) -> None:
    for one in (network, unbound):
        before = one.allowed_dns_names
        with pytest.raises(InvalidInputError, match=f"^the DNS name .* {reason}"):
            one.allow_dns_names("logs.us-east-1.amazonaws.com", with_references(name))
        assert one.allowed_dns_names == before


@pytest.mark.parametrize(
    "name", ["*.s3.eu-west-1.amazonaws.com", "*.abc123.eu-west-1.rds.amazonaws.com"]
)
def test_wildcards_of_other_regions(network: IsolatedNetwork, name: str) -> None:
    with pytest.raises(InvalidInputError, match="or of other regions"):
        network.allow_dns_names(name)


@pytest.mark.parametrize("region", ["cn-north-1", "eusc-de-east-1", "xx-new-9"])
def test_other_partitions(region: str) -> None:
    network = network_in(region)
    suffix = {"cn-north-1": "amazonaws.com.cn", "eusc-de-east-1": "amazonaws.eu"}.get(
        region, "amazonaws.com"
    )
    network.allow_dns_names(f"*.abc123.{region}.rds.{suffix}", f"sts.{region}.{suffix}")
    with pytest.raises(InvalidInputError, match=f"is not below {suffix}, so"):
        network.allow_dns_names("sts.example.org")


def test_names_that_are_no_strings(network: IsolatedNetwork) -> None:
    names: Any = ["sts.us-east-1.amazonaws.com"]
    with pytest.raises(
        InvalidInputError,
        match=r"a DNS name must be a string, got \['sts.*'\]; write allow_dns_names\('one', 'two'",
    ):
        network.allow_dns_names(names)
