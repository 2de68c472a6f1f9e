"""Environment variables that make a runtime load code which nobody signed.

Code signing covers the code, not the configuration. AWS itself documents some of these variables
as a way "to enable code to be pre-loaded" by configuration only:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
"""

from collections.abc import Collection, Mapping

from ..errors import InvalidInputError

__all__ = ["check_environment"]

# Each loads code, or runs a command, that its value names or contains.
_LOAD_CODE = {
    # every runtime: a script that is started instead of the runtime
    "AWS_LAMBDA_EXEC_WRAPPER",
    # the dynamic linker, and libraries that load modules by configuration
    *("GCONV_PATH", "LD_AUDIT", "LD_PRELOAD", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES"),
    # Node.js: `--import=data:text/javascript,...` needs no file at all
    "NODE_OPTIONS",
    # Python: another standard library or user site, byte code from another place, a module that
    # is imported to find a warning's category (`PYTHONWARNINGS=all:0:antigravity.x:0:0` imports
    # `antigravity`, which starts the command in `BROWSER`)
    *("BROWSER", "PYTHONBREAKPOINT", "PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX"),
    *("PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONWARNINGS"),
    # Java: agents
    *("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"),
    # .NET: hooks, profilers, further assemblies
    *("CORECLR_ENABLE_PROFILING", "CORECLR_PROFILER", "CORECLR_PROFILER_PATH"),
    *("CORECLR_PROFILER_PATH_32", "CORECLR_PROFILER_PATH_64", "CORECLR_PROFILER_PATH_ARM64"),
    *("DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE", "DOTNET_STARTUP_HOOKS"),
    # Ruby and Perl: `-r`, `-M`
    *("BUNDLE_GEMFILE", "PERL5DB", "PERL5OPT", "RUBYOPT"),
    # bash, which custom runtimes start with: a script, and a prompt that is expanded when traced
    *("BASH_ENV", "PS4", "SHELLOPTS"),
}

# The runtime of .NET reads its settings under both names, and those of the garbage collector can
# name a library to load in its place (`GCName`, `GCPath`):
# https://learn.microsoft.com/dotnet/core/runtime-config/garbage-collector#standalone-gc
_PREFIXES = ("COMPlus_", "DOTNET_GC")

# Each lists folders, or files, that code is loaded from. Inside these folders there is only signed
# code (the function's and its layers') and AWS's own; /tmp and /mnt are written to at run time.
_SEARCH_PATHS = {
    *("CLASSPATH", "GEM_HOME", "GEM_PATH", "LD_LIBRARY_PATH", "NODE_PATH", "PATH", "PERL5LIB"),
    *("PYTHONPATH", "RUBYLIB"),
    # AWS SDKs read these files, where `credential_process` is a command that they run:
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
    # moves `~/.aws/config`, and Python's user site (`~/.local/lib/python3.X/site-packages`)
    "HOME",
}
_READ_ONLY = ("/var/task", "/opt", "/var/runtime", "/var/lang", "/usr", "/lib", "/lib64", "/bin")


def check_environment(variables: Mapping[str, str], allowed: Collection[str]) -> None:
    """Refuse variables that make the runtime load unsigned code.

    Args:
        variables: Names and values. A value that is not known at synth is taken for unsafe.
        allowed: Names that the caller takes responsibility for.

    Raises:
        InvalidInputError: One of the variables is refused, or what was given is none.
    """
    # A string would allow each name that is a part of it.
    if isinstance(allowed, str):
        raise InvalidInputError(
            f"environment_variables_that_may_load_code is the string {allowed!r}; write a list: "
            f"['{allowed}']"
        )
    if not isinstance(variables, Mapping):
        raise InvalidInputError(
            f"environment is {variables!r}; write names and values: {{'TABLE_NAME': 'users'}}"
        )
    for name, value in variables.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidInputError(
                f"the environment variable {name!r} is {value!r}; names and values are strings: "
                f"write {{'{name}': '{value}'}}"
            )
        if name in allowed:
            continue
        if name in _LOAD_CODE or name.startswith(_PREFIXES):
            problem = "makes the runtime load code that nobody signed"
        elif name in _SEARCH_PATHS and not _is_read_only(value):
            problem = (
                f"is {value!r}: it makes the runtime look for code outside the function's own "
                "and its layers' folders (/var/task, /opt)"
            )
        else:
            continue
        raise InvalidInputError(
            f"the environment variable {name} {problem}; remove it, or write "
            f"environment_variables_that_may_load_code=['{name}'] if that is what you want"
        )


def _is_read_only(value: str) -> bool:
    """Whether each entry of a search path is a folder that nobody writes to at run time."""
    for entry in value.split(":"):
        parts = entry.split("/")
        # An empty entry means the working directory. A reference keeps its "$" or "${Token".
        if ".." in parts or "$" in entry:
            return False
        if not any(entry == folder or entry.startswith(f"{folder}/") for folder in _READ_ONLY):
            return False
    return True
