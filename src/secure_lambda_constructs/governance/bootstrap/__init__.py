"""The CDK's bootstrap, closed to everybody but the pipeline."""
