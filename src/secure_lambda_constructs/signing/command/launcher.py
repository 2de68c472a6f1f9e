"""The command that an asset manifest names to start the signing program.

It imports nothing of the program, so that a construct can read it quickly.
"""

__all__ = ["launch_command", "signing_arguments"]

_NAME = "secure-lambda-sign"
_REMEDY = "set the context key secure-lambda-constructs:python or the parameter python="

# Run by whatever interpreter the manifest names, so it must be valid even for Python 2. It holds
# no single quote, because the shell script below puts it between two.
#
# `python -c` looks for modules in the working directory first, where a boto3.py of the project
# would take over the signing. The option -P (Python 3.11) prevents that, but an older interpreter
# answers it with its usage text; -I would also shut out PYTHONPATH and `pip install --user`.
# Nothing but sys, which is built in, is imported before that entry is gone.
_PROGRAM = """\
import sys
if sys.path and sys.path[0] == "":
    del sys.path[0]
if sys.version_info < (3, 11):
    sys.exit("cannot sign: %s is Python %d.%d and 3.11 is the oldest that will do: REMEDY"
             % ((sys.executable,) + tuple(sys.version_info[:2])))
import gc
gc.disable()  # until there is work: what is loaded stays loaded
try:
    from secure_lambda_constructs.signing.command.main import main
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] != "secure_lambda_constructs":
        raise
    sys.exit("cannot sign: the package secure-lambda-constructs is not installed for %s: "
             "pip install it where the assets are published, or REMEDY" % sys.executable)
sys.exit(main())
""".replace("REMEDY", _REMEDY)

_SCRIPT = f"""\
python=$1
shift
if ! command -v "$python" >/dev/null 2>&1; then
    echo "cannot sign: there is no Python interpreter $python here: {_REMEDY}" >&2
    exit 127
fi
exec "$python" -c '{_PROGRAM}' "$@"
"""


def launch_command(python: str, arguments: list[str], *, windows: bool = False) -> list[str]:
    r"""Render the command that starts the signing program, for an asset manifest's `executable`.

    On POSIX systems a small shell script looks for the interpreter first, so that a missing one
    is a clear sentence (exit code 127) and not the `spawn ENOENT` of the CDK CLI. On Windows,
    which has no such shell, the interpreter is started directly. In both cases a missing package
    and too old a Python are a sentence too, and modules of the working directory are not imported.

    Args:
        python: The interpreter: a path, or a name that is looked for on `PATH`.
        arguments: The arguments of the signing program.
        windows: Whether the assets are published from Windows.

    Returns:
        The program and its arguments; it is to be run without a shell.

    Example:
        ```python
        import sys
        from secure_lambda_constructs.signing.command.launcher import launch_command

        executable = launch_command(sys.executable, ["--source", "asset.1a2b"])
        assert executable[0] == "/bin/sh"
        ```
    """
    if windows:
        return [python, "-c", _PROGRAM, *arguments]
    return ["/bin/sh", "-c", _SCRIPT, _NAME, python, *arguments]


def signing_arguments(executable: list[str]) -> list[str] | None:
    """Return the arguments of the signing program out of the command that starts it.

    Args:
        executable: The command of an asset manifest.

    Returns:
        The arguments, or `None` where the command is not one of `launch_command`'s.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.launcher import (
            launch_command,
            signing_arguments,
        )

        command = launch_command("python3", ["--source", "asset.1a2b"])
        assert signing_arguments(command) == ["--source", "asset.1a2b"]
        assert signing_arguments(["make", "zip"]) is None
        ```
    """
    if executable[3:4] == [_NAME]:
        return list(executable[5:])
    program = "".join(executable[2:3])
    if executable[1:2] == ["-c"] and "secure_lambda_constructs.signing.command" in program:
        return list(executable[3:])
    return None
