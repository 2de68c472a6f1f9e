"""A signing profile of a central account, and the accounts that sign with it."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from secure_lambda_constructs import CentralSigningProfile, InvalidInputError, SigningBaseline

from .support import function, new_app, only, recommended_flags, resources_of, synthesize

VERSION = "arn:aws:signer:us-east-1:444455556666:/signing-profiles/central/1a2B3c4D5e"
ACCOUNT = "111122223333"
ROLE = "arn:aws:iam::777788889999:role/ci/pipeline"
WORKLOAD = cdk.Environment(account=ACCOUNT, region="us-east-1")


def central(stack: cdk.Stack, **keywords: Any) -> CentralSigningProfile:
    defaults: dict[str, Any] = {"profile_name": "central", "signers": [ACCOUNT]}
    return CentralSigningProfile(stack, "Central", **{**defaults, **keywords})


def permissions(stack: cdk.Stack) -> list[tuple[str, str, str]]:
    template = synthesize(stack).template("App")
    return [
        (each["Properties"]["Action"], each["Properties"]["Principal"], name)
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Signer::ProfilePermission"
    ]


class TestProfile:
    """In the central account."""

    @pytest.mark.parametrize("flags", [False, True])
    def test_logical_ids_are_an_interface(self, tmp_path: Path, flags: bool) -> None:
        """A changed id replaces the profile or takes somebody's permission away for a moment."""
        app = new_app(tmp_path, **(recommended_flags() if flags else {}))
        stack = cdk.Stack(app, "App")
        central(stack, signers=[ACCOUNT, ROLE], revokers=[ROLE])
        resources = synthesize(app).template("App")["Resources"]
        assert {(name, resource["Type"]) for name, resource in resources.items()} == {
            ("CentralProfile6B14BB51", "AWS::Signer::SigningProfile"),
            (
                "CentralRevokeSignature77778888999936f1b68c075C159D",
                "AWS::Signer::ProfilePermission",
            ),
            ("CentralStartSigningJob11112222333306937891", "AWS::Signer::ProfilePermission"),
            (
                "CentralStartSigningJob77778888999936f1b68cDAA81202",
                "AWS::Signer::ProfilePermission",
            ),
        }

    def test_profile_stays(self, stack: cdk.Stack) -> None:
        made = central(stack)
        assert made.signing_profile_name == "central"
        profile = only(synthesize(stack).template("App"), "AWS::Signer::SigningProfile")
        assert profile["Properties"] == {
            "PlatformId": "AWSLambda-SHA384-ECDSA",
            "ProfileName": "central",
            "SignatureValidityPeriod": {"Type": "MONTHS", "Value": 135},
        }
        policies = (profile["DeletionPolicy"], profile["UpdateReplacePolicy"])
        assert policies == ("Retain", "Retain")

    def test_version_is_an_output(self, stack: cdk.Stack) -> None:
        made = central(stack)
        cdk.CfnOutput(stack, "Version", value=made.signing_profile_version_arn)
        template = synthesize(stack).template("App")
        [(name, _)] = [
            item for item in template["Resources"].items() if item[1]["Type"].endswith("gProfile")
        ]
        output = template["Outputs"]["Version"]["Value"]
        assert output == {"Fn::GetAtt": [name, "ProfileVersionArn"]}

    def test_validity(self, stack: cdk.Stack) -> None:
        central(stack, signature_validity=cdk.Duration.days(30))
        profile = only(synthesize(stack).template("App"), "AWS::Signer::SigningProfile")
        period = profile["Properties"]["SignatureValidityPeriod"]
        assert period == {"Type": "DAYS", "Value": 30}

    def test_who_may_do_what(self, stack: cdk.Stack) -> None:
        central(stack, signers=[ACCOUNT, ROLE], revokers=[ROLE])
        assert [each[:2] for each in permissions(stack)] == [
            ("signer:StartSigningJob", ACCOUNT),
            ("signer:StartSigningJob", ROLE),
            ("signer:RevokeSignature", ROLE),
        ]

    def test_permissions_are_of_the_profile_that_is_made(self, stack: cdk.Stack) -> None:
        central(stack)
        template = synthesize(stack).template("App")
        permission = only(template, "AWS::Signer::ProfilePermission")["Properties"]
        name = permission["ProfileName"]["Fn::GetAtt"]
        assert template["Resources"][name[0]]["Type"] == "AWS::Signer::SigningProfile"
        assert name[1] == "ProfileName"
        assert permission["StatementId"] == "StartSigningJob-111122223333"
        assert "ProfileVersion" not in permission  # of every version

    def test_a_permission_has_the_same_ids_whatever_else_there_is(self, tmp_path: Path) -> None:
        found = []
        for number, signers in enumerate(([ROLE], ["777788889999", ROLE, ACCOUNT])):
            stack = cdk.Stack(new_app(tmp_path / str(number)), "App")
            central(stack, signers=signers)
            found.append({each[2] for each in permissions(stack) if each[1] == ROLE})
            statements = [
                each["Properties"]["StatementId"]
                for each in resources_of(
                    synthesize(stack).template("App"), "AWS::Signer::ProfilePermission"
                )
            ]
            assert len(set(statements)) == len(signers)
        assert found[0] == found[1]

    def test_permissions_are_added_one_after_the_other(self, stack: cdk.Stack) -> None:
        central(stack, signers=[ACCOUNT, ROLE], revokers=[ROLE])
        names = [each[2] for each in permissions(stack)]
        resources = synthesize(stack).template("App")["Resources"]
        after = [resources[name].get("DependsOn", []) for name in names]
        assert after == [[], [names[0]], [names[1]]]

    @pytest.mark.parametrize(
        ("keywords", "sentence"),
        [
            ({"signers": ["o-a1b2c3d4e5"]}, "signers cannot be an organization, got o-a1b2c3d4e5:"),
            ({"revokers": ["ou-a1b2-c3d4e5f6"]}, "revokers cannot be an organization.*list the"),
            ({"signers": []}, "signers must name at least one account or role, got none"),
            ({"signers": ACCOUNT}, "must be a list of account ids and role ARNs, got '1111"),
            ({"signers": 5}, "signers must be a list .*got 5"),
            ({"signers": [111122223333]}, "each of signers must be text, got 111122223333"),
            (
                {"signers": ["1234"]},
                "each of signers must be an account id of 12 digits",
            ),
            ({"signers": ["*"]}, r"each of signers must be an account id.*got '\*'"),
            ({"signers": [f"arn:aws:iam::{ACCOUNT}:root"]}, "each of signers must be an account"),
            ({"signers": [f"arn:aws:iam::{ACCOUNT}:user/jane"]}, "must be .* ARN of an IAM role"),
            ({"signers": [f"arn:aws:iam::{ACCOUNT}:role/*"]}, "must be .* ARN of an IAM role"),
            ({"signers": [f"arn:aws:iam::{ACCOUNT}:role/*/ci"]}, "must be .* ARN of an IAM role"),
            ({"revokers": [ROLE[:-8]]}, "each of revokers must be .* ARN of an IAM role"),
            ({"signers": [ROLE, ROLE]}, "each of signers must be named once, got arn:aws:iam"),
            ({"signers": [cdk.Aws.ACCOUNT_ID]}, "each of signers must be a literal"),
            ({"profile_name": "no-hyphens"}, "profile_name must be 2 to 64 letters"),
            ({"signature_validity": cdk.Duration.hours(1)}, "signature_validity must be 1 to"),
        ],
    )
    def test_refused(self, stack: cdk.Stack, keywords: dict[str, Any], sentence: str) -> None:
        with pytest.raises(InvalidInputError, match=sentence):
            central(stack, **keywords)
        assert stack.node.try_find_child("Central") is None


class TestBaseline:
    """In the account of the functions."""

    def test_only_bucket_and_configuration_are_made(self, app: cdk.App, code: Path) -> None:
        stack = cdk.Stack(app, "App", env=WORKLOAD)
        signing = SigningBaseline(stack, "Signing", signing_profile_version_arn=VERSION)
        function(stack, signing, code)
        template = synthesize(app).template("App-Signing")
        kinds = sorted(resource["Type"] for resource in template["Resources"].values())
        assert kinds == [
            "AWS::Lambda::CodeSigningConfig",
            "AWS::S3::Bucket",
            "AWS::S3::BucketPolicy",
        ]
        config = only(template, "AWS::Lambda::CodeSigningConfig")["Properties"]
        assert config["AllowedPublishers"] == {"SigningProfileVersionArns": [VERSION]}
        assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
        assert signing.signing_profile_version_arn == VERSION
        assert signing.signing_profile_name == "central"

    def test_the_program_is_told_the_owner(self, app: cdk.App, code: Path) -> None:
        stack = cdk.Stack(app, "App", env=WORKLOAD)
        function(
            stack, SigningBaseline(stack, "Signing", signing_profile_version_arn=VERSION), code
        )
        assembly = synthesize(app)
        request = assembly.request("App")
        assert (request.profile_name, request.profile_owner) == ("central", "444455556666")
        assert request.baseline_stack == "App-Signing"
        assert "App-Signing" in assembly.artifact("App")["dependencies"]

    @pytest.mark.parametrize(("account", "owner"), [("444455556666", None), (None, "444455556666")])
    def test_a_profile_of_the_account_itself(
        self, app: cdk.App, code: Path, account: str | None, owner: str | None
    ) -> None:
        stack = cdk.Stack(app, "App", env=cdk.Environment(account=account, region="us-east-1"))
        function(
            stack, SigningBaseline(stack, "Signing", signing_profile_version_arn=VERSION), code
        )
        assert synthesize(app).request("App").profile_owner == owner

    def test_has_the_identity_of_the_one_that_is_imported(self, app: cdk.App, code: Path) -> None:
        made, other = (cdk.Stack(app, name, env=WORKLOAD) for name in ("Made", "Imported"))
        function(made, SigningBaseline(made, "Signing", signing_profile_version_arn=VERSION), code)
        imported = SigningBaseline.from_attributes(
            other,
            "Signing",
            code_signing_config_arn=(
                f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
            ),
            signing_profile_name="central",
            staging_bucket_name="central-code",
            profile_owner="444455556666",
            signing_profile_version_arn=VERSION,
        )
        function(other, imported, code)
        assembly = synthesize(app)
        assert assembly.request("Made").identity == assembly.request("Imported").identity

    def test_grant_names_the_central_profile(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "App", env=WORKLOAD)
        signing = SigningBaseline(stack, "Signing", signing_profile_version_arn=VERSION)
        role = iam.Role(signing.stack, "Pipeline", assumed_by=iam.AccountRootPrincipal())
        signing.grant_sign(role)
        policy = only(synthesize(app).template("App-Signing"), "AWS::IAM::Policy")
        resources = {
            statement["Action"]: str(statement["Resource"])
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if isinstance(statement["Action"], str)
        }
        profile = ":signer:us-east-1:444455556666:/signing-profiles/central'"
        assert profile in resources["signer:StartSigningJob"]
        # AWS does not say whose a job is whose profile is of another account.
        for owner in (ACCOUNT, "444455556666"):
            jobs = f":signer:us-east-1:{owner}:/signing-jobs/*"
            assert jobs in resources["signer:DescribeSigningJob"]

    @pytest.mark.parametrize(
        ("region", "sentence"),
        [
            ("eu-central-1", "central, got eu-central-1 and us-east-1: Signer signs within one"),
            (None, "region of the signing profile central, got none given and us-east-1"),
        ],
    )
    def test_another_region(self, app: cdk.App, region: str | None, sentence: str) -> None:
        stack = cdk.Stack(app, "App", env=cdk.Environment(account=ACCOUNT, region=region))
        with pytest.raises(InvalidInputError, match=sentence):
            SigningBaseline(stack, "Signing", signing_profile_version_arn=VERSION)

    @pytest.mark.parametrize(
        ("keywords", "sentence"),
        [
            ({"profile_name": "users"}, "are for a profile that is made here"),
            ({"signature_validity": cdk.Duration.days(9)}, "are for a profile that is made here"),
            (
                {"signing_profile_version_arn": cdk.Fn.import_value("version")},
                "signing_profile_version_arn must be a literal",
            ),
            (
                {"signing_profile_version_arn": VERSION[:-11]},
                "signing_profile_version_arn must be arn:…:signer:REGION:ACCOUNT:/signing-prof",
            ),
            ({"signing_profile_version_arn": 5}, "signing_profile_version_arn must be text, got 5"),
        ],
    )
    def test_refused(self, app: cdk.App, keywords: dict[str, Any], sentence: str) -> None:
        stack = cdk.Stack(app, "App", env=WORKLOAD)
        with pytest.raises(InvalidInputError, match=sentence):
            SigningBaseline(
                stack, "Signing", **{"signing_profile_version_arn": VERSION, **keywords}
            )
