"""Whether an existing VPC is closed: what can be told before the app synthesizes.

Of a VPC in the app every resource is looked at by `closed_check` too, at synth. Of one that was
looked up or imported, the look-up tells which subnets have a route to an internet gateway, a NAT
gateway or a transit gateway, and whether there is a VPN gateway; what it cannot tell is said in a
warning.
"""

from typing import cast

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ..errors import InvalidInputError
from .subnets import chosen_subnets

__all__ = ["check_vpc", "is_in_app", "selected_subnets", "warn_of_the_unknown"]

# What `ec2.Vpc.from_lookup` is made of before the look-up was done. The CDK CLI runs the app once
# more with the answer, so nothing may be refused meanwhile.
_DUMMY = "vpc-12345"


def is_in_app(vpc: ec2.IVpc) -> bool:
    """Whether the VPC's resources are in the app.

    Args:
        vpc: The VPC.

    Returns:
        `False` for one that was looked up or imported.
    """
    return isinstance(vpc, ec2.Vpc)


def check_vpc(vpc: object) -> None:
    """Refuse a VPC that something leads out of.

    Args:
        vpc: The VPC.

    Raises:
        InvalidInputError: It is none, or has subnets with a way out, or a VPN gateway, or its
            resolver is switched off.
    """
    if not hasattr(vpc, "isolated_subnets"):
        raise InvalidInputError(
            f"vpc is {vpc!r}, which is no VPC; write vpc=ec2.Vpc.from_lookup(self, 'Vpc', "
            "vpc_id='vpc-...') or a VPC of the app"
        )
    vpc = cast(ec2.IVpc, vpc)
    if vpc.vpc_id == _DUMMY:
        return
    for subnets, leads in (
        (vpc.public_subnets, "a route to an internet gateway"),
        (vpc.private_subnets, "a route to a NAT gateway or a transit gateway"),
    ):
        if subnets:
            raise InvalidInputError(
                f"the VPC {vpc.node.path} has subnets with {leads}, {subnets[0].node.path} for "
                "one, so that a host in it could pass on what a function sends; take a VPC with "
                "isolated subnets only, or write IsolatedNetwork(self, 'Network')"
            )
    if vpc.vpn_gateway_id is not None:
        raise InvalidInputError(
            f"the VPC {vpc.node.path} has a VPN gateway, which leads to another network; take a "
            "VPC without one, or write IsolatedNetwork(self, 'Network')"
        )
    if isinstance(vpc, ec2.Vpc) and not (vpc.dns_support_enabled and vpc.dns_hostnames_enabled):
        raise InvalidInputError(
            f"the VPC {vpc.node.path} has enable_dns_support or enable_dns_hostnames off, without "
            "which its resolver knows no private name of an endpoint; switch both on"
        )


def selected_subnets(vpc: ec2.IVpc, selection: ec2.SubnetSelection | None) -> list[ec2.ISubnet]:
    """The subnets of an existing VPC that the network is to use.

    Args:
        vpc: The VPC, which was checked.
        selection: Which of its subnets, or `None` for all.

    Returns:
        One or more.

    Raises:
        InvalidInputError: There is none, or another one was chosen.
    """
    if vpc.vpc_id == _DUMMY:
        # The dummy has no isolated ones.
        return [*vpc.private_subnets, *vpc.isolated_subnets]
    if not vpc.isolated_subnets:
        raise InvalidInputError(
            f"the VPC {vpc.node.path} has no isolated subnets; add some, or write "
            "IsolatedNetwork(self, 'Network')"
        )
    return chosen_subnets(
        vpc, vpc.isolated_subnets, selection, argument="subnets", those="vpc.isolated_subnets"
    )


def warn_of_the_unknown(scope: Construct, vpc: ec2.IVpc) -> None:
    """Say what cannot be known of a VPC that is not in the app.

    Args:
        scope: The network.
        vpc: The VPC.
    """
    if vpc.vpc_id == _DUMMY:
        Annotations.of(scope).add_error(
            "the VPC was not looked up yet, and these are dummy values; synthesize with the CDK "
            "CLI and credentials once, and commit cdk.context.json"
        )
        return
    Annotations.of(scope).add_warning_v2(
        "secure-lambda-constructs:existing-vpc",
        "this VPC is not made by the app, so nobody sees at synth: routes to peering connections, "
        "VPN or network firewall endpoints; IPv6 addresses and egress-only gateways; policies of "
        "the endpoints that it has; its DHCP options, resolver rules and other DNS firewall rules; "
        "hosts in it. Look at them by hand, then acknowledge this warning",
    )
