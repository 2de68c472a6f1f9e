"""Arguments that make no network, refused before anything is created."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2

from ..errors import InvalidInputError

__all__ = ["check_arguments", "check_buckets"]

# As many zones as the largest region has.
_MAX_AZS = 6
# Prefix lengths that a subnet can have.
_LARGEST, _SMALLEST = 16, 28


def check_arguments(
    ip_addresses: ec2.IIpAddresses,
    max_azs: int | None,
    zones: Sequence[str] | None,
    mask: int,
) -> None:
    """Refuse addresses, numbers and zones that make no network.

    Args:
        ip_addresses: Where the addresses come from.
        max_azs: How many zones, if a number was given.
        zones: The zones, if they were given.
        mask: Prefix length of a subnet.

    Raises:
        InvalidInputError: One of them cannot be used, or they do not fit together.
    """
    if max_azs is not None and zones:
        raise InvalidInputError(
            "max_azs and availability_zones were both given; write one of them: the zones "
            "themselves, or how many"
        )
    if isinstance(zones, str):
        raise InvalidInputError(
            f"availability_zones is the string {zones!r}; write a list: ['{zones}']"
        )
    if max_azs is not None and not (_is_number(max_azs) and 1 <= max_azs <= _MAX_AZS):
        raise InvalidInputError(
            f"max_azs is {max_azs!r}; write a number from 1 to {_MAX_AZS}, which is as many "
            "availability zones as a region has"
        )
    if not (_is_number(mask) and _LARGEST <= mask <= _SMALLEST):
        raise InvalidInputError(
            f"subnet_cidr_mask is {mask!r}; write a prefix length from {_LARGEST} to "
            f"{_SMALLEST}, which is what a subnet can have"
        )
    if not hasattr(ip_addresses, "allocate_vpc_cidr"):
        wanted = ip_addresses if isinstance(ip_addresses, str) else "10.0.0.0/16"
        raise InvalidInputError(
            f"ip_addresses is {ip_addresses!r}; write ip_addresses=ec2.IpAddresses.cidr({wanted!r})"
        )
    _check_size(ip_addresses, len(zones) if zones else max_azs or 2, mask)


def check_buckets(buckets: object) -> None:
    """Refuse what is no list of buckets.

    Args:
        buckets: What was given.

    Raises:
        InvalidInputError: It is empty, or something in it is no bucket.
    """
    if not isinstance(buckets, Sequence) or isinstance(buckets, str):
        raise InvalidInputError(f"buckets is {buckets!r}; write a list: buckets=[bucket]")
    if not buckets:
        raise InvalidInputError(
            "buckets is empty, and an endpoint of S3 is for named buckets only; write "
            "buckets=[bucket], or leave the endpoint out"
        )
    for bucket in buckets:
        if not hasattr(bucket, "bucket_arn"):
            raise InvalidInputError(
                f"buckets has {bucket!r}, which is no bucket; write s3.Bucket(...), or "
                "s3.Bucket.from_bucket_name(self, 'Reports', 'the-name')"
            )


def _check_size(ip_addresses: ec2.IIpAddresses, subnets: int, mask: int) -> None:
    """Refuse a VPC that is smaller than its subnets together."""
    address = ip_addresses.allocate_vpc_cidr()
    block = address.cidr_block or f"/{address.ipv4_netmask_length}"
    length = block.rpartition("/")[2]
    # A pool may choose the size itself.
    if not length.isdigit() or subnets * 2 ** int(length) <= 2**mask:
        return
    fewest = int(length) + (subnets - 1).bit_length()
    smaller = f", or subnet_cidr_mask={fewest}" if fewest <= _SMALLEST else ""
    raise InvalidInputError(
        f"ip_addresses gives the VPC {block}, in which there is no room for {subnets} subnets of "
        f"/{mask}; write a larger block{smaller}"
    )


def _is_number(value: object) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)
