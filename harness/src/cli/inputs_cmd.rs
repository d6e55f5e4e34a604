//! `bodywork inputs`: bringing CPython's files, and saying what is there.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use inputs::lift::{Outcome as Written, RULES, Report};
use inputs::{Inputs, InputsError, Options, SourceKind};
use serde_json::{Map, json};
use translator::source::Sources;

use super::{Failure, Global, Outcome, Ui, Verdict};

/// The commands of `bodywork inputs`.
#[derive(Subcommand, Debug)]
pub(super) enum InputsCommand {
    /// Bring what inputs.lock names into the cache, and verify what is there
    Fetch(From),
    /// Say which files there are, from where, with their sha256
    Status {
        #[command(flatten)]
        from: From,
        /// As JSON: release, source, and path, sha256 and bytes of each file
        #[arg(long)]
        json: bool,
    },
    /// Lift the definitions out of the packages in the cache, and say how exact they are
    ///
    /// Prints how many blocks come back byte for byte when the interpreter is written again, and by which rules the
    /// package's interpreter was made stock CPython again.
    #[command(after_help = LIFT_EXAMPLES)]
    Lift(LiftArgs),
}

const LIFT_EXAMPLES: &str = "\
Examples:
  bodywork inputs lift                     the pinned release
  bodywork inputs lift 3.15 -o 3.15.c      a later one, as far as 3.14's generator gives its text back";

#[derive(Args, Debug)]
pub(super) struct LiftArgs {
    /// The release: the pinned one, or 3.15 or 3.16, of which there are no headers
    #[arg(value_name = "RELEASE")]
    release: Option<String>,
    /// Write them to this file too
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Into the file, write them as the package has them, before they are made stock CPython again
    #[arg(long, requires = "output")]
    as_packaged: bool,
}

#[derive(Args, Debug)]
pub(super) struct From {
    /// Only this kind of source: `tarball` (CPython's own archive) or `packages` [env: BODYWORK_FROM]
    #[arg(long, value_name = "KIND")]
    from: Option<SourceKind>,
}

impl From {
    fn options(&self, global: &Global) -> Result<Options, InputsError> {
        let mut options = global.inputs()?;
        options.from = self.from.or(options.from);
        Ok(options)
    }
}

pub(super) fn run(command: &InputsCommand, global: &Global, ui: &Ui) -> Outcome {
    match command {
        InputsCommand::Fetch(from) => {
            let inputs = inputs::fetch(&from.options(global)?, ui)?;
            ui.print(&summary(&inputs))?;
            Ok(Verdict::Clean)
        }
        InputsCommand::Lift(args) => lift(args, global, ui),
        InputsCommand::Status { from, json } => status(&from.options(global)?, *json, ui),
    }
}

fn status(options: &Options, as_json: bool, ui: &Ui) -> Outcome {
    let inputs = Inputs::locate(options)?;
    let (files, findings) = inputs.files();
    let mut text = String::new();
    if as_json {
        let rows: Map<_, _> = files
            .iter()
            .map(|(name, f)| (name.clone(), json!({"path": f.path, "sha256": f.sha256, "bytes": f.bytes})))
            .collect();
        let status =
            json!({"release": inputs.release().to_string(), "source": inputs.source().to_string(), "files": rows});
        text = format!("{status:#}\n");
    } else {
        text += &summary(&inputs);
        for (name, file) in &files {
            let _ = writeln!(text, "  {name:<42} {:>9}  {}", file.bytes, &file.sha256);
        }
    }
    ui.print(&text)?;
    for finding in &findings {
        ui.diagnostic(&finding.to_diagnostic(), &Sources::default());
    }
    Ok(if findings.is_empty() { Verdict::Clean } else { Verdict::Findings })
}

fn lift(args: &LiftArgs, global: &Global, ui: &Ui) -> Outcome {
    let options = Options { cpython: None, from: Some(SourceKind::Packages), ..global.inputs()? };
    let inputs = Inputs::locate(&options)?;
    let pinned = &inputs.pins().release;
    let release = args.release.as_ref().unwrap_or(pinned);
    let lifted = inputs.lift_release(release)?;
    if let Some(output) = &args.output {
        let text = if args.as_packaged { &lifted.as_packaged } else { &lifted.definitions };
        fs::write(output, text).map_err(|e| Failure::Message(format!("cannot write {}: {e}", output.display())))?;
    }
    let mut text = format!("CPython {release}, {} bytes of definitions\n", lifted.definitions.len());
    if release == pinned {
        let file = inputs.definition_files()?.bytecodes;
        let _ = writeln!(text, "{}, sha256 {}", file.path.display(), file.sha256);
    }
    text += &exactness(&lifted.report);
    text += "rules that made it stock CPython again, and how often:\n";
    for rule in RULES {
        let times = lifted.report.rules.get(rule.id).copied().unwrap_or(0);
        let _ = writeln!(text, "  {} {times:>4}  {}", rule.id, rule.why);
    }
    if !lifted.report.outside.is_empty() {
        let _ = writeln!(text, "outside of the release: {}", lifted.report.outside.join(", "));
    }
    ui.print(&text)?;
    Ok(Verdict::Clean)
}

/// How many blocks are the same bytes when they are written again, and which are not.
fn exactness(report: &Report) -> String {
    let (blocks, labels) = report.exact();
    let mut text = format!(
        "written again byte for byte: {blocks} of {} instructions, {labels} of {} labels\n",
        report.blocks.len(),
        report.labels.len()
    );
    for (name, outcome) in report.blocks.iter().chain(&report.labels) {
        let _ = match outcome {
            Written::Exact => continue,
            Written::Differs { expected, written } => {
                writeln!(text, "  {name}: `{}` became `{}`", expected.trim(), written.trim())
            }
            Written::Refused(why) => writeln!(text, "  {name}: refused: {why}"),
        };
    }
    let rows: usize = report.agreement.rows.iter().map(|(_, rows)| rows).sum();
    if rows > 0 {
        let differing = report.agreement.disagreements.len();
        let unexplained = report.agreement.unexplained().count();
        let _ = writeln!(
            text,
            "{rows} rows of the headers compared, {differing} cannot be had from it, {unexplained} of them without a known reason"
        );
    }
    text
}

/// Two or three lines: release, source, and what can be run.
fn summary(inputs: &Inputs) -> String {
    let mut text = format!("CPython {} from {}\n", inputs.release().version, inputs.source());
    for part in inputs.parts() {
        let (files, bytes) = part.manifest.totals();
        let _ = writeln!(text, "  {} ({files} files, {:.1} MB)", part.dir.display(), bytes as f64 / 1e6);
    }
    let python = match inputs.python() {
        Ok(path) => format!("CPython {} to compare with: {}", inputs.pins().release, path.display()),
        Err(error) => error.message,
    };
    let _ = writeln!(text, "{python}");
    text
}
