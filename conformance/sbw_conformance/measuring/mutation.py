"""Mechanical mutants: small changes of a Python source that nobody chose.

An operator is a function from a syntax node to edits; the table OPERATORS is all that there is.
Texts of mutants are those of the source but for the one edit. Neither mutmut nor cosmic-ray serves:
both run a test command over files that they rewrite in place, neither drops statements, and what
`sbw selftest` needs has to come with the distribution.
"""

import ast
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

SKIPPED = frozenset({"annotation", "returns", "decorator_list", "type_params"})
"""Fields of nodes in which nothing happens while a request is answered."""

COMPARISONS: Mapping[type[ast.cmpop], tuple[str, ...]] = {
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
ARITHMETIC: Mapping[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.FloorDiv: "*",
    ast.Mod: "//",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
DROPPABLE = (ast.Expr, ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)
PROSE = re.compile(r"[a-z]+,? [a-z]+,? [a-z]+")
AS_IT_IS = "\0"
"""Stands in an edit for the text that it replaces."""

Located = ast.expr | ast.stmt | ast.keyword
Edit = tuple[Located, Located, str]
"""The first and the last node of what is replaced, and by what."""


@dataclass(frozen=True)
class Mutant:
    """One edit of one module: bytes `start` to `end` of its source become `after`.

    `within` names the function or class around it that stands in no other. `line` is the source
    line where it begins, without indentation, `row` its number; `times` counts the same edit of
    the same line text before it in the module.
    """

    module: str
    within: str
    operator: str
    row: int
    line: str
    before: str
    after: str
    start: int
    end: int
    times: int = 0

    @property
    def change(self) -> str:
        """What becomes what, white space made one."""
        return " ".join(f"{self.before} -> {self.after or 'nothing'}".split())

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What finds it again after edits elsewhere in the module."""
        return self.module, self.line, self.change, self.times

    def text(self, source: str) -> str:
        """The source of the module with the edit."""
        data = source.encode()
        return (data[: self.start] + self.after.encode() + data[self.end :]).decode()


def mutants_of(module: str, source: str) -> tuple[Mutant, ...]:
    """All edits of a module, in the order of their places; some may be no program, or the same."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = source.encode()
    found: dict[tuple[int, int, str], Mutant] = {}
    for within, operator, (first, last, text) in _edits(ast.parse(source)):
        row, start = first.lineno, starts[first.lineno - 1] + first.col_offset
        end = starts[(last.end_lineno or 0) - 1] + (last.end_col_offset or 0)
        before = data[start:end].decode()
        after, line = text.replace(AS_IT_IS, before), lines[row - 1].strip()
        made = Mutant(module, within, operator, row, line, before, after, start, end)
        found.setdefault((start, end, after), made)
    return tuple(_counted(found[place] for place in sorted(found)))


def _edits(tree: ast.Module) -> Iterator[tuple[str, str, Edit]]:
    """Yield each edit with the name of what it stands in, and its operator."""
    for part in tree.body:
        for node in () if _remark(part) else _nodes(part):
            for operator, edits in OPERATORS.items():
                for edit in edits(node):
                    yield getattr(part, "name", ""), operator, edit


def sample(
    sources: Mapping[str, str], count: int, seed: int, excluded: Container[str] = ()
) -> tuple[Mutant, ...]:
    """As many mutants as asked for of modules, from each in proportion to its lines with any.

    What `excluded` names, as `module:function`, is left out.
    Within a module each operator has its turn, and a digest of seed and mutant decides, so that
    edits elsewhere draw no others.
    """
    every = {
        module: [m for m in mutants_of(module, source) if f"{module}:{m.within}" not in excluded]
        for module, source in sources.items()
    }
    sizes = {module: len({mutant.row for mutant in found}) for module, found in every.items()}
    drawn: list[Mutant] = []
    for module, share in _shares(sizes, count).items():
        ranked = _ranked(every[module], seed)
        whole = ast.dump(ast.parse(sources[module]))
        sound = (mutant for mutant in ranked if _differs(mutant.text(sources[module]), whole))
        drawn += itertools.islice(sound, share)
    return tuple(drawn)


def _shares(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """Divide a number in proportion to sizes, by the largest remainders."""
    total = max(sum(sizes.values()), 1)
    exact = {name: count * size / total for name, size in sizes.items()}
    shares = {name: int(share) for name, share in exact.items()}
    rest = count - sum(shares.values())
    for name in sorted(exact, key=lambda name: (shares[name] - exact[name], name))[:rest]:
        shares[name] += 1
    return shares


def _ranked(found: Iterable[Mutant], seed: int) -> list[Mutant]:
    turns: Counter[str] = Counter()
    placed: list[tuple[int, str, Mutant]] = []
    for rank, mutant in sorted(((_digest(m, seed), m) for m in found), key=lambda pair: pair[0]):
        placed.append((turns[mutant.operator], rank, mutant))
        turns[mutant.operator] += 1
    return [mutant for *_, mutant in sorted(placed, key=lambda entry: entry[:2])]


def _digest(mutant: Mutant, seed: int) -> str:
    return hashlib.sha256(repr((seed, mutant.operator, *mutant.key)).encode()).hexdigest()


def _counted(found: Iterable[Mutant]) -> Iterator[Mutant]:
    """Number those that nothing but their place tells apart."""
    seen: Counter[tuple[str, str, str, int]] = Counter()
    for mutant in found:
        yield Mutant(**{**mutant.__dict__, "times": seen[mutant.key]})
        seen[mutant.key] += 1


def _differs(text: str, whole: str) -> bool:
    """Whether a text is Python, and another program."""
    try:
        return ast.dump(ast.parse(text)) != whole
    except SyntaxError:
        return False


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes in which something happens: no annotations, decorators and docstrings.

    What f-strings hold is left out: older Pythons do not say where it stands.
    """
    yield node
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if name in SKIPPED:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (_remark(child) or _union(child)):
                yield from _nodes(child)


def _remark(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _union(node: ast.AST) -> bool:
    """Whether an expression is the union of a type and None."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)):
        return False
    sides = (node.left, node.right)
    return any(_union(s) or (isinstance(s, ast.Constant) and s.value is None) for s in sides)


def _comparison(node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        for operator in COMPARISONS[type(node.ops[0])]:
            yield node, node, f"{left} {operator} {right}"


def _condition(node: ast.AST) -> Iterator[Edit]:
    """Negate what decides; a comparison is flipped instead, and a `not` taken away."""
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        if not isinstance(test, ast.Compare | ast.UnaryOp):
            yield test, test, f"not ({ast.unparse(test)})"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node, f"({ast.unparse(node.operand)})"


def _connective(node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.BoolOp):
        other: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, node, f"({ast.unparse(ast.BoolOp(other, node.values))})"


def _operand(node: ast.AST) -> Iterator[Edit]:
    """Leave out one side of an `and` or `or`."""
    if isinstance(node, ast.BoolOp):
        for number in range(len(node.values)):
            left = node.values[:number] + node.values[number + 1 :]
            kept = left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
            yield node, node, f"({ast.unparse(kept)})"


def _constant(node: ast.AST) -> Iterator[Edit]:
    """Change a number by one, a truth value, or a text, unless that is for people."""
    if isinstance(node, ast.JoinedStr) and not _prose(node):
        yield node, node, f'({AS_IT_IS} + "X")'
    if not isinstance(node, ast.Constant):
        return
    match node.value:
        case bool(value):
            yield node, node, repr(not value)
        case int(value) | float(value):
            yield node, node, repr(value + 1)
            yield node, node, repr(value - 1)
        case str(value) if not _prose(node):
            yield node, node, repr(f"{value}X")
        case bytes(value):
            yield node, node, repr(value + b"X")


def _prose(node: ast.expr) -> bool:
    """Whether a text is for people, whose words the standard leaves free: three words in a row."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value if isinstance(part, ast.Constant) else "" for part in parts]
    return PROSE.search("".join(text for text in texts if isinstance(text, str))) is not None


def _arithmetic(node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        left, right = ast.unparse(node.left), ast.unparse(node.right)
        yield node, node, f"({left}) {ARITHMETIC[type(node.op)]} ({right})"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node, node, ast.unparse(node.operand)


def _statement(node: ast.AST) -> Iterator[Edit]:
    """Drop a statement; an assignment to a name would only be missed by the next line."""
    member = isinstance(node, ast.Assign) and not any(isinstance(t, ast.Name) for t in node.targets)
    if isinstance(node, DROPPABLE) or (isinstance(node, ast.stmt) and member):
        yield node, node, "pass"


def _result(node: ast.AST) -> Iterator[Edit]:
    """Give back nothing."""
    if isinstance(node, ast.Return) and node.value is not None:
        yield node.value, node.value, "None"


def _argument(node: ast.AST) -> Iterator[Edit]:
    """Exchange two arguments that stand side by side, or leave out one that is named."""
    if not isinstance(node, ast.Call):
        return
    for one, other in itertools.pairwise(node.args):
        if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred):
            yield one, other, f"{ast.unparse(other)}, {ast.unparse(one)}"
    given: list[Located] = [*node.args, *node.keywords]
    for number, named in enumerate(given):
        if not isinstance(named, ast.keyword) or named.arg is None:
            continue
        if number:
            yield given[number - 1], named, ast.unparse(given[number - 1])
        elif len(given) > 1:
            yield named, given[1], ast.unparse(given[1])
        else:
            yield named, named, ""


OPERATORS: Mapping[str, Callable[[ast.AST], Iterator[Edit]]] = {
    "comparison": _comparison,
    "condition": _condition,
    "connective": _connective,
    "operand": _operand,
    "constant": _constant,
    "arithmetic": _arithmetic,
    "statement": _statement,
    "result": _result,
    "argument": _argument,
}
