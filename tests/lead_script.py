"""A small program that plays the support lead of a replay, and what it was asked."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """
import json, sys
answers, log = json.loads(sys.argv[1]), open(sys.argv[2], "a", encoding="utf-8")
for line in sys.stdin:
    log.write(line)
    log.flush()
    answer = answers.get(json.loads(line)["question"], "skip")
    if answer == "leave":
        break
    print(answer if answer == "What?" else json.dumps({"answer": answer}), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Lead:
    """The program as a command, and the file in which it keeps its questions."""

    command: str
    log: Path

    def asked(self) -> list[dict[str, object]]:
        """The questions so far."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


def a_lead(folder: Path, answers: Mapping[str, str]) -> Lead:
    """Gives this answer to each kind of question, else "skip"; "leave" ends it."""
    program, log = folder / "lead.py", folder / "asked.jsonl"
    program.write_text(_PROGRAM, encoding="utf-8")
    words = [sys.executable, "-I", "-S", str(program), json.dumps(answers), str(log)]
    return Lead(shlex.join(words), log)
