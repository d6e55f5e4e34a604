//! The table and the verdict.

use super::measure::{cpu, geometric_mean, peak};
use super::{Group, Row};

/// How many times CPython's CPU time: the geometric mean of the programs, and the worst of them.
const MEAN: f64 = 3.0;
const WORST: f64 = 6.0;
/// Seconds of an empty program.
const START: f64 = 0.030;
/// How many times CPython's peak memory, of any program.
const MEMORY: f64 = 2.0;

pub(crate) fn heading(group: Group, rustpython: bool) {
    let other = if rustpython { "  RustPython" } else { "" };
    println!(
        "{:16}{:>10}{:>11}{:>8}{:>13}{:>13}{:>8}{other}",
        group.title(),
        "interp s",
        "CPython s",
        "ratio",
        "interp MiB",
        "CPython MiB",
        "ratio"
    );
}

/// One program's line, printed when it is known: this is the progress, too.
pub(crate) fn line(row: &Row) {
    let other = row.rustpython_ratio().map_or(String::new(), |ratio| format!("{ratio:12.2}"));
    println!(
        "{:16}{:10.3}{:11.3}{:8.2}{:13.1}{:13.1}{:8.2}{other}",
        row.name,
        cpu(&row.ours),
        cpu(&row.theirs),
        row.ratio(),
        peak(&row.ours),
        peak(&row.theirs),
        row.memory()
    );
}

/// Says which aims are met; whether all are. Without `all` the programs are a choice, whose mean is no aim.
pub(crate) fn verdict(rows: &[Row], start: &Row, all: bool) -> bool {
    let programs: Vec<&Row> = rows.iter().filter(|row| row.group == Group::Programs).collect();
    println!();
    if !programs.is_empty()
        && let Some(mean) = programs.iter().map(|row| row.rustpython_ratio()).collect::<Option<Vec<f64>>>()
    {
        println!("RustPython's mean:                {:.2}", geometric_mean(mean.into_iter()));
    }
    let micro = rows.iter().filter(|row| row.group == Group::Micro).map(Row::ratio);
    if micro.clone().next().is_some() {
        println!("micro, geometric mean:            {:.2}", geometric_mean(micro));
    }
    let mut met = true;
    let mut say = |what: &str, value: String, aim: String, holds: bool| {
        println!("{what:34}{value:<10} aim: at most {aim:8}{}", if holds { "met" } else { "MISSED" });
        met &= holds;
    };
    if all {
        let mean = geometric_mean(programs.iter().map(|row| row.ratio()));
        say("geometric mean of the programs:", format!("{mean:.2}"), format!("{MEAN:.1}"), mean <= MEAN);
    }
    if let Some((worst, name)) = largest(&programs, Row::ratio) {
        say(&format!("the worst, {name}:"), format!("{worst:.2}"), format!("{WORST:.1}"), worst <= WORST);
    }
    if let Some((most, name)) = largest(&programs, Row::memory) {
        say(&format!("most memory, {name}:"), format!("{most:.2}"), format!("{MEMORY:.1}"), most <= MEMORY);
    }
    let (ours, theirs) = (cpu(&start.ours), cpu(&start.theirs));
    let value = format!("{:.1} ms", ours * 1e3);
    say("start-up:", value, format!("{:.0} ms", START * 1e3), ours <= START);
    println!(
        "{:34}{:.1} ms, {:.1} and {:.1} MiB",
        "start-up of CPython, memory:",
        theirs * 1e3,
        peak(&start.ours),
        peak(&start.theirs)
    );
    met
}

fn largest<'a>(rows: &[&'a Row], of: impl Fn(&Row) -> f64) -> Option<(f64, &'a str)> {
    rows.iter().map(|row| (of(row), row.name.as_str())).max_by(|a, b| a.0.total_cmp(&b.0))
}
