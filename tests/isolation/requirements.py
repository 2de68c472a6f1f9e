"""What a machine needs for tests on packets."""

import os
import shutil
import subprocess
import sys

from .namespaces import Namespace, unique_name

__all__ = ["missing"]

_PROGRAMS = {"ip": "iproute2", "nft": "nftables", "openssl": "openssl"}
_RULES = """table inet required {
  chain filter {
    type filter hook prerouting priority filter
    ct state new drop
  }
}
"""
# How the kernel says that it, or the container around us, cannot do it. Whatever else fails is a
# fault of ours, and no reason to skip a test.
_REFUSALS = (
    "No such file or directory",
    "not permitted",
    "not supported",
    "Permission denied",
    "Unknown device type",
)


def missing() -> str | None:
    """What this machine lacks, or None if it lacks nothing.

    Raises:
        subprocess.CalledProcessError: It failed otherwise.
    """
    if sys.platform != "linux":
        return f"network namespaces are Linux's, this is {sys.platform}"
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            return f"the program {program} is missing (package {package})"
    if os.geteuid() != 0:
        return "only root can make network namespaces, and this user is not root"
    try:
        namespace = Namespace(unique_name())
    except subprocess.CalledProcessError as error:
        return _lacking("the right to make network namespaces", error)
    try:
        namespace.ip("link add one type veth peer name other")
        namespace.run("nft", "-f", "-", text=_RULES)
    except subprocess.CalledProcessError as error:
        return _lacking("veth or nftables in the kernel", error)
    finally:
        namespace.close()
    return None


def _lacking(what: str, error: subprocess.CalledProcessError) -> str:
    told = str(error.stderr).strip()
    if not any(refusal in told for refusal in _REFUSALS):
        raise error
    return f"{what} is missing: {told}"
