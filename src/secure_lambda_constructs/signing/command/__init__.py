"""The signing program: signs one asset of a cloud assembly while the asset is published.

The asset manifest that `SignedCode` writes starts it, through the launcher of
`secure_lambda_constructs.signing.command.launcher`. It imports neither `aws_cdk` nor any other
part of this package but the exceptions, because it is started once for each asset.
"""
