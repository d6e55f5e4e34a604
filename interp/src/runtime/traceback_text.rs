//! An uncaught exception as text, as CPython's `traceback` prints it.

use super::{attr, exceptions, groups, object, traceback, types};
use crate::object::*;
use crate::pyc::locations::Position;

/// Frames of the same place are shown this often.
const REPEATS: usize = 3;

/// The whole text: chained exceptions, tracebacks, the exception itself.
pub(crate) fn render(thread: &Thread, exception: Ref) -> String {
    let pending = thread.take_exception();
    let mut out = String::new();
    chain(thread, exception, &mut Vec::new(), "", &mut out);
    if let Some(pending) = pending {
        thread.set_exception(pending);
    }
    out
}

fn chain(thread: &Thread, exception: Ref, seen: &mut Vec<usize>, indent: &str, out: &mut String) {
    seen.push(exception.addr());
    let own = exceptions::of(exception);
    let linked = match (own.cause.get(), own.context.get()) {
        (Some(cause), _) => Some((cause, "The above exception was the direct cause of the following exception:")),
        (None, Some(context)) if !own.suppress_context.get() => {
            Some((context, "During handling of the above exception, another exception occurred:"))
        }
        _ => None,
    };
    if let Some((other, message)) = linked
        && !seen.contains(&other.addr())
    {
        chain(thread, other, seen, indent, out);
        out.push_str(&format!("{indent}\n{indent}{message}\n{indent}\n"));
    }
    if groups::is_group(exception) {
        group(thread, exception, seen, indent, out);
        return;
    }
    if let Some(first) = own.traceback.get() {
        out.push_str(&format!("{indent}Traceback (most recent call last):\n"));
        entries(first, indent, out);
    }
    for line in describe(thread, exception).lines() {
        out.push_str(&format!("{indent}{line}\n"));
    }
}

/// An exception group: its members are indented under bars.
fn group(thread: &Thread, exception: Ref, seen: &mut Vec<usize>, indent: &str, out: &mut String) {
    let outer = indent.is_empty();
    let inner = if outer { "  | ".to_owned() } else { indent.to_owned() };
    if let Some(first) = exceptions::of(exception).traceback.get() {
        let lead = if outer { "  + " } else { indent };
        out.push_str(&format!("{lead}Exception Group Traceback (most recent call last):\n"));
        entries(first, &inner, out);
    }
    for line in describe(thread, exception).lines() {
        out.push_str(&format!("{inner}{line}\n"));
    }
    let members = groups::members(exception);
    let base = inner.trim_end_matches("| ").to_owned();
    for (index, member) in members.iter().enumerate() {
        let lead = if index == 0 { "+-" } else { "  " };
        out.push_str(&format!("{base}{lead}+---------------- {} ----------------\n", index + 1));
        chain(thread, member, seen, &format!("{base}  | "), out);
    }
    // A group at the end has drawn the line below itself already.
    if !members.iter().last().is_some_and(groups::is_group) {
        out.push_str(&format!("{base}  +------------------------------------\n"));
    }
}

/// `TypeName: text`, with notes.
fn describe(thread: &Thread, exception: Ref) -> String {
    let name = types::full_name(exception.ty());
    let text = match object::str_text(thread, exception) {
        Ok(text) => text,
        Err(_) => {
            thread.clear_exception();
            "<exception str() failed>".to_owned()
        }
    };
    let mut out = if exception.ty().is_subtype(exceptions::syntax_error()) {
        let (place, message) = super::syntaxerror::describe(thread, exception);
        format!("{place}{name}: {message}\n")
    } else if text.is_empty() {
        format!("{name}\n")
    } else {
        format!("{name}: {text}{}\n", suggestion(thread, exception))
    };
    let notes = PyStr::new("__notes__");
    if let Ok(Some(notes)) = attr::get_optional_attr(thread, exception, notes.borrow())
        && let Some(notes) = notes.borrow().downcast::<PyList>()
    {
        for note in notes.to_vec() {
            let text = object::str_text(thread, note.borrow()).unwrap_or_else(|_| {
                thread.clear_exception();
                "<note str() failed>".to_owned()
            });
            out.push_str(&text);
            out.push('\n');
        }
    }
    out
}

/// `. Did you mean: 'x'?` behind the message of an AttributeError or NameError.
fn suggestion(thread: &Thread, exception: Ref) -> String {
    let Some(name) = remembered(exception) else { return String::new() };
    let wrong = name.to_string_lossy();
    let candidates: Vec<String> = if exception.ty().is_subtype(exceptions::attribute_error()) {
        match exceptions::of(exception).extra(1).get().map(|owner| object::dir(thread, owner)) {
            Some(Ok(names)) => texts(&names.to_vec()),
            _ => {
                thread.clear_exception();
                return String::new();
            }
        }
    } else if exception.ty().is_subtype(exceptions::name_error()) {
        names_in_scope(exception)
    } else {
        return String::new();
    };
    let candidates = candidates.into_iter().filter(|name| wrong.starts_with('_') || !name.starts_with('_'));
    let mut candidates: Vec<String> = candidates.collect();
    candidates.sort();
    match super::suggestions::closest(&wrong, candidates.iter().map(String::as_str)) {
        Some(meant) => format!(". Did you mean: '{meant}'?"),
        None => String::new(),
    }
}

fn remembered(exception: Ref) -> Option<Ref<PyStr>> {
    let knows = [exceptions::attribute_error(), exceptions::name_error()];
    if !knows.iter().any(|&ty| exception.ty().is_subtype(ty)) {
        return None;
    }
    exceptions::remembered_name(exception)
}

fn texts(names: &[Owned]) -> Vec<String> {
    names.iter().filter_map(|name| name.borrow().downcast::<PyStr>()).map(Ref::to_string_lossy).collect()
}

/// Locals, globals and built-in names where a NameError was raised.
fn names_in_scope(exception: Ref) -> Vec<String> {
    let last = std::iter::successors(exceptions::of(exception).traceback.get(), |entry| entry.next.get()).last();
    let Some(frame) = last.map(|entry| entry.frame.get().frame()) else { return Vec::new() };
    let mut found = Vec::new();
    if let Ok(locals) = super::eval::frame_locals(Thread::current(), frame)
        && let Some(locals) = locals.borrow().downcast::<PyDict>()
    {
        found.extend(locals.items());
    }
    for scope in [frame.globals(), frame.builtins()] {
        found.extend(scope.downcast::<PyDict>().map(|scope| scope.items()).unwrap_or_default());
    }
    texts(&found.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
}

/// One entry of a traceback, with what the source line shows.
fn entries(first: Ref<PyTraceback>, indent: &str, out: &mut String) {
    let mut last: Option<(String, Option<i32>, String)> = None;
    let mut count = 0;
    for entry in std::iter::successors(Some(first), |entry| entry.next.get()) {
        let code = entry.frame.get().frame().code();
        let line = traceback::line(entry);
        let place = (code.filename().to_string_lossy(), line, code.name().to_string_lossy());
        if last.as_ref() == Some(&place) {
            count += 1;
        } else {
            repeated(count, indent, out);
            last = Some(place.clone());
            count = 1;
        }
        if count > REPEATS {
            continue;
        }
        let shown = line.map_or("?".to_owned(), |line| line.to_string());
        out.push_str(&format!("{indent}  File \"{}\", line {shown}, in {}\n", place.0, place.2));
        source(entry, line, indent, out);
    }
    repeated(count, indent, out);
}

/// A traceback with the line of each entry as it stands, as C code writes it where it cannot ask `traceback`.
pub(crate) fn plain(first: Ref<PyTraceback>, out: &mut String) {
    out.push_str("Traceback (most recent call last):\n");
    let config = Thread::current().state.config.get_or_init(Default::default);
    for entry in std::iter::successors(Some(first), |entry| entry.next.get()) {
        let code = entry.frame.get().frame().code();
        let (file, line) = (code.filename().to_string_lossy(), traceback::line(entry).unwrap_or(0));
        out.push_str(&format!("  File \"{file}\", line {line}, in {}\n", code.name().to_string_lossy()));
        let source = config.text_of(&file);
        let shown = source.as_deref().and_then(|text| text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?));
        if let Some(shown) = shown.map(str::trim).filter(|shown| !shown.is_empty()) {
            out.push_str(&format!("    {shown}\n"));
        }
    }
}

fn repeated(count: usize, indent: &str, out: &mut String) {
    if count > REPEATS {
        let more = count - REPEATS;
        let plural = if more == 1 { "" } else { "s" };
        out.push_str(&format!("{indent}  [Previous line repeated {more} more time{plural}]\n"));
    }
}

/// The source lines of an entry, from the text that its code was compiled from or the file of that name.
fn source(entry: Ref<PyTraceback>, line: Option<i32>, indent: &str, out: &mut String) {
    let code = entry.frame.get().frame().code();
    let config = Thread::current().state.config.get_or_init(Default::default);
    let Some(text) = config.text_of(&code.filename().to_string_lossy()) else { return };
    let unit = usize::try_from(entry.lasti / 2).unwrap_or(0);
    let mut position = crate::pyc::locations::at(code.linetable(), code.firstlineno(), unit);
    if position.line != line {
        position = Position { line, ..Position::default() };
    }
    for shown in super::traceback_source::lines(&text, position).unwrap_or_default() {
        out.push_str(&format!("{indent}    {shown}\n"));
    }
}
