"""Layers of a `SignedVpcFunction`: only what its baseline trusts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from secure_lambda_constructs import InvalidInputError, SigningBaseline
from secure_lambda_constructs.function.checked_function import CheckedFunction

from .conftest import ACCOUNT, Template, World

VENDOR = "arn:aws:signer:us-east-1:464622532012:/signing-profiles/vendor/0123456789"
FOREIGN = "arn:aws:lambda:us-east-1:464622532012:layer:Extension:1"


def layer(world: World, code: lambda_.Code, id: str = "Layer") -> lambda_.LayerVersion:
    return lambda_.LayerVersion(world.stack, id, code=code)


def own(world: World, id: str = "Layer") -> lambda_.LayerVersion:
    return layer(world, world.signing.signed(world.code()), id)


def foreign(world: World, id: str = "Foreign") -> lambda_.ILayerVersion:
    return lambda_.LayerVersion.from_layer_version_arn(world.stack, id, FOREIGN)


def trusting(code: Path, *publishers: str) -> World:
    """A world whose baseline trusts others."""
    world = World(code)
    world.signing = SigningBaseline(world.stack, "Trusting", trusted_publishers=list(publishers))
    return world


def layers_of(world: World) -> list[Any]:
    """The layers that the only function of the app's stack has in the template."""
    layers: list[Any] = world.template().one("AWS::Lambda::Function")["Layers"]
    return layers


def test_own_signed_layer(world: World) -> None:
    made = own(world)
    world.function(layers=[made])
    [name] = Template({"Resources": world.template().resources}).of("Layer")
    assert layers_of(world) == [{"Ref": name}]


def test_own_signed_layer_of_another_stack(world: World) -> None:
    stack = world.new_stack("Layers")
    made = lambda_.LayerVersion(stack, "Layer", code=world.signing.signed(world.code()))
    world.function(layers=[made])
    [arn] = layers_of(world)
    assert arn == {"Fn::ImportValue": "Layers:ExportsOutputRefLayer" + arn["Fn::ImportValue"][28:]}


def test_layer_that_is_added_later(world: World) -> None:
    function = world.function(layers=[own(world)])
    function.function.add_layers(own(world, "Second"), own(world, "Third"))
    assert len(layers_of(world)) == 3


def test_layer_of_another_baseline_that_is_trusted(code: Path) -> None:
    world = World(code)
    other = SigningBaseline(world.stack, "Other")
    world.signing = SigningBaseline(
        world.stack, "Trusting", trusted_publishers=[other.signing_profile_version_arn]
    )
    made = layer(world, other.signed(world.code()))
    world.function(layers=[made])
    assert len(layers_of(world)) == 1


def test_foreign_layer_where_others_are_trusted(code: Path) -> None:
    world = trusting(code, VENDOR)
    world.function(layers=[foreign(world)])
    assert layers_of(world) == [FOREIGN]


def test_imported_baselines_of_one_profile_version(code: Path) -> None:
    """Two imports of one central profile trust each other."""
    world = World(code, region="us-east-1")

    def central(id: str) -> Any:
        return SigningBaseline.from_attributes(
            world.stack,
            id,
            code_signing_config_arn=(
                f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
            ),
            signing_profile_name="central",
            staging_bucket_name="central-{account}-{region}",
            signing_revision=id,
            signing_profile_version_arn=(
                f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/central/0123456789"
            ),
        )

    made = layer(world, central("One").signed(world.code()))
    world.function(layers=[made], signing=central("Two"))
    assert len(layers_of(world)) == 1


def unsigned(world: World) -> list[Any]:
    return [layer(world, world.code())]


def of_another_baseline(world: World) -> list[Any]:
    other = SigningBaseline(world.stack, "Other", profile_name="others")
    return [layer(world, other.signed(world.code()))]


def twice(world: World) -> list[Any]:
    return [own(world)] * 2


def twice_by_arn(world: World) -> list[Any]:
    return [foreign(world), foreign(world, "Again")]


CASES: dict[str, tuple[Callable[[World], Any], str]] = {
    "unsigned": (
        unsigned,
        "the layer App/Layer is not signed; write code=signing.signed(lambda_.Code.from_asset("
        "...)) with the signing baseline of the function",
    ),
    "known at deployment": (
        lambda world: [layer(world, lambda_.Code.from_cfn_parameters())],
        "the layer App/Layer is not signed; write code=signing.signed(",
    ),
    "of another baseline": (
        of_another_baseline,
        "the layer App/Layer is signed by another baseline, with the profile others, which the "
        "function's does not trust; sign it with the function's own, or write "
        "SigningBaseline(trusted_publishers=[other.signing_profile_version_arn])",
    ),
    "foreign": (
        lambda world: [foreign(world)],
        "the layer App/Foreign is imported, and the signing baseline of the function trusts no "
        "publisher but itself; write SigningBaseline(trusted_publishers=[...]) with the ARN of "
        "the profile version that has signed the layer",
    ),
    "twice": (twice, "the layer App/Layer is there twice; write each layer once"),
    "six": (
        lambda world: [own(world, f"Layer{number}") for number in range(6)],
        "the function has 6 layers, and Lambda takes 5 at most; put several into one, or into the",
    ),
    "no list": (own, "; write a list: layers=[lambda_.LayerVersion(...)]"),
    "text": (lambda world: FOREIGN, f"layers is '{FOREIGN}'; write a list: layers=["),
    "no layer": (
        lambda world: [FOREIGN],
        f"layers has '{FOREIGN}', which is no layer; write lambda_.LayerVersion(...) with signed",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_before_anything_is_made(world: World, name: str) -> None:
    make, message = CASES[name]
    layers = make(world)
    with pytest.raises(InvalidInputError) as refused:
        world.function(layers=layers)
    assert message in str(refused.value)
    assert world.stack.node.try_find_child("UserInfo") is None


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"no list", "text"}))
def test_refused_when_it_is_added(world: World, name: str) -> None:
    make, message = CASES[name]
    function = world.function()
    with pytest.raises(InvalidInputError) as refused:
        function.function.add_layers(*make(world))
    assert message in str(refused.value)
    assert "Layers" not in world.template().one("AWS::Lambda::Function")


def test_function_that_knows_no_baseline_takes_none(world: World) -> None:
    function = CheckedFunction(
        world.stack,
        "Checked",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=world.code(),
    )
    assert function.layer_problems() == []
    with pytest.raises(InvalidInputError, match="takes no layers before it is made"):
        function.add_layers(own(world))


def test_same_layer_is_refused_when_it_is_added_again(world: World) -> None:
    made = own(world)
    function = world.function(layers=[made])
    with pytest.raises(InvalidInputError, match="the layer App/Layer is there twice"):
        function.function.add_layers(made)


def test_sixth_layer_is_refused_when_it_is_added(world: World) -> None:
    function = world.function(layers=[own(world, f"Layer{number}") for number in range(5)])
    with pytest.raises(InvalidInputError, match="the function has 6 layers, and Lambda takes 5"):
        function.function.add_layers(own(world))


def test_foreign_layer_twice(code: Path) -> None:
    world = trusting(code, VENDOR)
    with pytest.raises(InvalidInputError, match="the layer App/Again is there twice"):
        world.function(layers=twice_by_arn(world))


def test_another_publisher_does_not_make_every_baseline_trusted(code: Path) -> None:
    world = trusting(code, VENDOR)
    with pytest.raises(InvalidInputError, match="the layer App/Layer is signed by another basel"):
        world.function(layers=of_another_baseline(world))


def by_an_aspect(world: World, change: Callable[[IConstruct], None]) -> None:
    @jsii.implements(cdk.IAspect)
    class Change:
        def visit(self, node: IConstruct) -> None:
            change(node)

    cdk.Aspects.of(world.stack).add(Change())


def test_layer_of_an_aspect_is_refused(world: World) -> None:
    def change(node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            node.layers = [FOREIGN]

    world.function(layers=[own(world)])
    by_an_aspect(world, change)
    with pytest.raises(
        RuntimeError,
        match=f"UserInfo/Function/Resource has layers that nobody checked, {FOREIGN} for one, and "
        "Lambda refuses unsigned ones at deployment; remove the Aspect or assignment that sets "
        r"layers, and write layers=\[...\] or fn.function.add_layers",
    ):
        world.app.synth()


def test_layer_whose_code_an_aspect_changes_is_refused(world: World) -> None:
    place = world.code().bind(Construct(world.stack, "Unsigned")).s3_location
    assert place is not None
    content = lambda_.CfnLayerVersion.ContentProperty(
        s3_bucket=place.bucket_name, s3_key=place.object_key
    )

    def change(node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnLayerVersion):
            node.content = content

    world.function(layers=[own(world)])
    by_an_aspect(world, change)
    with pytest.raises(
        RuntimeError, match="is refused: the layer App/Layer is not signed; write code=signing"
    ):
        world.app.synth()


def test_sign_everything_leaves_the_function_as_it_is(world: World) -> None:
    world.function(layers=[own(world)])
    before = world.template().resources
    world.signing.sign_everything(world.app)
    assert Template(world.templates()["App"]).resources == before
