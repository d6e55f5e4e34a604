"""Runs CPython's own generator for the tests: one JSON request a line in, one JSON answer a line out.

Request: {"kinds": [KIND, ...], "files": [[NAME, TEXT], ...], "overrides": [[NAME, TEXT], ...] (optimizer),
          "lines": BOOL, "namespace": BOOL, "debug": BOOL}
Answer:  {"refusal": REFUSAL} of the reading, or {"outputs": [{"text": TEXT} or {"refusal": REFUSAL}, ...]}; a
REFUSAL is {"type", "message", "file", "line", "column"} of the exception, and only a SyntaxError has a place.
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
from cwriter import CWriter  # noqa: E402
import analyzer  # noqa: E402
import opcode_id_generator  # noqa: E402
import opcode_metadata_generator  # noqa: E402
import optimizer_generator  # noqa: E402
import py_metadata_generator  # noqa: E402
import target_generator  # noqa: E402
import tier1_generator  # noqa: E402
import tier2_generator  # noqa: E402
import uop_id_generator  # noqa: E402
import uop_metadata_generator  # noqa: E402

texts = {}
parser.open = lambda name: io.StringIO(texts[name])


def analyze(files):
    texts.update(files)
    return analyzer.analyze_files([name for name, _ in files])


def targets(_names, analysis, out):
    target_generator.outfile = out
    writer = CWriter(out, 0, False)
    target_generator.write_opcode_targets(analysis, writer)
    target_generator.write_tailcall_dispatch_table(analysis, writer)


GENERATORS = {
    "opcode-ids": opcode_id_generator.generate_opcode_header,
    "opcode-metadata": opcode_metadata_generator.generate_opcode_metadata,
    "py-metadata": py_metadata_generator.generate_py_metadata,
    "uop-metadata": uop_metadata_generator.generate_uop_metadata,
    "targets": targets,
}


def generate(kind, request, analysis):
    names = [name for name, _ in request["files"]]
    out = io.StringIO()
    if kind == "tier1":
        tier1_generator.generate_tier1(names, analysis, out, request.get("lines", False))
    elif kind == "tier2":
        tier2_generator.generate_tier2(names, analysis, out, request.get("lines", False))
    elif kind == "uop-ids":
        uop_id_generator.generate_uop_ids(names, analysis, out, request.get("namespace", False))
    elif kind == "optimizer":
        overrides = request["overrides"]
        abstract = analyze(overrides)
        names = [name for name, _ in overrides]
        debug = request.get("debug", False)
        optimizer_generator.generate_abstract_interpreter(names, abstract, analysis, out, debug)
    else:
        GENERATORS[kind](names, analysis, out)
    return out.getvalue()


def attempt(name, function, *arguments):
    try:
        return {name: function(*arguments)}
    except SyntaxError as error:
        place = {"file": error.filename, "line": error.lineno, "column": error.offset}
        return {"refusal": {"type": "SyntaxError", "message": error.msg, **place}}
    except Exception as error:
        return {"refusal": {"type": type(error).__name__, "message": str(error)}}


for line in sys.stdin:
    request = json.loads(line)
    answer = attempt("analysis", analyze, request["files"])
    if analysis := answer.pop("analysis", None):
        answer["outputs"] = [attempt("text", generate, kind, request, analysis) for kind in request["kinds"]]
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
