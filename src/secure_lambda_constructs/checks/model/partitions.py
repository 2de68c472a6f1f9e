"""Other partitions than `aws`: a world is looked at as if it were in that one.

The checks speak of one partition. What a stack of another one writes out (`arn:aws-cn:…`,
`amazonaws.com.cn`) is read as what it would be in `aws`, so that the policies of China and of
GovCloud are judged as all others are.
"""

__all__ = ["in_one_partition", "partition_of"]

# The partition and the domain of the regions that begin so.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
}

# Where an ARN of `aws` leads that a stack of another partition writes out: to nothing of its own.
_ELSEWHERE = "aws-elsewhere"


def partition_of(region: str) -> tuple[str, str]:
    """Return the partition that a region is in, and its domain.

    Args:
        region: The region.

    Returns:
        The partition, such as `aws-cn`, and the domain, such as `amazonaws.com.cn`.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.partitions import partition_of

        assert partition_of("us-gov-west-1") == ("aws-us-gov", "amazonaws.com")
        ```
    """
    found = (names for prefix, names in _PARTITIONS.items() if region.startswith(prefix))
    return next(found, ("aws", "amazonaws.com"))


def in_one_partition(text: str, region: str) -> str:
    """Return what a template writes out as it would be in the partition `aws`.

    Args:
        text: The text, as the template has it.
        region: The region that the stack is deployed to.

    Returns:
        The text; as it is, where the region is of that partition.
    """
    partition, domain = partition_of(region)
    if partition == "aws":
        return text
    swapped = text.replace("arn:aws:", f"arn:{_ELSEWHERE}:").replace(
        f"arn:{partition}:", "arn:aws:"
    )
    return swapped.replace(domain, "amazonaws.com")
