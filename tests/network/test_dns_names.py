"""Which names can be let through the DNS firewall, and which cannot."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork

from .conftest import Synthesize

ALLOWED = "NetworkDnsFirewallAllowedE16FFFD0"
REDIRECTED = "NetworkDnsFirewallRedirected33E0BBAD"
EVERYTHING = "NetworkDnsFirewallEverythingF55B9CF7"
INSPECTING = (100, "ALLOW", ALLOWED, "INSPECT_REDIRECTION_DOMAIN")
TRUSTING = (150, "ALLOW", REDIRECTED, "TRUST_REDIRECTION_DOMAIN")
BLOCKING = (200, "BLOCK", EVERYTHING, None)


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
    found: list[Any] = template["Resources"][ALLOWED]["Properties"]["Domains"]
    return found


def redirected(template: dict[str, Any]) -> list[Any]:
    """The names of the second list; none where it is not there."""
    resource = template["Resources"].get(REDIRECTED, {"Properties": {"Domains": []}})
    found: list[Any] = resource["Properties"]["Domains"]
    return found


def rules(template: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Of each rule the priority, the action, the list and what it does with redirections."""
    (group,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Route53Resolver::FirewallRuleGroup"
    ]
    return [
        (
            rule["Priority"],
            rule["Action"],
            rule["FirewallDomainListId"]["Fn::GetAtt"][0],
            rule.get("FirewallDomainRedirectionAction"),
        )
        for rule in group["FirewallRules"]
    ]


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
        cache = cdk.CfnResource(stack, "Cache", type="AWS::ElastiCache::ServerlessCache")
        network.allow_dns_names(
            cache.get_att("Endpoint.Address").to_string(), cdk.Fn.import_value("Address")
        )

    template = synthesize(change)
    assert domains(template)[2:] == [
        {"Fn::GetAtt": ["Cache", "Endpoint.Address"]},
        {"Fn::ImportValue": "Address"},
    ]
    # Nobody knows what makes their records, so that what they lead to is looked at.
    assert rules(template) == [INSPECTING, BLOCKING]


DATABASE_NAMES = [
    "users.abc123.us-east-1.rds.amazonaws.com",
    "users.cluster-abc123.us-east-1.rds.amazonaws.com",
    "users.proxy-abc123.us-east-1.rds.amazonaws.com",
    "Users.ABC123.us-east-1.RDS.amazonaws.com",
    "*.abc123.us-east-1.rds.amazonaws.com",
    "*.abc123.us-east-1.docdb.amazonaws.com",
    "users.abc123.us-east-1.neptune.amazonaws.com",
    "reports.abc123.us-east-1.redshift.amazonaws.com",
    "users.abc123.<region>.rds.<suffix>",
]


def test_what_names_of_databases_lead_to_is_trusted(synthesize: Synthesize) -> None:
    names = [with_references(name) for name in DATABASE_NAMES]

    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        network.allow_dns_names("sts.us-east-1.amazonaws.com", *names[:1])
        network.allow_dns_names(*names, *names)
        assert network.allowed_dns_names[2:] == ["sts.us-east-1.amazonaws.com", *names]

    for region in (None, "us-east-1"):
        template = synthesize(change, region=region)
        assert domains(template)[2:] == ["sts.us-east-1.amazonaws.com"]
        assert redirected(template)[:-1] == DATABASE_NAMES[:-1]
        assert len(redirected(template)) == len(DATABASE_NAMES)
        assert rules(template) == [INSPECTING, TRUSTING, BLOCKING]


@pytest.mark.parametrize(
    "name",
    [
        # One of no database of the region, or of no database.
        "users.abc123.eu-west-1.rds.amazonaws.com",
        "rds.us-east-1.amazonaws.com",
        "abc123.us-east-1.rds.amazonaws.com",
        "a.users.abc123.us-east-1.rds.amazonaws.com",
        "users.abc123.us-east-1.rds-data.amazonaws.com",
        "users.abc123.us-east-1.rds.x.amazonaws.com",
        "users.abc123.us-east-1.elb.amazonaws.com",
        "vpce-0123-abc.rds.us-east-1.vpce.amazonaws.com",
        "*.s3.us-east-1.amazonaws.com",
    ],
)
def test_what_other_names_lead_to_is_looked_at(synthesize: Synthesize, name: str) -> None:
    template = synthesize(lambda stack, network: network.allow_dns_names(name), region="us-east-1")
    assert domains(template)[2:] == [name]
    assert rules(template) == [INSPECTING, BLOCKING]


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("AWS::RDS::DBCluster", "Endpoint.Address"),
        ("AWS::RDS::DBCluster", "ReadEndpoint.Address"),
        ("AWS::RDS::DBInstance", "Endpoint.Address"),
        ("AWS::RDS::DBProxy", "Endpoint"),
        ("AWS::RDS::DBProxyEndpoint", "Endpoint"),
        ("AWS::DocDB::DBCluster", "ReadEndpoint"),
        ("AWS::Neptune::DBInstance", "Endpoint"),
        ("AWS::Redshift::Cluster", "Endpoint.Address"),
    ],
)
def test_what_the_address_of_a_database_leads_to_is_trusted(
    synthesize: Synthesize, kind: str, attribute: str
) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        database = cdk.CfnResource(stack, "Database", type=kind)
        network.allow_dns_names(database.get_att(attribute).to_string())

    template = synthesize(change)
    assert redirected(template) == [{"Fn::GetAtt": ["Database", attribute]}]
    assert len(domains(template)) == 2


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
        ("AWS::RDS::DBSubnetGroup", "Endpoint"),
        ("AWS::Custom::RDS::DBInstance", "Endpoint"),
        ("AWS::CloudFormation::CustomResource", "Endpoint"),
    ],
)
def test_what_other_attributes_lead_to_is_looked_at(
    synthesize: Synthesize, kind: str, attribute: str
) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        other = cdk.CfnResource(stack, "Other", type=kind)
        network.allow_dns_names(other.get_att(attribute).to_string())

    template = synthesize(change)
    assert domains(template)[2:] == [{"Fn::GetAtt": ["Other", attribute]}]
    assert rules(template) == [INSPECTING, BLOCKING]


def test_the_addresses_of_the_databases_of_the_cdk(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        cluster = rds.DatabaseCluster(
            stack,
            "Cluster",
            engine=rds.DatabaseClusterEngine.aurora_postgres(
                version=rds.AuroraPostgresEngineVersion.VER_16_6
            ),
            writer=rds.ClusterInstance.serverless_v2("Writer"),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=network.subnets),
        )
        assert cluster.secret is not None
        proxy = cluster.add_proxy(
            "Proxy",
            secrets=[cluster.secret],
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=network.subnets),
        )
        network.allow_dns_names(
            cluster.cluster_endpoint.hostname, cluster.cluster_read_endpoint.hostname
        )
        network.allow_dns_names(proxy.endpoint)

    template = synthesize(change)
    attributes = [name["Fn::GetAtt"][1] for name in redirected(template)]
    assert attributes == ["Endpoint.Address", "ReadEndpoint.Address", "Endpoint"]
    assert len(domains(template)) == 2
    assert rules(template) == [INSPECTING, TRUSTING, BLOCKING]


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
