"""Which subnets of a network a selection means."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2

from ..errors import InvalidInputError

__all__ = ["chosen_subnets"]


def chosen_subnets(
    vpc: ec2.IVpc,
    subnets: Sequence[ec2.ISubnet],
    selection: ec2.SubnetSelection | None,
    *,
    argument: str,
    those: str,
) -> list[ec2.ISubnet]:
    """Select among isolated subnets, and refuse all others.

    Args:
        vpc: The VPC.
        subnets: Its isolated subnets that may be chosen.
        selection: What was asked for, or `None` for all.
        argument: Name of the argument that it came in.
        those: How to write those subnets, such as `network.subnets`.

    Returns:
        One subnet or more.

    Raises:
        InvalidInputError: The selection is none, selects nothing, or something else.
    """
    if selection is None:
        return list(subnets)
    if not isinstance(selection, ec2.SubnetSelection):
        raise InvalidInputError(
            f"{argument} is a {type(selection).__name__}; write "
            f"ec2.SubnetSelection(subnets=[...]) with some of {those}"
        )
    kind = selection.subnet_type
    if kind not in (None, ec2.SubnetType.PRIVATE_ISOLATED):
        raise InvalidInputError(
            f"{argument} selects subnets of type {kind.name}, and only isolated ones can be used; "
            f"leave it out, or write {argument}=ec2.SubnetSelection(subnets=[...]) with some of "
            f"{those}"
        )
    chosen: list[ec2.ISubnet] = selection.subnets or (
        vpc.select_subnets(
            # Nothing but the isolated ones, whatever else the VPC has.
            subnet_type=None if selection.subnet_group_name else kind,
            subnet_group_name=selection.subnet_group_name,
            availability_zones=selection.availability_zones,
            one_per_az=selection.one_per_az,
            subnet_filters=selection.subnet_filters,
        ).subnets
    )
    own = {subnet.subnet_id for subnet in subnets}
    for subnet in chosen:
        if subnet.subnet_id not in own:
            raise InvalidInputError(
                f"{argument} names the subnet {subnet.node.path}, which is not one of {those}; "
                "write some of these, or leave it out"
            )
    if not chosen:
        raise InvalidInputError(
            f"{argument} selects none of {those}; write some of these, or leave it out"
        )
    return chosen
