"""Lints policies with parliament: JSON documents in, findings out, both a list on one line.

In a process of its own, because parliament imports what Python warns of.
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")

import parliament  # noqa: E402 - the warnings come with the import


def main() -> None:
    """Print the findings of each document: a list of their names and details."""
    for document in json.load(sys.stdin):
        policy = parliament.analyze_policy_string(json.dumps(document))
        print(json.dumps([[finding.issue, str(finding.detail)] for finding in policy.findings]))


if __name__ == "__main__":
    main()
