"""The namespaces around a function, with rules and routes as its network has them.

    function --- vpc ---+--- service    (a host of AWS, in the addresses of the prefix list)
                        +--- insider    (a host of the attacker in the same VPC)
                        +--- internet   (a host of the attacker anywhere else)

`vpc` is the fabric of AWS: it routes as the subnet's route table says, it drops what the security
groups do not let out of the function, and the resolver answers in it. None of that is in
`function`: as on AWS, code changes no rule by changing its own network.

What is left out lets more through, or is not what leaves a function: network ACLs (those of a new
VPC allow everything), the ingress rules of the endpoints, and endpoint policies.
"""

import contextlib
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

from .attacker import Attacker
from .aws_names import SERVICES
from .model import INTERNET, LOCAL, Network, UnsupportedError
from .namespaces import Namespace, unique_name
from .resolver import Resolver
from .security_groups import ruleset
from .service import Authority, ServiceHost

__all__ = ["World", "make_world"]

_INTERNET_HOST = "203.0.113.66"
# The resolver is there in every VPC, and at the VPC's third address.
# https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
_LINK_LOCAL_RESOLVER = "169.254.169.253"
(_SERVICE,) = SERVICES.values()


class World:
    """A function's network as namespaces; use `make_world`."""

    def __init__(self, stack: contextlib.ExitStack, network: Network) -> None:
        """Make the namespaces and connect them.

        Args:
            stack: Removes everything in the end.
            network: What decides where a packet goes.
        """
        self._stack, self._network = stack, network
        self._prefix = unique_name()
        self._router = network.subnet[1]
        self.resolvers = (str(network.vpc[2]), _LINK_LOCAL_RESOLVER)
        """The addresses of the VPC's resolver."""
        self.hosts = {"insider": str(_outside_of_subnet(network)), "internet": _INTERNET_HOST}
        """The attacker's hosts and their addresses."""

        self._vpc = self._namespace("vpc")
        self._vpc.sysctl("ipv4/ip_forward", 1)
        for name in ("all", "default"):  # what the machine has is inherited
            self._vpc.sysctl(f"ipv4/conf/{name}/rp_filter", 0)
        self._vpc.ip(*[f"addr add {address}/32 dev lo" for address in self.resolvers])

        self.function = self._namespace("function")
        """Where the function runs."""
        self._connect(self.function, str(network.subnet[10]), network.subnet.prefixlen)
        self._vpc.ip(f"addr add {self._router}/{network.subnet.prefixlen} dev function")
        self.function.ip(f"route add default via {self._router}")
        self.function.configure_names(self.resolvers[0])

        self._places: dict[str, Namespace] = {}
        for name, address in {"service": _SERVICE.address, **self.hosts}.items():
            self._places[name] = place = self._namespace(name)
            self._connect(place, address, 32)
            place.ip(
                f"route add {self._router} dev vpc", f"route add default via {self._router} dev vpc"
            )
        self._vpc.ip(*self._routes())

    def filter_packets(self) -> None:
        """Put the security groups into force."""
        rules = ruleset(self._network, interface="function", resolvers=self.resolvers)
        self._vpc.run("nft", "-f", "-", text=rules)

    def populate(self, authority: Authority, endpoint_url: str) -> None:
        """Start the resolver, the service and the attacker's hosts."""
        self.service = ServiceHost(
            authority,
            endpoint_url,
            namespace=self._places["service"],
            address=_SERVICE.address,
        )
        self._stack.callback(self.service.close)
        self.attackers: list[Attacker] = []
        for name in self.hosts:
            attacker = Attacker(self._places[name], name)
            self._stack.callback(attacker.close)
            self.attackers.append(attacker)
        resolver = Resolver(
            self._network.domain_rules,
            vpc=self._vpc,
            addresses=self.resolvers,
            internet=self._places["internet"],
            name_server=_INTERNET_HOST,
        )
        self._stack.callback(resolver.close)

    def _namespace(self, name: str) -> Namespace:
        made = Namespace(f"{self._prefix}-{name}")
        self._stack.callback(made.close)
        return made

    def _connect(self, place: Namespace, address: str, length: int) -> None:
        """Lay a cable between a place and the VPC, named in each after its other end."""
        other = place.name.removeprefix(f"{self._prefix}-")
        self._vpc.ip(
            f"link add {other} type veth peer name vpc netns {place.name}", f"link set {other} up"
        )
        place.ip(f"addr add {address}/{length} dev vpc", "link set vpc up")

    def _routes(self) -> Iterator[str]:
        """The route table of the subnet; what it does not name is dropped, as in a VPC."""
        yield "route add blackhole default metric 9999"
        for route in self._network.routes:
            if route.target == LOCAL:
                yield f"route add {self.hosts['insider']}/32 dev insider"
            elif ":" in route.destination:
                raise UnsupportedError(f"there is a route of IPv6: {route}")
            else:
                device = "internet" if route.target == INTERNET else "service"
                yield f"route add {route.destination} dev {device}"


@contextlib.contextmanager
def make_world(
    network: Network, folder: Path, *, endpoint_url: str, filtered: bool = True
) -> Iterator[World]:
    """The world of a network; everything is removed in the end.

    Args:
        network: What decides where a packet goes.
        folder: Where the certificates are written.
        endpoint_url: Where the service passes requests on to.
        filtered: Whether the security groups are in force.
    """
    with contextlib.ExitStack() as stack:
        world = World(stack, network)
        if filtered:
            world.filter_packets()
        world.populate(Authority(folder), endpoint_url)
        yield world


def _outside_of_subnet(network: Network) -> IPv4Address:
    """An address in the VPC and in another subnet than the function's."""
    for address in (network.vpc[-10], network.vpc[10]):
        if address not in network.subnet:
            return address
    raise UnsupportedError(f"the VPC {network.vpc} has no room beside the function's subnet")
