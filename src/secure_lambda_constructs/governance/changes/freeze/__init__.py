"""The code of the function that freezes others: what it is asked to, and whether it will.

It runs in Lambda, so it uses the standard library and boto3 alone, and nothing of the library
outside of this folder.
"""
