//! Bodies whose machine has no runtime of ours (the optimizer, the second tier, releases before 3.14) compile all the same:
//! against a surface of types alone, made from the rules that they use and from `fixtures/surface/core.rs`. rustc checks what
//! each function takes and gives, moves and borrows.

mod support;

use harness::emit::GeneratedFile;
use harness::pipeline::{self, Pipeline};
use harness::rules;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::surface::Surface;
use translator::analysis::Release;
use translator::source::SourceFile;
use translator::subset::Rules;
use translator::translate::Outcomes;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// Type-checks a generated file; how many functions it has.
fn compile(name: &str, file: &GeneratedFile, outcomes: &Outcomes, rules: &Rules) -> usize {
    let core = std::fs::read_to_string(fixtures().join("surface/core.rs")).expect("the surface can be read");
    let lowered: Vec<_> = outcomes.values().filter_map(|o| o.as_ref().ok()).collect();
    let used = lowered.iter().flat_map(|l| l.rules.iter().map(String::as_str)).collect();
    let text = harness::format::format(&file.text).expect("it is Rust");
    let crate_text = Surface::new(rules, used).crate_text(&core, &text);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lib.rs");
    std::fs::write(&path, &crate_text).expect("the crate can be written");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "-A", "warnings", "-o"])
        .arg(folder.path().join("out.rmeta"))
        .arg(&path)
        .output()
        .expect("rustc runs");
    if !output.status.success() {
        if let Some(keep) = std::env::var_os("BODYWORK_KEEP") {
            std::fs::write(Path::new(&keep).join(format!("{name}.rs")), &crate_text).expect("it can be written");
        }
        panic!("{name} does not compile:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    lowered.len()
}

fn find<'a>(files: &'a [GeneratedFile], name: &str) -> &'a GeneratedFile {
    files.iter().find(|f| f.name == name).expect("the file is generated")
}

fn fixture(name: &str) -> SourceFile {
    let text = std::fs::read_to_string(fixtures().join("translate/pass").join(name)).expect("the fixture can be read");
    SourceFile::new(name, &text)
}

fn laid_over(layers: &[&[(&'static str, &'static str)]]) -> Rules {
    rules::laid_over(layers).expect("the rules are well-formed")
}

#[test]
fn our_own_bodies_compile() {
    let mut tier2 = Pipeline::run_on("test", vec![fixture("tier2.c")]).unwrap_or_else(|e| panic!("{e:?}"));
    tier2.optimizer =
        Some(pipeline::optimizer(fixture("optimizer.c"), &Release::default()).unwrap_or_else(|e| panic!("{e:?}")));
    let objects = Pipeline::run_as("test", &Release::V3_13, vec![fixture("objects.c")], None);
    let objects = objects.unwrap_or_else(|e| panic!("{e:?}"));
    let files = tier2.files();
    compile("tier2", find(&files, "tier2.rs"), &tier2.translation.tier2, &laid_over(&[rules::TIER2]));
    let optimizer = &tier2.optimizer.as_ref().expect("it is there").outcomes;
    compile("optimizer", find(&files, "optimizer.rs"), optimizer, &laid_over(&[rules::OPTIMIZER]));
    let files = objects.files();
    compile("objects", find(&files, "bodies.rs"), &objects.translation.uops, &laid_over(&[rules::OBJECTS]));
}

#[test]
fn a_checkouts_optimizer_and_second_tier_compile() {
    if std::env::var_os("BODYWORK_CPYTHON").is_none_or(|v| v.is_empty()) {
        println!("not run, there is no checkout (BODYWORK_CPYTHON names one)");
        return;
    }
    let Some(inputs) = inputs::testing::require() else { return };
    let pipeline = Pipeline::run(&inputs).unwrap_or_else(|error| panic!("{error:?}"));
    let files = pipeline.files();
    if let Some(optimizer) = &pipeline.optimizer {
        let count =
            compile("optimizer", find(&files, "optimizer.rs"), &optimizer.outcomes, &laid_over(&[rules::OPTIMIZER]));
        println!("{count} bodies of the optimizer compile");
    }
    let objects: &[(&str, &str)] = if pipeline.rules.objects() { rules::OBJECTS } else { &[] };
    if !pipeline.translation.tier2.is_empty() {
        let rules = laid_over(&[objects, rules::TIER2]);
        let count = compile("tier2", find(&files, "tier2.rs"), &pipeline.translation.tier2, &rules);
        println!("{count} bodies of the second tier compile");
    }
    let count = compile("bodies", find(&files, "bodies.rs"), &pipeline.translation.uops, &laid_over(&[objects]));
    println!("{count} bodies of the interpreter compile");
}
