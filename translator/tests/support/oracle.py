"""Reads and analyses definitions with CPython's own generator: one JSON request a line in, one JSON answer a line out.

Request: [[NAME, TEXT], ...]
Answer:  {"refusal": [MESSAGE, LINE, COLUMN]}, with nulls for the place where CPython fails with an internal error,
         or {"lines": [...]}: the analysis, one fact a line, as analysis_dump in the tests writes ours.
"""

import io
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
sys.stdout = open(os.devnull, "w")  # The generator prints what it looked at when it refuses.
sys.dont_write_bytecode = True

import parser  # noqa: E402  (the generator's, not the library's)
import analyzer  # noqa: E402

texts = {}
parser.open = lambda name: io.StringIO(texts[name], newline=None)

FLAGS = (
    "escapes error_with_pop error_without_pop deopts oparg jumps eval_breaker needs_this always_exits stores_sp "
    "uses_co_consts uses_co_names uses_locals has_free side_exit pure uses_opcode needs_prev no_save_ip"
).split()


def place(token):
    return f"{token.line}:{token.column}"


def properties(name, found):
    flags = [flag for flag in FLAGS if getattr(found, flag)]
    yield f"{name} flags {' '.join(flags)} tier={found.tier} oparg={found.const_oparg}"
    for statement, call in found.escaping_calls.items():
        kills = place(call.kills) if call.kills else "-"
        yield f"{name} escape {place(statement.contents[0])} {place(call.call)} {kills}"


def item(found):
    marks = ("^" if found.peek else "") + ("*" if found.used else "")
    return f"{found.name}:{found.type or ''}[{found.size or ''}]{marks}"


def effect(stack):
    inputs, outputs = (" ".join(item(i) for i in items) for items in (stack.inputs, stack.outputs))
    return f"({inputs} -- {outputs})"


def words(tokens):
    return " ".join(token.text.replace("\n", "\\n") for token in tokens)


def statement(found):
    match found:
        case parser.IfStmt():
            tail = f" else {statement(found.else_body)}" if found.else_body else ""
            return f"if {words(found.condition)} {statement(found.body)}{tail}"
        case parser.ForStmt():
            return f"for {words(found.header)} {statement(found.body)}"
        case parser.WhileStmt():
            return f"while {words(found.condition)} {statement(found.body)}"
        case parser.MacroIfStmt():
            text = f"#[{words([found.condition])} {' '.join(map(statement, found.body))}"
            if found.else_body is not None:
                text += f" {words([found.else_])} {' '.join(map(statement, found.else_body))}"
            return f"{text} {words([found.endif])}]"
        case parser.BlockStmt():
            return f"{{ {' '.join(map(statement, found.body))} }}"
        case _:
            return f"<{words(found.contents)}>"


def uop(key, found):
    yield f"uop {key} = {found.name} {','.join(found.annotations)} {effect(found.stack)}"
    caches = " ".join(f"{cache.name}/{cache.size}" for cache in found.caches)
    stores = " ".join(map(place, found.local_stores))
    replicates = found.replicates.name if found.replicates else "-"
    yield f"{key} caches {caches} stores {stores} replicated {found.replicated} of {replicates}"
    yield f"{key} implicit {int(found.implicitly_created)} size {found.size} in {found.instruction_size}"
    yield f"{key} body {statement(found.body)}"
    yield from properties(key, found.properties)


def part_name(analysis, part):
    if isinstance(part, analyzer.Uop):
        return part.name
    return f"skip/{part.size}" if isinstance(part, analyzer.Skip) else "flush"


def dump(analysis):
    for key, found in analysis.uops.items():
        yield from uop(key, found)
    for key, found in analysis.instructions.items():
        parts = " ".join(part_name(analysis, part) for part in found.parts)
        family = found.family.name if found.family else "-"
        yield f"inst {key} = {parts} family {family} target {int(found.is_target)} {found.opcode} size {found.size}"
        yield from properties(key, found.properties)
    for key, found in analysis.families.items():
        yield f"family {key} {found.size} {' '.join(member.name for member in found.members)}"
    for key, found in analysis.pseudos.items():
        targets = " ".join(target.name for target in found.targets)
        yield f"pseudo {key} {effect(found.stack)} {targets} {int(found.as_sequence)} {found.flags} {found.opcode}"
        yield from properties(key, found.properties)
    for key, found in analysis.labels.items():
        yield f"label {key} {int(found.spilled)} {statement(found.body)}"
        yield from properties(key, found.properties)
    for name, number in analysis.opmap.items():
        yield f"number {name} {number}"
    yield f"have_arg {analysis.have_arg} min_instrumented {analysis.min_instrumented}"


for line in sys.stdin:
    files = json.loads(line)
    texts.update(files)
    try:
        answer = {"lines": list(dump(analyzer.analyze_files([name for name, _ in files])))}
    except SyntaxError as error:
        answer = {"refusal": [error.msg, error.lineno, error.offset]}
    except Exception as error:  # An internal error of the generator.
        answer = {"refusal": [repr(error), None, None]}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
