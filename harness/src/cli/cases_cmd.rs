//! `bodywork cases`: the files that CPython's own generator writes, byte for byte.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use inputs::Inputs;
use translator::cgen::Kind;

use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::cases::{self, Request};

const KINDS: &str = "\
Kinds, and CPython's name for the file:
  tier1            generated_cases.c.h
  tier2            executor_cases.c.h
  optimizer        optimizer_cases.c.h        inputs: the optimizer's definitions, then the interpreter's
  opcode-ids       opcode_ids.h
  opcode-metadata  pycore_opcode_metadata.h
  py-metadata      _opcode_metadata.py
  uop-ids          pycore_uop_ids.h
  uop-metadata     pycore_uop_metadata.h
  targets          opcode_targets.h
  all              all of them, into --out-dir; an input named optimizer_bytecodes.c is the optimizer's

Examples:
  bodywork cases tier1 -o generated_cases.c.h Python/bytecodes.c
  bodywork cases all --out-dir out Python/bytecodes.c Python/optimizer_bytecodes.c
  bodywork cases all --out-dir out          from the definitions that `bodywork inputs status` shows";

/// The arguments of `bodywork cases`.
#[derive(Args, Debug)]
#[command(after_help = KINDS)]
pub(super) struct CasesCommand {
    /// Which file (see below)
    #[arg(value_parser = parse_kinds, value_name = "KIND")]
    kinds: Kinds,
    /// Where to write it
    #[arg(short, long, value_name = "FILE", required_unless_present = "out_dir", conflicts_with = "out_dir")]
    output: Option<PathBuf>,
    /// Where to write files under CPython's names
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Definitions; later files override earlier ones
    #[arg(value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// The folder from which the head of a file names the inputs [default: the CPython checkout they lie in]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// tier1, tier2: with #line directives
    #[arg(short = 'l', long)]
    emit_line_directives: bool,
    /// uop-ids: give uops a namespace of their own
    #[arg(short = 'n', long)]
    namespace: bool,
    /// optimizer: with debug calls
    #[arg(short = 'd', long)]
    debug: bool,
}

/// One kind, or all of them.
#[derive(Clone, Debug)]
struct Kinds(Vec<Kind>);

fn parse_kinds(text: &str) -> Result<Kinds, String> {
    if text == "all" {
        return Ok(Kinds(Kind::ALL.to_vec()));
    }
    Kind::from_name(text).map(|kind| Kinds(vec![kind])).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("the kinds are {} and all", names.join(", "))
    })
}

pub(super) fn run(command: &CasesCommand, global: &Global, ui: &Ui) -> Outcome {
    let mut request = Request {
        kinds: command.kinds.0.clone(),
        root: command.root.clone(),
        line_directives: command.emit_line_directives,
        distinct_namespace: command.namespace,
        debug: command.debug,
        ..Request::default()
    };
    if command.inputs.is_empty() {
        let files = Inputs::locate(&global.inputs()?)?.definition_files()?;
        request.root = request.root.or(Some(files.root));
        request.definitions = vec![files.bytecodes.path];
        request.overrides = files.optimizer.map(|file| file.path).into_iter().collect();
    } else {
        request.sort_inputs(command.inputs.clone());
    }
    if request.definitions.is_empty() {
        return Err(Failure::Message("the inputs are the optimizer's alone; name the interpreter's too".into()));
    }
    if request.overrides.is_empty() {
        leave_out_optimizer(&mut request, ui)?;
    }
    if command.output.is_some() && request.kinds.len() > 1 {
        return Err(Failure::Message("several files need --out-dir".into()));
    }
    let texts = cases::generate(&request)?;
    let place = |kind: Kind| match (&command.output, &command.out_dir) {
        (Some(file), _) => file.clone(),
        (None, dir) => dir.clone().unwrap_or_default().join(kind.file_name()),
    };
    let files: Vec<(PathBuf, String)> = texts.into_iter().map(|(kind, text)| (place(kind), text)).collect();
    if let Some(dir) = &command.out_dir {
        fs::create_dir_all(dir).map_err(|error| Failure::Message(format!("cannot make {}: {error}", dir.display())))?;
    }
    cases::write_all(&files)?;
    Ok(Verdict::Clean)
}

impl From<cases::Failure> for Failure {
    fn from(failure: cases::Failure) -> Self {
        match failure {
            cases::Failure::File(message) => Self::Message(message),
            cases::Failure::Refused(refusals, sources) => Self::Diagnostics(refusals, sources),
        }
    }
}

/// Without the optimizer's definitions there are no cases of the optimizer.
fn leave_out_optimizer(request: &mut Request, ui: &Ui) -> Result<(), Failure> {
    let file = Kind::Optimizer.file_name();
    if request.kinds == [Kind::Optimizer] {
        return Err(Failure::Message(format!("{file} needs the optimizer's definitions, optimizer_bytecodes.c")));
    }
    if request.kinds.contains(&Kind::Optimizer) {
        ui.say(&format!("{file} is left out: there are no definitions of the optimizer"));
        request.kinds.retain(|kind| *kind != Kind::Optimizer);
    }
    Ok(())
}
