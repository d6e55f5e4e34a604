//! `bodywork inputs lift` as a program, on the packages of this machine.

mod support;

use std::process::Command;
use support::say;

/// What it prints; none, after saying so, where there is nothing to lift from.
fn lift(release: &str) -> Option<String> {
    support::cinder()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bodywork"));
    let output = command.args(["inputs", "lift", release]).env_remove("BODYWORK_CPYTHON").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn the_pinned_release_comes_back_whole_and_each_rule_is_explained() {
    let Some(text) = lift("3.14") else { return };
    assert!(text.contains("\nwritten again byte for byte: 227 of 227 instructions, 6 of 6 labels\n"), "{text}");
    assert!(text.contains(" 0 of them without a known reason\n"), "{text}");
    assert!(text.contains("\noutside of the release: EAGER_IMPORT_NAME, EXTENDED_OPCODE\n"), "{text}");
    let rules: Vec<&str> = text.lines().filter(|line| line.starts_with("  L-")).collect();
    assert_eq!(rules.len(), inputs::lift::RULES.len());
    for (line, rule) in rules.iter().zip(inputs::lift::RULES) {
        assert!(line.contains(rule.id) && line.ends_with(rule.why) && !line.contains("   0  "), "{line}");
    }
    say(text.lines().nth(2).unwrap_or_default());
}

#[test]
fn later_releases_say_what_comes_back_and_what_does_not() {
    for release in ["3.15", "3.16"] {
        let Some(text) = lift(release) else { return };
        let count = text.lines().find(|line| line.starts_with("written again byte for byte: ")).expect("a count");
        let inexact = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("  L-")).count();
        let numbers: Vec<usize> = count.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert_eq!(numbers[1] - numbers[0] + numbers[3] - numbers[2], inexact, "{text}");
        say(&format!("{release}: {count}"));
    }
}

#[test]
fn a_release_that_the_package_has_not_is_an_error() {
    if support::cinder().is_none() {
        return;
    }
    let output =
        Command::new(env!("CARGO_BIN_EXE_bodywork")).args(["inputs", "lift", "3.99"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("3.99"), "{output:?}");
}
