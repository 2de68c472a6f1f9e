"""The signing program: arguments in, one path on stdout or one sentence on stderr out."""

import os
import sys
from collections.abc import Sequence

from ...errors import SigningError
from .arguments import Request, parse_arguments
from .deployment import sign
from .interrupts import Interrupted, interruptible

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Sign one asset and print the path of the signed zip.

    Args:
        arguments: The arguments without the program's name; those of the process by default.

    Returns:
        0 where the path was printed, 1 where a sentence on stderr says why not.

    Raises:
        SystemExit: With code 2 where the arguments are wrong.

    Example:
        ```console
        $ python -m secure_lambda_constructs.signing.command --source asset.1a2b ...
        /project/cdk.out/signed-assets/9f86d081....zip
        ```
    """
    request = parse_arguments(arguments)
    try:
        with interruptible():
            path = sign(request)
    except SigningError as error:
        return _fail(request, str(error))
    except (Interrupted, KeyboardInterrupt) as error:
        name = str(error) or "SIGINT"
        return _fail(
            request,
            f"stopped by {name}, and nothing was published: repeat the command, which goes on "
            "with the same signing job",
        )
    except Exception as error:
        from .failures import unexpected

        return _fail(request, unexpected(error))
    # The CDK CLI takes stdout as the path, byte for byte.
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
    sys.stdout.flush()
    return 0


def _fail(request: Request, reason: str) -> int:
    if request.debug:
        import traceback

        traceback.print_exc()
    sentence = " ".join(f"cannot sign {request.source}: {reason}".split())
    print(sentence, file=sys.stderr)
    return 1
