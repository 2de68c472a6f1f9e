"""What somebody can change to have data without touching a function's code, each by hand."""

import json
import secrets
from collections.abc import Callable
from typing import NamedTuple

from .world import ACCOUNT, REGION, World

__all__ = ["DATA_CHANGES", "DataChange"]

_OTHER = "333344445555"
_ROOT = f"arn:aws:iam::{_OTHER}:root"


class DataChange(NamedTuple):
    """A change by hand.

    Attributes:
        make: Makes it, says how it is taken back, and returns what the resource's name ends with.
        kind: The kind of what is found.
        found: Parts of what is found.
        call: The call that CloudTrail has; empty where the stand-in records none.
    """

    make: Callable[[World], str]
    kind: str
    found: tuple[str, ...]
    call: str


def _policy(resource: str, action: str) -> str:
    statement = {
        "Sid": "ByHand",
        "Effect": "Allow",
        "Principal": {"AWS": _ROOT},
        "Action": action,
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _permission_on(qualifier: str) -> Callable[[World], str]:
    def make(world: World) -> str:
        about = {
            "FunctionName": world.orders,
            "Qualifier": qualifier,
            "StatementId": f"on-{qualifier}",
        }
        world.functions.add_permission(**about, Action="lambda:InvokeFunction", Principal=_OTHER)
        world.then(world.functions.remove_permission, **about)
        return world.orders

    return make


def _layer(world: World) -> str:
    layer = world.of_type("AWS::Lambda::LayerVersion")
    about = {"LayerName": layer.rpartition(":")[0], "VersionNumber": 1, "StatementId": "by-hand"}
    world.functions.add_layer_version_permission(
        **about, Action="lambda:GetLayerVersion", Principal="*"
    )
    world.then(world.functions.remove_layer_version_permission, **about)
    return layer


def _mapping_added(world: World) -> str:
    sqs, name = world.client("sqs"), f"by-hand-{secrets.token_hex(6)}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    world.then(sqs.delete_queue, QueueUrl=url)
    made = world.functions.create_event_source_mapping(
        FunctionName=world.orders,
        EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
        Enabled=False,
    )["UUID"]
    world.then(world.functions.delete_event_source_mapping, UUID=made)
    return str(made)


def _mapping_changed(world: World) -> str:
    mapping = world.of_type("AWS::Lambda::EventSourceMapping")
    change = world.functions.update_event_source_mapping
    change(UUID=mapping, FunctionName=world.relay)
    world.then(change, UUID=mapping, FunctionName=world.orders)
    return mapping


def _destination(world: World) -> str:
    name, functions = world.orders, world.functions
    [was] = functions.list_function_event_invoke_configs(FunctionName=name)[
        "FunctionEventInvokeConfigs"
    ]
    to = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{_queue(world, 'Jobs')[1]}"
    functions.update_function_event_invoke_config(
        FunctionName=name,
        DestinationConfig=was["DestinationConfig"] | {"OnSuccess": {"Destination": to}},
    )
    world.then(
        functions.put_function_event_invoke_config,
        FunctionName=name,
        DestinationConfig={"OnFailure": was["DestinationConfig"]["OnFailure"]},
    )
    return name


def _profile(world: World) -> str:
    signer = world.client("signer")
    name = world.of_type_in("Audited-Signing", "AWS::Signer::SigningProfile").rsplit("/", 1)[-1]
    made = signer.add_profile_permission(
        profileName=name, action="signer:StartSigningJob", principal=_OTHER, statementId="by-hand"
    )
    world.then(
        signer.remove_profile_permission,
        profileName=name,
        statementId="by-hand",
        revisionId=made["revisionId"],
    )
    return name


def _table(world: World) -> str:
    tables, name = world.client("dynamodb"), world.of_type("AWS::DynamoDB::GlobalTable")
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    tables.put_resource_policy(ResourceArn=arn, Policy=_policy(arn, "dynamodb:Scan"))
    world.then(tables.delete_resource_policy, ResourceArn=arn)
    return name


def _replica(world: World) -> str:
    tables, name = world.client("dynamodb"), world.of_type("AWS::DynamoDB::GlobalTable")
    place = {"RegionName": "eu-west-1"}
    tables.update_table(TableName=name, ReplicaUpdates=[{"Create": place}])
    world.then(tables.update_table, TableName=name, ReplicaUpdates=[{"Delete": place}])
    return name


def _bucket_policy(world: World) -> str:
    s3, name = world.client("s3"), world.of_type("AWS::S3::Bucket")
    was = s3.get_bucket_policy(Bucket=name)["Policy"]
    s3.put_bucket_policy(Bucket=name, Policy=_policy(f"arn:aws:s3:::{name}/*", "s3:GetObject"))
    world.then(s3.put_bucket_policy, Bucket=name, Policy=was)
    return name


def _bucket(world: World) -> str:
    """Everything else that gives away what a bucket has."""
    s3, name = world.client("s3"), world.of_type("AWS::S3::Bucket")
    other = "by-hand-" + name[-20:]
    s3.create_bucket(Bucket=other)
    for each in (name, other):
        s3.put_bucket_versioning(Bucket=each, VersioningConfiguration={"Status": "Enabled"})
    world.then(s3.delete_bucket, Bucket=other)
    blocked = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    s3.delete_public_access_block(Bucket=name)
    world.then(s3.put_public_access_block, Bucket=name, PublicAccessBlockConfiguration=blocked)
    owned = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)
    world.then(s3.put_bucket_ownership_controls, Bucket=name, OwnershipControls=owned)
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    world.then(s3.put_bucket_acl, Bucket=name, ACL="private")
    destination = {"Bucket": f"arn:aws:s3:::{other}"}
    rule = {"ID": "r", "Status": "Enabled", "Prefix": "", "Destination": destination}
    s3.put_bucket_replication(
        Bucket=name,
        ReplicationConfiguration={"Role": world.configuration["Role"], "Rules": [rule]},
    )
    world.then(s3.delete_bucket_replication, Bucket=name)
    s3.put_bucket_logging(
        Bucket=name,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": other, "TargetPrefix": ""}},
    )
    world.then(s3.put_bucket_logging, Bucket=name, BucketLoggingStatus={})
    s3.put_bucket_inventory_configuration(
        Bucket=name,
        Id="i",
        InventoryConfiguration={
            "Destination": {"S3BucketDestination": destination | {"Format": "CSV"}},
            "IsEnabled": True,
            "Id": "i",
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Daily"},
        },
    )
    world.then(s3.delete_bucket_inventory_configuration, Bucket=name, Id="i")
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    world.then(s3.put_bucket_notification_configuration, Bucket=name, NotificationConfiguration={})
    return name


def _queue(world: World, path: str) -> tuple[str, str]:
    url = world.of_type("AWS::SQS::Queue", path)
    return url, url.rsplit("/", 1)[-1]


def _queue_policy(world: World) -> str:
    sqs, (url, name) = world.client("sqs"), _queue(world, "Jobs")
    was = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    given = {"Policy": _policy(arn, "sqs:ReceiveMessage")}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=given)
    world.then(sqs.set_queue_attributes, QueueUrl=url, Attributes=was)
    return name


def _dead_letters(world: World) -> str:
    sqs, (url, name) = world.client("sqs"), _queue(world, "Jobs")
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{_queue(world, 'Failed')[1]}"
    redrive = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    world.then(sqs.set_queue_attributes, QueueUrl=url, Attributes={"RedrivePolicy": ""})
    return name


def _topic_policy(world: World) -> str:
    sns, topic = world.client("sns"), world.of_type("AWS::SNS::Topic")
    was = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    about = {"TopicArn": topic, "AttributeName": "Policy"}
    sns.set_topic_attributes(**about, AttributeValue=_policy(topic, "sns:Subscribe"))
    world.then(sns.set_topic_attributes, **about, AttributeValue=was)
    return topic


def _subscription(world: World) -> str:
    sns, topic = world.client("sns"), world.of_type("AWS::SNS::Topic")
    made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="mallory@example.net")
    world.then(sns.unsubscribe, SubscriptionArn=made["SubscriptionArn"])
    return topic


def _key_policy(world: World) -> str:
    kms, key = world.client("kms"), world.of_type("AWS::KMS::Key", "Key")
    about = {"KeyId": key, "PolicyName": "default"}
    was = kms.get_key_policy(**about)["Policy"]
    kms.put_key_policy(**about, Policy=_policy("*", "kms:Decrypt"))
    world.then(kms.put_key_policy, **about, Policy=was)
    return key


def _grant(world: World) -> str:
    kms, key = world.client("kms"), world.of_type("AWS::KMS::Key", "Key")
    made = kms.create_grant(KeyId=key, GranteePrincipal=_ROOT, Operations=["Decrypt"])
    world.then(kms.revoke_grant, KeyId=key, GrantId=made["GrantId"])
    return key


def _secret_policy(world: World) -> str:
    client, secret = world.client("secretsmanager"), world.of_type("AWS::SecretsManager::Secret")
    policy = _policy("*", "secretsmanager:GetSecretValue")
    client.put_resource_policy(SecretId=secret, ResourcePolicy=policy)
    world.then(client.delete_resource_policy, SecretId=secret)
    return secret


def _secret_replica(world: World) -> str:
    client, secret = world.client("secretsmanager"), world.of_type("AWS::SecretsManager::Secret")
    client.replicate_secret_to_regions(SecretId=secret, AddReplicaRegions=[{"Region": "eu-west-1"}])
    world.then(
        client.remove_regions_from_replication, SecretId=secret, RemoveReplicaRegions=["eu-west-1"]
    )
    return secret


def _log_filter(world: World) -> str:
    logs, group = world.client("logs"), world.of_type("AWS::Logs::LogGroup", "Orders")
    about = {"logGroupName": group, "filterName": "by-hand"}
    to = world.arn(world.relay)
    logs.put_subscription_filter(**about, filterPattern="", destinationArn=to)
    world.then(logs.delete_subscription_filter, **about)
    return group


def _retention(world: World) -> str:
    logs, group = world.client("logs"), world.of_type("AWS::Logs::LogGroup", "Relay")
    [was] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    days = was["retentionInDays"]
    world.then(logs.put_retention_policy, logGroupName=group, retentionInDays=days)
    return group


def _recorded(
    service: str, operation: str, answer: dict[str, object], name: str
) -> Callable[[World], str]:
    def make(world: World) -> str:
        key = (service, operation)
        text = json.dumps(answer).replace("VPC", world.vpc)
        was, world.recorded[key] = world.recorded[key], json.loads(text)
        world.undo.append(lambda: world.recorded.update({key: was}))
        return name

    return make


def _rule(world: World) -> str:
    events, arn = world.client("events"), world.of_type("AWS::Events::Rule")
    name = arn.rsplit("/", 1)[-1]
    events.disable_rule(Name=name)
    world.then(events.enable_rule, Name=name)
    target = {
        "Id": "by-hand",
        "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{_queue(world, 'Failed')[1]}",
    }
    events.put_targets(Rule=name, Targets=[target])
    world.then(events.remove_targets, Rule=name, Ids=["by-hand"])
    return name


def _subnet(world: World) -> str:
    return world.of_type("AWS::EC2::Subnet")


def _nat(world: World) -> str:
    made = world.ec2.create_nat_gateway(SubnetId=_subnet(world), ConnectivityType="private")
    identifier = str(made["NatGateway"]["NatGatewayId"])
    world.then(world.ec2.delete_nat_gateway, NatGatewayId=identifier)
    return identifier


def _peering(world: World) -> str:
    other = world.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    world.then(world.ec2.delete_vpc, VpcId=other)
    made = world.ec2.create_vpc_peering_connection(VpcId=other, PeerVpcId=world.vpc)
    identifier = str(made["VpcPeeringConnection"]["VpcPeeringConnectionId"])
    world.then(world.ec2.delete_vpc_peering_connection, VpcPeeringConnectionId=identifier)
    return identifier


def _transit(world: World) -> str:
    gateway = world.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    world.then(world.ec2.delete_transit_gateway, TransitGatewayId=gateway)
    made = world.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=world.vpc, SubnetIds=[_subnet(world)]
    )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    world.then(world.ec2.delete_transit_gateway_vpc_attachment, TransitGatewayAttachmentId=made)
    return str(made)


def _vpn(world: World) -> str:
    made = str(world.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"])
    world.then(world.ec2.delete_vpn_gateway, VpnGatewayId=made)
    world.ec2.attach_vpn_gateway(VpcId=world.vpc, VpnGatewayId=made)
    world.then(world.ec2.detach_vpn_gateway, VpcId=world.vpc, VpnGatewayId=made)
    return made


def _egress_only(world: World) -> str:
    made = world.ec2.create_egress_only_internet_gateway(VpcId=world.vpc)
    identifier = str(made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"])
    world.then(
        world.ec2.delete_egress_only_internet_gateway, EgressOnlyInternetGatewayId=identifier
    )
    return identifier


def _carrier(world: World) -> str:
    made = world.ec2.create_carrier_gateway(VpcId=world.vpc)["CarrierGateway"]
    identifier = str(made["CarrierGatewayId"])
    world.then(world.ec2.delete_carrier_gateway, CarrierGatewayId=identifier)
    return identifier


def _dhcp(world: World) -> str:
    servers = {"Key": "domain-name-servers", "Values": ["203.0.113.5"]}
    made = world.ec2.create_dhcp_options(DhcpConfigurations=[servers])["DhcpOptions"]
    identifier = made["DhcpOptionsId"]
    world.then(world.ec2.delete_dhcp_options, DhcpOptionsId=identifier)
    world.ec2.associate_dhcp_options(DhcpOptionsId=identifier, VpcId=world.vpc)
    world.then(world.ec2.associate_dhcp_options, DhcpOptionsId="default", VpcId=world.vpc)
    return world.vpc


def _resolver_rule(world: World) -> str:
    rule = world.dns.create_resolver_rule(
        CreatorRequestId="by-hand", RuleType="SYSTEM", DomainName="attacker.example", Name="r"
    )["ResolverRule"]["Id"]
    world.then(world.dns.delete_resolver_rule, ResolverRuleId=rule)
    about = {"ResolverRuleId": rule, "VPCId": world.vpc}
    made = world.dns.associate_resolver_rule(**about)["ResolverRuleAssociation"]["Id"]
    world.then(world.dns.disassociate_resolver_rule, **about)
    return str(made)


def _resolver_endpoint(world: World) -> str:
    subnets = [
        world.physical[logical]
        for logical, each in world.template["Resources"].items()
        if each["Type"] == "AWS::EC2::Subnet"
    ]
    made = world.dns.create_resolver_endpoint(
        CreatorRequestId="by-hand",
        SecurityGroupIds=[world.of_type("AWS::EC2::SecurityGroup", "Orders")],
        Direction="OUTBOUND",
        IpAddresses=[{"SubnetId": each} for each in subnets],
        Name="e",
    )["ResolverEndpoint"]["Id"]
    world.then(world.dns.delete_resolver_endpoint, ResolverEndpointId=made)
    return str(made)


def _zone(world: World) -> str:
    zones = world.client("route53")
    made = zones.create_hosted_zone(
        Name="dynamodb.us-east-1.amazonaws.com",
        CallerReference=world.vpc,
        VPC={"VPCRegion": REGION, "VPCId": world.vpc},
        HostedZoneConfig={"PrivateZone": True, "Comment": "by hand"},
    )["HostedZone"]["Id"]
    world.then(zones.delete_hosted_zone, Id=made)
    return str(made).rsplit("/", 1)[-1]


def _firewall_rules(world: World) -> str:
    names = world.dns.create_firewall_domain_list(Name="by-hand")["FirewallDomainList"]["Id"]
    world.then(world.dns.delete_firewall_domain_list, FirewallDomainListId=names)
    world.dns.update_firewall_domains(
        FirewallDomainListId=names, Operation="ADD", Domains=["*.t.attacker.example"]
    )
    group = world.dns.create_firewall_rule_group(Name="by-hand")["FirewallRuleGroup"]["Id"]
    world.then(world.dns.delete_firewall_rule_group, FirewallRuleGroupId=group)
    rule = {"FirewallRuleGroupId": group, "FirewallDomainListId": names}
    world.dns.create_firewall_rule(**rule, Priority=1, Action="ALLOW", Name="by-hand")
    world.then(world.dns.delete_firewall_rule, **rule)
    made = world.dns.associate_firewall_rule_group(
        FirewallRuleGroupId=group, VpcId=world.vpc, Priority=100 + 1, Name="by-hand"
    )["FirewallRuleGroupAssociation"]["Id"]
    world.then(world.dns.disassociate_firewall_rule_group, FirewallRuleGroupAssociationId=made)
    return str(made)


_BY_HAND = f"statement ByHand (Allow {_ROOT} "
_SETTINGS, _POLICIES = "configuration-changed", "resource-policy-changed"
_SUBSCRIPTIONS, _GATEWAY, _DNS = "subscription-changed", "gateway-added", "dns-changed"

DATA_CHANGES: dict[str, DataChange] = {
    "permission-on-alias": DataChange(
        _permission_on("live"), "permission-open", ("on-live on live admits",), "AddPermission"
    ),
    "permission-on-version": DataChange(
        _permission_on("1"), "permission-open", ("on-1 on 1 admits",), "AddPermission"
    ),
    "layer": DataChange(
        _layer,
        _POLICIES,
        ("statement by-hand (Allow * lambda:GetLayerVersion) added",),
        "AddLayerVersionPermission",
    ),
    "mapping-added": DataChange(
        _mapping_added,
        "event-source-added",
        (" calls arn:aws:lambda:",),
        "CreateEventSourceMapping",
    ),
    "mapping-changed": DataChange(
        _mapping_changed, _SETTINGS, ("FunctionName Audited-Relay",), "UpdateEventSourceMapping"
    ),
    "destination": DataChange(
        _destination,
        _SETTINGS,
        ("DestinationConfig: $LATEST OnSuccess arn:aws:sqs:",),
        "UpdateFunctionEventInvokeConfig",
    ),
    "profile": DataChange(
        _profile,
        "signing-changed",
        (f"permissions: {_OTHER} may signer:StartSigningJob added",),
        "AddProfilePermission",
    ),
    "table": DataChange(_table, _POLICIES, (f"{_BY_HAND}dynamodb:Scan) added",), ""),
    "replica": DataChange(_replica, _SETTINGS, ("Replicas: eu-west-1 added",), ""),
    "bucket-policy": DataChange(
        _bucket_policy,
        _POLICIES,
        (f"{_BY_HAND}s3:GetObject) added", "(Deny * s3:*) removed"),
        "",
    ),
    "bucket": DataChange(
        _bucket,
        _SETTINGS,
        (
            "BlockPublicAcls False; BlockPublicPolicy False; IgnorePublicAcls False",
            "AccessControl: READ for http://acs.amazonaws.com/groups/global/AllUsers added",
            "ReplicationConfiguration: arn:aws:s3:::by-hand-",
            "LoggingConfiguration: by-hand-",
            "InventoryConfigurations: arn:aws:s3:::by-hand-",
            "EventBridge True",
        ),
        "",
    ),
    "queue": DataChange(_queue_policy, _POLICIES, (f"{_BY_HAND}sqs:ReceiveMessage) added",), ""),
    "dead-letters": DataChange(_dead_letters, _SETTINGS, ("deadLetterTargetArn arn:",), ""),
    "topic": DataChange(
        _topic_policy, _POLICIES, (f"{_BY_HAND}sns:Subscribe) added",), "SetTopicAttributes"
    ),
    "subscription": DataChange(
        _subscription, _SUBSCRIPTIONS, ("email mallory@example.net added",), "Subscribe"
    ),
    "key": DataChange(_key_policy, _POLICIES, (f"{_BY_HAND}kms:Decrypt) added",), "PutKeyPolicy"),
    "grant": DataChange(_grant, "grant-added", (f"{_ROOT} may Decrypt",), "CreateGrant"),
    "secret": DataChange(
        _secret_policy,
        _POLICIES,
        (f"{_BY_HAND}secretsmanager:GetSecretValue) added",),
        "PutResourcePolicy",
    ),
    "secret-replica": DataChange(
        _secret_replica,
        _SETTINGS,
        ("ReplicaRegions: eu-west-1 added",),
        "ReplicateSecretToRegions",
    ),
    "log-filter": DataChange(
        _log_filter, _SUBSCRIPTIONS, ("DestinationArn: arn:aws:lambda:",), "PutSubscriptionFilter"
    ),
    "retention": DataChange(_retention, _SETTINGS, ("RetentionInDays 1",), "PutRetentionPolicy"),
    "all-logs": DataChange(
        _recorded(
            "cloudwatch-logs",
            "DescribeAccountPolicies",
            {"accountPolicies": [{"policyName": "by-hand", "policyDocument": "{}"}]},
            "by-hand",
        ),
        _SUBSCRIPTIONS,
        ("subscription policy of the account: {}",),
        "",
    ),
    "link": DataChange(
        _recorded(
            "oam",
            "ListLinks",
            {
                "Items": [
                    {"Arn": "arn:link", "ResourceTypes": ["AWS::Logs::LogGroup"], "SinkArn": "s"},
                    {"Arn": "arn:of-metrics", "ResourceTypes": ["AWS::CloudWatch::Metric"]},
                ]
            },
            "arn:link",
        ),
        _SUBSCRIPTIONS,
        ("link to s",),
        "",
    ),
    "rule": DataChange(
        _rule, _SETTINGS, ("State DISABLED", "Targets: arn:aws:sqs:"), "DisableRule"
    ),
    "nat": DataChange(_nat, _GATEWAY, ("NAT gateway in vpc-",), ""),
    "peering": DataChange(_peering, _GATEWAY, ("peering connection in vpc-",), "CreateVpcPeering"),
    "transit": DataChange(_transit, _GATEWAY, ("transit gateway in vpc-",), "CreateTransit"),
    "vpn": DataChange(_vpn, _GATEWAY, ("VPN gateway in vpc-",), "AttachVpnGateway"),
    "egress-only": DataChange(
        _egress_only, _GATEWAY, ("egress-only internet gateway in vpc-",), "Create"
    ),
    "carrier": DataChange(_carrier, _GATEWAY, ("carrier gateway in vpc-",), "Create"),
    "client-vpn": DataChange(
        _recorded(
            "ec2",
            "DescribeClientVpnEndpoints",
            {"ClientVpnEndpoints": [{"ClientVpnEndpointId": "cvpn-1", "VpcId": "VPC"}]},
            "cvpn-1",
        ),
        _GATEWAY,
        ("client VPN endpoint in vpc-",),
        "",
    ),
    "local-gateway": DataChange(
        _recorded(
            "ec2",
            "DescribeLocalGatewayRouteTableVpcAssociations",
            {
                "LocalGatewayRouteTableVpcAssociations": [
                    {"LocalGatewayRouteTableVpcAssociationId": "lgw-1", "VpcId": "VPC"}
                ]
            },
            "lgw-1",
        ),
        _GATEWAY,
        ("local gateway in vpc-",),
        "",
    ),
    "lattice": DataChange(
        _recorded(
            "vpc-lattice",
            "ListServiceNetworkVpcAssociations",
            {"items": [{"id": "snva-1", "vpcId": "VPC", "status": "ACTIVE"}]},
            "snva-1",
        ),
        _GATEWAY,
        ("service network of VPC Lattice in vpc-",),
        "",
    ),
    "dhcp": DataChange(_dhcp, _DNS, ("with the DNS servers 203.0.113.5",), "AssociateDhcpOptions"),
    "resolver-rule": DataChange(
        _resolver_rule, _DNS, ("resolver rule rslvr-rr-",), "AssociateResolverRule"
    ),
    "resolver-endpoint": DataChange(
        _resolver_endpoint, _DNS, ("resolver endpoint OUTBOUND for vpc-",), ""
    ),
    "zone": DataChange(_zone, _DNS, ("hosted zone dynamodb.us-east-1.amazonaws.com",), ""),
    "firewall-rules": DataChange(
        _firewall_rules, _DNS, ("rule group rslvr-frg-",), "AssociateFirewallRuleGroup"
    ),
}
