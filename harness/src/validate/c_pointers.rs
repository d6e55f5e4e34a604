//! Function pointers and handles on the C side: which one a pointer is, and what a call through one logs.

use super::model::{Model, POOLS, Via};
use std::fmt::Write as _;
use translator::lower::kind::Kind;
use translator::subset::Argument;

/// Function pointer types: how many parameters, as types, and the trace name of a call.
const POINTERS: &[(&str, &str, &[&str])] = &[
    ("MethodFn", "PyCFunction", &["PyObject *", "PyObject *"]),
    ("FastFn", "PyCFunctionFast", &["PyObject *", "PyObject **", "Py_ssize_t"]),
    ("FastKeywordsFn", "PyCFunctionFastWithKeywords", &["PyObject *", "PyObject **", "Py_ssize_t", "PyObject *"]),
    ("IterNext", "iternextfunc", &["PyObject *"]),
    ("GetIter", "getiterfunc", &["PyObject *"]),
    ("Unary", "unaryfunc", &["PyObject *"]),
    ("VectorCall", "vectorcallfunc", &["PyObject *", "PyObject **", "size_t", "PyObject *"]),
    ("Conversion", "conversion_func", &["PyObject *"]),
];

/// Handles: where they are, and which one a pointer is.
pub(super) fn pools(out: &mut String) {
    for (rust, size, c) in POOLS {
        let pointer = POINTERS.iter().find(|p| p.0 == *rust);
        if let Some((_, type_, parameters)) = pointer {
            let list: Vec<String> = parameters.iter().enumerate().map(|(i, t)| format!("{t} a{i}")).collect();
            let names: Vec<String> = (0..parameters.len()).map(|i| format!("a{i}")).collect();
            let (list, names) = (list.join(", "), names.join(", "));
            let _ = writeln!(out, "static PyObject *w_call_{type_}(int64_t h, {list});");
            for n in 0..*size {
                let _ =
                    writeln!(out, "static PyObject *w_{type_}_{n}({list}) {{ return w_call_{type_}({n}, {names}); }}");
            }
            let all: Vec<String> = (0..*size).map(|n| format!("w_{type_}_{n}")).collect();
            let _ = writeln!(out, "static const {type_} w_pool_{rust}[] = {{{}}};", all.join(", "));
            let _ = writeln!(
                out,
                "static {type_} w_at_{rust}(int64_t n) {{ return n < 0 ? NULL : w_pool_{rust}[n]; }}\n\
                 static int64_t w_id_{rust}({type_} p) {{ for (int64_t n = 0; n < {size}; n++) if (p == w_pool_{rust}[n]) return n; return -1; }}"
            );
        } else {
            let struct_ = c.trim_end_matches([' ', '*']);
            let _ = writeln!(
                out,
                "static {struct_} w_pool_{rust}[{size}];\n\
                 static {struct_} *w_at_{rust}(int64_t n) {{ return n < 0 ? NULL : w_pool_{rust} + n; }}\n\
                 static int64_t w_id_{rust}(const {struct_} *p) {{ return p ? p - w_pool_{rust} : -1; }}"
            );
        }
    }
    *out += "static PyInterpreterState w_interp;\nstatic PyThreadState w_thread;\n";
}

/// Calls through function pointers: each is an event with the handle first.
pub(super) fn pointer_calls(out: &mut String, model: &Model) {
    for (_, type_, parameters) in POINTERS {
        let via = model.functions.iter().find(|f| f.via == Via::Pointer && f.rule.c == *type_);
        let name = match *type_ {
            "conversion_func" => "call::conversion",
            "vectorcallfunc" => "call::type_vectorcall",
            _ => via.map_or("call::unknown", |f| f.name.as_str()),
        };
        let list: Vec<String> = parameters.iter().enumerate().map(|(i, t)| format!("{t} a{i}")).collect();
        let logs: Vec<String> = parameters
            .iter()
            .enumerate()
            .map(|(i, t)| match *t {
                "PyObject *" => format!("w_o(a{i});"),
                "PyObject **" => format!("w_args(a{i}, (int64_t)a{});", i + 1),
                _ => format!("w_n((int64_t)a{i});"),
            })
            .collect();
        let _ = writeln!(
            out,
            "static PyObject *w_call_{type_}(int64_t h, {}) {{ w_event(\"{name}\"); w_h(h); {} PyObject *v = w_null() ? NULL : w_give(); w_log(); return v; }}",
            list.join(", "),
            logs.join(" ")
        );
    }
    for n in 0..3 {
        let _ = writeln!(
            out,
            "static int w_guard_{n}(PyObject *l, PyObject *r) {{ w_event(\"BinaryOpExtend.guard\"); w_h({n}); w_o(l); w_o(r); int v = (int)(w_draw() % 2); w_print(\" -> %d\", v); w_log(); return v; }}\n\
             static PyObject *w_action_{n}(PyObject *l, PyObject *r) {{ w_event(\"BinaryOpExtend.action\"); w_h({n}); w_o(l); w_o(r); PyObject *v = w_null() ? NULL : w_give(); w_log(); return v; }}"
        );
    }
    *out += "static const w_guard w_guards[] = {w_guard_0, w_guard_1, w_guard_2};\n\
        static const w_action w_actions[] = {w_action_0, w_action_1, w_action_2};\n";
}

/// Tables of functions, of which the index is part of the event.
pub(super) fn table_calls(out: &mut String, model: &Model) {
    for function in model.functions.iter().filter(|f| f.via == Via::Table) {
        let table = &function.rule.c;
        let objects = function.rule.arguments.iter().filter(|a| matches!(a, Argument::Value(Kind::Ref(_)))).count();
        let thread = function.rule.arguments.contains(&Argument::Thread);
        let mut list: Vec<String> = (0..objects).map(|i| format!("PyObject *a{i}")).collect();
        let logs: String = (0..objects).fold(String::new(), |s, i| s + &format!("w_o(a{i}); "));
        if thread {
            list.insert(0, "PyThreadState *thread".into());
        }
        let list = list.join(", ");
        for n in 0..64 {
            let _ = writeln!(
                out,
                "static PyObject *w_{table}_{n}({list}) {{ w_event(\"{}\"); w_n({n}); {logs}PyObject *v = w_null() ? NULL : w_give(); w_log(); return v; }}",
                function.name
            );
        }
        let all: Vec<String> = (0..64).map(|n| format!("w_{table}_{n}")).collect();
        let entry = if thread { "struct { PyObject *(*func)" } else { "PyObject *(*const" };
        let all = all.join(", ");
        let _ = if thread {
            writeln!(out, "static const {entry}({list}); }} {table}[] = {{ {all} }};")
        } else {
            writeln!(out, "static {entry} {table}[])({list}) = {{ {all} }};")
        };
    }
}
