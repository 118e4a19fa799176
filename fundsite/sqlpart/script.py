r"""SQL files as psql reads them: statements, `\i`, `\ir` and `\echo`, each with the file and line it stands on.

Where a statement ends follows psql's own scanner: a semicolon ends it unless it stands in quotes (of any of the four
kinds), in a comment (nested /* … */ too), in parentheses, or in the body of a BEGIN ATOMIC function. A last statement
without a semicolon counts. Strings are taken as `standard_conforming_strings = on` takes them, PostgreSQL's default.
Variables (`:name`) are not replaced: psql leaves those alone that nobody has set, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class ScriptError(DomainError):
    """A file that cannot be run. Nothing of it, nor of the others, has been sent to the database."""

    code = "sql_script"


class Unreadable(ScriptError):
    code = "sql_unreadable"
    message = _("%(where)s: no se puede leer %(file)s (%(reason)s).")


class NotText(ScriptError):
    code = "sql_not_text"
    message = _("%(where)s: el archivo no es texto UTF-8 (byte %(position)s).")


class Unterminated(ScriptError):
    code = "sql_unterminated"
    message = _("%(where)s: lo que empieza aquí con %(opening)s no se cierra antes del fin del archivo.")


class UnknownCommand(ScriptError):
    code = "sql_unknown_command"
    message = _("%(where)s: la orden %(command)s de psql no se admite aquí; se admiten \\i, \\ir y \\echo.")


class WithoutFile(ScriptError):
    code = "sql_without_file"
    message = _("%(where)s: a %(command)s le falta el nombre del archivo.")


class Circular(ScriptError):
    code = "sql_circular"
    message = _("%(where)s: %(file)s se incluye a sí mismo.")


@dataclass(frozen=True)
class Statement:
    """One statement, from its first word to before its semicolon; `line` is where it begins, counted from 1.

    `words` are its words outside quotes and comments, in small letters.
    """

    text: str
    path: Path
    line: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Echo:
    """What `\\echo` says, with the end of the line unless it was `\\echo -n`."""

    text: str


Step = Statement | Echo

END = ";"
_LETTER = r"A-Za-z_\x80-\U0010ffff"
_TOKEN = re.compile(
    rf"""
      (?P<space>     [ \t\n\r\f\v]++ )
    | (?P<comment>   --[^\r\n]* )
    | (?P<block>     /\* )
    | (?P<string>    [eE]'(?:[^'\\]|\\.|'')*+'(?:[ \t\f\v\r]*+\n[ \t\n\r\f\v]*+'(?:[^'\\]|\\.|'')*+')*+
                   | '[^']*+' | "[^"]*+" )
    | (?P<open>      [eE]?' | " )
    | (?P<word>      [{_LETTER}][{_LETTER}0-9$]*+ )
    | (?P<number>    \$?[0-9]++ )
    | (?P<dollar>    \$(?:[{_LETTER}][{_LETTER}0-9]*+)?\$ )
    | (?P<backslash> \\ )
    | (?P<opening>   [(] )
    | (?P<closing>   [)] )
    | (?P<other>     . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMAND = re.compile(r"\\([^\s\\]*)")
_END_OF_COMMAND = re.compile(r"[ \t\r]*(?:\\\\|\n|\Z)")
_BLOCK_EDGE = re.compile(r"/\*|\*/")
# Double quotes stay, as psql keeps them here.
_ARGUMENT = re.compile(
    r"""(?P<space>[ \t]*)(?:'(?P<quoted>(?:[^'\\\n]|\\.|'')*)'|(?P<double>"[^"\n]*")|(?P<bare>[^\s'"\\`]+))"""
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def read(path: Path, *, shown_as: Path | None = None) -> list[Step]:
    r"""Everything that `path` and the files it includes have to do, in order. Raises `ScriptError`.

    `\i` is relative to the working directory, `\ir` to the file that says it.
    """
    shown = shown_as or path
    return list(_Reader(_contents(path, shown, "run_sql"), shown, path, (path.resolve(),)).steps())


def _contents(path: Path, shown: Path, where: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(where=where, file=shown, reason=error.strerror or error) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotText(where=shown, position=error.start) from None
    if "\0" in text:
        raise NotText(where=shown, position=raw.index(b"\0"))
    return text


@dataclass
class _Reader:
    """One file: its text, what messages call it, where it is, and the files that led to it."""

    text: str
    path: Path
    source: Path
    chain: tuple[Path, ...]
    position: int = 0
    line: int = 1

    def steps(self) -> Iterator[Step]:
        pending = _Pending()
        while found := _TOKEN.match(self.text, self.position):
            kind, token, start = found.lastgroup or "", found.group(), self.position
            if kind == "backslash":
                # In the middle of a statement as well: what is included comes before it, as in psql.
                line = self.line
                yield from self._meta_command()
                if pending.start is not None:
                    pending.said.append(self.text[pending.start : start] + "\n" * (self.line - line))
                    pending.start = self.position
                continue
            if kind == "open":
                raise Unterminated(where=self._where(), opening=token)
            end = self._end_of_quote(token) if kind in ("block", "dollar") else found.end()
            if token == END and pending.may_end():
                yield from self._finished(pending, start)
                pending = _Pending()
            elif kind not in ("space", "comment", "block"):
                pending.note(kind, token, start, self.line)
            self._advance(end)
        yield from self._finished(pending, self.position)

    def _finished(self, pending: _Pending, end: int) -> Iterator[Statement]:
        if pending.start is not None:
            text = "".join([*pending.said, self.text[pending.start : end]])
            yield Statement(text.rstrip(), self.path, pending.line, tuple(pending.words))

    def _where(self) -> str:
        return f"{self.path}:{self.line}"

    def _advance(self, end: int) -> None:
        self.line += self.text.count("\n", self.position, end)
        self.position = end

    def _end_of_quote(self, opening: str) -> int:
        """Where the dollar quote or the comment that begins here ends; comments nest."""
        position = self.position + len(opening)
        if opening != "/*":
            end = self.text.find(opening, position)
            if end < 0:
                raise Unterminated(where=self._where(), opening=opening)
            return end + len(opening)
        depth = 1
        while depth:
            edge = _BLOCK_EDGE.search(self.text, position)
            if edge is None:
                raise Unterminated(where=self._where(), opening=opening)
            depth += 1 if edge.group() == "/*" else -1
            position = edge.end()
        return position

    # --- \i, \ir, \echo -----------------------------------------------------------------------------------------------

    def _meta_command(self) -> Iterator[Step]:
        where = self._where()
        found = _COMMAND.match(self.text, self.position)
        name = found[1] if found else ""
        if not found or name not in ("i", "include", "ir", "include_relative", "echo"):
            raise UnknownCommand(where=where, command=f"\\{name}")
        self._advance(found.end())
        arguments = self._arguments(f"\\{name}")
        if name == "echo":
            unended = arguments[:1] == ["-n"]
            yield Echo(" ".join(arguments[unended:]) + ("" if unended else "\n"))
        elif file := arguments[0].rstrip(";") if arguments else "":
            yield from self._included(file, where, relative=name in ("ir", "include_relative"))
        else:
            raise WithoutFile(where=where, command=f"\\{name}")

    def _arguments(self, command: str) -> list[str]:
        """What stands behind the command on its line, or before a `\\\\`."""
        where = self._where()
        arguments: list[str] = []
        while found := _ARGUMENT.match(self.text, self.position):
            if arguments and not found["space"]:  # 'a'b is one argument
                arguments[-1] += _unquoted(found)
            else:
                arguments.append(_unquoted(found))
            self._advance(found.end())
        rest = _END_OF_COMMAND.match(self.text, self.position)
        if rest is None:  # a quote that does not close on this line, `a program to run`, another command
            left = self.text[self.position :].splitlines()[0].strip()
            raise UnknownCommand(where=where, command=f"{command} … {left}")
        self._advance(rest.end())
        return arguments

    def _included(self, name: str, where: str, *, relative: bool) -> Iterator[Step]:
        file = Path(name).expanduser()
        source = self.source.parent / file if relative else file
        shown = self.path.parent / file if relative else file
        if source.resolve() in self.chain:
            raise Circular(where=where, file=shown)
        text = _contents(source, shown, where)
        yield from _Reader(text, shown, source, (*self.chain, source.resolve())).steps()


def _unquoted(found: re.Match[str]) -> str:
    if (quoted := found["quoted"]) is not None:
        return re.sub(r"''|\\(.)", lambda one: _ESCAPES.get(one[1], one[1]) if one[1] else "'", quoted)
    return found["double"] or found["bare"]


@dataclass
class _Pending:
    """The statement being read: what it said before a `\\i` in its middle, and where the rest of it begins."""

    said: list[str] = field(default_factory=list)
    start: int | None = None
    line: int = 0
    parentheses: int = 0
    bodies: int = 0
    words: list[str] = field(default_factory=list)

    def note(self, kind: str, token: str, start: int, line: int) -> None:
        if self.start is None:
            self.start, self.line = start, line
        if kind == "word":
            self.words.append(token.lower())
            self._note_body(token.lower())
        elif kind in ("opening", "closing"):
            self.parentheses = max(0, self.parentheses + (1 if kind == "opening" else -1))

    def _note_body(self, word: str) -> None:
        """CREATE FUNCTION … BEGIN ATOMIC … END: the semicolons within belong to it. By psql's own rule."""
        head = [one for one in self.words[:4] if one not in ("or", "replace")]
        if head[:1] != ["create"] or head[1:2] not in (["function"], ["procedure"]):
            return
        if word == "begin" or (word == "case" and self.bodies):
            self.bodies += 1
        elif word == "end" and self.bodies:
            self.bodies -= 1

    def may_end(self) -> bool:
        return self.parentheses == 0 and self.bodies == 0
