//! The opcode module against CPython 3.14's `opcode`, `_opcode` and `_opcode_metadata`.

mod common;

use inputs::testing::say;
use interp::opcode;
use std::fmt::{Display, Write as _};

struct Facts(String);

impl Facts {
    fn line<T: Display>(&mut self, what: &str, values: impl IntoIterator<Item = T>) {
        self.0.push_str(what);
        for value in values {
            let _ = write!(self.0, " {value}");
        }
        self.0.push('\n');
    }
}

/// The numbers in the order of `opmap` that have a property.
fn having(has: fn(u16) -> bool) -> impl Iterator<Item = u16> {
    opcode::opmap().map(|(_, number)| number).filter(move |number| has(*number))
}

fn names(facts: &mut Facts) {
    let last = opcode::opmap().map(|(_, number)| number).max().unwrap_or(0);
    facts.line("opname", (0..=last).map(opcode::opname));
    for (name, number) in opcode::opmap() {
        facts.line("opmap", [name.to_owned(), number.to_string()]);
    }
    let mut specialized: Vec<(&str, u16)> = opcode::specialized_opmap().collect();
    specialized.sort_by_key(|(_, number)| *number);
    for (name, number) in specialized {
        facts.line("specialized", [name.to_owned(), number.to_string()]);
    }
    for (head, members) in opcode::specializations() {
        facts.line(&format!("specializations {head}"), members);
    }
    facts.line("limits", [opcode::HAVE_ARGUMENT, opcode::EXTENDED_ARG, opcode::MIN_INSTRUMENTED_OPCODE]);
    facts.line("cmp_op", opcode::CMP_OP);
}

fn lists(facts: &mut Facts) {
    facts.line("hasarg", having(opcode::has_arg));
    facts.line("hasconst", having(opcode::has_const));
    facts.line("hasname", having(opcode::has_name));
    facts.line("hasjump", having(opcode::has_jump));
    facts.line("hasjrel", having(opcode::has_jump));
    facts.line("hasjabs", opcode::HAS_JABS.iter().copied());
    facts.line("hasfree", having(opcode::has_free));
    facts.line("haslocal", having(opcode::has_local));
    facts.line("hasexc", having(opcode::has_exc));
    facts.line("hascompare", opcode::HAS_COMPARE.iter().copied());
    facts.line("nb_ops", opcode::NB_OPS.iter().map(|(name, symbol)| format!("{name}={symbol}")));
    facts.line("intrinsic_1", opcode::INTRINSIC_1);
    facts.line("intrinsic_2", opcode::INTRINSIC_2);
    facts.line("special_methods", opcode::SPECIAL_METHODS);
    facts.line("common_constants", opcode::COMMON_CONSTANTS);
    for (name, fields) in opcode::CACHE_FORMATS {
        let fields = fields.iter().map(|(field, size)| format!("{field}:{size}"));
        facts.line(&format!("cache_format {name}"), fields);
    }
    for (name, _) in opcode::CACHE_FORMATS {
        facts.line("inline_cache_entries", [name.to_owned(), opcode::inline_cache_entries(name).to_string()]);
    }
}

fn effect(number: i32, oparg: Option<i32>, jump: Option<bool>) -> String {
    match opcode::stack_effect(number, oparg, jump) {
        Ok(effect) => effect.to_string(),
        Err(error) => error.to_string().replace(' ', "_"),
    }
}

fn numbers(facts: &mut Facts) {
    let has = [
        opcode::is_valid,
        opcode::has_arg,
        opcode::has_const,
        opcode::has_name,
        opcode::has_jump,
        opcode::has_free,
        opcode::has_local,
        opcode::has_exc,
    ];
    for number in -1i32..280 {
        let of = |has: &fn(u16) -> bool| u8::from(u16::try_from(number).is_ok_and(has));
        facts.line(&format!("number {number}"), has.iter().map(of));
    }
    for number in -1i32..280 {
        facts.line("effect", [number.to_string(), effect(number, None, None)]);
        for (name, jump) in [("None", None), ("True", Some(true)), ("False", Some(false))] {
            facts.line(&format!("effects {number} {name}"), (0..=300).map(|oparg| effect(number, Some(oparg), jump)));
        }
    }
    facts.line("error", [opcode::BAD_JUMP.replace(' ', "_")]);
}

#[test]
fn it_says_what_cpythons_does() {
    let Some(python) = common::python() else { return };
    let expected = String::from_utf8(common::run(&python, "opcodes.py", &[]).stdout).expect("text");
    let mut facts = Facts(String::new());
    names(&mut facts);
    lists(&mut facts);
    numbers(&mut facts);
    let mut compared = 0;
    for (ours, theirs) in facts.0.lines().zip(expected.lines()) {
        assert_eq!(ours.trim_end(), theirs.trim_end());
        compared += 1;
    }
    assert_eq!(facts.0.lines().count(), expected.lines().count());
    say(&format!("{compared} lines of facts compared"));
}
