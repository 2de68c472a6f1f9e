"""What a pipeline may do: its role, and the CloudFormation that deploys for it."""
