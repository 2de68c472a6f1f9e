"""The actions that the service control policy denies, by what they would undo.

Patterns are cut short, as each character counts, but never so short that one matches an action
that only reads, or that deployed functions need.
"""

__all__ = [
    "ALARM",
    "ASSET_WRITES",
    "DEPLOYMENT",
    "DETECTION",
    "DNS",
    "GATEWAYS",
    "GUARDRAILS",
    "IDENTITY_PROVIDERS",
    "OTHER_LAMBDA_COMPUTE",
    "ROLE_AND_POLICY_WRITES",
    "ROLE_USES",
    "ROUTES",
    "SIGNING",
    "WAYS_OUT",
]

# Lambda tells no condition about these. MicroVMs run unsigned images with a way to the internet,
# network connectors and capacity providers put them, and functions, into subnets of anybody's
# choice, a replica at the edge is in no VPC, and a whole resource policy can name anybody.
OTHER_LAMBDA_COMPUTE = (
    "lambda:C*Microvm*",
    "lambda:Create*Connector",
    "lambda:Create*Provider",
    "lambda:EnableReplication*",
    "lambda:Pass*",
    "lambda:PutResourcePolicy",
    "lambda:R*Microvm",
    "lambda:Update*Connector",
    "lambda:Update*Provider",
    "lambda:UpdateMicrovm*",
)

SIGNING = (
    "lambda:DeleteCodeSigningConfig",
    "lambda:UpdateCodeSigningConfig",
    "signer:*ProfilePermission",
    "signer:CancelSigningProfile",
    "signer:Revoke*",
)

WAYS_OUT = (
    "ec2:AcceptVpcPeer*",
    "ec2:AttachVpnGateway",
    "ec2:CreateCarrier*",
    "ec2:CreateClientVpn*",
    "ec2:CreateDefault*",
    "ec2:CreateEgressOnly*",
    "ec2:CreateInstanceC*",
    "ec2:CreateLocalGateway*",
    "ec2:CreateNetworkInterfaceP*",
    "ec2:CreateTrafficMirrorS*",
    "ec2:CreateTransitGateway*",
    "ec2:CreateVpcBlock*",
    "ec2:CreateVpcEndpointService*",
    "ec2:CreateVpcPeer*",
    "ec2:CreateVpn*",
    "ec2:EnableVgw*",
    "ec2:ModifyVpcBlock*",
    "networkmanager:CreateVpc*",
    "vpc-lattice:CreateResourceG*",
    "vpc-lattice:CreateServiceNetworkVpc*",
)

# These lead out of the VPC that they are made in, so a relay's VPC of its own may have them.
GATEWAYS = ("ec2:AttachInternetGateway", "ec2:CreateNatGateway")
ROUTES = ("ec2:CreateRoute", "ec2:ReplaceRoute")

DNS = (
    "ec2:AssociateDhcp*",
    "route53profiles:A*",
    "route53profiles:Dis*",
    "route53resolver:AssociateResolverR*",
    "route53resolver:CreateResolverE*",
    "route53resolver:DeleteFirewallRuleG*",
    "route53resolver:DeleteResolverQ*",
    "route53resolver:Dis*",
    "route53resolver:UpdateFirewallC*",
    "route53resolver:UpdateFirewallRuleG*",
    "route53resolver:UpdateResolverC*",
)

IDENTITY_PROVIDERS = (
    "iam:*ClientID*",
    "iam:CreateOpenID*",
    "iam:CreateSAML*",
    "iam:DeleteOpenID*",
    "iam:DeleteSAML*",
    "iam:UpdateOpenID*",
    "iam:UpdateSAML*",
    "rolesanywhere:Create*",
    "rolesanywhere:Enable*",
    "rolesanywhere:Put*",
    "rolesanywhere:Update*",
)

GUARDRAILS = (
    "iam:*PermissionsBoundary",
    "organizations:DeletePolicy",
    "organizations:DetachPolicy",
    "organizations:DisableP*",
    "organizations:UpdatePolicy",
    "sso:DeletePermissionsB*",
    "sso:PutPermissionsB*",
)

DETECTION = (
    "access-analyzer:CreateAr*",
    "access-analyzer:Delete*",
    "access-analyzer:Update*",
    "cloudtrail:Delete*",
    "cloudtrail:Disable*",
    "cloudtrail:Put*",
    "cloudtrail:Stop*",
    "cloudtrail:Update*",
    "config:Delete*",
    "config:PutConfigurationR*",
    "config:PutD*",
    "config:PutRe*",
    "config:Stop*",
    "ec2:DeleteFlowLogs",
    "guardduty:Create*",
    "guardduty:Delete*",
    "guardduty:Disa*",
    "guardduty:Stop*",
    "guardduty:Update*",
    "securityhub:BatchD*",
    "securityhub:BatchUp*",
    "securityhub:CreateAuto*",
    "securityhub:Delete*",
    "securityhub:Disa*",
    "securityhub:Update*",
)

ALARM = (
    "cloudwatch:DeleteAl*",
    "cloudwatch:Disable*",
    "cloudwatch:PutMetricAlarm",
    "events:DeleteRule",
    "events:DisableRule",
    "events:PutRule",
    "events:PutTargets",
    "events:RemoveTargets",
    "lambda:DeleteFunction*",
    "lambda:PutFunction*",
    "lambda:UpdateFunction*",
    "logs:DeleteLogGroup",
    "logs:DeleteLogStream",
    "sns:Add*",
    "sns:DeleteTopic",
    "sns:Remove*",
    "sns:SetTopicAttributes",
)

# On roles and managed policies that are named.
ROLE_AND_POLICY_WRITES = (
    "iam:A*",
    "iam:Cr*",
    "iam:De*",
    "iam:Put*",
    "iam:Se*",
    "iam:T*",
    "iam:U*",
)

ROLE_USES = ("iam:PassRole", "sts:AssumeRole", "sts:TagSession")

# On what the CDK deploys from.
ASSET_WRITES = (
    "ecr:BatchDelete*",
    "ecr:Delete*",
    "ecr:Put*",
    "ecr:Set*",
    "s3:Delete*",
    "s3:Put*",
    "s3:Replicate*",
    "ssm:Delete*",
    "ssm:Label*",
    "ssm:PutParameter",
)

# What a deployment does to functions, signing, network and identities. What deployed functions and
# Lambda's own work with their roles need, network interfaces first of all, is not in it.
DEPLOYMENT = (
    "cloudformation:A*",
    "cloudformation:C*",
    "cloudformation:Dea*",
    "cloudformation:Del*",
    "cloudformation:Exe*",
    "cloudformation:I*",
    "cloudformation:P*",
    "cloudformation:R*",
    "cloudformation:Set*",
    "cloudformation:Up*",
    "codebuild:Retry*",
    "codebuild:Start*",
    "codebuild:UpdateProject*",
    "codepipeline:RollbackStage",
    "codepipeline:UpdatePipeline",
    "ec2:AssociateRouteT*",
    "ec2:Authorize*",
    "ec2:CreateNetworkAcl*",
    "ec2:CreateVpc*",
    "ec2:DeleteNetworkAcl*",
    "ec2:DeleteVpc*",
    "ec2:DisassociateRouteT*",
    "ec2:ModifyManagedP*",
    "ec2:ModifyNetwork*",
    "ec2:ModifySec*",
    "ec2:ModifySub*",
    "ec2:ModifyVpc*",
    "ec2:ReplaceN*",
    "ec2:ReplaceRouteT*",
    "ec2:Revoke*",
    "iam:A*",
    "iam:Cr*",
    "iam:De*",
    "iam:Put*",
    "iam:Re*",
    "iam:Se*",
    "iam:T*",
    "iam:U*",
    "lambda:A*",
    "lambda:Cr*",
    "lambda:De*",
    "lambda:P*",
    "lambda:Re*",
    "lambda:Up*",
    "route53resolver:A*",
    "route53resolver:C*",
    "route53resolver:De*",
    "route53resolver:I*",
    "route53resolver:P*",
    "route53resolver:Up*",
    "signer:PutSigningProfile",
    "signer:SignPayload",
    "signer:StartSigningJob",
)
