"""What a step of the request collection is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request: an operation of the API, what to put into its path and body, and what its answer must be.

    `bearer` names the variable whose token it carries, where that is not simply the new client's.
    """

    folder: str
    operation: str
    status: int
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()
    tests: Sequence[str] = ()
    name: str | None = None
    bearer: str = ""


def expects(name: str, assertion: str) -> str:
    return f"pm.test({json.dumps(name, ensure_ascii=False)}, () => {{ {assertion} }});"


def keep(variable: str, expression: str) -> str:
    return f'pm.collectionVariables.set("{variable}", {expression});'
