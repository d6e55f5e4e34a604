// BEGIN BYTECODES //

        family(ADD, INLINE_CACHE_ENTRIES_ADD) = {
            ADD_SMALL,
        };

        specializing op(_SPECIALIZE_ADD, (counter/1, left, right -- left, right)) {
            #if ENABLE_SPECIALIZATION
            if (ADAPTIVE_COUNTER_TRIGGERS(counter)) {
                next_instr = this_instr;
                specialize_add(left, right, next_instr);
                DISPATCH_SAME_OPARG();
            }
            #endif  /* ENABLE_SPECIALIZATION */
        }

        op(_ADD, (left, right -- sum)) {
            PyObject *sum_o = add_objects(PyStackRef_AsPyObjectBorrow(left),
                PyStackRef_AsPyObjectBorrow(right));
            if (sum_o == NULL) {
                ERROR_NO_POP();
            }
            sum = PyStackRef_FromPyObjectSteal(sum_o);
            DECREF_INPUTS();
        }

        macro(ADD) =
            _SPECIALIZE_ADD +
            unused/2 +
            _ADD;

        op(_GUARD_TOP_SMALL, (value -- value)) {
            EXIT_IF(!PyStackRef_IsTaggedInt(value));
        }

        op(_GUARD_SECOND_SMALL, (left, unused -- left, unused)) {
            EXIT_IF(!PyStackRef_IsTaggedInt(left));
        }

        op(_CHECK_LIMIT, (limit/2 --)) {
            DEOPT_IF(limit < CURRENT_LIMIT(tstate) &&
                limit != 0);
        }

        pure op(_ADD_SMALL, (left, right -- sum)) {
            sum = PyStackRef_TagInt(PyStackRef_UntagInt(left) + PyStackRef_UntagInt(right));
            DEAD(left);
            DEAD(right);
        }

        macro(ADD_SMALL) =
            unused/1 +
            _GUARD_TOP_SMALL +
            _GUARD_SECOND_SMALL +
            _CHECK_LIMIT +
            _ADD_SMALL;

        replicate(3) pure inst(LOAD_LOCAL, (-- value)) {
            value = PyStackRef_DUP(GETLOCAL(oparg));
        }

        pure inst(NOTHING, (--)) {
        }

        family(BINARY_OP, INLINE_CACHE_ENTRIES_BINARY_OP) = {
            BINARY_OP_NOTHING,
        };

        inst(BINARY_OP, (unused/1 --)) {
            oparg_is_used(oparg);
        }

        inst(BINARY_OP_INPLACE_ADD_UNICODE, (unused/1 --)) {
        }

        inst(BINARY_OP_NOTHING, (unused/1 --)) {
        }

        inst(CACHE, (--)) {
            Py_UNREACHABLE();
        }

        inst(RESERVED, (--)) {
            Py_UNREACHABLE();
        }

        inst(RESUME, (--)) {
        }

        inst(ENTER_EXECUTOR, (--)) {
        }

        inst(INSTRUMENTED_LINE, (--)) {
        }

        pseudo(LOAD_ANY, (-- unused), (HAS_FREE)) = {
            LOAD_LOCAL,
        };

        pseudo(TWICE, (unused -- unused, unused)) = [
            LOAD_LOCAL,
            NOTHING,
        ];

// END BYTECODES //
