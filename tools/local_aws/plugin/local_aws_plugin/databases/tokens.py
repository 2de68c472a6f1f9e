"""The tokens that stand for passwords: requests signed with the caller's keys, never sent.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

from moto.sts.models import sts_backends

__all__ = ["TokenError", "check_token"]

_LIFE = timedelta(minutes=15)
_SKEW = timedelta(minutes=5)
# The keys that the stand-in's own callers use: see LocalAws.environment.
_SECRET_OF_ACCOUNTS = "test"


class TokenError(Exception):
    """A token is not good for what it was used for."""


def check_token(token: str, *, host: str, port: int, user: str, region: str) -> None:
    """Refuses a token that is not for this user at this endpoint, or that nobody here signed.

    Whether its signer may connect is not looked at: the stand-in enforces no permissions.

    Raises:
        TokenError: The token is refused; the message says why.
    """
    parts = urlsplit(f"https://{token}")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if given.get("Action") != "connect" or "X-Amz-Signature" not in given:
        raise TokenError("the password is not a token of IAM")
    if (parts.netloc, parts.path) != (f"{host}:{port}", "/"):
        raise TokenError(f"the token is for {parts.netloc}, not for {host}:{port}")
    if given.get("DBUser") != user:
        raise TokenError(f"the token is for the user {given.get('DBUser')}, not for {user}")
    key_id, *scope = given.get("X-Amz-Credential", "").split("/")
    if scope[1:] != [region, "rds-db", "aws4_request"]:
        raise TokenError(f"the token is for {scope[1:]}, not for rds-db in {region}")
    moment = given.get("X-Amz-Date", "")
    _check_age(moment)
    secret = _secret_of(key_id, given.get("X-Amz-Security-Token"))
    if secret is None:
        raise TokenError(f"nobody has the key {key_id}")
    expected = _signature(secret, scope, moment, parts.netloc, given)
    if not hmac.compare_digest(expected, given["X-Amz-Signature"]):
        raise TokenError("the token's signature does not match")


def _check_age(moment: str) -> None:
    try:
        age = datetime.now(UTC) - datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise TokenError(f"the token's date is {moment!r}") from None
    if not -_SKEW < age < _LIFE:
        raise TokenError(f"the token is of {moment}, and good for fifteen minutes")


def _secret_of(key_id: str, session_token: str | None) -> str | None:
    """The secret of a key: of an assumed role, as functions have, or of an account."""
    if key_id.isdigit() and len(key_id) == 12:
        return _SECRET_OF_ACCOUNTS
    for _, _, backend in sts_backends.iter_backends():
        role = backend.get_assumed_role_from_access_key(key_id)
        if role is not None and role.session_token == session_token:
            return str(role.secret_access_key)
    return None


def _signature(
    secret: str, scope: list[str], moment: str, netloc: str, given: dict[str, str]
) -> str:
    """Signature Version 4 of a presigned GET."""
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(given.items())
        if name != "X-Amz-Signature"
    )
    empty = hashlib.sha256(b"").hexdigest()
    request = f"GET\n/\n{query}\nhost:{netloc}\n\nhost\n{empty}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{'/'.join(scope)}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()
