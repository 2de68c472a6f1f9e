"""Arguments that make no relay, refused before anything is created."""

from collections.abc import Sequence

from aws_cdk import aws_lambda as lambda_

from ..errors import InvalidInputError
from ..function.arguments import check_signing
from .handler.declarations import routes_collide
from .routes.route import RelayRoute

__all__ = ["check_arguments"]

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MEMORY = range(128, 10_241)


def check_arguments(
    *,
    signing: object,
    routes: object,
    concurrency: object,
    memory_size: object,
    runtime: lambda_.Runtime | None,
    egress_vpc: object,
) -> None:
    """Refuse what makes no relay.

    Args:
        signing: The baseline that signs the code.
        routes: What the relay may do.
        concurrency: How many calls run at once.
        memory_size: Memory in MiB.
        runtime: The runtime, or `None` for the default.
        egress_vpc: The VPC that it calls from, or `None`.

    Raises:
        InvalidInputError: One of them cannot be used.
    """
    check_signing(signing)
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 0:
        raise InvalidInputError(
            f"reserved_concurrent_executions is {concurrency!r}; write how many calls may run at "
            "once, such as 5, or 0 to stop the relay"
        )
    if isinstance(memory_size, bool) or memory_size not in _MEMORY:
        raise InvalidInputError(
            f"memory_size is {memory_size!r}; write 128 to 10,240, in MiB, by which a function's "
            "share of a processor is measured"
        )
    if runtime is not None and runtime.family != lambda_.RuntimeFamily.PYTHON:
        raise InvalidInputError(
            f"runtime is {runtime.name}, and the relay is written in Python; write "
            "runtime=lambda_.Runtime.PYTHON_3_14, or leave it out"
        )
    if egress_vpc is not None and not hasattr(egress_vpc, "fixed_ip_addresses"):
        raise InvalidInputError(
            f"egress_vpc is {egress_vpc!r}; write egress_vpc=RelayEgressVpc(self, 'Partners')"
        )
    _check_routes(routes)


def _check_routes(routes: object) -> None:
    """Refuse routes of which not each is for requests of its own."""
    if isinstance(routes, str) or not isinstance(routes, Sequence) or not routes:
        raise InvalidInputError(f"routes is {routes!r}; write routes=[RelayRoute(...)]")
    for position, route in enumerate(routes):
        if not isinstance(route, RelayRoute):
            raise InvalidInputError(f"routes has {route!r}; write RelayRoute(...)")
        for other in routes[:position]:
            if other.name == route.name:
                raise InvalidInputError(
                    f"two routes are called {route.name!r}; give each a name of its own"
                )
            if routes_collide(other.route, route.route):
                raise InvalidInputError(
                    f"the routes {other.name!r} and {route.name!r} are for the same requests "
                    f"({route.route.method} {route.route.host}{route.route.path}); write one of "
                    "them, or write out what tells them apart"
                )
