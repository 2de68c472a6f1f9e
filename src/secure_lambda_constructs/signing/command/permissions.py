"""The rights that the signing program needs, and nothing more.

`SigningBaseline.grant_sign` grants exactly these; the tests compare them with the calls that the
program really makes. This module imports nothing, so that a construct can read it without boto3.

AWS Signer reads the code and writes the signed code with the rights of whoever calls
`StartSigningJob`. That is why rights are listed that the program itself never uses:
`s3:GetObjectVersion` on the source and `s3:PutObject` on the result. See
<https://docs.aws.amazon.com/signer/latest/developerguide/gs-iam.html>.

The program also calls `sts:GetCallerIdentity`, which needs no right: see
<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

Whether an asset is published already is asked with the role that the CDK names for its destination,
or with the caller's `s3:ListBucket` there. Neither is needed: who may do neither signs without
knowing.

Example:
    ```python
    from secure_lambda_constructs.signing.command import permissions

    iam.PolicyStatement(
        actions=list(permissions.SOURCE_OBJECT_ACTIONS),
        resources=[f"arn:aws:s3:::code-bucket/{permissions.SOURCE_PREFIX}*"],
    )
    ```
"""

__all__ = [
    "ACTIONS_BY_OPERATION",
    "BUCKET_ACTIONS",
    "JOB_ACTIONS",
    "PROFILE_ACTIONS",
    "SIGNED_OBJECT_ACTIONS",
    "SIGNED_PREFIX",
    "SOURCE_OBJECT_ACTIONS",
    "SOURCE_PREFIX",
]

SOURCE_PREFIX = "unsigned/"
"""Keys of the code before it is signed begin with this."""

SIGNED_PREFIX = "signed/"
"""Keys of the signed code begin with this; Signer appends the id of the job."""

BUCKET_ACTIONS: tuple[str, ...] = ("s3:ListBucket",)
"""On the staging bucket. Without it S3 answers 403 instead of 404 for a key that is not there, so
the program could not tell "not uploaded yet" from "not allowed"; Signer asks for it too."""

SOURCE_OBJECT_ACTIONS: tuple[str, ...] = (
    "s3:DeleteObjectVersion",  # the source of a failed job goes, so that the next run starts anew
    "s3:GetObject",  # HeadObject: was this code uploaded before?
    "s3:GetObjectVersion",  # Signer reads the version that the job names
    "s3:PutObject",  # the upload
)
"""On the objects below `SOURCE_PREFIX` of the staging bucket."""

SIGNED_OBJECT_ACTIONS: tuple[str, ...] = (
    "s3:GetObject",  # the download
    "s3:PutObject",  # Signer writes the signed code
)
"""On the objects below `SIGNED_PREFIX` of the staging bucket."""

PROFILE_ACTIONS: tuple[str, ...] = ("signer:StartSigningJob",)
"""On the signing profile (`arn:…:signer:REGION:OWNER:/signing-profiles/NAME`)."""

JOB_ACTIONS: tuple[str, ...] = ("signer:DescribeSigningJob",)
"""On the signing jobs of the account (`arn:…:signer:REGION:ACCOUNT:/signing-jobs/*`); the id of a
job is not known before it runs."""

ACTIONS_BY_OPERATION: dict[str, tuple[str, ...]] = {
    "GetCallerIdentity": (),
    "HeadObject": ("s3:GetObject", "s3:ListBucket"),
    "PutObject": ("s3:PutObject",),
    "GetObject": ("s3:GetObject", "s3:ListBucket"),
    "DeleteObject": ("s3:DeleteObjectVersion",),
    "StartSigningJob": (
        "signer:StartSigningJob",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:ListBucket",
    ),
    "DescribeSigningJob": ("signer:DescribeSigningJob",),
}
"""Each operation that the program calls, with the actions that AWS checks for it."""
