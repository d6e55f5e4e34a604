//! Bodies of our own, lowered with rules of our own: the Rust that is expected, and refusals with code and place.

use pretty_assertions::assert_eq;
use translator::analysis::model::{CacheEntry, StackItem};
use translator::c_ast::{Configuration, parse_body, preprocess};
use translator::diagnostics::Diagnostic;
use translator::lower::{Item, Lowered, lower};
use translator::rust_ir::{Writer, print_block};
use translator::source::{FileId, SourceFile, Sources, Span};
use translator::subset::Rules;

const RULES: &str = r#"
noop = [{ c = "assert" }]
type = [{ c = "PyObject", rust = "PyObject" }, { c = "Number", rust = "PyInt" }, { c = "Keys", rust = "Keys", handle = true }]
constant = [
    { c = "YES", rust = "StackRef::TRUE", ty = "stackref" },
    { c = "NO", rust = "StackRef::FALSE", ty = "stackref" },
    { c = "LIMIT", rust = "number::LIMIT", ty = "i32" },
]
field = [
    { of = "Number", c = "digits", ty = "isize", get = "digits", set = "set_digits" },
    { of = "_PyInterpreterFrame", c = "return_offset", ty = "u16", get = "return_offset", set = "set_return_offset" },
]
call = [
    { c = "ERROR_IF", rust = "@error_if" }, { c = "DEOPT_IF", rust = "@deopt_if" }, { c = "ERROR_NO_POP", rust = "@error_no_pop" },
    { c = "DEAD", rust = "@dead" }, { c = "INPUTS_DEAD", rust = "@inputs_dead" }, { c = "DECREF_INPUTS", rust = "@decref_inputs" },
    { c = "SYNC_SP", rust = "@sync_sp" }, { c = "DISPATCH", rust = "@dispatch" }, { c = "JUMPBY", rust = "@jumpby" },
    { c = "GETLOCAL", rust = "@getlocal" }, { c = "CLOSE", rust = "@close" }, { c = "DECREF", rust = "@decref" },
    { c = "borrow", rust = ".as_object", args = ["&stackref"], ret = "ref" },
    { c = "steal", rust = "StackRef::from_owned", args = ["steal"], ret = "stackref" },
    { c = "take", rust = ".into_owned", args = ["stackref"], ret = "owned" },
    { c = "is_null", rust = ".is_null", args = ["&stackref"], ret = "bool" },
    { c = "add", rust = "number::add", args = ["ref PyInt", "ref PyInt"], ret = "owned!", thread = true, escapes = true },
    { c = "find", rust = "dict::find", args = ["ref"], ret = "owned?", thread = true },
    { c = "store", rust = "object::store", args = ["ref", "ref"], ret = "status!", thread = true },
    { c = "truth", rust = "object::truth", args = ["ref"], ret = "bool!", thread = true },
    { c = "lookup", rust = "dict::lookup", args = ["ref", "out owned?"], ret = "i32", thread = true },
    { c = "append", rust = "text::append", args = ["inout owned!", "ref"], thread = true, escapes = true },
    { c = "complain", rust = "error::complain", args = ["thread", "str", "..."], escapes = true },
]
"#;

fn items(text: &str) -> Vec<StackItem> {
    let item = |t: &str| {
        let (name, size) = t.split_once('[').map_or((t, None), |(n, s)| (n, Some(s.trim_end_matches(']').to_owned())));
        let span = Span { file: FileId(0), start: 0, end: 1 };
        StackItem { name: name.to_owned(), type_: None, size, peek: false, used: true, condition: None, span }
    };
    text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(item).collect()
}

fn run(inputs: &str, outputs: &str, body: &str) -> (Result<Lowered, Vec<Diagnostic>>, Sources) {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("own.c", body));
    let rules = Rules::load([("own.toml", RULES)]).expect("the rules are well-formed");
    let (inputs, outputs) = (items(inputs), items(outputs));
    let caches = [CacheEntry { name: "version".into(), size: 2 }];
    let item = Item {
        name: "OWN",
        inputs: &inputs,
        outputs: &outputs,
        caches: &caches,
        instruction_size: Some(3),
        is_label: false,
        span: Span { file, start: 0, end: 1 },
    };
    let lowered = preprocess(body, file, 0, &Configuration::default_tier1())
        .map_err(|e| vec![e])
        .and_then(|text| parse_body(&text, file, 0))
        .and_then(|statements| lower(item, &statements, &rules));
    (lowered, sources)
}

fn check(inputs: &str, outputs: &str, body: &str, expected: &str) {
    let (lowered, sources) = run(inputs, outputs, body);
    let lowered = match lowered {
        Ok(lowered) => lowered,
        Err(all) => panic!("refused:\n{}", all.iter().map(|d| d.render(&sources)).collect::<String>()),
    };
    let mut out = Writer::default();
    print_block(&mut out, &lowered.body);
    let lines = |text: &str| text.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&out.finish()), lines(expected.trim_start_matches('\n')));
}

/// A refusal's code, and the C text under the caret.
fn refused(inputs: &str, outputs: &str, body: &str, code: &str, at: &str) {
    let (lowered, sources) = run(inputs, outputs, body);
    let all = lowered.err().unwrap_or_else(|| panic!("translated: {body}"));
    let found: Vec<(&str, &str)> = all.iter().map(|d| (d.code, d.primary.map_or("", |s| sources.text(s)))).collect();
    assert!(found.contains(&(code, at)), "expected {code} at `{at}`, found {found:?}");
}

#[test]
fn a_failing_call_is_checked_after_its_inputs_are_closed() {
    check(
        "left, right",
        "res",
        "{ PyObject *a = borrow(left); PyObject *r = add((Number *)a, (Number *)borrow(right)); CLOSE(right); CLOSE(left); ERROR_IF(r == NULL); res = steal(r); }",
        "
let a = left.as_object();
let r = number::add(thread, a.cast::<PyInt>(), right.as_object().cast::<PyInt>());
drop(right);
drop(left);
Ok(StackRef::from_owned(r?))",
    );
}

#[test]
fn a_guard_leaves_its_inputs_on_the_stack() {
    check(
        "value",
        "res",
        "{ Number *n = (Number *)borrow(value); DEOPT_IF(n->digits > 1); CLOSE(value); res = YES; }",
        "
let n = value.as_object().cast::<PyInt>();
if n.digits() > 1 {
    value.leave();
    return Err(Exit::Deopt);
}
drop(value);
Ok(StackRef::TRUE)",
    );
}

#[test]
fn an_input_that_is_only_looked_at_is_borrowed() {
    check(
        "value",
        "value",
        "{ DEOPT_IF(is_null(value)); }",
        "if value.is_null() {\n    return Err(Exit::Deopt);\n}\nOk(())",
    );
}

#[test]
fn null_that_means_absent_becomes_let_else() {
    check(
        "",
        "res",
        "{ PyObject *o = find(borrow(GETLOCAL(oparg))); if (o == NULL) { complain(tstate, \"no %R\", NULL_NAME); ERROR_NO_POP(); } res = steal(o); }"
            .replace("NULL_NAME", "borrow(GETLOCAL(0))")
            .as_str(),
        "
let Some(o) = dict::find(thread, frame.locals_plus().get(oparg as isize).as_object()) else {
    error::complain(thread, \"no %R\", &[frame.locals_plus().get(0).as_object().into()]);
    return Err(Exit::Error);
};
Ok(StackRef::from_owned(o))",
    );
}

#[test]
fn a_status_ends_in_a_question_mark() {
    check(
        "v, container",
        "",
        "{ int err = store(borrow(container), borrow(v)); DECREF_INPUTS(); ERROR_IF(err); }",
        "
let err = object::store(thread, container.as_object(), v.as_object());
drop(container);
drop(v);
err?;
Ok(())",
    );
}

/// As CPython's generator does: the output takes the place of the lowest input, which is closed first.
#[test]
fn inputs_are_closed_from_the_top_unless_an_output_is_there() {
    check(
        "low, mid, high",
        "res",
        "{ DECREF_INPUTS(); res = YES; }",
        "drop(high);\ndrop(mid);\ndrop(low);\nStackRef::TRUE",
    );
    check(
        "low, mid, high",
        "res",
        "{ res = steal(find(borrow(low))); DECREF_INPUTS(); }",
        "
let res = StackRef::from_owned(dict::find(thread, low.as_object()).known());
drop(low);
drop(high);
drop(mid);
res",
    );
}

/// The number beside an out-parameter and a status in one variable: the number keeps its meaning.
#[test]
fn a_number_that_becomes_a_status_is_tested() {
    check(
        "",
        "",
        "{ PyObject *o; int err = lookup(borrow(GETLOCAL(0)), &o); ERROR_IF(err < 0); err = store(borrow(GETLOCAL(0)), o); DECREF(o); ERROR_IF(err); }",
        "
let (lookup_result, o) = dict::lookup(thread, frame.locals_plus().get(0).as_object());
let mut err = if lookup_result < 0 { Err(Raised) } else { Ok(()) };
err?;
err = object::store(thread, frame.locals_plus().get(0).as_object(), o.as_ref().known().borrow());
drop(o);
err?;
Ok(())",
    );
}

#[test]
fn a_truth_value_loses_its_error_once_checked() {
    check(
        "value",
        "res",
        "{ int t = truth(borrow(value)); CLOSE(value); ERROR_IF(t < 0); res = t ? YES : NO; }",
        "
let t = object::truth(thread, value.as_object());
drop(value);
Ok(if t? { StackRef::TRUE } else { StackRef::FALSE })",
    );
}

#[test]
fn an_out_parameter_comes_back_with_the_result() {
    check(
        "sub",
        "res",
        "{ PyObject *o; int rc = lookup(borrow(sub), &o); CLOSE(sub); ERROR_IF(rc <= 0); res = steal(o); }",
        "
let (rc, o) = dict::lookup(thread, sub.as_object());
drop(sub);
if rc <= 0 {
    return Err(Exit::Error);
}
Ok(StackRef::from_owned(o.known()))",
    );
}

/// What a helper takes out of a variable and puts back is another kind: the name is bound anew.
#[test]
fn a_variable_that_a_call_replaces_is_bound_anew() {
    check(
        "left, right",
        "res",
        "{ PyObject *text = take(left); append(&text, borrow(right)); CLOSE(right); ERROR_IF(text == NULL); res = steal(text); }",
        "
let text = left.into_owned();
let text = text::append(thread, text, right.as_object());
drop(right);
Ok(StackRef::from_owned(text?))",
    );
}

#[test]
fn a_truth_value_is_not_compared_with_zero() {
    check(
        "value",
        "value",
        "{ int null = is_null(value); if (null == 0) { DEOPT_IF(oparg != 0); } DEOPT_IF(null != 0); }",
        "
let null = value.is_null();
if !null && oparg != 0 {
    return Err(Exit::Deopt);
}
if null {
    return Err(Exit::Deopt);
}
Ok(())",
    );
}

#[test]
fn a_local_is_replaced_before_the_old_one_is_closed() {
    check(
        "value",
        "",
        "{ _PyStackRef old = GETLOCAL(oparg); GETLOCAL(oparg) = value; DEAD(value); CLOSE(old); }",
        "
let old = frame.locals_plus().read(oparg as isize);
frame.locals_plus().put(oparg as isize, value);
drop(old);",
    );
}

#[test]
fn inactive_conditionals_are_left_out() {
    check(
        "value",
        "",
        "{\n#ifdef Py_GIL_DISABLED\n    unknown_function(value);\n#else\n    CLOSE(value);\n#endif\n}",
        "drop(value);",
    );
}

#[test]
fn a_stack_pointer_that_the_body_moves_is_a_parameter() {
    check(
        "a, args[oparg]",
        "",
        "{ INPUTS_DEAD(); SYNC_SP(); frame->return_offset = 3; DISPATCH(); }",
        "
stack_pointer.shrink(oparg as usize + 1);
frame.set_return_offset(3);
Err(Exit::Dispatch)",
    );
}

#[test]
fn loops_over_a_counter_become_ranges() {
    check(
        "",
        "values[oparg]",
        "{ for (int i = oparg; --i >= 0; ) { *values++ = NO; } }",
        "
for i in (0..oparg).rev() {
    values.put(0, StackRef::FALSE);
    values = values.add(1);
}",
    );
}

#[test]
fn where_an_item_dies_does_not_show() {
    let early = "{ if (oparg) { DEAD(value); res = NO; } else { CLOSE(value); res = YES; } }";
    let late = "{ if (oparg) { res = NO; DEAD(value); } else { CLOSE(value); res = YES; } }";
    for body in [early, late] {
        check(
            "value",
            "res",
            body,
            "
if oparg != 0 {
    value.leave();
    StackRef::FALSE
} else {
    drop(value);
    StackRef::TRUE
}",
        );
    }
}

#[test]
fn an_error_with_nothing_to_pop_is_written_one_way() {
    for body in ["ERROR_IF(err);", "if (err) { ERROR_NO_POP(); }"] {
        let body = format!("{{ int err = store(borrow(v), borrow(v)); CLOSE(v); {body} }}");
        check(
            "v",
            "",
            &body,
            "
let err = object::store(thread, v.as_object(), v.as_object());
drop(v);
err?;
Ok(())",
        );
    }
}

#[test]
fn what_is_never_mentioned_is_no_parameter() {
    let (lowered, _) =
        run("callable, null, args[oparg]", "callable, null, args[oparg]", "{ DEOPT_IF(is_null(callable)); }");
    assert_eq!(lowered.expect("it translates").signature.parameters.len(), 1);
}

#[test]
fn an_item_known_to_be_null_is_consumed_on_both_paths() {
    check(
        "item",
        "",
        "{ PyObject *o = is_null(item) ? NULL : take(item); DEAD(item); }",
        "
let o = if item.is_null() { None } else { Some(item.into_owned()) };",
    );
}

#[test]
fn refusals_name_the_place() {
    refused("", "", "{ unknown_function(1); }", "S-025", "unknown_function");
    refused("", "", "{ int x = unknown_name; }", "S-020", "unknown_name");
    refused("value", "", "{ CLOSE(value); CLOSE(value); }", "S-031", "CLOSE(value)");
    refused(
        "value",
        "",
        "{ int x = ((Number *)borrow(value))->no_such; CLOSE(value); }",
        "S-021",
        "((Number *)borrow(value))->no_such",
    );
    refused("value", "", "{ CLOSE(value); value = NO; }", "S-030", "{");
    refused("", "", "{ switch (oparg) { case 1: break; } }", "S-011", "switch (oparg) { case 1: break; }");
    refused("", "", "{ goto nowhere; }", "S-028", "goto nowhere;");
    refused("", "", "{ int x = ; }", "S-010", "");
    refused("", "", "{ store(1, 2, 3); }", "S-027", "store(1, 2, 3)");
    refused("", "", "{ Unheard x = 1; }", "S-024", "x = 1");
    refused("", "", "{\n#pragma x\n}", "S-001", "#pragma x");
    refused("", "", "{\n#if 1\n}", "S-002", "{");
    refused("", "res", "{ if (oparg) { res = NO; } }", "S-034", "{");
    refused("", "", "{ while (oparg) { break; } }", "S-012", "break;");
    refused("value", "", "{ int x = borrow(value); CLOSE(value); }", "S-023", "x = borrow(value)");
    refused("value", "", "{ int x = value[0]; CLOSE(value); }", "S-022", "value[0]");
}

#[test]
fn a_status_that_is_only_tested_is_propagated() {
    check(
        "a",
        "",
        "{ int err = store(borrow(GETLOCAL(0)), borrow(a)); DEAD(a); if (err < 0) { ERROR_IF(true); } int other = store(borrow(GETLOCAL(0)), borrow(GETLOCAL(1))); ERROR_IF(other); }",
        "
object::store(thread, frame.locals_plus().get(0).as_object(), a.as_object())?;
object::store(thread, frame.locals_plus().get(0).as_object(), frame.locals_plus().get(1).as_object())?;
Ok(())",
    );
}

/// The number that comes back beside an out-parameter, in a variable that later holds a status.
#[test]
fn a_number_and_a_status_share_a_variable() {
    check(
        "",
        "",
        "{ PyObject *o; int err = lookup(borrow(GETLOCAL(0)), &o); ERROR_IF(err < 0); if (o != NULL) { DECREF(o); } err = store(borrow(GETLOCAL(0)), borrow(GETLOCAL(1))); ERROR_IF(err < 0); }",
        "
let (lookup_result, o) = dict::lookup(thread, frame.locals_plus().get(0).as_object());
let mut err = if lookup_result < 0 { Err(Raised) } else { Ok(()) };
err?;
if let Some(o) = o {
    drop(o);
}
err = object::store(thread, frame.locals_plus().get(0).as_object(), frame.locals_plus().get(1).as_object());
err?;
Ok(())",
    );
}

#[test]
fn branches_give_the_value_that_they_assign() {
    check(
        "value",
        "res",
        "{ if (is_null(value)) { res = YES; CLOSE(value); } else { CLOSE(value); res = NO; } }",
        "
if value.is_null() {
    drop(value);
    StackRef::TRUE
} else {
    drop(value);
    StackRef::FALSE
}",
    );
}

#[test]
fn what_is_known_after_a_test_is_bound_by_it() {
    check(
        "key",
        "res",
        "{ PyObject *o = find(borrow(key)); CLOSE(key); DEOPT_IF(o == NULL); res = steal(o); }",
        "
let o = dict::find(thread, key.as_object());
drop(key);
let Some(o) = o else {
    return Err(Exit::Deopt);
};
Ok(StackRef::from_owned(o))",
    );
}

#[test]
fn two_items_are_swapped() {
    check(
        "a, b",
        "a, b",
        "{ _PyStackRef temp = a; a = b; b = temp; }",
        "
std::mem::swap(&mut a, &mut b);
(a, b)",
    );
}

#[test]
fn sums_and_shifts_among_bits_are_parenthesised() {
    check(
        "",
        "res",
        "{ res = (oparg << 8 | LIMIT + 1 & 3) ? YES : NO; }",
        "
if (oparg << 8) | (number::LIMIT + 1) & 3 != 0 { StackRef::TRUE } else { StackRef::FALSE }",
    );
}
