"""The function of the CDK, with what is added to it later checked as what it is made with."""

from collections.abc import Collection, Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from ..errors import InvalidInputError
from ..signing.signed_code import CodeSigner
from .environment import check_environment
from .layers import check_layers, layer_problem
from .role import IsolatedRole

__all__ = ["CheckedFunction"]


class CheckedFunction(lambda_.Function):
    """A function whose environment and layers stay checked after it was made.

    What event sources and destinations are granted is for Lambda itself, which polls and sends.
    """

    _allowed: Collection[str] = ()
    _signer: CodeSigner | None = None
    _isolated_role: IsolatedRole
    _checked_layers: tuple[lambda_.ILayerVersion, ...] = ()

    def allow_variables(self, names: Collection[str]) -> None:
        """Say which variables the caller takes responsibility for.

        Args:
            names: Their names.
        """
        self._allowed = names

    def allow_layers_of(self, signer: CodeSigner) -> None:
        """Say whose publishers' layers are taken. Until then none is.

        Args:
            signer: The signer of the function's baseline.
        """
        self._signer = signer

    def grant_through(self, role: IsolatedRole) -> None:
        """Say which role event sources and destinations grant to.

        Args:
            role: The function's role.
        """
        self._isolated_role = role

    def add_event_source(self, source: lambda_.IEventSource) -> None:
        """Add an event source.

        Args:
            source: A queue or stream that Lambda polls, or something that calls the function.
        """
        with self._isolated_role.granting_to_lambda_itself():
            super().add_event_source(source)

    def configure_async_invoke(
        self,
        *,
        max_event_age: Duration | None = None,
        on_failure: lambda_.IDestination | None = None,
        on_success: lambda_.IDestination | None = None,
        retry_attempts: int | float | None = None,
    ) -> None:
        """Say what becomes of asynchronous calls.

        Args:
            max_event_age: How long Lambda keeps one.
            on_failure: Where it goes when the function could not handle it.
            on_success: Where it goes, with the answer, when the function handled it.
            retry_attempts: How often Lambda tries it again.
        """
        with self._isolated_role.granting_to_lambda_itself():
            super().configure_async_invoke(
                max_event_age=max_event_age,
                on_failure=on_failure,
                on_success=on_success,
                retry_attempts=retry_attempts,
            )

    def add_layers(self, *layers: lambda_.ILayerVersion) -> None:
        """Add layers.

        A layer that was imported is taken where the baseline has `trusted_publishers`: who has
        signed it is known to Lambda alone, which refuses it at deployment if it was none of them.

        Args:
            layers: Layers whose code the function's baseline trusts.

        Raises:
            InvalidInputError: One is not signed by a trusted publisher, is there twice, or is one
                too many.
        """
        if self._signer is None:
            raise InvalidInputError("the function takes no layers before it is made")
        check_layers(layers, self._signer, self._checked_layers)
        super().add_layers(*layers)
        self._checked_layers += layers

    @property
    def checked_layers(self) -> Sequence[lambda_.ILayerVersion]:
        """The layers that were looked at when they were added."""
        return self._checked_layers

    def layer_problems(self) -> list[str]:
        """Look at the layers once more.

        Returns:
            One sentence for each that is no longer trusted.
        """
        signer = self._signer
        if signer is None:
            return []
        problems = [layer_problem(layer, signer) for layer in self._checked_layers]
        return [problem for problem in problems if problem is not None]

    def add_environment(
        self, key: str, value: str, *, remove_in_edge: bool | None = None
    ) -> lambda_.Function:
        """Add an environment variable.

        What the CDK tells of the environment of a function that exists is empty in Python, so the
        variables are looked at one by one as they come.

        Args:
            key: Its name.
            value: Its value.
            remove_in_edge: Whether it is left out where the function runs at the edge.

        Returns:
            The function.

        Raises:
            InvalidInputError: It makes the runtime load unsigned code.
        """
        check_environment({key: value}, self._allowed)
        return super().add_environment(key, value, remove_in_edge=remove_in_edge)
