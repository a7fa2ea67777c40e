"""`wayback-policies COMMAND ...`: the same as `scrapy COMMAND ...`, from any folder, without an environment variable.

A settings module of the user's own is named in SCRAPY_SETTINGS_MODULE, and is looked for in the current folder too.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import scrapy.commands
from scrapy.cmdline import execute
from scrapy.utils.project import ENVVAR

import crawler.commands
from crawler.console.program import PROGRAM
from crawler.options.spelling import nearest
from crawler.run_stats import ExitStatus
from pipelines.errors import UsageError
from pipelines.untrusted import printable

SETTINGS = "crawler.settings"


def main() -> None:
    """Run the command of sys.argv, and exit with its status."""
    try:
        load_settings(os.environ.setdefault(ENVVAR, SETTINGS))
        check_command(sys.argv[1:])
    except UsageError as error:
        sys.stderr.write(f"{PROGRAM}: {printable(' '.join(str(error).split()))}\n")
        sys.exit(ExitStatus.BAD_USAGE)
    sys.argv[0] = PROGRAM  # `command_line` looks there
    execute(sys.argv)


def load_settings(name: str) -> None:
    """Import the settings module, from the current folder too. Raises UsageError if it can't be imported."""
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            remedy = f"run the command in its folder, or add that to PYTHONPATH; the project's own is {SETTINGS}"
            raise UsageError(f"{ENVVAR}={name}: no such module; {remedy}") from None
        raise UsageError(f"{ENVVAR}={name}: it imports {error.name}, and there is no such module") from None
    except SyntaxError as error:
        raise UsageError(f"{error.filename}:{error.lineno}: {error.msg}; mend this settings module") from None
    except Exception as error:  # noqa: BLE001 - whatever the user's own code raises
        raise UsageError(f"{ENVVAR}={name}: {type(error).__name__}: {error}; mend this settings module") from None


def check_command(arguments: list[str]) -> None:
    """Raise UsageError for a command that there is not. No command at all prints the list of them."""
    command = next((argument for argument in arguments if not argument.startswith("-")), None)
    packages = (crawler.commands, scrapy.commands)
    names = [module.name for package in packages for module in pkgutil.iter_modules(package.__path__)]
    if command is None or command in names:
        return
    near = nearest(command, names)
    hint = f"did you mean {near}?" if near else f"{PROGRAM} alone lists all; options stand after the command"
    raise UsageError(f"no command {command!r:.80}; {hint}")


if __name__ == "__main__":
    main()
