"""Condition keys whose values whoever makes a request chooses himself.

A condition binds a request where it is about what AWS knows of it: whose the principal and the
resource are, and where the request comes from. The tags of a principal, the headers and the
parameters of a request, and the tags of a resource are what somebody made them; and who waits
chooses the time. So an Allow holds
whatever it asks of those, and a Deny that asks something of them can be got around.

See
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from ..model.policies import statements
from ..model.values import as_list
from .attackers import FOREIGN_ACCOUNT

__all__ = ["Asker", "asker", "without_chosen_keys"]

_Document = dict[str, Any]

# What AWS says of a request by itself.
_BINDING = re.compile(
    r"aws:(calledvia(first|last)?|principalaccount|principalisawsservice"
    r"|principalorg(id|paths)|principalservicename(slist)?|requestedregion"
    r"|resource(account|orgid|orgpaths)|securetransport"
    r"|source(account|arn|ip|orgid|orgpaths|owner|vpc|vpcarn|vpce)|tokenissuetime|userid"
    r"|viaawsservice|vpce(account|orgid|orgpaths)|vpcsourceip|ec2instancesource\w+)"
    r"|ec2:sourceinstancearn|kms:(calleraccount|viaservice)"
    r"|lambda:(eventsourcetoken|functionurlauthtype|invokedviafunctionurl|sourcefunctionarn)"
    r"|s3:(resourceaccount|dataaccesspointaccount)"
)
# What it says of the principal: of our own roles that is known, of the attacker's he says it.
_OF_THE_PRINCIPAL = re.compile(
    r"aws:(federatedprovider|multifactorauth\w+|principal\w*(/.*)?|sourceidentity|username)"
)
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


class Asker(Enum):
    """Who makes a request."""

    OWN = "own"
    FOREIGN = "foreign"
    NOBODY = "nobody"
    SERVICE = "service"


def asker(principal: str | None) -> Asker:
    """Tell who makes a request.

    Args:
        principal: The ARN or the service; None for a request without a signature.

    Returns:
        Whether it is somebody of ours, the attacker, nobody that AWS knows, or a service.
    """
    if principal is None:
        return Asker.NOBODY
    if principal.endswith(".amazonaws.com"):
        return Asker.SERVICE
    return Asker.FOREIGN if f"::{FOREIGN_ACCOUNT}:" in principal else Asker.OWN


def without_chosen_keys(document: _Document, who: Asker) -> _Document:
    """Return a policy as it holds for somebody who chooses what he can.

    Args:
        document: The policy.
        who: Who makes the request. Services say what AWS has them say.

    Returns:
        The policy without the conditions that he can meet, and without the Denies that he can get
        around; the same object where there is none of either.

    Example:
        ```python
        from secure_lambda_constructs.checks.leaks.chosen_keys import Asker, without_chosen_keys

        policy = {
            "Statement": {
                "Effect": "Allow",
                "Action": "sqs:SendMessage",
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"aws:PrincipalTag/app": "shop", "aws:SourceVpc": "vpc-1"}
                },
            }
        }
        (allow,) = without_chosen_keys(policy, Asker.FOREIGN)["Statement"]
        assert allow["Condition"] == {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
        ```
    """
    if who is Asker.SERVICE:
        return document
    written = statements(document)
    kept = [made for entry in written if (made := _without(entry, who)) is not None]
    if len(kept) == len(written) and all(a is b for a, b in zip(kept, written, strict=True)):
        return document
    return {**document, "Statement": kept}


def _is_chosen(key: str, who: Asker) -> bool:
    name = key.lower().partition(",")[0].strip()
    if _BINDING.fullmatch(name) or name == "aws:principalarn":
        return False
    return who is Asker.FOREIGN or not _OF_THE_PRINCIPAL.fullmatch(name)


def _names_chosen(value: object, who: Asker) -> bool:
    """Tell whether a text has a variable in it that stands for what is chosen."""
    return any(
        ":" in name and _is_chosen(name, who)
        for text in as_list(value)
        for name in _VARIABLE.findall(str(text))
    )


def _without(statement: dict[str, Any], who: Asker) -> dict[str, Any] | None:
    condition = statement.get("Condition")
    chosen = {
        (operator, key)
        for operator, keys in (condition.items() if isinstance(condition, Mapping) else ())
        for key, value in (keys.items() if isinstance(keys, Mapping) else ())
        if _is_chosen(str(key), who) or _names_chosen(value, who)
    }
    named = [
        part for part in ("Resource", "NotResource") if _names_chosen(statement.get(part), who)
    ]
    if not chosen and not named:
        return statement
    if statement.get("Effect") != "Allow":
        return None
    made = dict(statement)
    if chosen and isinstance(condition, Mapping):
        bound = {
            operator: {key: value for key, value in keys.items() if (operator, key) not in chosen}
            for operator, keys in condition.items()
        }
        made["Condition"] = {operator: keys for operator, keys in bound.items() if keys}
    for part in named:
        made[part] = _filled(as_list(statement[part]), part, who)
    return made


def _filled(texts: list[Any], part: str, who: Asker) -> list[str]:
    if part == "NotResource":
        # What is left out would be what he chooses, which may be none of this.
        return [str(text) for text in texts if not _names_chosen(text, who)] or ["none:*"]
    return [
        _VARIABLE.sub(lambda found: "*" if _names_chosen(found[0], who) else found[0], str(text))
        for text in texts
    ]
