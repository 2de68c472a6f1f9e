"""The CDK's bootstrap template, closed: its roles are for named deployment roles alone.

What `cdk bootstrap` makes lets everybody deploy who may assume roles at all: four of its roles
trust the whole account. `harden_bootstrap_template` takes the template that the CDK CLI prints and
returns one to bootstrap with instead.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InvalidInputError
from ..arguments import check_role_arns
from .proof import prove_closed
from .shape import BOOTSTRAP_VARIANT, assumable_roles, check_shape
from .trust import trust_only

__all__ = ["BOOTSTRAP_VARIANT", "harden_bootstrap_template"]

# What does not change an object: whatever S3 adds to its actions is refused to others until it is
# here. Permissions on the bucket itself stay with those who may bootstrap.
_OBJECT_READS = ["s3:AbortMultipartUpload", "s3:GetObject*", "s3:ListMultipartUploadParts"]

_POLICY_PATTERN = r"^(?!.*:policy/AdministratorAccess$)arn:[a-z-]+:iam::(aws|\d{12}):policy/.+$"

# What cfn-lint finds in the bucket, and why it stays.
_UNMENDED = {
    "W1028": "The bucket's public access stays blocked: the parameter that said so has one value.",
    "W3045": "The CDK's own template has the access control list, which is the default one.",
}

_NO_VALUE = {"Ref": "AWS::NoValue"}


def harden_bootstrap_template(
    template: Mapping[str, Any],
    *,
    deployment_roles: Sequence[str],
    lookup_roles: Sequence[str] = (),
    bucket_writers: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the CDK's bootstrap template with its roles closed to all but the named ones.

    - The deploy, publishing and lookup roles still trust the account, and the accounts of
      `cdk bootstrap --trust`, and of these only the roles that are named here: by a condition on
      `aws:PrincipalArn`. Sessions are not tagged any more (`sts:TagSession`): the CDK CLI does so
      only for apps that ask for it in `deploy_role_additional_options` and the like. A call with
      an external id is refused whatever `DenyExternalId` was.
    - The role that CloudFormation deploys with has the policies that
      `--cloudformation-execution-policies` names, and never AdministratorAccess.
    - Objects in the assets bucket are written and deleted by the role that publishes files, and by
      nobody else: who could replace a template or an unsigned asset there would deploy what he
      likes, with the pipeline's rights. That rule does not hold the bucket's own lifecycle.
      `cdk gc` works with the caller's own credentials: name its role in `bucket_writers`.
    - Public access to the bucket stays blocked.
    - The variant is `BOOTSTRAP_VARIANT`, which keeps a plain `cdk bootstrap` from writing the
      CDK's own template over it.

    A template of another shape than the CDK's is refused, and the result is looked through once
    more before it is returned. See
    <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html>.

    Args:
        template: What `cdk bootstrap --show-template --json` prints, parsed.
        deployment_roles: ARNs of the roles that deploy. `*` may stand for the account, so that one
            template serves many accounts; it does not let other accounts in, which must be named
            by `--trust` besides. The name must be whole. The role need not exist yet, and may be
            made anew: it is known by its name, so whoever may make a role of that name may deploy.
        lookup_roles: ARNs of roles that may only look values up while an app is synthesized. The
            lookup role reads nearly everything in the account, data included.
        bucket_writers: ARNs of roles that may also write and delete assets, such as the one that
            runs `cdk gc`.

    Returns:
        A new template; write it as JSON, for `cdk bootstrap --template`.

    Raises:
        InvalidInputError: A role is no ARN of a role with a whole name, no deployment role is
            named, or the template is not the CDK's.

    Example:
        ```python
        import json
        import subprocess

        from secure_lambda_constructs import harden_bootstrap_template


        def hardened() -> str:
            command = ["npx", "cdk", "bootstrap", "--show-template", "--json"]
            shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            roles = ["arn:aws:iam::111122223333:role/deploy"]
            closed = harden_bootstrap_template(json.loads(shown), deployment_roles=roles)
            return json.dumps(closed, indent=2)
        ```
    """
    for what, roles in (
        ("deployment_roles", deployment_roles),
        ("lookup_roles", lookup_roles),
        ("bucket_writers", bucket_writers),
    ):
        _check_roles(what, roles)
    if not deployment_roles:
        raise InvalidInputError(
            "deployment_roles names no role, so nobody could deploy: write the ARN of the role "
            "that the pipeline deploys with"
        )
    check_shape(template)
    hardened = copy.deepcopy(dict(template))
    trusted = {
        name: [*deployment_roles, *(lookup_roles if name == "LookupRole" else ())]
        for name in assumable_roles()
    }
    for name, roles in trusted.items():
        properties = hardened["Resources"][name]["Properties"]
        document = properties["AssumeRolePolicyDocument"]
        properties["AssumeRolePolicyDocument"] = trust_only(name, document, roles)
    _want_execution_policies(hardened)
    _close_bucket(hardened, bucket_writers)
    _set_variant(hardened)
    del hardened["Parameters"]["DenyExternalId"]
    del hardened["Conditions"]["ShouldDenyExternalId"]
    prove_closed(hardened, trusted)
    return hardened


def _check_roles(what: str, roles: Sequence[str]) -> None:
    check_role_arns(what, roles)
    for arn in roles:
        if re.search(r"[*?]", arn.partition(":role/")[2]):
            raise InvalidInputError(
                f"{what} must name each role in full, got {arn!r}: whoever may make a role that "
                "fits the pattern could deploy"
            )


def _want_execution_policies(template: dict[str, Any]) -> None:
    parameter = template["Parameters"]["CloudFormationExecutionPolicies"]
    # Without a default it must be given, also where the CDK CLI is not what deploys the template.
    del parameter["Default"]
    parameter["AllowedPattern"] = _POLICY_PATTERN
    parameter["ConstraintDescription"] = (
        "CloudFormation deploys with policies that are named by ARN, and never with "
        "AdministratorAccess: give --cloudformation-execution-policies"
    )
    role = template["Resources"]["CloudFormationExecutionRole"]["Properties"]
    role["ManagedPolicyArns"] = {
        "Fn::If": [
            "HasCloudFormationExecutionPolicies",
            {"Ref": "CloudFormationExecutionPolicies"},
            _NO_VALUE,
        ]
    }


def _close_bucket(template: dict[str, Any], writers: Sequence[str]) -> None:
    template["Parameters"]["PublicAccessBlockConfiguration"]["AllowedValues"] = ["true"]
    policy = template["Resources"]["StagingBucketPolicy"]["Properties"]["PolicyDocument"]
    publisher = {"Fn::Sub": "${FilePublishingRole.Arn}"}
    policy["Statement"].append(
        {
            "Sid": "OnlyThePublishingRoleWritesObjects",
            "Effect": "Deny",
            "Principal": "*",
            "NotAction": _OBJECT_READS,
            "Resource": {"Fn::Sub": "${StagingBucket.Arn}/*"},
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [publisher, *writers]}},
        }
    )
    # cfn-lint has no place for reasons: they are beside its settings, where it does not look.
    template["Resources"]["StagingBucket"]["Metadata"] = {
        "cfn-lint": {"config": {"ignore_checks": list(_UNMENDED)}, "reasons": dict(_UNMENDED)}
    }


def _set_variant(template: dict[str, Any]) -> None:
    parameter = template["Parameters"]["BootstrapVariant"]
    parameter["Default"] = BOOTSTRAP_VARIANT
    # The CLI keeps the values of parameters that it is not told, this one among them: without the
    # constraint a stack that was bootstrapped before would go on calling itself the CDK's, and the
    # next plain `cdk bootstrap` would open it again.
    parameter["AllowedValues"] = [BOOTSTRAP_VARIANT]
    parameter["ConstraintDescription"] = (
        "The stack still has the variant that it was bootstrapped with first: give "
        "--no-previous-parameters this once, with all other options"
    )
    template["Outputs"]["BootstrapVariant"] = {
        "Description": "Whose template the resources of this stack are from",
        "Value": {"Ref": "BootstrapVariant"},
    }
