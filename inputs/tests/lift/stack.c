// BEGIN BYTECODES //

        inst(BUILD_ROW, (values[oparg] -- row)) {
            PyObject *row_o = build_row(values, oparg);
            DECREF_INPUTS();
            ERROR_IF(row_o == NULL);
            row = PyStackRef_FromPyObjectStealMortal(row_o);
        }

        inst(SPLIT_ROW, (row -- cells[oparg], rest)) {
            PyObject *row_o = PyStackRef_AsPyObjectSteal(row);
            int err = split_row(row_o, oparg, cells, &rest);
            Py_DECREF(row_o);
            ERROR_IF(err < 0);
        }

        inst(ADD_TO_ROW, (row, unused[oparg-1], cell -- row, unused[oparg-1])) {
            int err = add_to_row(PyStackRef_AsPyObjectBorrow(row), PyStackRef_AsPyObjectSteal(cell));
            ERROR_IF(err < 0);
        }

        inst(CHOOSE, (first, second, which -- chosen)) {
            int yes = PyStackRef_IsTrue(which);
            PyStackRef_CLOSE(which);
            if (yes) {
                chosen = first;
                DEAD(first);
                PyStackRef_CLOSE(second);
            }
            else {
                chosen = second;
                DEAD(second);
                PyStackRef_CLOSE(first);
            }
        }

        op(_MAKE_FRAME, (callable, null_or_self, args[oparg] -- new_frame: _PyInterpreterFrame*)) {
            _PyInterpreterFrame *temp = make_frame(tstate, callable,
                null_or_self, args, oparg);
            DEAD(callable);
            DEAD(null_or_self);
            DEAD(args);
            SYNC_SP();
            if (temp == NULL) {
                ERROR_NO_POP();
            }
            frame->return_offset = INSTRUCTION_SIZE;
            new_frame = temp;
        }

        op(_PLAIN_FRAME, (callable, spare -- new_frame: _PyInterpreterFrame*)) {
            PyStackRef_CLOSE(spare);
            new_frame = FRAME_OF(callable);
            DEAD(callable);
        }

        op(_ENTER_FRAME, (new_frame: _PyInterpreterFrame* --)) {
            _PyInterpreterFrame *temp = new_frame;
            DEAD(new_frame);
            SYNC_SP();
            _PyFrame_SetStackPointer(frame, stack_pointer);
            frame = tstate->current_frame = temp;
            LOAD_SP();
            LOAD_IP(0);
        }

        macro(ENTER) =
            unused/1 +
            _MAKE_FRAME +
            _ENTER_FRAME;

        macro(ENTER_PLAIN) =
            _PLAIN_FRAME +
            _ENTER_FRAME;

        inst(LEAVE, (value -- result)) {
            _PyStackRef temp = value;
            DEAD(value);
            SAVE_STACK();
            _PyInterpreterFrame *dying = frame;
            frame = tstate->current_frame = dying->previous;
            clear_frame(tstate, dying);
            RELOAD_STACK();
            LOAD_IP(frame->return_offset);
            result = temp;
        }

        op(_TWO_NAMES, (-- name, other[oparg & 1])) {
            name = PyStackRef_None;
            if (oparg & 1) {
                other[0] = PyStackRef_NULL;
            }
        }

        op(_CHECK, (--)) {
            int err = check_everything(tstate);
            ERROR_IF(err != 0);
        }

        macro(NAMES) =
            _TWO_NAMES +
            flush +
            _CHECK;

        inst(GIVE_UP, (value --)) {
            PyStackRef_CLOSE(value);
            raise_error(tstate);
            ERROR_IF(true);
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

        pseudo(MARKER, (--)) = {
            GIVE_UP,
        };

        label(error) {
            #ifdef NDEBUG
             report_error(tstate, "an error", 1,
                         frame);
            #endif
            goto unwind;
        }

        spilled label(unwind) {
            frame = tstate->current_frame = frame->previous;
            if (frame == NULL) {
                return NULL;
            }
            next_instr = frame->instr_ptr;
            RELOAD_STACK();
            goto error;
        }

// END BYTECODES //
