"""Where the relay finds the credentials of its routes."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .handler.routes import Route
from .routes.route import RelayRoute

if TYPE_CHECKING:
    from .routes.credential import Source

__all__ = ["RouteCredentials"]


class RouteCredentials:
    """The secrets and parameters of some routes, each under the name of an environment variable.

    The name follows from the secret itself. Lambda changes code and configuration of a function
    one after the other: were the names only numbered, new code would find the secret of one host
    where that of another one is meant.
    """

    def __init__(self, routes: Sequence[RelayRoute]) -> None:
        """Name them.

        Args:
            routes: The routes.
        """
        self._sources: dict[str, Source] = {}
        self._hooks: dict[Path, None] = {}
        self._routes: list[Route] = []
        for declared in routes:
            route, credential = declared.route, declared.credential
            if credential is not None:
                variable = f"RELAY_CREDENTIAL_{credential.source.node.addr[:16].upper()}"
                self._sources.setdefault(variable, credential.source)
                source = dataclasses.replace(credential.credential.source, environment=variable)
                route = dataclasses.replace(
                    route, credential=dataclasses.replace(credential.credential, source=source)
                )
                if credential.hook_file is not None:
                    self._hooks[credential.hook_file] = None
            self._routes.append(route)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes, with the names of the variables."""
        return tuple(self._routes)

    @property
    def sources(self) -> list["Source"]:
        """The secrets and parameters, each once."""
        return list(self._sources.values())

    @property
    def hooks(self) -> list[Path]:
        """The files of the hooks, each once."""
        return list(self._hooks)

    @property
    def environment(self) -> dict[str, str]:
        """The variables: ARNs of secrets, names of parameters."""
        return {
            variable: source.secret_arn if hasattr(source, "secret_arn") else source.parameter_name
            for variable, source in self._sources.items()
        }
