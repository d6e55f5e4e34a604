"""Takes the cases out of CPython's test_generated_cases.py: runs every method against CPython's own generator, and
writes what went in, what was expected and what came out, one JSON object a method.

Arguments: the generator's folder, the folder of the test file.
{"method": NAME, "passed": BOOL, "cases": [CASE, ...], "offsets": [...]}, where a CASE is
  {"inputs": [TEXT, ...], "expected": TEXT, "refusal": null or {"type", "message", "line", "column"}}
and the offsets are what a method that drives the stack itself did: [["pop"|"push", NAME, SIZE], ...] and the
pointers it expects.
"""

import contextlib
import importlib.util
import io
import json
import os
import sys
import types
import unittest

generator, tests = sys.argv[1:3]
sys.path.insert(0, generator)
sys.dont_write_bytecode = True
answers, sys.stdout = sys.stdout, open(os.devnull, "w")

# The test file needs little of its package, which a Python need not have.
test = types.ModuleType("test")
test.support = types.ModuleType("test.support")
test.support.verbose = 0
test.support.captured_stderr = lambda: contextlib.redirect_stderr(io.StringIO())
test.test_tools = types.ModuleType("test.test_tools")
test.test_tools.skip_if_missing = lambda tool: None
test.test_tools.imports_under_tool = lambda tool: contextlib.nullcontext()
sys.modules.update({"test": test, "test.support": test.support, "test.test_tools": test.test_tools})

path = os.path.join(tests, "test_generated_cases.py")
spec = importlib.util.spec_from_file_location("test_generated_cases", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)


def recording(run):
    def run_cases_test(self, *arguments):
        *inputs, expected = arguments
        case = {"inputs": inputs, "expected": expected, "refusal": None}
        self.cases.append(case)
        try:
            run(self, *arguments)
        except SyntaxError as error:
            case["refusal"] = {
                "type": "SyntaxError",
                "message": error.msg,
                "line": error.lineno,
                "column": error.offset,
            }
            raise
        except Exception as error:
            case["refusal"] = {"type": type(error).__name__, "message": str(error)}
            raise

    return run_cases_test


class Stack(module.Stack):
    """Writes down what is done to it."""

    def pop(self, item, out):
        operations.append(["pop", item.name, item.size])
        return super().pop(item, out)

    def push(self, local):
        operations.append(["push", local.item.name, local.item.size])
        return super().push(local)


operations = []
module.Stack = Stack
for case_class in vars(module).values():
    if isinstance(case_class, type) and issubclass(case_class, unittest.TestCase):
        if hasattr(case_class, "run_cases_test"):
            case_class.run_cases_test = recording(case_class.run_cases_test)
        for name in unittest.defaultTestLoader.getTestCaseNames(case_class):
            method = case_class(name)
            method.cases = []
            operations.clear()
            compared = []
            if not hasattr(case_class, "run_cases_test"):
                method.assertEqual = lambda actual, expected: compared.append([actual, expected])
            result = unittest.TestResult()
            method.run(result)
            answer = {
                "method": name,
                "passed": result.wasSuccessful() and not result.skipped,
                "cases": method.cases,
                "operations": list(operations),
                "compared": compared,
            }
            answers.write(json.dumps(answer) + "\n")
