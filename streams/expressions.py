"""Expressions of the settings, in CEL: checked and compiled once, evaluated on what they name, and on nothing else.

The law of an expression:

1. It is CEL (https://cel.dev) without loops, regular expressions and floats: numbers are whole, so money is exact and every evaluation is
   linear in the expression's length. An overflow or a division by 0 is a fault, not a number.
2. What it may name: the variables of `streams.variables`, and the calls `money(50000.5)` (a constant amount, in ten-thousandths),
   `share(part, whole)` (in millionths, rounded down), `size`, `contains`, `startsWith`, `endsWith`. All else is refused when it is
   compiled.
3. It has no side effects, and no clock: the same customer and movement give the same answer.
4. What cannot be evaluated is a fault with a name. Where a variable is not known, or a share is of nothing, the answer is None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise, product
from typing import Final, Literal

from schemas.settings import SettingsError
from streams.situation import Situation
from streams.variables import Value, Variable

LONGEST: Final = 2_000
"""Characters."""

_CALLS: Final = frozenset({"money", "share", "size"})
_METHODS: Final = frozenset({"contains", "startsWith", "endsWith", "size"})
_WORDS: Final = frozenset({"true", "false", "in"})
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)|(?P<text>"(?:[^"\\\n]|\\["'\\])*"|'(?:[^'\\\n]|\\["'\\])*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:()\[\],.])""",
    re.ASCII,
)
_FIRST, _LAST = -(1 << 63), (1 << 63) - 1


class Fault(StrEnum):
    """Why an expression could not be evaluated; also a metric label."""

    OVERFLOW = "overflow"
    """A number left 64 bits."""
    DIVISION_BY_ZERO = "division_by_zero"
    WRONG_TYPE = "wrong_type"
    """Two things that do not go together, or an answer of the wrong kind."""
    FAILED = "failed"
    """Anything else."""


class Expression:
    """One compiled expression, whose answer is yes or no, or a number."""

    def __init__(self, text: str, answer: Literal["yes/no", "number"], known: Mapping[str, Variable]) -> None:
        """Check and compile.

        Args:
            text: as the settings have it.
            answer: what it must give.
            known: what it may name.

        Raises:
            SettingsError: it is none, or names what does not exist; the error lists what does.
        """
        import cel  # it brings a command line of its own, which only those who use expressions should wait for

        if len(text) > LONGEST:
            raise SettingsError(f"is longer than {LONGEST} characters")
        try:
            cel.compile(text)
        except ValueError as error:
            raise SettingsError(_syntax(str(error))) from None
        self.text = text
        self._type = bool if answer == "yes/no" else int
        plain, names = _checked(text, known)
        self.variables = {name: known[name] for name in names}
        self._read = [(name.replace(".", "_"), variable.read) for name, variable in self.variables.items()]
        self._context = cel.Context({}, {"share": self._share}) if re.search(r"\bshare\b", plain) else None
        self._program = cel.compile(plain)
        assert {name.replace(".", "_") for name in names} >= set(self._program.variables())
        self._of_nothing = False
        self._fault: Fault | None = None
        self._try(answer)

    def evaluate(self, situation: Situation) -> int | bool | Fault | None:
        """The answer; None where something that it names is not known; a fault, which is the expression's own."""
        values = {name: read(situation) for name, read in self._read}
        return None if None in values.values() else self._evaluate(values)

    def _evaluate(self, values: dict[str, Value]) -> int | bool | Fault | None:
        self._of_nothing, self._fault = False, None
        try:
            if self._context is None:
                answer: object = self._program.execute(values)
            else:
                self._context.update(values)
                answer = self._program.execute(self._context)
        except OverflowError:
            return Fault.OVERFLOW
        except ZeroDivisionError:
            return Fault.DIVISION_BY_ZERO
        except TypeError:
            return Fault.WRONG_TYPE
        except Exception:  # noqa: BLE001 - whatever it is, it is the expression's, and the next movement is to be decided
            return Fault.FAILED
        if self._fault is not None:
            return self._fault
        if self._of_nothing:
            return None
        return answer if type(answer) is self._type else Fault.WRONG_TYPE

    def _share(self, part: object = None, whole: object = None, *others: object) -> int:
        # It must not raise, nor give a number beyond 64 bits: what it says would reach the other side as a float or as text.
        if type(part) is not int or type(whole) is not int or others:
            self._fault = Fault.WRONG_TYPE
        elif whole <= 0:
            self._of_nothing = True
        elif _FIRST <= (found := part * 1_000_000 // whole) <= _LAST:
            return found
        else:
            self._fault = Fault.OVERFLOW
        return 0

    def _try(self, answer: str) -> None:
        """Evaluate it on a few made-up values: what does not go together mostly shows."""
        tries: dict[str, tuple[Value, Value]] = {"text": ("", "x"), "yes/no": (False, True)}
        for texts, flags, numbers in product((0, 1), (0, 1), (0, 1)):
            values: dict[str, Value] = {}
            for name, variable in self.variables.items():
                which = texts if variable.type == "text" else flags if variable.type == "yes/no" else numbers
                values[name.replace(".", "_")] = tries.get(variable.type, (1, 10**12))[which]
            if self._evaluate(values) in (Fault.WRONG_TYPE, Fault.FAILED):
                raise SettingsError(
                    f"does not give {'yes or no' if answer == 'yes/no' else 'a whole number'}, or compares two different kinds of things"
                )


def _checked(text: str, known: Mapping[str, Variable]) -> tuple[str, list[str]]:
    """The expression with its variables in one word and its amounts as numbers, and the variables that it names."""
    tokens = _tokens(text)
    plain, names = [token for _, token in tokens], []
    words = [place for place, (kind, _) in enumerate(tokens) if kind != "space"]
    at = {place: number for number, place in enumerate(words)}

    def near(place: int, step: int) -> str:
        number = at[place] + step
        return tokens[words[number]][1] if 0 <= number < len(words) else ""

    for place in words:
        kind, token = tokens[place]
        if kind == "number" and "." in token and not (near(place, -1) == "(" and near(place, -2) == "money"):
            raise SettingsError(f"{token}: numbers are whole: write money({token}) for an amount, and a share in millionths")
        if kind != "name" or token in _WORDS:
            continue
        if near(place, 1) == "(":
            if token not in (_METHODS if near(place, -1) == "." else _CALLS):
                raise SettingsError(f"there is no call {token}(...); the calls are {', '.join(sorted(_CALLS | _METHODS))}")
            if token == "money":  # noqa: S105 - a token of the language
                _fold(tokens, plain, words[at[place] : at[place] + 4])
            continue
        name = f"{token}.{near(place, 2)}" if near(place, 1) == "." else token
        if near(place, -1) == ".":
            before = f"{near(place, -2)}.{token}"
            if before not in known:
                raise SettingsError(_no_variable(before, known))
        elif name not in known or [word for _, word in tokens[place : place + 3]] != [token, ".", near(place, 2)]:
            raise SettingsError(_no_variable(name, known))
        else:
            plain[place + 1] = "_"
            names.append(name)
            _check_values(name, known[name], [tokens[word] for word in words[at[place] + 3 :]])
    return "".join(plain), list(dict.fromkeys(names))


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise SettingsError(
                f"{text[place : place + 10]!r} at character {place + 1}: not a part of the language that expressions may use"
            )
        found.append((match.lastgroup or "", match.group()))
        place = match.end()
    for (kind, token), (other, following) in pairwise(found):
        if {kind, other} <= {"text", "number", "name"} or (token == "." and other != "name") or token == following == "/":  # noqa: S105 - see above
            raise SettingsError(f"{token + following!r}: not a part of the language that expressions may use")
    return found


def _fold(tokens: list[tuple[str, str]], plain: list[str], call: list[int]) -> None:
    """Put the ten-thousandths in the place of `money(...)`."""
    kinds = [tokens[place] for place in call]
    if [kinds[1][1], kinds[-1][1], len(kinds)] != ["(", ")", 4] or kinds[2][0] != "number":
        raise SettingsError("money(...) is of a plain number, such as money(50000) or money(0.05)")
    units = Decimal(kinds[2][1]).scaleb(4)
    if units != int(units) or units > _LAST:
        raise SettingsError(f"money({kinds[2][1]}): an amount has at most 14 digits and 4 decimals")
    for place in range(call[0], call[-1] + 1):
        plain[place] = ""
    plain[call[0]] = str(int(units))


def _check_values(name: str, variable: Variable, after: list[tuple[str, str]]) -> None:
    """Hold the texts that a variable is compared with against those that it can be."""
    sign = after[0][1] if after else ""
    compared = after[1:2] if sign in ("==", "!=") else []
    if sign == "in" and after[1:2] == [("sign", "[")]:
        closed = next((place for place, token in enumerate(after) if token == ("sign", "]")), len(after))
        compared = after[2:closed]
    for kind, token in compared:
        if (kind == "text" and variable.type != "text") or (kind == "number" and variable.type in ("text", "yes/no")):
            raise SettingsError(f"{name} and {token} are two different kinds of things: it is a {variable.type}")
        if kind == "text" and variable.values and token[1:-1] not in variable.values:
            raise SettingsError(f"{name} is never {token}; it is one of {', '.join(sorted(variable.values))}")


def _no_variable(name: str, known: Mapping[str, Variable]) -> str:
    return f"there is no variable {name}; there are {', '.join(sorted(known))}"


def _syntax(message: str) -> str:
    """Where and what, from the parser's picture."""
    found = re.search(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)", message)
    return f"line {found[1]}, character {found[2]}: {found[3]}" if found else message.split("\n")[0][-200:]
