"""The code that runs in the relay's Lambda function.

This folder is copied, together with `routes.json`, into the code of each `EgressRelayFunction`,
under the name `relay_handler`. It imports the standard library, and boto3, which the Lambda runtime
carries; nothing else of this library.
"""
