"""What CPython prints for the code object of each .pyc: writes N.O.txt for the Nth file and the Oth set of options.

    python3.14 disassemble.py OUT_DIR PYC...
"""

import dis
import marshal
import sys

OPTIONS = [
    {},
    {"show_caches": True, "show_offsets": True},
    {"show_positions": True},
    {"show_caches": True, "adaptive": True, "show_positions": True, "show_offsets": True},
]

for index, pyc in enumerate(sys.argv[2:]):
    with open(pyc, "rb") as file:
        code = marshal.loads(file.read()[16:])
    for number, options in enumerate(OPTIONS):
        with open(f"{sys.argv[1]}/{index}.{number}.txt", "w", encoding="utf-8", errors="replace") as file:
            dis.dis(code, file=file, **options)
