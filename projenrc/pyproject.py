"""The distribution, the settings of the tools, and projen's tasks."""

from typing import Any

from projen.python import BuildSystem, ProjectAuthor, PyprojectTomlProject, PythonProject, Uv

__all__ = ["AUTHOR", "MODULE", "NAME", "VERSION", "build_system", "configure", "project"]

NAME = "secure-lambda-constructs"
MODULE = "secure_lambda_constructs"
VERSION = "0.1.0"
AUTHOR = "The secure-lambda-constructs authors"

_DESCRIPTION = (
    "AWS CDK constructs for Lambda functions that run only signed code in a closed network"
)

# The oldest aws-cdk-lib whose file assets, code signing and validation we rely on as tested; the
# lower bounds of constructs and jsii are its own.
_DEPENDENCIES = [
    "aws-cdk-lib>=2.257,<3",
    "boto3>=1.40,<2",
    "constructs>=10.5,<11",
    "jsii>=1.130,<2",
    "tqdm>=4.66,<5",
]

# To check templates that are YAML; the CDK's are JSON.
_EXTRAS = {"checks": ["PyYAML>=6,<7"]}

_CLASSIFIERS = [
    "Development Status :: 3 - Alpha",
    "Framework :: AWS CDK",
    "Framework :: AWS CDK :: 2",
    "Intended Audience :: Developers",
    "Intended Audience :: System Administrators",
    "Operating System :: OS Independent",
    "Programming Language :: Python :: 3",
    "Programming Language :: Python :: 3 :: Only",
    "Programming Language :: Python :: 3.11",
    "Programming Language :: Python :: 3.12",
    "Programming Language :: Python :: 3.13",
    "Topic :: Security",
    "Topic :: Software Development :: Libraries :: Python Modules",
    "Topic :: System :: Systems Administration",
    "Typing :: Typed",
]

_KEYWORDS = [
    "aws",
    "aws-cdk",
    "aws-lambda",
    "aws-signer",
    "cdk",
    "code-signing",
    "constructs",
    "data-exfiltration",
    "lambda",
    "security",
    "vpc",
]

_HATCH = {
    "build": {
        "targets": {
            # Metadata 2.5 is refused by the twine that publib pins, and its dry run does not
            # notice.
            "wheel": {"core-metadata-version": "2.4", "packages": [f"src/{MODULE}"]},
            "sdist": {
                "core-metadata-version": "2.4",
                "only-include": ["src", "CHANGELOG.md", "LICENSE", "README.md"],
            },
        }
    }
}

_RUFF = {
    "line-length": 100,
    "target-version": "py311",
    "src": [".", "src", "tools"],
    "extend-include": [".projenrc.py"],
    "lint": {
        "select": ["B", "D", "E", "F", "I", "PT", "RUF", "S", "SIM", "UP", "W"],
        # D105 and D107: a special method means what the language says, and the class's docstring
        # describes its arguments. S603 and S607 flag every start of a program.
        "ignore": ["D105", "D107", "S603", "S607"],
        "pydocstyle": {"convention": "google"},
        "per-file-ignores": {
            "benchmarks/**": ["S101"],
            "conftest.py": ["S101"],
            "projenrc/**": ["S101"],
            "tests/**": ["D", "S"],
            # S105 and S106: the credentials of the stand-in are known to everybody.
            "tools/**": ["S101", "S105", "S106"],
        },
    },
}

_MYPY = {
    "strict": True,
    "python_version": "3.11",
    "files": ["src", "tests", "examples", "tools", "benchmarks", "projenrc", "conftest.py"],
    "mypy_path": ["src", "tools", "benchmarks", "tools/local_aws/plugin"],
    # Test modules and examples may share a name: the path is part of it.
    "explicit_package_bases": True,
    "namespace_packages": True,
    "enable_error_code": ["ignore-without-code", "truthy-bool"],
    "overrides": [
        # Without types, and clients are made at run time anyway.
        {
            "module": ["boto3.*", "botocore.*", "parliament.*", "pg8000.*", "tqdm.*"],
            "ignore_missing_imports": True,
        },
        # Installed in the stand-in's own environment only, so that all of it is `Any` here.
        {
            "module": [
                "asn1crypto.*",
                "awslambdaric.*",
                "cryptography.*",
                "egress_relay.*",
                "localstack.*",
                "moto.*",
                "plux.*",
                "requests.*",
                "rolo.*",
                "twisted.*",
                "werkzeug.*",
            ],
            "ignore_missing_imports": True,
        },
        {
            "module": ["local_aws_plugin.*"],
            "disallow_subclassing_any": False,
            "disallow_untyped_decorators": False,
            "warn_return_any": False,
            "warn_unused_ignores": False,
        },
    ],
}

_PYTEST = {
    "minversion": "9.0",
    "testpaths": ["tests", "src", "docs", "README.md"],
    "pythonpath": ["tools"],
    "addopts": ["--import-mode=importlib", "--strict-config", "--strict-markers", "-ra"],
    "xfail_strict": True,
    "filterwarnings": ["error"],
    "markers": [
        "e2e: deploys to the local AWS stand-in with the real CDK CLI (seconds to minutes)",
        "long: a file that takes long without deploying, begun early",
        "local_aws: talks to the local AWS stand-in",
    ],
}

_COVERAGE = {
    "run": {"branch": True, "source_pkgs": [MODULE], "patch": ["subprocess"], "parallel": True},
    "report": {
        "show_missing": True,
        "skip_covered": True,
        "exclude_also": ["if TYPE_CHECKING:", "^\\s*\\.\\.\\.$"],
    },
}

# Patterns that projen's template for Python ignores, but that name ordinary folders of code.
_NOT_IGNORED = [
    "build/",
    "develop-eggs/",
    "downloads/",
    "eggs/",
    "env/",
    "instance/",
    "lib/",
    "lib64/",
    "parts/",
    "sdist/",
    "target/",
    "var/",
    "venv/",
    "wheels/",
    "*.log",
    "*.manifest",
    "*.spec",
]

_IGNORED = [
    ".checkov/",
    ".local-aws/",
    ".mypy_cache/",
    ".ruff_cache/",
    "signed-assets/",
    "/build/",
    "cdk.out/",
    "cdk.context.json",
    # It records the hosts of package registries; requirements/*.txt are the lock files.
    "uv.lock",
]

_GENERATED_BY_OTHERS = ["/package-lock.json", "/requirements/*.txt"]

# A task of the same name in the Makefile does the work; projen's own would use uv.lock, or
# publish from a developer's machine.
_TASKS = {
    "install": "make setup",
    "install:ci": "make setup",
    "test": "make test",
    "package": "make build",
}
_REMOVED_TASKS = ["publish", "publish:test", "clobber", "eject"]


def project() -> PyprojectTomlProject:
    """Return the ``[project]`` table."""
    return PyprojectTomlProject(
        name=NAME,
        version=VERSION,
        description=_DESCRIPTION,
        readme="README.md",
        requires_python=">=3.11",
        license="Apache-2.0",
        license_files=["LICENSE"],
        authors=[ProjectAuthor(name=AUTHOR)],
        keywords=_KEYWORDS,
        classifiers=_CLASSIFIERS,
        dependencies=_DEPENDENCIES,
        optional_dependencies=_EXTRAS,
        scripts={"secure-lambda": f"{MODULE}.cli.main:main"},
    )


def build_system() -> BuildSystem:
    """Return the ``[build-system]`` table."""
    return BuildSystem(requires=["hatchling>=1.27"], build_backend="hatchling.build")


def configure(project: PythonProject) -> None:
    """Add the settings of the tools, the ignored files and the tasks to `project`."""
    tables: dict[str, Any] = {
        "coverage": _COVERAGE,
        "hatch": _HATCH,
        "mypy": _MYPY,
        "pytest.ini_options": _PYTEST,
        "ruff": _RUFF,
    }
    uv = project.deps_manager
    assert isinstance(uv, Uv)
    for name, table in tables.items():
        uv.file.add_override(f"tool.{name}", table)
    # projen is pinned with the other development tools, in requirements/dev.in.
    uv.file.add_deletion_override("dependency-groups")

    project.gitignore.remove_patterns(*_NOT_IGNORED)
    for pattern in _IGNORED:
        project.gitignore.exclude(pattern)

    for pattern in _GENERATED_BY_OTHERS:
        project.gitattributes.add_attributes(pattern, "linguist-generated")

    for name in _REMOVED_TASKS:
        project.remove_task(name)
    for name, command in _TASKS.items():
        task = project.tasks.try_find(name)
        assert task is not None
        task.reset(command)
