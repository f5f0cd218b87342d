"""Loaded by the interpreter of a command under test: it dies by kill -9 where the environment says.

TERTULIA_KILL_AT=7 dies before the checkpointer's seventh write, TERTULIA_KILL_AT=7+ right after it.
TERTULIA_KILL_AFTER="save_reply 0.02" dies 0.02 s after that method of the runs table was first called.
TERTULIA_KILL_LOG=FILE counts the writes instead: a byte each.
"""

import os
import signal

_at = os.environ.get("TERTULIA_KILL_AT", "")
_after, _, _seconds = os.environ.get("TERTULIA_KILL_AFTER", "").partition(" ")
_log_file = os.environ.get("TERTULIA_KILL_LOG", "")
_log = os.open(_log_file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600) if _log_file else 0


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch_writes() -> None:
    from tertulia.graph.checkpoints import InterruptibleSaver

    made = 0

    def watched(method):
        async def write(*args, **kwargs):
            nonlocal made
            made += 1
            number = made
            if _at == str(number):
                _die()
            result = await method(*args, **kwargs)
            if _at == f"{number}+":
                _die()
            if _log:
                os.write(_log, b".")
            return result

        return write

    InterruptibleSaver.aput = watched(InterruptibleSaver.aput)
    InterruptibleSaver.aput_writes = watched(InterruptibleSaver.aput_writes)


def _watch_runs() -> None:
    import threading

    from tertulia.storage.runs import Runs

    method = getattr(Runs, _after)

    def watched(*args, **kwargs):
        setattr(Runs, _after, method)
        result = method(*args, **kwargs)
        if float(_seconds):
            timer = threading.Timer(float(_seconds), _die)
            timer.daemon = True
            timer.start()
        else:
            _die()
        return result

    setattr(Runs, _after, watched)


_watches = {}
if _at or _log:
    _watches["tertulia.graph.checkpoints"] = _watch_writes
if _after:
    _watches["tertulia.storage.runs"] = _watch_runs

if _watches:
    import importlib.abc
    import importlib.machinery
    import sys

    class _AfterImport(importlib.abc.MetaPathFinder):
        """Changes a module once the command has imported it: not before, or its imports would be others."""

        def find_spec(self, name, path, target=None):
            watch = _watches.pop(name, None)
            if watch is None:
                return None
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                sys.modules[name] = module
                watch()

            spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, _AfterImport())
