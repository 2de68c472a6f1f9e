"""N01 and N02: functions that are not in the network, or in one that nobody can look at."""

from collections.abc import Iterator

from ...model.policies import pessimistic
from ...model.values import Unknown
from ..case import Case
from ..reasons import Reason, told
from ..register import path
from .admissions import is_admitted_by_name
from .databases import is_of_closed_proxies, password_of_a_database
from .imported import attached_elsewhere
from .reach import relays
from .requests import reads_by, reads_data

__all__: list[str] = []


# Whose keys work outside of the VPC, and what is said of those who may read.
_PRINCIPALS = {
    "AWS::IAM::Group": "may read data, and so may the users who are in it, from anywhere",
    "AWS::IAM::Role": "may read data and is not the role of a function in the VPC",
    "AWS::IAM::User": "may read data and is a user, whose keys work from anywhere",
}


def _may_read(case: Case) -> bool:
    return bool(case.functions or case.world.of(*_PRINCIPALS) or attached_elsewhere(case))


@path(
    "N01",
    "a function that reads data is outside the VPC",
    present=_may_read,
    attack="Code in the function reads the rows that it may read and sends them to any host of the "
    "internet, because nothing is in between.",
    mend="Make it a SignedVpcFunction in an IsolatedNetwork, and let an EgressRelayFunction "
    "without any right to data fetch what it needs from the internet. With the CDK's own classes: "
    "lambda_.Function(vpc=..., vpc_subnets=ec2.SubnetSelection("
    "subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)), and no grant of data to what has no vpc.",
)
def _n01(case: Case) -> Iterator[Reason]:
    outside = {function.path for function in case.outside}
    of_relays = {function.path for function in relays(case)}
    roles: set[str] = set()
    for function in case.functions:
        roles |= set() if function.role is None else {function.role.path}
        if isinstance(function.resource.get("VpcConfig"), Unknown):
            read = reads_data(case, function.role, function.resource)
            if read is not None:
                guess = case.guess_about(function)
                yield Reason(function.resource, f"may read data and may be in no VPC{guess}", read)
        if function.path not in outside:
            continue
        where = "in a VPC that leads out" if function.subnet_ids else "in no VPC"
        read = reads_data(case, function.role, function.resource)
        if read is not None:
            guess = case.guess_about(function)
            yield Reason(function.resource, f"may read data and is {where}{guess}", read)
        elif function.path in of_relays:
            # The others are R02's.
            continue
        elif (secret := password_of_a_database(case, function)) is not None:
            text = f"may read the password of a database and is {where}"
            yield Reason(function.resource, text, secret)
        elif (admitted := is_admitted_by_name(case, function)) is not None:
            text = f"may read what admits its role by name and is {where}"
            yield Reason(function.resource, text, admitted)
    for principal in case.world.of(*_PRINCIPALS):
        if principal.path in roles:
            continue
        read = reads_data(case, principal, principal)
        if read is not None and not is_of_closed_proxies(case, principal):
            text = _PRINCIPALS[principal.type]
            yield Reason(principal, text + case.guess_about_role(principal), read)
    for policy, names in attached_elsewhere(case):
        read = reads_by(case, (pessimistic(policy.get("PolicyDocument")),), policy)
        if read is not None:
            text = "lets a role, a user or a group read data that no template creates"
            yield Reason(policy, text, f"{read}, by {', '.join(names)}")


@path(
    "N02",
    "the function's subnets are somebody else's",
    attack="The subnets have a route, a host or an endpoint that no template of the app shows, and "
    "the code sends the rows out by it.",
    mend="Use the subnets of an IsolatedNetwork of the app, or of IsolatedNetwork.from_vpc() with "
    "a VPC whose stack is in the same app. With the CDK's own classes: create the ec2.Vpc in this "
    "app instead of ec2.Vpc.from_lookup(), or check its stack together with this one.",
)
def _n02(case: Case) -> Iterator[Reason]:
    for function in case.isolated:
        for subnet_id, subnet in zip(function.subnet_ids, function.subnets, strict=True):
            if subnet is None:
                text = "is in a subnet that no template creates, so that nothing is known of it"
                yield Reason(function.resource, text, told(subnet_id))
            elif case.vpc(subnet.get("VpcId")) is None:
                text = "is in a VPC that no template creates, so that nothing is known of it"
                yield Reason(subnet, text, told(subnet.get("VpcId")))
