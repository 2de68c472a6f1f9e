"""The connections that the assets of one run share."""

import threading
from typing import TYPE_CHECKING

from ...errors import SigningError
from .arguments import Request
from .manifests import Listed
from .traffic import Traffic

if TYPE_CHECKING:
    from .aws import Aws
    from .published import Publications

__all__ = ["Connections"]


class Connections:
    """Connects once for each region, whatever number of assets asks for it, from any thread.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.connections import Connections
        from secure_lambda_constructs.signing.command.traffic import Traffic

        connections = Connections(Traffic(16), at_once=16)
        ```
    """

    def __init__(self, traffic: Traffic, *, at_once: int) -> None:
        """Set up; nothing is called.

        Args:
            traffic: What the assets share.
            at_once: How many calls may be under way at the same time.
        """
        self._traffic = traffic
        self._at_once = at_once
        self._lock = threading.Lock()
        # Failures are kept as well: without credentials each attempt may take seconds.
        self._by_region: dict[str | None, Aws | SigningError] = {}
        self._publications: dict[str | None, Publications] = {}

    def aws(self, request: Request) -> "Aws":
        """Return the connection for a request.

        Args:
            request: What is to be signed.

        Returns:
            The connection, with the bucket's name known.

        Raises:
            SigningError: As `aws.connect` does.
        """
        with self._lock:
            known = self._by_region.get(request.region)
            if known is None:
                known = self._by_region[request.region] = self._connected(request)
        if isinstance(known, SigningError):
            raise known
        return known.about(request)

    def is_published(self, listed: Listed, *, unknown: bool) -> bool:
        """Tell whether the signed zip of an asset is published already.

        Args:
            listed: The asset, with its destinations.
            unknown: What to answer where the caller may not know.

        Returns:
            Whether it is at all of its destinations.

        Raises:
            SigningError: As `aws.connect` does.
        """
        from .published import Publications

        aws = self.aws(listed.request)
        with self._lock:
            publications = self._publications.setdefault(listed.request.region, Publications(aws))
        answer = publications.has(listed.destinations)
        return unknown if answer is None else answer

    def _connected(self, request: Request) -> "Aws | SigningError":
        from .aws import connect  # botocore costs 0.2 s, for which a cached result need not wait

        try:
            # The account is compared for each request by itself.
            return connect(
                request._replace(account=None), traffic=self._traffic, at_once=self._at_once
            )
        except SigningError as error:
            return error
