//! The reader, the table decoders and the writer against CPython 3.14 on its own library.

mod common;

use inputs::testing::say;
use interp::pyc::{self, Code, Str, Value, exceptions, locations};
use std::fmt::Write as _;
use std::path::Path;

fn text(s: &Str) -> String {
    s.code_points().map(|c| format!("{c:x}.")).collect()
}

fn bits(x: f64) -> String {
    format!("{:016x}", x.to_bits())
}

fn value(v: &Value) -> String {
    let joined = |items: &[Value]| items.iter().map(value).collect::<Vec<_>>().join(" ");
    match v {
        Value::None => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Ellipsis => "Ellipsis".to_owned(),
        Value::Int(n) => format!("i{}{:x}", if *n < 0 { "-" } else { "" }, n.unsigned_abs()),
        Value::Long(n) => {
            let digits: String = n.magnitude_le().iter().rev().map(|b| format!("{b:02x}")).collect();
            format!("i{}{}", if n.negative { "-" } else { "" }, digits.trim_start_matches('0'))
        }
        Value::Float(x) => format!("f{}", bits(*x)),
        Value::Complex(re, im) => format!("c{},{}", bits(*re), bits(*im)),
        Value::Str(s) => format!("s{}", text(s)),
        Value::Bytes(b) => format!("b{}", hex(b)),
        Value::Tuple(items) => format!("({})", joined(items)),
        Value::FrozenSet(items) => {
            let mut items: Vec<String> = items.iter().map(value).collect();
            items.sort();
            format!("{{{}}}", items.join(" "))
        }
        Value::Slice(parts) => format!("[{}]", joined(&parts[..])),
        Value::Code(c) => format!("code {}", code(c)),
        other => panic!("no constant is a {}", other.type_name()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn optional(n: Option<i32>) -> String {
    n.map_or_else(|| "-".to_owned(), |n| n.to_string())
}

fn code(c: &Code) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(format!("{} {} {} {} {}", c.argcount, c.posonlyargcount, c.kwonlyargcount, c.stacksize, c.flags));
    line(format!("{} {} {}", c.nlocals(), c.nfreevars(), c.firstlineno));
    line(hex(&c.code));
    line(value(&Value::Tuple(c.consts.clone())));
    line(c.names.iter().map(|n| text(n)).collect::<Vec<_>>().join(" "));
    line(format!("{} {} {}", text(&c.filename), text(&c.name), text(&c.qualname)));
    let handlers = exceptions::decode(&c.exceptiontable).expect("a sound table");
    assert_eq!(exceptions::encode(&handlers), &*c.exceptiontable);
    let handlers =
        handlers.iter().map(|h| format!("{}-{}:{}:{}:{}", h.start, h.end, h.target, h.depth, u8::from(h.lasti)));
    line(handlers.collect::<Vec<_>>().join(" "));
    let lines = locations::lines(&c.linetable, c.firstlineno);
    line(lines.iter().map(|(s, e, l)| format!("{s}-{e}:{}", optional(*l))).collect::<Vec<_>>().join(" "));
    let mut positions = Vec::new();
    for run in locations::decode(&c.linetable, c.firstlineno) {
        let p = run.position;
        let shown = [p.line, p.end_line, p.column, p.end_column].map(optional).join(",");
        positions.extend((run.start..run.end).map(|_| shown.clone()));
    }
    assert_eq!(positions.len(), c.units());
    line(positions.join(" "));
    out + "end"
}

fn compare(folder: &Path, index: usize, source: &Path) {
    let bytes = std::fs::read(folder.join(format!("{index}.pyc"))).expect("written");
    let expected = std::fs::read_to_string(folder.join(format!("{index}.txt"))).expect("written");
    let read = pyc::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let found = code(&read.code);
    if found != expected {
        let differing = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
        panic!("{} differs from CPython's code object in line {differing:?}", source.display());
    }
    let again = pyc::read(&pyc::write(&read)).unwrap_or_else(|error| panic!("written {}: {error}", source.display()));
    assert!(again == read, "{} is not the same after writing", source.display());
}

#[test]
fn reads_what_cpython_compiles() {
    let Some(python) = common::python() else { return };
    let sources = common::library(&python);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut arguments = vec![folder.path()];
    arguments.extend(sources.iter().map(|s| s.as_path()));
    common::run(&python, "canonical.py", &arguments);
    for (index, source) in sources.iter().enumerate() {
        compare(folder.path(), index, source);
    }
    say(&format!("{} modules compared", sources.len()));
}
