"""The hosts that a route may name."""

import re

from ...errors import InvalidInputError
from .declared import known_text

__all__ = ["check_host", "is_shared_host"]

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST = 253

# Names that no public resolver answers, or that mean the machine itself:
# https://www.iana.org/assignments/special-use-domain-names
_NOT_PUBLIC = (
    *("arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain"),
    *("localhost", "onion"),
)

# Where whoever signs up gets a place of their own below the same name: what is sent there by a
# caller that may choose the place has left the company.
_SHARED = (
    *("amazonaws.com", "amazonaws.com.cn", "amplifyapp.com", "api.aws", "awsapprunner.com"),
    *("cloudfront.net", "on.aws"),
    *("airtable.com", "atlassian.net", "bitbucket.org", "box.com", "discord.com", "dropbox.com"),
    *("dropboxapi.com", "github.com", "github.io", "githubusercontent.com", "gitlab.com"),
    *("hooks.slack.com", "make.com", "notion.com", "office.com", "pastebin.com", "pipedream.net"),
    *("requestcatcher.com", "slack.com", "telegram.org", "trello.com", "twilio.com"),
    *("webhook.site", "zapier.com"),
    *("azure.com", "azureedge.net", "azurewebsites.net", "cloudapp.net", "windows.net"),
    *("appspot.com", "cloudfunctions.net", "firebaseio.com", "googleapis.com", "run.app"),
    *("web.app", "withgoogle.com"),
    *("deno.dev", "digitaloceanspaces.com", "fly.dev", "herokuapp.com", "netlify.app"),
    *("ngrok.app", "ngrok.io", "ngrok-free.app", "onrender.com", "pages.dev", "r2.dev"),
    *("supabase.co", "trycloudflare.com", "vercel.app", "workers.dev"),
)


def check_host(host: object) -> str:
    """Take the host of a route.

    Args:
        host: What was given.

    Returns:
        The host, as the handler compares it.

    Raises:
        InvalidInputError: It is no name of the public internet, or is written in another way than
            plainly.

    Example:
        ```python
        from secure_lambda_constructs.relay.routes.hosts import check_host

        assert check_host("api.example.com") == "api.example.com"
        ```
    """
    text = known_text("host", host, example="api.example.com")
    labels = text.split(".")
    if text != text.lower():
        advice = f"write it in lower case: {text.lower()!r}"
    elif not text.isascii():
        advice = f"write it as it is looked up: {_ascii(text)!r}"
    elif "://" in text or "/" in text or ":" in text or "@" in text or "*" in text:
        advice = "write the name alone, without a scheme, a port, a path or a wildcard"
    elif len(labels) < 2 or len(text) > _LONGEST or not all(map(_LABEL.fullmatch, labels)):
        advice = "write a full name, such as 'api.example.com'"
    elif labels[-1].isdigit() or labels[-1].startswith("0x"):
        advice = "an address shows no certificate of a name, so write the name"
    elif labels[-1] in _NOT_PUBLIC:
        advice = (
            f"names below {labels[-1]!r} are none of the public internet, which is all that a "
            "relay reaches; write a public one"
        )
    else:
        return text
    raise InvalidInputError(f"host is {text!r}; {advice}")


def is_shared_host(host: str) -> bool:
    """Whether anybody who signs up has a place of their own at a host.

    Not a complete list: of a host that is not on it nothing is known.

    Args:
        host: The host.

    Returns:
        Whether it is one of the well-known ones.

    Example:
        ```python
        from secure_lambda_constructs.relay.routes.hosts import is_shared_host

        assert is_shared_host("my-bucket.s3.amazonaws.com")
        assert not is_shared_host("api.example.com")
        ```
    """
    return any(host == shared or host.endswith(f".{shared}") for shared in _SHARED)


def _ascii(text: str) -> str:
    """A name with its other characters as the resolver gets them, if that can be told."""
    try:
        return text.encode("idna").decode()
    except UnicodeError:
        return "xn--..."
