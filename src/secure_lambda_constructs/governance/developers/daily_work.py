"""The daily work: every action that the developers' boundary does not refuse outright.

All that is not on this list is refused, so what AWS adds is refused until somebody puts it here.
It holds nothing that changes what is governed, and no read that hands out more than a description.
Where `Get*` would, the longer patterns that stand in its place leave out, among others:

- the code and the data: `dynamodb:GetItem`, `s3:GetObject`, `athena:GetQueryResults`;
- credentials: `ec2:GetPasswordData`, `glue:GetConnection`, `codepipeline:GetJobDetails`,
  `appsync:ListApiKeys`, `cognito-idp:DescribeUserPoolClient`, `wafv2:GetDecryptedAPIKey`,
  `codeconnections:GetConnectionToken`, `cloudwatch:GetSpaceCredentials`;
- what runs with another role: `appsync:EvaluateCode`, `bedrock:InvokeFlow`.

It is as long as a boundary can hold, so each addition costs something else; see `without_services`
of the boundary.
"""

from collections.abc import Mapping

__all__ = ["DAILY_WORK"]

DAILY_WORK: Mapping[str, str] = {
    # Logs, metrics and traces.
    "logs": ("Describe* Filter* Get* List* StartL* StartQ* Stop* Test* PutQueryD* DeleteQueryD*"),
    "cloudwatch": "Describe* GetDash* GetIns* GetM* List* PutDash* DeleteDash*",
    "xray": "BatchGet* Get* List*",
    "application-signals": "Get* List*",
    "synthetics": "Describe* Get*",
    "rum": "Get*",
    "pi": "Describe* Get*",
    "compute-optimizer": "Get*",
    "devops-guru": "List*",
    # Functions and the state of their signing.
    "lambda": "Get* List*",
    "signer": "Describe* Get* List*",
    # The network.
    "ec2": "Describe* Search* GetM* GetTr*",
    "elasticloadbalancing": "Describe*",
    "route53": "Get* List*",
    "route53resolver": "Get* List*",
    "servicediscovery": "Get* List*",
    "vpc-lattice": "Get* List*",
    "network-firewall": "List*",
    "cloudfront": "Get* List*",
    "acm": "Describe* List*",
    "wafv2": "GetW* List*",
    # Tables, buckets, databases, files and backups: what there is, not what is in it.
    "dynamodb": "Describe* GetRes* List*",
    "s3": "GetAccou* GetB* GetE* GetL* GetRep* List*",
    "rds": "Describe* List*",
    "redshift": "Describe*",
    "elasticache": "Describe*",
    "memorydb": "Describe*",
    "es": "Describe* List*",
    "glue": "GetDatab* GetTab*",
    "athena": "GetD* GetW* List*",
    "elasticfilesystem": "Describe*",
    "fsx": "Describe*",
    "backup": "Describe* GetB* ListB* ListR*",
    # Queues, topics, events, streams and workflows.
    "sqs": "GetQueue* List*",
    "sns": "Get* List*",
    "events": "Describe* List* Test*",
    "scheduler": "Get* List*",
    "pipes": "Describe* List*",
    "states": "Describe* GetExec* List*",
    "kinesis": "Describe* List*",
    "firehose": "Describe* List*",
    # APIs and their users.
    "apigateway": "GET",
    "appsync": "GetGraphqlApi GetS* ListD* ListG*",
    "cognito-idp": "DescribeUserPool ListUserPoolClients ListUserPools",
    "appconfig": "GetA* GetConfigurationP* List*",
    "bedrock": "GetFo* GetG* ListA* ListFo* ListG*",
    # Other compute.
    "ecs": "Describe* List*",
    "ecr": "Describe* GetLif* GetRe* List*",
    "eks": "Describe* List*",
    "batch": "Describe* List*",
    "apprunner": "List*",
    "elasticbeanstalk": "DescribeE*",
    "autoscaling": "Describe*",
    # Secrets, parameters and keys: that they are there, not their values.
    "secretsmanager": "Describe* GetRes* List*",
    "ssm": "Describe* GetAu* GetDo* GetMain* List*",
    "kms": "Describe* GetKey* List*",
    # What is deployed, by whom, and from where.
    "cloudformation": "Describe* Detect* Get* List* Validate*",
    "codepipeline": "GetPipe* List*",
    "codebuild": "BatchGet* List*",
    "codedeploy": "BatchGet* Get* List*",
    "codecommit": "GetBranch GetRep* List*",
    "codeconnections": "GetConnection List*",
    "servicecatalog": "Describe* Search*",
    # Who may do what, and who did what.
    "iam": "Generate* Get* List* Simulate*",
    "sts": "Decode* GetAcc* GetCal*",
    "access-analyzer": "Check* Get* List* Validate*",
    "organizations": "Describe* List*",
    "sso": "Describe* GetP* List*",
    "cloudtrail": "Describe* Get* List* Lookup*",
    "config": "BatchGet* Describe* Get* List* Select*",
    "guardduty": "Get* List*",
    "securityhub": "BatchGet* Describe* Get* List*",
    "inspector2": "List*",
    "health": "Describe*",
    # Support, cost and quotas.
    "support": "Add* CreateCase Describe* ResolveCase",
    "ce": "Get* List*",
    "budgets": "Describe* View*",
    "cur": "Describe*",
    "freetier": "Get*",
    "pricing": "*",
    "savingsplans": "Describe*",
    "cost-optimization-hub": "List*",
    "servicequotas": "Get* List*",
    # The console itself: finding things, and a shell with the same rights.
    "tag": "Get* TagR* UntagR*",
    "resource-explorer-2": "Get* List* Search*",
    "resource-groups": "Get* List* Search*",
    "cloudshell": "*",
    "signin": "List*",
    "consoleapp": "*",
    "notifications": "Get* List*",
    "account": "Get* List*",
}
"""Patterns of actions by service, divided by spaces, as AWS spells the actions."""
