"""Run chosen tests once for each small fault of a module, each in a forked child: `pytest -p tests.mutation.plugin`.

The tests are collected and their session is set up once. A child takes the fault in, runs the tests until one fails
and is forgotten; one that runs to the end without a failure has survived.
"""

import importlib
import inspect
import os
import signal
import sys
import time
from types import FunctionType, ModuleType
from typing import Any

import pytest
from django.db import connections

from tests.mutation.mutants import Mutant, code_of, mutants_of

SURVIVED, KILLED = 0, 7
PATIENCE_S = 60


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutate", default="", help="the module whose faults the tests are to find")
    parser.addoption("--only", default="", help="functions of it, separated by commas")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    name = session.config.getoption("--mutate")
    if not name:
        return None
    module = importlib.import_module(name)
    only = [word for word in session.config.getoption("--only").split(",") if word]
    if not passes(session):
        raise session.Failed("The tests fail without any fault.")
    mutants = [item for item in mutants_of(inspect.getsource(module)) if not only or item.function in only]
    survivors = hunted(session, module, mutants)
    told = f"{name}: {len(mutants)} mutants, {len(mutants) - len(survivors)} killed, {len(survivors)} survived"
    sys.stdout.write("\n".join(["", told, *(f"  {mutant.words}" for mutant in survivors), ""]))
    session.testsfailed = 0
    return True


def passes(session: pytest.Session) -> bool:
    """Run all tests, keeping what is set up for the session; tell whether they passed."""
    before = session.testsfailed
    items = session.items
    for item, following in zip(items, [*items[1:], items[0]], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed > before:
            return False
    return True


def hunted(session: pytest.Session, module: ModuleType, mutants: list[Mutant]) -> list[Mutant]:
    """Return the faults no test found; as many children at once as there are cores."""
    waiting, running, survivors = list(mutants), {}, []
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            mutant = waiting.pop(0)
            running[born(session, module, mutant)] = (mutant, time.monotonic())
        for pid, (mutant, began) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done and time.monotonic() - began > PATIENCE_S:
                os.kill(pid, signal.SIGKILL)  # an endless loop is found too
            elif done:
                del running[pid]
                if os.waitstatus_to_exitcode(status) == SURVIVED:
                    survivors.append(mutant)
        time.sleep(0.01)
    return sorted(survivors, key=lambda mutant: mutant.line)


def born(session: pytest.Session, module: ModuleType, mutant: Mutant) -> int:
    for connection in connections.all(initialized_only=True):
        connection.close()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = KILLED
    try:
        be_quiet(session)
        take_in(module, mutant)
        code = SURVIVED if passes(session) else KILLED
    finally:
        os._exit(code)


def be_quiet(session: pytest.Session) -> None:
    """Let a child say nothing; what it finds is its exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        session.config.pluginmanager.unregister(reporter)


def take_in(module: ModuleType, mutant: Mutant) -> None:
    """Put a fault into the module as it is loaded: into its function, or into everybody's constant."""
    if mutant.function:
        function_of(module, mutant.function).__code__ = code_of(mutant, str(module.__file__))
        return
    fresh: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(mutant.tree, str(module.__file__), "exec"), fresh)
    changed = {
        name: value for name, value in fresh.items() if name.isupper() and value != getattr(module, name, value)
    }
    for place in list(sys.modules.values()):
        for name, value in changed.items():
            if getattr(place, name, None) is getattr(module, name) and place is not module:
                setattr(place, name, value)
    for name, value in changed.items():
        setattr(module, name, value)


def function_of(module: ModuleType, name: str) -> FunctionType:
    found: Any = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    found = found.fget if isinstance(found, property) else found
    found = getattr(found, "__func__", found)
    return inspect.unwrap(found)
