"""Compiles sources: writes N.pyc for the Nth.

    python3.14 compile.py OUT_DIR SOURCE...
"""

import importlib._bootstrap_external as bootstrap
import os
import sys
import warnings

warnings.simplefilter("ignore")
for index, source in enumerate(sys.argv[2:]):
    with open(source, "rb") as file:
        code = compile(file.read(), os.path.basename(source), "exec", dont_inherit=True)
    with open(f"{sys.argv[1]}/{index}.pyc", "wb") as file:
        file.write(bootstrap._code_to_hash_pyc(code, bytes(8), False))
