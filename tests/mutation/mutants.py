"""Small faults in a module's functions, one at a time: what a tired person could have typed instead.

A comparison at its boundary or turned round, `and` for `or`, a `not` left out, plus for minus, a number one off.
Defaults, annotations and words are left as they are.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: where, what it says instead, and the whole module with it."""

    function: str  # qualified by its class; empty for a constant of the module
    line: int
    before: str
    after: str
    tree: ast.Module

    @property
    def words(self) -> str:
        return f"{self.line}: {self.function or 'a constant'}: {self.before}  →  {self.after}"


def mutants_of(source: str) -> Iterator[Mutant]:
    """Yield every fault of a module's source."""
    tree = ast.parse(source)
    for function, node in bodies(tree):
        for place, changed in variants(node):
            fresh = copy.deepcopy(tree)
            target = at(fresh, node)
            before = ast.unparse(place)
            replace(target, place, changed)
            ast.fix_missing_locations(fresh)
            yield Mutant(function, place.lineno, before, ast.unparse(changed), fresh)


def bodies(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may be at fault: functions, methods, and plain constants of the module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{item.name}", item) for item in node.body if isinstance(item, ast.FunctionDef))
        elif isinstance(node, ast.Assign):
            yield "", node


def variants(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield (expression, what stands there instead) for everything inside a body."""
    for inner in inside(node):
        if isinstance(inner, ast.Compare):
            yield from compared(inner)
        elif isinstance(inner, ast.BoolOp):
            other = ast.Or() if isinstance(inner.op, ast.And) else ast.And()
            yield inner, ast.BoolOp(op=other, values=inner.values)
        elif isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not):
            yield inner, inner.operand
        elif isinstance(inner, ast.BinOp) and type(inner.op) in SUMS:
            yield inner, ast.BinOp(left=inner.left, op=SUMS[type(inner.op)](), right=inner.right)
        elif isinstance(inner, ast.Constant):
            yield from constants(inner)
        elif isinstance(inner, ast.IfExp):
            yield inner, ast.IfExp(test=inner.test, body=inner.orelse, orelse=inner.body)


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what runs; not through annotations, defaults and decorators."""
    starts = node.body if isinstance(node, ast.FunctionDef) else [node.value] if isinstance(node, ast.Assign) else []
    waiting: list[ast.AST] = list(starts)
    while waiting:
        one = waiting.pop(0)
        yield one
        waiting += [
            child for child in ast.iter_child_nodes(one) if not isinstance(child, ast.JoinedStr | ast.arguments)
        ]


def compared(node: ast.Compare) -> Iterator[tuple[ast.expr, ast.expr]]:
    for place, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield node, ast.Compare(left=node.left, ops=ops, comparators=node.comparators)


def constants(node: ast.Constant) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node.value, bool):
        yield node, ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield node, ast.Constant(node.value + 1)
        yield node, ast.Constant(node.value - 1)


def at(tree: ast.Module, node: ast.AST) -> ast.AST:
    """Return the node of a copy that stands where another stood."""
    return next(item for item in ast.walk(tree) if same_place(item, node))


def same_place(one: ast.AST, other: ast.AST) -> bool:
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return type(one) is type(other) and all(getattr(one, name, None) == getattr(other, name, None) for name in names)


def replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if isinstance(value, list):
                value[:] = [new if isinstance(item, ast.AST) and same_place(item, old) else item for item in value]
            elif isinstance(value, ast.AST) and same_place(value, old):
                setattr(parent, name, new)


def code_of(mutant: Mutant, filename: str) -> CodeType:
    """Return the code of the function at fault, as the module would have compiled it."""
    code = compile(mutant.tree, filename, "exec", dont_inherit=True)
    for name in mutant.function.split("."):
        code = next(item for item in code.co_consts if isinstance(item, CodeType) and item.co_name == name)
    return code
