"""The audit: a live account against what was deployed to it, and against the rules of the library.

`secure-lambda audit` is its command line. It reads and changes nothing, and knows nothing of the
CDK.
"""
