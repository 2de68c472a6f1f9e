"""`CodeSigningInjector`: new functions of an app are signed without touching them."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..errors import InvalidInputError
from .members import ISigningBaseline

__all__ = ["CodeSigningInjector"]

_CONFIG = "codeSigningConfig"


@jsii.implements(cdk.IPropertyInjector)
class CodeSigningInjector:
    """Gives each new `lambda_.Function` of an app signed code and the code signing configuration.

    Add it right after the baseline: the CDK asks it when a function is made, not afterwards. For
    functions that were made before, for L1s, layers and the CDK's own helpers that are no
    `lambda_.Function`, use `signing.sign_everything(app)`, which goes together with this.

    A function that is given a `code_signing_config` is left as it is. So is one in a scope with an
    injector of its own for `lambda_.Function`: the CDK asks the nearest one only. See
    <https://docs.aws.amazon.com/cdk/v2/guide/blueprints.html>.

    Example:
        ```python
        from secure_lambda_constructs import CodeSigningInjector, SigningBaseline

        signing = SigningBaseline(stack, "Signing")
        cdk.PropertyInjectors.of(stack).add(CodeSigningInjector(signing))
        lambda_.Function(
            stack,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset("lambda"),
        )
        ```
    """

    def __init__(self, signing: ISigningBaseline) -> None:
        """Make an injector.

        Args:
            signing: The baseline that signs the code.

        Raises:
            InvalidInputError: It is none.
        """
        if not (hasattr(type(signing), "code_signing_config") and hasattr(type(signing), "signed")):
            raise InvalidInputError(
                f"signing must be a signing baseline, got {signing!r}: write "
                "CodeSigningInjector(SigningBaseline(stack, 'Signing'))"
            )
        self._signing = signing

    @property
    def construct_unique_id(self) -> str:
        """What the CDK calls the class whose properties are injected."""
        return lambda_.Function.PROPERTY_INJECTION_ID

    def inject(
        self, original_props: Mapping[str, Any], *, id: str, scope: Construct
    ) -> dict[str, Any]:
        """Add to the properties of a function that is being made; the CDK calls this.

        Args:
            original_props: The properties, with the CDK's names of TypeScript.
            id: Id of the function.
            scope: What it is made in.

        Returns:
            The properties with signed code and the configuration.

        Raises:
            InvalidInputError: Where the code cannot be signed. Where the CDK calls this, it
                arrives as a `RuntimeError` with the same message.
        """
        if original_props.get(_CONFIG) is not None:
            return dict(original_props)
        try:
            signed = self._signing.signed(original_props["code"])
        except InvalidInputError as refusal:
            raise InvalidInputError(
                f"{scope.node.path}/{id} is to be signed by a CodeSigningInjector: {refusal}; or "
                "make it in a scope that has another injector for lambda_.Function"
            ) from refusal
        return {**original_props, "code": signed, _CONFIG: self._signing.code_signing_config}
