"""What stands under the help of a command: examples, and what they need to be understood."""

from __future__ import annotations

from typing import Final

TERTULIA: Final = """Examples:

\b
  tertulia demo
  tertulia report "Open data in Spain" --docs notes/ --yes
  tertulia report "Heat pumps in old houses" --model openai:gpt-5.4-mini
  tertulia resume k3fzx2bd

Flags can also be set in the environment (--analysts as TERTULIA_ANALYSTS, and so on), in tertulia.toml in the working
folder, and in your own settings.toml."""

REPORT: Final = """Examples:

\b
  tertulia report "Open data in Spain" --docs notes/ --docs law.pdf
  tertulia report "Datos abiertos en España" --source wikipedia --yes
  tertulia report "Heat pumps" --analysts 5 --turns 3 --model ollama:qwen3:8b
  tertulia report "Heat pumps" --feedback "someone who doubts" --yes --output - > heat-pumps.md"""

RESUME: Final = """Examples:

\b
  tertulia resume k3fzx2bd
  tertulia resume k3fzx2bd --feedback "more on training" --yes
  tertulia show k3fzx2bd --panel > panel.yaml   (change it, then)
  tertulia resume k3fzx2bd --panel panel.yaml
  tertulia resume k3fzx2bd --model openai:gpt-5.4-mini   (when the model was the wrong one)"""

VERIFY: Final = """Exit codes: 0 it passes, 1 it does not, 2 there is nothing to check.

Examples:

\b
  tertulia verify k3fzx2bd
  tertulia verify reports/open-data-in-spain-k3fzx2bd
  tertulia verify somebody-elses-report.md others/*.md --strict
  tertulia verify evidence.json --json"""
