"""Runs one of CPython's own test files under unittest and says how its tests ended.

    interp run --lib LIBRARY run_tests.py test_NAME

The last line of the output counts them; before it stands a line for each test that neither passed nor was skipped.
"""

import sys
import unittest


class Counting(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = 0
        # In the order in which they ended; a test with several bad subtests is there once.
        self.bad = {}

    def addSuccess(self, test):
        self.passed += 1

    def addExpectedFailure(self, test, error):
        self.passed += 1

    def addUnexpectedSuccess(self, test):
        self.bad[test.id()] = None

    def addFailure(self, test, error):
        self.bad[test.id()] = None

    def addError(self, test, error):
        self.bad[test.id()] = None

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.bad[test.id()] = None


def main():
    result = Counting()
    unittest.defaultTestLoader.loadTestsFromName("test." + sys.argv[1]).run(result)
    for name in result.bad:
        print("not passed:", name)
    print("ran", result.testsRun, "passed", result.passed, "not", len(result.bad), "skipped", len(result.skipped))


main()
