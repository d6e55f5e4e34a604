//! Generates the interpreter from the machine's own definitions and rules.

use harness::library::Generator;

fn main() {
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    println!("cargo::rerun-if-changed=src/bytecodes.c");
    println!("cargo::rerun-if-changed=src/rules.toml");
    let report = Generator::new("tiny")
        .definitions("src/bytecodes.c")
        .rules("src/rules.toml")
        .runtime("crate::machine")
        .prelude("crate::machine::surface")
        .generate(format!("{out}/generated"))
        .unwrap_or_else(|error| panic!("{error}"));
    // Every body must translate: a refusal is this build's error.
    assert!(report.refusals.is_empty(), "{}", report.refusals);
    // The files are modules of one folder, which `include!` cannot give; `#[path]` takes no variable.
    std::fs::write(
        format!("{out}/generated.rs"),
        format!("#[path = {:?}]\nmod generated;\n", format!("{out}/generated/mod.rs")),
    )
    .expect("OUT_DIR can be written");
}
