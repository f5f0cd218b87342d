"""Loaded by the interpreter of a command under test: it dies by kill -9 at the write that the environment names.

TERTULIA_KILL_AT=7 dies before the checkpointer's seventh write, TERTULIA_KILL_AT=7+ right after it.
TERTULIA_KILL_LOG=FILE counts the writes instead: a byte each.
"""

import os
import signal

_at = os.environ.get("TERTULIA_KILL_AT", "")
_log_file = os.environ.get("TERTULIA_KILL_LOG", "")
_log = os.open(_log_file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600) if _log_file else 0


def _watch() -> None:
    from tertulia.graph.checkpoints import InterruptibleSaver

    made = 0

    def watched(method):
        async def write(*args, **kwargs):
            nonlocal made
            made += 1
            number = made
            if _at == str(number):
                os.kill(os.getpid(), signal.SIGKILL)
            result = await method(*args, **kwargs)
            if _at == f"{number}+":
                os.kill(os.getpid(), signal.SIGKILL)
            if _log:
                os.write(_log, b".")
            return result

        return write

    InterruptibleSaver.aput = watched(InterruptibleSaver.aput)
    InterruptibleSaver.aput_writes = watched(InterruptibleSaver.aput_writes)


if _at or _log:
    import importlib.abc
    import importlib.machinery
    import sys

    class _AfterImport(importlib.abc.MetaPathFinder):
        """Changes the checkpointer once the command has imported it: not before, or its imports would be others."""

        def find_spec(self, name, path, target=None):
            if name != "tertulia.graph.checkpoints":
                return None
            sys.meta_path.remove(self)
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                sys.modules[name] = module
                _watch()

            spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, _AfterImport())
