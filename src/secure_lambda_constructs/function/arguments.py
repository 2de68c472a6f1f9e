"""Arguments that make no closed function, refused before anything is created."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_

from ..errors import InvalidInputError
from ..network.isolated_network import IsolatedNetwork
from ..network.subnets import chosen_subnets
from ..signing.members import ISigningBaseline
from ..signing.signed_code import SignedCode

__all__ = [
    "check_arguments",
    "check_list",
    "check_queue",
    "check_signing",
    "selected_subnets",
    "signed_code",
]

# The value of `lambda_.Handler.FROM_IMAGE`, and the name of `lambda_.Runtime.FROM_IMAGE`.
_IMAGE = "FROM_IMAGE"


def check_arguments(signing: object, network: object, runtime: object, handler: object) -> None:
    """Refuse what makes no closed function.

    Args:
        signing: The baseline that signs the code.
        network: The network that the function runs in.
        runtime: The runtime.
        handler: The method that Lambda calls.

    Raises:
        InvalidInputError: One of them is something else, or of a container image.
    """
    if not isinstance(network, IsolatedNetwork):
        raise InvalidInputError(
            f"network is {_kind(network)}, not an IsolatedNetwork, and nothing shows that it is "
            "closed; write network=IsolatedNetwork(self, 'Network')"
        )
    check_signing(signing)
    if handler == _IMAGE or (isinstance(runtime, lambda_.Runtime) and runtime.name == _IMAGE):
        raise InvalidInputError(
            "the runtime or handler is FROM_IMAGE: Lambda does not check the signature of a "
            "container image; write a runtime such as lambda_.Runtime.PYTHON_3_13 and "
            "code=lambda_.Code.from_asset(...)"
        )


def check_signing(signing: object) -> None:
    """Refuse what signs nothing.

    Args:
        signing: The baseline.

    Raises:
        InvalidInputError: It is none.
    """
    if not (hasattr(type(signing), "code_signing_config") and hasattr(type(signing), "signed")):
        raise InvalidInputError(
            f"signing is {_kind(signing)}, not a signing baseline; write "
            "signing=SigningBaseline(self, 'Signing')"
        )


def check_list(name: str, value: object) -> None:
    """Refuse a single thing where several are wanted.

    Args:
        name: The name of the argument.
        value: Its value.

    Raises:
        InvalidInputError: The value is no list.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidInputError(f"{name} is {_kind(value)}, not a list; write {name}=[...]")


def check_queue(dead_letter_queue: object) -> None:
    """Refuse dead letters to anything but a queue.

    Args:
        dead_letter_queue: The queue, or `None`.

    Raises:
        InvalidInputError: It is none.
    """
    if dead_letter_queue is not None and not hasattr(dead_letter_queue, "queue_arn"):
        raise InvalidInputError(
            f"dead_letter_queue is {_kind(dead_letter_queue)}, not a queue; write "
            "dead_letter_queue=sqs.Queue(self, 'DeadLetters', "
            "encryption=sqs.QueueEncryption.KMS_MANAGED, enforce_ssl=True)"
        )


def signed_code(signing: ISigningBaseline, code: lambda_.Code) -> SignedCode:
    """Have the code signed.

    Args:
        signing: The baseline.
        code: The code, unsigned or signed.

    Returns:
        The signed code.

    Raises:
        InvalidInputError: The code is not there or cannot be signed, or the baseline signs nothing.
    """
    signed = signing.signed(code)
    if not isinstance(signed, SignedCode):
        raise InvalidInputError(
            f"signing.signed(code) returned {_kind(signed)}, not signed code; write "
            "signing=SigningBaseline(...)"
        )
    return signed


def selected_subnets(
    network: IsolatedNetwork, selection: ec2.SubnetSelection | None
) -> list[ec2.ISubnet]:
    """Select the subnets of the network that the function runs in.

    Args:
        network: The network.
        selection: What was asked for, or `None` for all.

    Returns:
        The subnets, one at least.

    Raises:
        InvalidInputError: The selection means none of the network's subnets, or others.
    """
    return chosen_subnets(
        network.vpc, network.subnets, selection, argument="vpc_subnets", those="network.subnets"
    )


def _kind(value: object) -> str:
    """What a value is, in words."""
    name = type(value).__name__
    return "None" if value is None else f"an {name}" if name[0] in "AEIOU" else f"a {name}"
