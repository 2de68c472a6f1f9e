"""The register of the ways that are written with the CDK, and what a form of them is."""

from collections.abc import Callable
from dataclasses import dataclass

import aws_cdk as cdk

__all__ = ["Way", "Ways"]

_Build = Callable[[cdk.App, bool], None]


@dataclass(frozen=True)
class Way:
    """An app that is open by exactly the paths of `opens`, or closed, as `build` is told.

    Attributes:
        path_id: The leak path that it is about.
        name: What leads out, in words.
        opens: All leak paths that are open then.
        build: Makes the app: the open one where it is told True, the closed one where False.
    """

    path_id: str
    name: str
    opens: frozenset[str]
    build: _Build


class Ways:
    """The ways of one form."""

    def __init__(self) -> None:
        """Start with none."""
        self.all: dict[str, Way] = {}

    def way(self, path_id: str, *others: str) -> Callable[[_Build], _Build]:
        """Register the decorated function as a way to open `path_id`, and with it the `others`."""

        def register(build: _Build) -> _Build:
            name = build.__name__.strip("_")
            key = f"{path_id}-{name}"
            if key in self.all:
                raise ValueError(f"two ways called {key}")
            self.all[key] = Way(path_id, name, frozenset({path_id, *others}), build)
            return build

        return register
