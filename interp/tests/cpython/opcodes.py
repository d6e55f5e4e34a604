"""What CPython's opcode, _opcode and _opcode_metadata say, one fact a line, as tests/opcode_cpython.rs says it too."""

import _opcode
import _opcode_metadata
import opcode

print("opname", *opcode.opname)
for name, number in opcode.opmap.items():
    print("opmap", name, number)
for name, number in sorted(_opcode_metadata._specialized_opmap.items(), key=lambda item: item[1]):
    print("specialized", name, number)
for name, members in _opcode_metadata._specializations.items():
    print("specializations", name, *members)
print("limits", opcode.HAVE_ARGUMENT, opcode.EXTENDED_ARG, _opcode_metadata.MIN_INSTRUMENTED_OPCODE)
print("cmp_op", *opcode.cmp_op)
for name in ["hasarg", "hasconst", "hasname", "hasjump", "hasjrel", "hasjabs", "hasfree", "haslocal", "hasexc", "hascompare"]:
    print(name, *getattr(opcode, name))
print("nb_ops", *(f"{name}={symbol}" for name, symbol in opcode._nb_ops))
print("intrinsic_1", *opcode._intrinsic_1_descs)
print("intrinsic_2", *opcode._intrinsic_2_descs)
print("special_methods", *opcode._special_method_names)
print("common_constants", *(constant.__name__ for constant in opcode._common_constants))
for name, fields in opcode._cache_format.items():
    print("cache_format", name, *(f"{field}:{size}" for field, size in fields.items()))
for name, entries in opcode._inline_cache_entries.items():
    print("inline_cache_entries", name, entries)
for number in range(-1, 280):
    has = [getattr(_opcode, f"has_{what}")(number) for what in ["arg", "const", "name", "jump", "free", "local", "exc"]]
    print("number", number, int(_opcode.is_valid(number)), *map(int, has))


def effect(*arguments, **keywords):
    try:
        return opcode.stack_effect(*arguments, **keywords)
    except ValueError as error:
        return str(error).replace(" ", "_")


for number in range(-1, 280):
    print("effect", number, effect(number))
    for jump in [None, True, False]:
        print("effects", number, jump, *(effect(number, oparg, jump=jump) for oparg in range(301)))
print("error", effect(0, 0, jump=0))
