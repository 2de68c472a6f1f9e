"""What `sign_everything` leaves as it is."""

from collections.abc import Iterator, Sequence

import aws_cdk as cdk
from constructs import Construct, IConstruct

from ..errors import InvalidInputError
from .command.unsigned import UNSIGNED

__all__ = ["Skipped"]


class Skipped:
    """The constructs that are skipped, with all below them.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_skip import Skipped

        assert not Skipped(["App/Legacy"]).skips(stack)
        ```
    """

    def __init__(self, skip: Sequence[Construct | str]) -> None:
        """Take note of them.

        Args:
            skip: Constructs, or their paths.

        Raises:
            InvalidInputError: It is no list of them.
        """
        if isinstance(skip, str | Construct):
            raise InvalidInputError(
                f"skip must be a list of constructs or paths, got {skip!r}: write skip=[...]"
            )
        self._paths: dict[str, bool] = {}
        for entry in skip:
            # An imported function or layer is no `Construct` for Python, but has a node.
            node = getattr(entry, "node", None)
            path = entry if isinstance(entry, str) else getattr(node, "path", None)
            if not isinstance(path, str) or not path.strip("/"):
                raise InvalidInputError(
                    f"skip must name constructs or their paths, got {entry!r}: write the function, "
                    "or its path such as 'App/Function'"
                )
            self._paths[path.strip("/")] = False

    def skips(self, node: IConstruct) -> bool:
        """Tell whether a function or layer is skipped, and leave a note in the assembly if so.

        Args:
            node: The resource.

        Returns:
            Whether it is.
        """
        if not self._paths:
            return False
        path = node.node.path
        matching = [entry for entry in self._paths if f"{path}/".startswith(f"{entry}/")]
        if not matching:
            return False
        self._paths.update(dict.fromkeys(matching, True))
        cdk.Annotations.of(node).add_info_v2(
            UNSIGNED, "left out of sign_everything, so nothing is known of who signed its code"
        )
        return True

    def unmatched(self, scope: Construct) -> Iterator[str]:
        """Say which entries have no function or layer.

        Args:
            scope: What was to be signed.

        Yields:
            One sentence for each.
        """
        unmatched = [entry for entry, matched in self._paths.items() if not matched]
        for entry in unmatched:
            yield (
                f"skip names {entry}, and no function or layer of "
                f"{scope.node.path or 'the app'} is there; correct it, or remove it"
            )
