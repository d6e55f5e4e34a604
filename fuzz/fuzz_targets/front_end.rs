//! Any bytes as a file of definitions: read in both dialects, analysed by the rules of each release, written by the C back
//! end, tabulated, and its diagnostics rendered; and as `pycore_code.h`. Nothing may panic, and places must be in the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translator::analysis::{Release, analyse_as};
use translator::caches::read_caches;
use translator::cgen::{self, Kind};
use translator::diagnostics::Diagnostic;
use translator::dsl::{self, Dialect};
use translator::metadata::metadata;
use translator::source::{FileId, SourceFile, Sources};

const RELEASES: [Release; 5] =
    [Release::V3_14, Release::MAIN_2025_05_30, Release::V3_12, Release::V3_13, Release::V3_15];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("bytecodes.c", &text));
    read(&sources, file, Dialect::Cpython314, &Release::V3_14);
    // The rules of the releases take turns, so that an input costs little.
    read(&sources, file, Dialect::AnyRelease, &RELEASES[data.len() % RELEASES.len()]);
    render(&sources, read_caches(&sources, file).err().unwrap_or_default());
});

fn read(sources: &Sources, file: FileId, dialect: Dialect, release: &Release) {
    let (definitions, refused) = dsl::parse(sources, file, dialect);
    if !refused.is_empty() {
        return render(sources, refused);
    }
    match analyse_as(sources, &definitions, release) {
        Ok(analysis) => {
            let written = |kind| cgen::generate(kind, &analysis, sources, &cgen::Options::default()).err();
            render(sources, Kind::ALL.into_iter().filter_map(written));
            render(sources, metadata(&analysis, sources).err());
        }
        Err(refused) => render(sources, refused),
    }
}

fn render(sources: &Sources, diagnostics: impl IntoIterator<Item = Diagnostic>) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.render(sources).is_empty());
    }
}
