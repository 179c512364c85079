# SPDX-License-Identifier: MIT
"""The mutants of a C source: finds its conditions and comparisons with libclang, and writes a source
that holds all mutants, each with a switch (tests/mutate/mutant.h).

What becomes a mutant, in the bodies of functions:
  a condition of if, while, do, for and ?:, and every other comparison or logical expression,
  is true, or is false (a loop is not made endless);
  an operand of || is false, an operand of && is true, as if it were deleted;
  < becomes <= and back, > becomes >= and back.
An operand or condition is evaluated all the same, so that what it writes is still written.

Left out: expressions inside the arguments or the body of a macro, static initialisers, static
assertions, case labels, and comparisons of constants (sizeof(void *) == 8), which are the same in all runs of
a build.
"""
import os
import re

from clang.cindex import CursorKind, Index, TranslationUnit

OTHER_EDGE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
COMPARISONS = set(OTHER_EDGE) | {"==", "!="}
LOOPS = {CursorKind.WHILE_STMT, CursorKind.DO_STMT, CursorKind.FOR_STMT}
OPTIMIZER_WARNINGS = [b"maybe-uninitialized", b"array-bounds", b"stringop-overflow", b"stringop-overread",
                      b"nonnull", b"format-overflow", b"format-truncation"]
SKIPPED = {CursorKind.STATIC_ASSERT, CursorKind.CXX_UNARY_EXPR, CursorKind.ENUM_DECL}


class Mutant:
    """One change: `line` is for people; file, function and text identify it."""

    def __init__(self, number, line, function, text):
        self.number, self.line, self.function, self.text = number, line, function, text

    @property
    def identity(self):
        return f"{self.function}: {self.text}"


class MutatedSource:
    """A source with all its mutants: `mutants`, numbered from `first`, and `texts`, pairs of a
    file's name and what it then holds."""

    def __init__(self, path, arguments, first=1):
        with open(path, "rb") as file:
            self.source = file.read()
        self.mutants = []
        self.first = first
        self.function = None
        unit = Index.create().parse(
            path, arguments, options=TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD
        )
        errors = [str(d) for d in unit.diagnostics if d.severity >= 3]
        if errors:
            raise ValueError("\n".join(errors))
        own = [c for c in unit.cursor.get_children() if self.is_own(c, path)]
        self.macros = [
            span(c) for c in own if c.kind == CursorKind.MACRO_INSTANTIATION
        ]
        functions = [c for c in own if c.kind == CursorKind.FUNCTION_DECL and c.is_definition()]
        text = self.spliced(0, len(self.source), functions, self.function_text)
        self.texts = self.without_warnings(path, text)
        self.number_equal_texts()

    @staticmethod
    def without_warnings(path, text):
        """Mutants deserve many warnings. A header of the system has none, except those of the optimizer."""
        pragmas = [b"#pragma GCC system_header"]
        pragmas += [b'#pragma GCC diagnostic ignored "-W%s"' % name for name in OPTIMIZER_WARNINGS]
        text = b"\n".join([*pragmas, b'#include "mutant.h"', b"#line 1", text])
        if path.endswith(".h"):
            return [(path, text)]
        header = path + ".h"
        return [(path, b'#include "%s"\n' % os.path.basename(header).encode()), (header, text)]

    @staticmethod
    def is_own(cursor, path):
        return cursor.location.file is not None and cursor.location.file.name == path

    def number_equal_texts(self):
        """The same change of the same text, twice in a function: the later ones get a number."""
        seen = {}
        for mutant in self.mutants:
            count = seen[mutant.identity] = seen.get(mutant.identity, 0) + 1
            if count > 1:
                mutant.text += f" ({count})"

    # ---- rewriting -----------------------------------------------------------------------------

    def spliced(self, begin, end, cursors, rewrite):
        """The source from `begin` to `end`, with each cursor inside rewritten."""
        parts, at = [], begin
        for cursor in cursors:
            first, last = span(cursor)
            if first < at or last > end or first == last:
                continue
            parts += [self.source[at:first], rewrite(cursor)]
            at = last
        return b"".join(parts) + self.source[at:end]

    def function_text(self, cursor):
        self.function = cursor.spelling
        body = [c for c in cursor.get_children() if c.kind == CursorKind.COMPOUND_STMT]
        return self.spliced(*span(cursor), body, self.statement)

    def statement(self, cursor):
        """Any statement or expression: looks for what can be mutated inside it."""
        kind = cursor.kind
        if kind in SKIPPED or self.is_in_macro(cursor):
            return self.slice(cursor)
        if kind == CursorKind.VAR_DECL and "static" in first_words(self.slice(cursor)):
            return self.slice(cursor)
        if kind == CursorKind.BINARY_OPERATOR and self.is_boolean(cursor):
            return self.decision(cursor)
        if kind == CursorKind.CASE_STMT:
            return self.spliced(*span(cursor), list(cursor.get_children())[1:], self.statement)
        condition = self.condition_of(cursor)
        return self.spliced(
            *span(cursor),
            cursor.get_children(),
            lambda child: self.decision(child, kind in LOOPS)
            if condition is not None and child == condition
            else self.statement(child),
        )

    def decision(self, cursor, is_loop=False):
        """A whole condition, or a boolean expression anywhere else."""
        if self.is_in_macro(cursor) or self.is_constant(cursor):
            return self.slice(cursor)
        wrong = self.add(cursor, b"false")
        right = None if is_loop else self.add(cursor, b"true")
        return switched(self.boolean(cursor), wrong, right)

    def boolean(self, cursor):
        """An expression whose truth matters: its operands and comparisons are mutated."""
        operator = self.operator(cursor)
        if operator not in COMPARISONS | {"&&", "||"}:
            if cursor.kind in (CursorKind.PAREN_EXPR, CursorKind.UNEXPOSED_EXPR) or (
                cursor.kind == CursorKind.UNARY_OPERATOR and self.slice(cursor).startswith(b"!")
            ):
                return self.spliced(*span(cursor), cursor.get_children(), self.boolean)
            return self.statement(cursor)
        left, right = cursor.get_children()
        if operator in ("&&", "||"):
            return b"(%s %s %s)" % (
                self.operand(left, operator),
                operator.encode(),
                self.operand(right, operator),
            )
        first, second = self.statement(left), self.statement(right)
        unchanged = b"((%s) %s (%s))" % (first, operator.encode(), second)
        if operator not in OTHER_EDGE:
            return unchanged
        other = OTHER_EDGE[operator].encode()
        number = self.add(cursor, b"%s %s %s" % (self.slice(left), other, self.slice(right)))
        return b"(mutant_is(%d) ? ((%s) %s (%s)) : %s)" % (number, first, other, second, unchanged)

    def operand(self, cursor, operator):
        # In `a && b && c` the operand `a && b` is not mutated by itself.
        if self.operator(cursor) == operator or self.is_in_macro(cursor):
            return self.boolean(cursor)
        if self.is_constant(cursor):
            return self.slice(cursor)
        number = self.add(cursor, b"true" if operator == "&&" else b"false")
        text = self.boolean(cursor)
        return switched(text, *((None, number) if operator == "&&" else (number, None)))

    def add(self, cursor, replacement):
        number = self.first + len(self.mutants)
        text = f"{one_line(self.slice(cursor))} => {one_line(replacement)}"
        self.mutants.append(Mutant(number, cursor.extent.start.line, self.function, text))
        return number

    # ---- what a cursor is ----------------------------------------------------------------------

    def slice(self, cursor):
        first, last = span(cursor)
        return self.source[first:last]

    def is_in_macro(self, cursor):
        first, last = span(cursor)
        return any(begin <= first and last <= end for begin, end in self.macros)

    def is_constant(self, cursor):
        """A comparison without variables and calls. Names inside sizeof are not evaluated."""
        return self.operator(cursor) in COMPARISONS and self.has_no_names(cursor)

    def has_no_names(self, cursor):
        if cursor.kind == CursorKind.CXX_UNARY_EXPR:
            return True
        if cursor.kind in (CursorKind.DECL_REF_EXPR, CursorKind.CALL_EXPR):
            return False
        return all(self.has_no_names(child) for child in cursor.get_children())

    def is_boolean(self, cursor):
        return self.operator(cursor) in COMPARISONS | {"&&", "||"}

    def operator(self, cursor):
        """What is written between two operands; None for anything else."""
        if cursor.kind != CursorKind.BINARY_OPERATOR:
            return None
        left, right = cursor.get_children()
        between = self.source[span(left)[1] : span(right)[0]]
        return re.sub(rb"/\*.*?\*/", b"", between, flags=re.S).strip().decode()

    def condition_of(self, cursor):
        children = list(cursor.get_children())
        if cursor.kind in (CursorKind.IF_STMT, CursorKind.WHILE_STMT, CursorKind.CONDITIONAL_OPERATOR):
            return children[0]
        if cursor.kind == CursorKind.DO_STMT:
            return children[-1]
        if cursor.kind == CursorKind.FOR_STMT:
            first, second = self.semicolons(cursor)
            return next((c for c in children if first < span(c)[0] < second), None)
        return None

    @staticmethod
    def semicolons(cursor):
        """Where the two semicolons of `for (;;)` are."""
        depth, found = 0, []
        for token in cursor.get_tokens():
            depth += {"(": 1, ")": -1}.get(token.spelling, 0)
            if depth == 1 and token.spelling == ";":
                found.append(token.extent.start.offset)
                if len(found) == 2:
                    break
        return found


def span(cursor):
    return cursor.extent.start.offset, cursor.extent.end.offset


def one_line(source):
    return " ".join(source.decode().split())


def first_words(source):
    return source.decode().split("=")[0].split()


def switched(text, wrong, right):
    """An expression that is evaluated, and whose truth a mutant replaces."""
    if wrong:
        text = b"((%s) && !mutant_is(%d))" % (text, wrong)
    if right:
        text = b"((%s) || mutant_is(%d))" % (text, right)
    return text
