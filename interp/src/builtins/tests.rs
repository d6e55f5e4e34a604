//! The builtins against what CPython 3.14 answers.

use super::support::{repr, text};
use crate::object::testing::with_builtins;
use crate::object::*;
use crate::runtime::{call, names, object};

fn builtin(thread: &Thread, name: &str) -> Owned {
    let namespace = thread.state.builtins.get().expect("installed");
    namespace.get_str(PyStr::new(name).borrow()).unwrap_or_else(|| panic!("no builtin {name}")).to_owned()
}

/// The repr of the result, or `Type: text` of the exception.
fn shown(thread: &Thread, result: Result) -> String {
    let result = result.and_then(|value| repr(thread, value.borrow()));
    match result {
        Ok(shown) => shown.borrow().to_string_lossy(),
        Err(_) => {
            let raised = thread.take_exception().expect("an exception is set");
            let text = object::str_text(thread, raised.borrow()).expect("exceptions have text");
            format!("{}: {text}", raised.borrow().ty().name())
        }
    }
}

fn run(thread: &Thread, name: &str, arguments: &[&Owned]) -> String {
    let arguments: Vec<Ref> = arguments.iter().map(|argument| argument.borrow()).collect();
    shown(thread, call::with(thread, builtin(thread, name).borrow(), &arguments))
}

fn method(thread: &Thread, receiver: &Owned, name: &str, arguments: &[&Owned]) -> String {
    let arguments: Vec<Ref> = arguments.iter().map(|argument| argument.borrow()).collect();
    shown(thread, object::call_method(thread, receiver.borrow(), PyStr::new(name).borrow(), &arguments))
}

fn int(value: i64) -> Owned {
    PyInt::from_i64(value).upcast()
}

fn float(value: f64) -> Owned {
    PyFloat::new(value).upcast()
}

fn list(items: &[&Owned]) -> Owned {
    PyList::new(items.iter().map(|&item| item.clone()).collect()).upcast()
}

#[test]
fn functions_answer_as_cpython_does() {
    with_builtins(|thread| {
        let numbers = list(&[&int(3), &int(1), &int(2)]);
        let words = list(&[&text("b"), &text("a")]);
        let (one, two, a, pi) = (int(1), int(2), text("a"), float(3.14159));
        for (name, arguments, expected) in [
            ("len", vec![&numbers], "3"),
            ("sum", vec![&numbers], "6"),
            ("sum", vec![&words], "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
            ("sorted", vec![&numbers], "[1, 2, 3]"),
            ("sorted", vec![&words], "['a', 'b']"),
            ("min", vec![&numbers], "1"),
            ("max", vec![&one, &two], "2"),
            ("max", vec![&one, &a], "TypeError: '>' not supported between instances of 'str' and 'int'"),
            ("abs", vec![&a], "TypeError: bad operand type for abs(): 'str'"),
            ("round", vec![&pi, &two], "3.14"),
            ("round", vec![&pi], "3"),
            ("hex", vec![&int(-255)], "'-0xff'"),
            ("chr", vec![&int(8364)], "'€'"),
            ("ord", vec![&text("ab")], "TypeError: ord() expected a character, but string of length 2 found"),
            ("int", vec![&text(" 12 ")], "12"),
            ("int", vec![&text("x")], "ValueError: invalid literal for int() with base 10: 'x'"),
            ("int", vec![&text("ff"), &int(16)], "255"),
            ("float", vec![&text("1e3")], "1000.0"),
            ("str", vec![&pi], "'3.14159'"),
            ("list", vec![&a], "['a']"),
            ("tuple", vec![&numbers], "(3, 1, 2)"),
            ("set", vec![&list(&[&int(16), &int(1), &int(8), &int(3)])], "{16, 1, 3, 8}"),
            ("range", vec![&one, &int(10), &two], "range(1, 10, 2)"),
            ("divmod", vec![&int(-7), &two], "(-4, 1)"),
            ("pow", vec![&two, &int(100)], "1267650600228229401496703205376"),
            ("isinstance", vec![&one, &builtin(thread, "int")], "True"),
            ("getattr", vec![&one, &text("x")], "AttributeError: 'int' object has no attribute 'x'"),
            ("any", vec![&list(&[])], "False"),
            ("len", vec![&one], "TypeError: object of type 'int' has no len()"),
            ("next", vec![&one], "TypeError: 'int' object is not an iterator"),
            ("format", vec![&int(1_234_567), &text(",")], "'1,234,567'"),
            ("format", vec![&int(255), &text("#010x")], "'0x000000ff'"),
            ("format", vec![&pi, &text("8.2f")], "'    3.14'"),
            ("format", vec![&a, &text("^5")], "'  a  '"),
            ("format", vec![&a, &text("d")], "ValueError: Unknown format code 'd' for object of type 'str'"),
        ] {
            assert_eq!(run(thread, name, &arguments), expected, "{name}");
        }
    });
}

#[test]
fn iterators_give_their_items_and_end() {
    with_builtins(|thread| {
        let (numbers, letters) = (list(&[&int(1), &int(2)]), text("ab"));
        let all = |name: &str, arguments: &[Ref]| {
            let iterator = call::with(thread, builtin(thread, name).borrow(), arguments).expect("made");
            run(thread, "list", &[&iterator])
        };
        assert_eq!(all("enumerate", &[letters.borrow(), int(5).borrow()]), "[(5, 'a'), (6, 'b')]");
        assert_eq!(all("zip", &[numbers.borrow(), letters.borrow()]), "[(1, 'a'), (2, 'b')]");
        assert_eq!(all("map", &[builtin(thread, "str").borrow(), numbers.borrow()]), "['1', '2']");
        assert_eq!(all("filter", &[none_object(), numbers.borrow()]), "[1, 2]");
        assert_eq!(all("reversed", &[numbers.borrow()]), "[2, 1]");
        let dict = PyDict::new();
        dict.set_str(names::name(), int(1));
        let dict = dict.upcast();
        assert_eq!(method(thread, &dict, "items", &[]), "dict_items([('__name__', 1)])");
        assert_eq!(method(thread, &dict, "get", &[&int(7), &int(8)]), "8");
        assert_eq!(method(thread, &dict, "pop", &[&int(7)]), "KeyError: 7");
    });
}

#[test]
fn methods_answer_as_cpython_does() {
    with_builtins(|thread| {
        let words = text("a b  c");
        for (receiver, name, arguments, expected) in [
            (&words, "split", vec![], "['a', 'b', 'c']"),
            (&words, "split", vec![&text(" ")], "['a', 'b', '', 'c']"),
            (&text("-"), "join", vec![&list(&[&text("x"), &text("y")])], "'x-y'"),
            (
                &text(","),
                "join",
                vec![&list(&[&int(1)])],
                "TypeError: sequence item 0: expected str instance, int found",
            ),
            (&text("it's"), "upper", vec![], "\"IT'S\""),
            (&text("  x "), "strip", vec![], "'x'"),
            (&text("banana"), "replace", vec![&text("an"), &text("<>")], "'b<><>a'"),
            (&text("banana"), "find", vec![&text("na"), &int(3)], "4"),
            (&text("{}-{:>3}"), "format", vec![&int(1), &int(2)], "'1-  2'"),
            (&text("{0!r:>5}"), "format", vec![&text("a")], "\"  'a'\""),
            (&text("{}"), "format", vec![], "IndexError: Replacement index 0 out of range for positional args tuple"),
            (&list(&[]), "pop", vec![], "IndexError: pop from empty list"),
            (&list(&[&int(1)]), "index", vec![&int(2)], "ValueError: list.index(x): x not in list"),
            (&list(&[&int(1)]), "append", vec![], "TypeError: list.append() takes exactly one argument (0 given)"),
        ] {
            assert_eq!(method(thread, receiver, name, &arguments), expected, "{name}");
        }
        let own = list(&[&int(1)]);
        own.borrow().cast::<PyList>().push(own.clone());
        assert_eq!(run(thread, "repr", &[&own]), "'[1, [...]]'");
        drop(own.borrow().cast::<PyList>().take_all());
    });
}
