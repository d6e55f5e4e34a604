// Each construct of C that is covered, in a tiny body of our own: the comment says what it shows, the name is its rule id
// (`_LOCAL_VALUE` is `construct.local-value`). SUBSET.md shows what each becomes. A body whose name begins with `_OUTSIDE` is
// refused, and shows with which code.
// BEGIN BYTECODES //

// # Variables and values

// A local with a value
op(_LOCAL_VALUE, (value -- value)) {
    PyObject *object = PyStackRef_AsPyObjectBorrow(value);
    DEOPT_IF(!PyLong_CheckExact(object));
}

// A local that is set later, on several paths
op(_LOCAL_SET_LATER, (container, key -- res)) {
    int found;
    if (oparg) {
        found = PySequence_Contains(PyStackRef_AsPyObjectBorrow(container), PyStackRef_AsPyObjectBorrow(key));
    }
    else {
        found = PySequence_Contains(PyStackRef_AsPyObjectBorrow(key), PyStackRef_AsPyObjectBorrow(container));
    }
    DECREF_INPUTS();
    ERROR_IF(found < 0);
    res = found ? PyStackRef_True : PyStackRef_False;
}

// Integers: conversions, sums, shifts and bits as C has them
op(_INTEGERS, (counter/1 --)) {
    int event = (oparg >> 1) + 1;
    DEOPT_IF((counter & 3) == 0 || event < oparg * 2);
}

// A variable that changes
op(_UPDATES, (tuple -- tuple)) {
    Py_ssize_t size = PyTuple_GET_SIZE(PyStackRef_AsPyObjectBorrow(tuple));
    size += oparg;
    size--;
    DEOPT_IF(size > 8);
}

// A cast to another view of the same object
op(_CAST_VIEW, (value -- value)) {
    PyTypeObject *type = (PyTypeObject *)PyStackRef_AsPyObjectBorrow(value);
    DEOPT_IF(type->tp_version_tag == 0);
}

// A value that depends on a condition
op(_CONDITIONAL_VALUE, (value -- res)) {
    int none = PyStackRef_IsNone(value);
    PyStackRef_CLOSE(value);
    res = none ? PyStackRef_True : PyStackRef_False;
}

// An instruction by its name, an inline cache, the opcode that is running
inst(CACHES, (unused/1, version/2 --)) {
    DEOPT_IF(version == 0 || this_instr->op.code == CACHES);
}

// Branches on what the C preprocessor knows
op(_CONDITIONAL_TEXT, (value --)) {
#ifdef Py_GIL_DISABLED
    not_looked_at(value);
#else
    PyStackRef_CLOSE(value);
#endif
}

// # NULL and errors

// NULL that means an error, after the inputs are closed
op(_ERROR_NULL, (container, key -- res)) {
    PyObject *found = PyObject_GetItem(PyStackRef_AsPyObjectBorrow(container), PyStackRef_AsPyObjectBorrow(key));
    DECREF_INPUTS();
    ERROR_IF(found == NULL);
    res = PyStackRef_FromPyObjectSteal(found);
}

// A status that is negative where an exception is set
op(_ERROR_STATUS, (value, container, key --)) {
    int err = PyObject_SetItem(PyStackRef_AsPyObjectBorrow(container), PyStackRef_AsPyObjectBorrow(key), PyStackRef_AsPyObjectBorrow(value));
    DECREF_INPUTS();
    ERROR_IF(err);
}

// A truth value that may be an error
op(_ERROR_TRUTH, (value -- res)) {
    int truth = PyObject_IsTrue(PyStackRef_AsPyObjectBorrow(value));
    PyStackRef_CLOSE(value);
    ERROR_IF(truth < 0);
    res = truth ? PyStackRef_True : PyStackRef_False;
}

// An error that leaves the inputs on the stack for the unwinder
op(_ERROR_NO_POP, (value -- value)) {
    int err = _Py_Check_ArgsIterable(tstate, PyStackRef_AsPyObjectBorrow(value), PyStackRef_AsPyObjectBorrow(value));
    if (err < 0) {
        ERROR_NO_POP();
    }
}

// NULL that means "there is none", and leaves
op(_NULL_LEAVES, (-- res)) {
    PyObject *local = PyStackRef_AsPyObjectBorrow(GETLOCAL(oparg));
    if (local == NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError, "nothing is there");
        ERROR_IF(true);
    }
    res = PyStackRef_FromPyObjectNew(local);
}

// NULL with something to do on both sides
op(_NULL_BOTH_SIDES, (-- res)) {
    PyObject *local = PyStackRef_AsPyObjectBorrow(GETLOCAL(oparg));
    if (local != NULL) {
        res = PyStackRef_FromPyObjectNew(local);
    }
    else {
        res = PyStackRef_None;
    }
}

// # Ownership

// An input that is only looked at
op(_LOOK, (value -- value)) {
    DEOPT_IF(PyStackRef_IsNull(value));
}

// A guard on an input that is consumed later: it stays on the stack where the guard fails
op(_GUARD, (value -- res)) {
    DEOPT_IF(!PyLong_CheckExact(PyStackRef_AsPyObjectBorrow(value)));
    PyStackRef_CLOSE(value);
    res = PyStackRef_True;
}

// An input that moves to where it goes
op(_MOVE_INPUT, (value --)) {
    _PyStackRef old = GETLOCAL(oparg);
    GETLOCAL(oparg) = value;
    DEAD(value);
    PyStackRef_XCLOSE(old);
}

// A further count
op(_DUPLICATE, (value -- value, copy)) {
    copy = PyStackRef_DUP(value);
}

// An object out of a stack reference, and given to who takes it
op(_STEAL, (value --)) {
    PyObject *exception = PyStackRef_AsPyObjectSteal(value);
    _PyErr_SetRaisedException(tstate, exception);
    ERROR_IF(true);
}

// A count that is taken and one that is given back
op(_COUNTS, (owner -- res)) {
    PyObject *bound = ((PyMethodObject *)PyStackRef_AsPyObjectBorrow(owner))->im_self;
    Py_INCREF(bound);
    PyStackRef_CLOSE(owner);
    res = PyStackRef_FromPyObjectSteal(bound);
}

// All inputs dead, none closed: what held counts went elsewhere
op(_INPUTS_DEAD, (left, right -- res)) {
    int same = PyStackRef_IsNull(left) && PyStackRef_IsNull(right);
    INPUTS_DEAD();
    res = same ? PyStackRef_True : PyStackRef_False;
}

// An item that is replaced, and one that is exchanged
op(_SWAP, (bottom, top -- bottom, top)) {
    _PyStackRef kept = bottom;
    bottom = top;
    top = kept;
}

// # Memory

// Local variables of the frame
op(_LOCALS, (-- value)) {
    value = PyStackRef_DUP(GETLOCAL(oparg));
}

// A member that is read and one that is written
op(_MEMBERS, (--)) {
    tstate->tracing--;
    frame->return_offset = (uint16_t)(oparg + 1);
}

// A member that holds a count: the new one moves in, the old one is released after
op(_STORE_MEMBER, (value, owner --)) {
    PyDictUnicodeEntry *entry = DK_UNICODE_ENTRIES(((PyDictObject *)PyStackRef_AsPyObjectBorrow(owner))->ma_keys) + oparg;
    PyObject *old = entry->me_value;
    entry->me_value = PyStackRef_AsPyObjectSteal(value);
    Py_XDECREF(old);
    PyStackRef_CLOSE(owner);
}

// A pointer into an object's memory
op(_MEMORY, (owner -- attr)) {
    char *address = (char *)PyStackRef_AsPyObjectBorrow(owner) + oparg;
    PyObject *found = FT_ATOMIC_LOAD_PTR_ACQUIRE(*(PyObject **)address);
    DEOPT_IF(found == NULL);
    attr = PyStackRef_FromPyObjectNew(found);
    PyStackRef_CLOSE(owner);
}

// An element
op(_ELEMENTS, (tuple -- item)) {
    PyObject *element = PyTuple_GET_ITEM(PyStackRef_AsPyObjectBorrow(tuple), oparg);
    item = PyStackRef_FromPyObjectNew(element);
    PyStackRef_CLOSE(tuple);
}

// Code units that a body writes
inst(WRITES_CODE, (--)) {
    this_instr->op.arg = 0;
    this_instr->op.code = WRITES_CODE;
}

// Several stack items in a row
op(_SIZED_INPUT, (values[oparg] -- list)) {
    PyObject *made = _PyList_FromStackRefStealOnSuccess(values, oparg);
    INPUTS_DEAD();
    list = PyStackRef_FromPyObjectStealMortal(made);
}

// A temporary array of arguments
op(_TEMPORARY_ARRAY, (callable, argument -- res)) {
    PyObject *arguments[] = {NULL, PyStackRef_AsPyObjectBorrow(argument)};
    PyObject *made = PyObject_Vectorcall(PyStackRef_AsPyObjectBorrow(callable), arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    DECREF_INPUTS();
    ERROR_IF(made == NULL);
    res = PyStackRef_FromPyObjectSteal(made);
}

// The stack items as an array of objects
op(_OBJECTS_OF_ITEMS, (callable, items[oparg] -- res)) {
    STACKREFS_TO_PYOBJECTS(items, oparg, objects);
    if (CONVERSION_FAILED(objects)) {
        DECREF_INPUTS();
        ERROR_IF(true);
    }
    PyObject *made = PyObject_Vectorcall(PyStackRef_AsPyObjectBorrow(callable), objects, oparg, NULL);
    STACKREFS_TO_PYOBJECTS_CLEANUP(objects);
    DECREF_INPUTS();
    ERROR_IF(made == NULL);
    res = PyStackRef_FromPyObjectSteal(made);
}

// # Loops

// A loop that counts up
op(_LOOP_UP, (values[oparg] -- values[oparg])) {
    for (int i = 0; i < oparg; i++) {
        DEOPT_IF(PyStackRef_IsNull(values[i]));
    }
}

// A loop that counts down, with a pointer that walks
op(_LOOP_DOWN, (-- values[oparg])) {
    for (int i = oparg; --i >= 0; ) {
        *values++ = PyStackRef_NULL;
    }
}

// A loop on a condition
op(_LOOP_WHILE, (counter/1 --)) {
    int rest = oparg;
    while (rest > 8) {
        rest = rest >> 1;
    }
    DEOPT_IF(rest == counter);
}

// # Calls

// An out-parameter: a further result
op(_OUT_PARAMETER, (owner -- attr)) {
    PyObject *found;
    int err = PyMapping_GetOptionalItem(PyStackRef_AsPyObjectBorrow(owner), GETITEM(FRAME_CO_NAMES, oparg), &found);
    PyStackRef_CLOSE(owner);
    ERROR_IF(err < 0);
    ERROR_IF(found == NULL);
    attr = PyStackRef_FromPyObjectSteal(found);
}

// A call through a member that holds a function
op(_CALL_MEMBER, (iter -- iter, next)) {
    PyObject *iterator = PyStackRef_AsPyObjectBorrow(iter);
    PyObject *found = (*Py_TYPE(iterator)->tp_iternext)(iterator);
    ERROR_IF(found == NULL);
    next = PyStackRef_FromPyObjectSteal(found);
}

// A call through a table
op(_CALL_TABLE, (value -- res)) {
    conversion_func convert = _PyEval_ConversionFuncs[oparg & 1];
    PyObject *made = oparg > 1 ? convert(PyStackRef_AsPyObjectBorrow(value)) : PyObject_Str(PyStackRef_AsPyObjectBorrow(value));
    PyStackRef_CLOSE(value);
    ERROR_IF(made == NULL);
    res = PyStackRef_FromPyObjectSteal(made);
}

// A message with arguments
op(_MESSAGE, (value -- value)) {
    if (!PyLong_CheckExact(PyStackRef_AsPyObjectBorrow(value))) {
        _PyErr_Format(tstate, PyExc_TypeError, "no number but %R", PyStackRef_AsPyObjectBorrow(value));
        ERROR_NO_POP();
    }
}

// # Control

// A jump
op(_JUMP, (--)) {
    JUMPBY(oparg);
}

// A jump to a label, past its pops
op(_JUMP_TO_LABEL, (--)) {
    if (oparg) {
        goto exception_unwind;
    }
}

// The same opargument, another instruction
op(_QUICKEN, (counter/1, value -- value)) {
    ADVANCE_ADAPTIVE_COUNTER(this_instr[1].counter);
    if (oparg > 3 && ADAPTIVE_COUNTER_TRIGGERS(counter)) {
        _Py_Specialize_ToBool(value, this_instr);
        next_instr = this_instr;
        DISPATCH_SAME_OPARG();
    }
}

// On to another instruction before the body's end
op(_DISPATCH, (value --)) {
    PyStackRef_CLOSE(value);
    SYNC_SP();
    next_instr += oparg;
    DISPATCH();
}

// The frame that was pushed runs next
inst(RUN_FRAME, (callable, args[oparg] --)) {
    _PyInterpreterFrame *pushed = _PyEvalFramePushAndInit(tstate, callable, NULL, args, oparg, NULL, frame);
    DEAD(args);
    DEAD(callable);
    SYNC_SP();
    if (pushed == NULL) {
        ERROR_NO_POP();
    }
    frame->return_offset = INSTRUCTION_SIZE;
    DISPATCH_INLINED(pushed);
}

// A frame that is handed from one part of an instruction to the next, and becomes the running one
op(_ENTER, (entered: _PyInterpreterFrame* --)) {
    entered->previous = frame;
    frame = entered;
    LOAD_SP();
    LOAD_IP(2);
}

// The stack pointer kept in the frame while other code runs, and the frame left
op(_LEAVE_FRAME, (value -- res)) {
    _PyStackRef kept = PyStackRef_MakeHeapSafe(value);
    DEAD(value);
    SAVE_STACK();
    _PyInterpreterFrame *left = frame;
    frame = tstate->current_frame = left->previous;
    RELOAD_STACK();
    res = kept;
}

// An instrumented jump
inst(JUMP_AND_TELL, (--)) {
    INSTRUMENTED_JUMP(this_instr, next_instr + oparg, PY_MONITORING_EVENT_JUMP);
}

// An assertion is no statement
op(_ASSERTION, (value -- value)) {
    assert(oparg > 0);
}

// # Outside

// `switch`
op(_OUTSIDE_SWITCH, (--)) {
    switch (oparg) { case 1: break; }
}

// `do`
op(_OUTSIDE_DO, (--)) {
    do { JUMPBY(1); } while (oparg);
}

// `break` and `continue`
op(_OUTSIDE_BREAK, (--)) {
    while (oparg) { break; }
}

// A loop that counts otherwise
op(_OUTSIDE_STEP, (--)) {
    for (int i = 0; i < oparg; i += 2) { JUMPBY(i); }
}

// `sizeof`
op(_OUTSIDE_SIZEOF, (--)) {
    JUMPBY(sizeof(int));
}

// A label of the body's own
op(_OUTSIDE_LABEL, (--)) {
    again: JUMPBY(1);
    goto again;
}

// The address of a local
op(_OUTSIDE_ADDRESS, (--)) {
    int number = oparg;
    JUMPBY(*&number);
}

// A name that no rule has
op(_OUTSIDE_NAME, (--)) {
    never_heard_of(oparg);
}

// A type that no rule has
op(_OUTSIDE_TYPE, (--)) {
    struct unheard *unknown = NULL;
}

// A member that no rule has
op(_OUTSIDE_MEMBER, (--)) {
    JUMPBY(frame->unheard_of);
}

// What is consumed twice
op(_OUTSIDE_TWICE, (value --)) {
    PyStackRef_CLOSE(value);
    PyStackRef_CLOSE(value);
}

// END BYTECODES //
