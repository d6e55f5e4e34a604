//! What translating everything costs: CPU time of this process for all stages from the definitions' text to the text of the
//! Rust files, without reading the inputs and without rustfmt. `cargo bench -p harness --bench translate`.

use harness::pipeline::Pipeline;
use std::time::Duration;
use translator::source::SourceFile;

const ROUNDS: u32 = 10;
/// What it may cost.
const MOST: Duration = Duration::from_millis(300);

fn main() {
    let Some(inputs) = inputs::testing::require() else { return };
    let definitions = inputs.definitions().expect("the definitions can be read");
    let release = inputs.release().to_string();
    let text = definitions.bytecodes.text.to_string();
    let mut least = Duration::MAX;
    for _ in 0..ROUNDS {
        let file = SourceFile::new("Python/bytecodes.c", &text);
        let before = cpu_time();
        let pipeline = Pipeline::run_on(&release, vec![file]).unwrap_or_else(|error| panic!("{error:?}"));
        let files = pipeline.files();
        least = least.min(cpu_time() - before);
        assert!(files.iter().any(|f| f.name == "bodies.rs"), "there are bodies");
    }
    println!(
        "CPython {release}: all bodies translated in {} ms of CPU, at most {} ms",
        least.as_millis(),
        MOST.as_millis()
    );
    assert!(least <= MOST, "{least:?}");
}

/// CPU time of this thread, which does all the work; wall time where the system does not tell.
fn cpu_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(
        || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default(),
        Duration::from_nanos,
    )
}
