"""A folder of generated documents of all forms, and the changes that time brings.

python benchmarks/documents/corpus.py FOLDER FILES [SEED]      writes it, for a look at it
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from forms import FORMS
from prose import Writer

# Of a hundred files: what a folder of notes, papers and pages may hold.
_MIX = {"md": 25, "txt": 20, "html": 25, "docx": 12, "pdf": 12, "csv": 6}
_FOLDER_SIZE = 200


class Corpus:
    """The documents of a seed in a folder."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self._folder, self._seed = folder, seed
        self._writer = Writer(seed)

    def write(self, files: int) -> int:
        """Write the files that are not there yet; the bytes of all."""
        for number in range(files):
            if not self._path(number).exists():
                self._write(number)
        return sum(self._path(number).stat().st_size for number in range(files))

    def change(self, files: int, each: int) -> None:
        """Rewrite `each` files, remove as many and add as many; none is both."""
        changed, removed = self._touched(files, each)
        for number in changed:
            self._write(number, edition=1)
        for number in removed:
            self._path(number).unlink()
        for number in range(files, files + each):
            self._write(number)

    def restore(self, files: int, each: int) -> None:
        """Undo `change`."""
        changed, removed = self._touched(files, each)
        for number in [*changed, *removed]:
            self._write(number)
        for number in range(files, files + each):
            self._path(number).unlink()

    def _touched(self, files: int, each: int) -> tuple[list[int], list[int]]:
        touched = random.Random(f"changes {self._seed}").sample(range(files), 2 * each)
        return touched[:each], touched[each:]

    def topic(self, number: int) -> str:
        return self._writer.topic(number)

    def _write(self, number: int, edition: int = 0) -> None:
        path = self._path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FORMS[path.suffix[1:]](self._writer.text(number, edition)))
        # As if it had been there for long, and each edition at its own time.
        os.utime(path, ns=(0, (1_700_000_000 + number + 1_000_000 * edition) * 10**9))

    def _path(self, number: int) -> Path:
        form = random.Random(f"form {self._seed} {number}").choices(list(_MIX), list(_MIX.values()))[0]
        return self._folder / f"{number // _FOLDER_SIZE:03}" / f"document-{number:06}.{form}"


if __name__ == "__main__":
    print(Corpus(Path(sys.argv[1]), int(sys.argv[3]) if sys.argv[3:] else 1).write(int(sys.argv[2])), "bytes")
