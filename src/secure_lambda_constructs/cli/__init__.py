"""The command line: `secure-lambda`, with one module for each of its commands."""
