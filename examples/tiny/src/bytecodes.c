// The instructions of a machine that counts, in the language of CPython's definitions.
// BEGIN BYTECODES //
        inst(HALT, (result --)) {
            return Number_Result(result);
        }

        inst(PUSH, (-- value)) {
            value = Number_FromInt(oparg);
        }

        inst(POP, (value --)) {
            PyStackRef_CLOSE(value);
        }

        inst(LOAD, (-- value)) {
            value = PyStackRef_DUP(GETLOCAL(oparg));
        }

        inst(STORE, (value --)) {
            _PyStackRef old = GETLOCAL(oparg);
            GETLOCAL(oparg) = value;
            DEAD(value);
            PyStackRef_CLOSE(old);
        }

        inst(ADD, (left, right -- sum)) {
            sum = Number_Add(left, right);
            ERROR_IF(PyStackRef_IsNull(sum));
        }

        inst(MULTIPLY, (left, right -- product)) {
            product = Number_Multiply(left, right);
            ERROR_IF(PyStackRef_IsNull(product));
        }

        inst(DECREMENT, (value -- less)) {
            less = Number_Less(value);
        }

        op(_IS_ZERO, (value -- value, zero)) {
            zero = Number_IsZero(value) ? Number_FromInt(1) : Number_FromInt(0);
        }

        op(_JUMP_IF, (condition --)) {
            int taken = Number_IsZero(condition);
            DECREF_INPUTS();
            if (taken) {
                JUMPBY(oparg);
            }
        }

        macro(JUMP_IF_NOT_ZERO) = _IS_ZERO + _JUMP_IF;

        inst(JUMP_BACK, (--)) {
            JUMPBY(-oparg);
        }

        label(error) {
            report_error(tstate);
            goto exit_unwind;
        }

        label(exit_unwind) {
            return NULL;
        }
// END BYTECODES //
