"""Which functions data could leave by: those that have it, and the relays they can call.

A function outside of the VPC that reads no data has nothing to give away, unless a function inside
can hand it something. So an app of ordinary functions has no relays, and each of them that reads
data is judged as one that should be isolated.
"""

from ...model.views import Function
from ...model.world import Resource
from ..case import Case
from .admissions import is_admitted_by_name
from .databases import password_of_a_database
from .named import Named, allowed_resources, concerning, merged
from .requests import reads_data

__all__ = ["INVOCATIONS", "guarded", "has_guarded", "has_relays", "relays"]

INVOCATIONS = ("lambda:invokefunction", "lambda:invokefunctionurl", "lambda:invokeasync")


# What puts something where others take it from, by the service; of others it is every action.
_WRITES = {
    "dynamodb": (
        "dynamodb:batchwriteitem",
        "dynamodb:deleteitem",
        "dynamodb:partiqldelete",
        "dynamodb:partiqlinsert",
        "dynamodb:partiqlupdate",
        "dynamodb:putitem",
        "dynamodb:updateitem",
    ),
    "kinesis": ("kinesis:putrecord", "kinesis:putrecords"),
    "sns": ("sns:publish",),
    "sqs": ("sqs:sendmessage",),
}


def relays(case: Case) -> list[Function]:
    """The functions outside that one inside may call, or may feed through what calls them."""
    return case.once(_relays)


def has_relays(case: Case) -> bool:
    """Tell whether there are relays."""
    return bool(relays(case))


def guarded(case: Case) -> list[Function]:
    """The functions that data must not leave by: the isolated ones, and others that read data.

    Relays are not among them: what they may do is looked at by checks of their own.
    """
    return case.once(_guarded)


def has_guarded(case: Case) -> bool:
    """Tell whether there are functions that data must not leave by."""
    return bool(guarded(case))


def _guarded(case: Case) -> list[Function]:
    judged = {function.path for function in (*case.isolated, *relays(case))}
    readers = [
        function
        for function in case.outside
        if function.path not in judged
        and (
            reads_data(case, function.role, function.resource)
            or password_of_a_database(case, function)
            or is_admitted_by_name(case, function)
        )
    ]
    return [*case.isolated, *readers]


def _relays(case: Case) -> list[Function]:
    if not case.isolated:
        return []
    named = merged(
        allowed_resources(case.documents_of(function.role), INVOCATIONS)
        for function in case.isolated
    )
    # The ARN of a function has seven parts; what follows is a version or an alias.
    called = {":".join(name.split(":")[:7]) for name in named.literal}
    return [
        function
        for function in case.outside
        if str(function.arn) in called
        or any(named.may_match(f"{function.arn}{end}") for end in ("", ":x"))
        or _is_fed(case, function)
    ]


def _is_fed(case: Case, function: Function) -> bool:
    """Tell whether a function inside may hand it something through a source of its events."""
    for mapping in concerning(case, function, "AWS::Lambda::EventSourceMapping", "FunctionName"):
        if _is_named_inside(case, mapping.get("EventSourceArn")):
            return True
    return any(
        _admits_inside(case, permission)
        for permission in concerning(case, function, "AWS::Lambda::Permission", "FunctionName")
    )


def _admits_inside(case: Case, permission: Resource) -> bool:
    principal, source = permission.get("Principal"), permission.get("SourceArn")
    if str(principal).endswith(".amazonaws.com"):
        # A bucket calls without being named; what else does is not to be written to from inside.
        unnamed = principal == "s3.amazonaws.com"
        return unnamed if source is None else _is_named_inside(case, source)
    # A role of the account is admitted by the permission alone.
    return (
        not isinstance(principal, str)
        or principal == "*"
        or any(account in principal for account in case.accounts)
    )


def _is_named_inside(case: Case, arn: object) -> bool:
    if not isinstance(arn, str):
        return True
    # The stream of a table is fed by who writes to the table.
    source = arn.partition("/stream/")[0]
    service = source.split(":")[2] if source.count(":") > 2 else ""
    by_service = case.once(_named_inside)
    if service not in by_service:
        # Who may only read there feeds nothing.
        writes = _WRITES.get(service, (f"{service}:*",))
        by_service[service] = merged(
            allowed_resources(case.documents_of(function.role), writes)
            for function in case.isolated
        )
    named = by_service[service]
    return named.may_match(source) or named.may_match(f"{source}/x")


def _named_inside(case: Case) -> dict[str, Named]:
    """What the roles of all functions inside name, by the service whose actions they allow."""
    return {}
