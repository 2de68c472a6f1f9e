"""What the machine reports, said in one sentence. Imported only after something failed."""

import errno
import re
from pathlib import Path

from ...errors import SigningError

__all__ = ["explain_system", "one_line", "unexpected"]

_SECRETS = re.compile(
    r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{8,}"  # access key and principal ids
    r"|(?i:[\w-]*(?:credential|signature|token|secret)\w*\s*[=:]\s*\S+)"
    r"|[A-Za-z0-9+/=_-]{160,}"  # encoded authorization messages, tokens
)
_LONGEST = 300


def one_line(text: str) -> str:
    """Make a foreign text fit for a message: one line, bounded, nothing secret.

    Args:
        text: What AWS or the operating system said.
    """
    text = " ".join(_SECRETS.sub("[removed]", text).split()).rstrip(".")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def explain_system(error: OSError, folder: Path) -> SigningError:
    """Say in one sentence what the operating system refused and what to do.

    Args:
        error: What was raised.
        folder: The folder that results are written to.

    Returns:
        The exception to raise.

    Example:
        ```python
        import errno
        from pathlib import Path
        from secure_lambda_constructs.signing.command.failures import explain_system

        full = OSError(errno.ENOSPC, "No space left on device")
        assert "no space is left" in str(explain_system(full, Path("cdk.out/signed-assets")))
        ```
    """
    reason = one_line(error.strerror or str(error) or type(error).__name__)
    path = str(error.filename or "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SigningError(f"no space is left for {folder} ({reason}): free some and try again")
    if path.startswith(str(folder)) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return SigningError(
            f"{folder} cannot be written ({reason}): make the cloud assembly writable, or set "
            "SECURE_LAMBDA_ASSEMBLY to a copy of it that is"
        )
    return SigningError(
        f"{path or folder} cannot be used ({reason}): check the file and its rights"
    )


def unexpected(error: BaseException) -> str:
    """Say in one sentence what nobody has thought of.

    Args:
        error: What was raised.

    Returns:
        The sentence.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.failures import unexpected

        assert unexpected(KeyError("x")).startswith("unexpected KeyError ('x'): repeat")
        ```
    """
    return (
        f"unexpected {type(error).__name__} ({one_line(str(error))}): repeat the command with "
        "SECURE_LAMBDA_DEBUG=1 and report what it shows"
    )
