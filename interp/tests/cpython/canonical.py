"""Compiles sources and writes NAME.pyc and NAME.txt for each: the code object in a plain form that the test prints too.

    python3.14 canonical.py OUT_DIR SOURCE...
"""

import importlib._bootstrap_external as bootstrap
import dis
import marshal
import os
import struct
import sys
import types
import warnings


def text(s):
    return "".join(f"{ord(c):x}." for c in s)


def number(n):
    return f"{n:x}"


def bits(x):
    return struct.pack(">d", x).hex()


def value(v):
    if v is None or v is Ellipsis or isinstance(v, bool):
        return repr(v)
    if isinstance(v, int):
        return "i" + number(v)
    if isinstance(v, float):
        return "f" + bits(v)
    if isinstance(v, complex):
        return f"c{bits(v.real)},{bits(v.imag)}"
    if isinstance(v, str):
        return "s" + text(v)
    if isinstance(v, bytes):
        return "b" + v.hex()
    if isinstance(v, tuple):
        return "(" + " ".join(map(value, v)) + ")"
    if isinstance(v, frozenset):
        return "{" + " ".join(sorted(map(value, v))) + "}"
    if isinstance(v, slice):
        return f"[{value(v.start)} {value(v.stop)} {value(v.step)}]"
    return "code " + code(v)


def optional(n):
    return "-" if n is None else str(n)


def code(c):
    lines = [
        f"{c.co_argcount} {c.co_posonlyargcount} {c.co_kwonlyargcount} {c.co_stacksize} {c.co_flags}",
        f"{c.co_nlocals} {len(c.co_freevars)} {c.co_firstlineno}",
        c.co_code.hex(),
        "(" + " ".join(map(value, c.co_consts)) + ")",
        " ".join(map(text, c.co_names)),
        f"{text(c.co_filename)} {text(c.co_name)} {text(c.co_qualname)}",
        " ".join(f"{e.start // 2}-{e.end // 2}:{e.target // 2}:{e.depth}:{int(e.lasti)}" for e in dis._parse_exception_table(c)),
        " ".join(f"{start // 2}-{end // 2}:{optional(line)}" for start, end, line in c.co_lines()),
        " ".join(",".join(map(optional, position)) for position in c.co_positions()),
    ]
    return "\n".join(lines) + "\nend"


def main():
    out = sys.argv[1]
    sys.setrecursionlimit(10000)
    warnings.simplefilter("ignore")
    for index, source in enumerate(sys.argv[2:]):
        with open(source, "rb") as file:
            compiled = compile(file.read(), os.path.basename(source), "exec", dont_inherit=True)
        with open(f"{out}/{index}.pyc", "wb") as file:
            file.write(bootstrap._code_to_hash_pyc(compiled, b"12345678", False))
        with open(f"{out}/{index}.txt", "w") as file:
            file.write(code(compiled))


main()
