"""Filters that people saved: read as data, never run."""

import ast


def literal_domain(text, names=None):
    """Read a domain that is written as a Python literal.

    :param str|None text: such as ``[("user_id", "=", uid)]``
    :param dict names: words that may stand for a value
    :return: list
    :raise ValueError: it is no list, or holds anything but literals and these words
    """
    try:
        tree = ast.parse((text or "[]").strip(), mode="eval").body
        value = _literal(tree, {"true": True, "false": False} | (names or {}))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("no literal") from error
    if not isinstance(value, list):
        raise ValueError("no list")
    return value


def _literal(node, names):
    match node:
        case ast.Constant():
            return node.value
        case ast.List():
            return [_literal(each, names) for each in node.elts]
        case ast.Tuple():
            return tuple(_literal(each, names) for each in node.elts)
        case ast.Name() if node.id in names:
            return names[node.id]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
    raise ValueError("no literal")
