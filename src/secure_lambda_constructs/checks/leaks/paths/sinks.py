"""Services that send on what they are given, or have a program run with it."""

__all__ = ["RUNNING", "SINKS"]

# Services that send what they are given to mail, telephones, hosts or other accounts.
SINKS = {
    "appflow",
    "chime",
    "codebuild",
    "connect",
    "events",
    "execute-api",
    "firehose",
    "iot",
    "kinesis",
    "mobiletargeting",
    "mq",
    "pipes",
    "scheduler",
    "ses",
    "sms-voice",
    "sns",
    "social-messaging",
    "sqs",
    "states",
    "workmailmessageflow",
}

# What has a program run elsewhere, with what it is given.
RUNNING = (
    "amplify:StartDeployment",
    "appsync:GraphQL",
    "batch:SubmitJob",
    "bedrock-agentcore:InvokeAgentRuntime",
    "bedrock:InvokeAgent",
    "bedrock:InvokeFlow",
    "codepipeline:StartPipelineExecution",
    "cognito-idp:AdminCreateUser",
    "datasync:Start",
    "ecs:ExecuteCommand",
    "ecs:RunTask",
    "ecs:StartTask",
    "elasticmapreduce:AddJobFlowSteps",
    "emr-containers:StartJobRun",
    "emr-serverless:StartJobRun",
    "glue:CreateJob",
    "glue:StartJobRun",
    "imagebuilder:Start",
    "sagemaker:Create",
    "sagemaker:StartPipelineExecution",
    "ssm:SendCommand",
    "ssm:StartAutomationExecution",
    "ssm:StartSession",
)
