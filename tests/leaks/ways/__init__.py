"""Ways to open each leak path, and the same thing done right, each in an app of its own.

The holes of `holes` are edits of templates that this library's constructs made. These apps never
used them: one set is written with the CDK's L2 constructs, one with its L1, one as templates.
"""
