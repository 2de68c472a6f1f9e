"""The resources that may not be in an isolated network, and why.

The security groups of the functions lead to the endpoints and to databases, so that most of these
would be of no use to a function today. They are refused all the same: one rule more, and data
leaves. Databases, caches and file systems may be in the network, and so may whatever only names
the VPC in order to let it in.
"""

from collections.abc import Iterator, Mapping

__all__ = ["ONLY_BY_REFERENCE", "WAYS_OUT"]

# How each opens the network, and the classes of the CDK that do. Where something is, is in
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html.
_WAYS = {
    "is a way to the internet": (
        "aws_ec2.CfnEgressOnlyInternetGateway",
        "aws_ec2.CfnInternetGateway",
        "aws_ec2.CfnNatGateway",
    ),
    "is a way to a carrier's network": ("aws_ec2.CfnCarrierGateway",),
    "is a way to an on-premises network": (
        "aws_ec2.CfnLocalGatewayRouteTableVPCAssociation",
        "aws_ec2.CfnVPNConnection",
        "aws_ec2.CfnVPNGateway",
    ),
    "is a way to another VPC": ("aws_ec2.CfnVPCPeeringConnection",),
    # https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-vpc-attachment.html
    "is a way to other networks": (
        "aws_ec2.CfnTransitGatewayAttachment",
        "aws_ec2.CfnTransitGatewayMulticastDomainAssociation",
        "aws_ec2.CfnTransitGatewayVpcAttachment",
        "aws_networkmanager.CfnVpcAttachment",
    ),
    # https://docs.aws.amazon.com/vpc-lattice/latest/ug/service-network-associations.html
    "is a way to whatever is in a service network of VPC Lattice": (
        "aws_vpclattice.CfnServiceNetworkVpcAssociation",
    ),
    "is a route besides those of the gateway endpoints": ("aws_ec2.CfnRoute",),
    "brings in routes": (
        "aws_ec2.CfnRouteServerAssociation",
        "aws_ec2.CfnRouteServerEndpoint",
        "aws_ec2.CfnRouteServerPropagation",
        "aws_ec2.CfnVPNGatewayRoutePropagation",
    ),
    "attaches a gateway": (
        "aws_ec2.CfnGatewayRouteTableAssociation",
        "aws_ec2.CfnVPCGatewayAttachment",
    ),
    # https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html
    "exempts the network from the account's block of public access": (
        "aws_ec2.CfnVPCBlockPublicAccessExclusion",
    ),
    # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html
    "lets other accounts put hosts into the network": ("aws_ram.CfnResourceShare",),
    "lets VPN clients in": (
        "aws_ec2.CfnClientVpnEndpoint",
        "aws_ec2.CfnClientVpnRoute",
        "aws_ec2.CfnClientVpnTargetNetworkAssociation",
    ),
    "lets others in": (
        "aws_apigatewayv2.CfnVpcLink",
        "aws_ec2.CfnInstanceConnectEndpoint",
        "aws_ec2.CfnVerifiedAccessEndpoint",
        "aws_vpclattice.CfnResourceGateway",
        "aws_vpclattice.CfnTargetGroup",
    ),
    "sends DNS queries elsewhere": (
        "aws_route53resolver.CfnResolverEndpoint",
        "aws_route53resolver.CfnResolverRuleAssociation",
    ),
    "can send DNS queries elsewhere": ("aws_ec2.CfnVPCDHCPOptionsAssociation",),
    # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/profiles.html
    "applies a Route 53 Profile, which can send DNS queries elsewhere": (
        "aws_route53profiles.CfnProfileAssociation",
    ),
    "is a host that could pass traffic on": (
        "aws_appstream.CfnAppBlockBuilder",
        "aws_appstream.CfnFleet",
        "aws_appstream.CfnImageBuilder",
        "aws_autoscaling.CfnAutoScalingGroup",
        "aws_batch.CfnComputeEnvironment",
        "aws_cloud9.CfnEnvironmentEC2",
        "aws_ec2.CfnEC2Fleet",
        "aws_ec2.CfnInstance",
        "aws_ec2.CfnLaunchTemplate",
        "aws_ec2.CfnNetworkInterface",
        "aws_ec2.CfnSpotFleet",
        "aws_ecs.CfnCapacityProvider",
        "aws_ecs.CfnExpressGatewayService",
        "aws_ecs.CfnService",
        "aws_ecs.CfnTaskSet",
        "aws_eks.CfnCluster",
        "aws_eks.CfnFargateProfile",
        "aws_eks.CfnNodegroup",
        "aws_eks_v2.CfnCluster",
        "aws_eks_v2.CfnFargateProfile",
        "aws_eks_v2.CfnNodegroup",
        "aws_elasticbeanstalk.CfnConfigurationTemplate",
        "aws_elasticbeanstalk.CfnEnvironment",
        "aws_emr.CfnCluster",
        "aws_gamelift.CfnGameServerGroup",
        "aws_imagebuilder.CfnInfrastructureConfiguration",
        "aws_lambda.CfnCapacityProvider",
        "aws_networkfirewall.CfnFirewall",
        "aws_networkfirewall.CfnVpcEndpointAssociation",
        "aws_pcs.CfnCluster",
        "aws_pcs.CfnComputeNodeGroup",
        "aws_sagemaker.CfnCluster",
        "aws_sagemaker.CfnDomain",
        "aws_sagemaker.CfnEndpointConfig",
        "aws_sagemaker.CfnModel",
        "aws_sagemaker.CfnNotebookInstance",
        "aws_transfer.CfnServer",
        "aws_workspaces.CfnDirectory",
    ),
    "starts tasks in the network, which could pass traffic on": (
        "aws_events.CfnRule",
        "aws_pipes.CfnPipe",
        "aws_scheduler.CfnSchedule",
    ),
    "moves data out of the network's databases and file systems, or runs code that could": (
        "aws_apprunner.CfnVpcConnector",
        "aws_bedrockagentcore.CfnBrowserCustom",
        "aws_bedrockagentcore.CfnCodeInterpreterCustom",
        "aws_bedrockagentcore.CfnRuntime",
        "aws_codebuild.CfnFleet",
        "aws_codebuild.CfnProject",
        "aws_datasync.CfnAgent",
        "aws_datasync.CfnLocationEFS",
        "aws_dms.CfnReplicationSubnetGroup",
        "aws_emrserverless.CfnApplication",
        "aws_glue.CfnConnection",
        "aws_glue.CfnDevEndpoint",
        "aws_kafkaconnect.CfnConnector",
        "aws_kinesisanalyticsv2.CfnApplication",
        "aws_msk.CfnReplicator",
        "aws_mwaa.CfnEnvironment",
        "aws_osis.CfnPipeline",
        "aws_quicksight.CfnVPCConnection",
        "aws_synthetics.CfnCanary",
    ),
}
_LOAD_BALANCERS = (
    "aws_elasticloadbalancing.CfnLoadBalancer",
    "aws_elasticloadbalancingv2.CfnLoadBalancer",
)


def _ways_out() -> Iterator[tuple[str, str]]:
    """Each class with the whole reason."""
    for way, kinds in _WAYS.items():
        for kind in kinds:
            yield (
                kind,
                f"{way}, which an IsolatedNetwork does not allow; remove it, or make a VPC of its "
                "own for what needs it",
            )
    for kind in _LOAD_BALANCERS:
        yield (
            kind,
            "is a load balancer, a host that could pass traffic on, and only security groups "
            "would keep functions from it; put it into another VPC: it can call a function from "
            "there as well",
        )


WAYS_OUT: Mapping[str, str] = dict(_ways_out())
"""The classes of the CDK that open a network they are in, by name, each with the reason."""

ONLY_BY_REFERENCE = frozenset(
    [
        "aws_events.CfnRule",
        "aws_pipes.CfnPipe",
        "aws_ram.CfnResourceShare",
        "aws_scheduler.CfnSchedule",
    ]
)
"""Those of them that are about something else unless they refer to the network.

All others are refused below the network too, whatever they refer to.
"""
