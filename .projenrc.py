"""Generates the files of this project: run ``projen`` (or ``make generate``) after a change here.

What the files hold is in ``projenrc/``: `projenrc.pyproject` (the distribution and the settings
of the tools) and `projenrc.workflows` (GitHub). The dependencies of a developer are not here but
in ``requirements/``, where each is pinned by hash.
"""

from projen.github import GitHubOptions
from projen.python import ProjenrcOptions, PythonProject, UvOptions

from projenrc import pyproject, workflows

project = PythonProject(
    name=pyproject.NAME,
    module_name=pyproject.MODULE,
    version=pyproject.VERSION,
    author_name=pyproject.AUTHOR,
    author_email="",
    uv=True,
    uv_options=UvOptions(project=pyproject.project(), build_system=pyproject.build_system()),
    projenrc_python_options=ProjenrcOptions(python_exec="python"),
    pytest=False,
    sample=False,
    github_options=GitHubOptions(
        mergify=False, pull_request_lint=False, workflows=True, dependency_review=False
    ),
)

pyproject.configure(project)
workflows.configure(project)

project.synth()
