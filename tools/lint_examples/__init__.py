"""Lints every example: cdk-nag (AwsSolutions), checkov and cfn-lint on what it synthesizes.

A finding is mended, or acknowledged in the construct that causes it, with a reason; the page
``docs/lints.md`` lists the acknowledgements. ``make lint-examples`` fails on a finding that is
neither, on an acknowledgement without a reason, on one that nothing needs any more, and where the
page lists others. Nothing is asked of the network.
"""
