"""`python -m tertulia`."""

from __future__ import annotations

from .cli import main

main()
