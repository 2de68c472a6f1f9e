"""The signing program: signs the code of a cloud assembly, and takes signatures back.

The asset manifest that `SignedCode` writes starts it for one asset (`main`), through the launcher
of `secure_lambda_constructs.signing.command.launcher`; the command line signs a whole assembly
(`whole_assembly`) and revokes (`revocation`). It imports neither `aws_cdk` nor any other part of
this package but the exceptions, because it is started once for each asset.
"""
