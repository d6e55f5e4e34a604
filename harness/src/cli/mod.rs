//! The command line: one module a command. Commands get the [`Ui`] to talk through and give an [`Outcome`].

mod cases_cmd;
mod coverage_cmd;
mod diff_cmd;
mod explain_cmd;
mod generate_cmd;
mod inputs_cmd;
mod tables_cmd;
mod ui;
mod validate_cmd;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use inputs::{InputsError, Options};
use translator::diagnostics::Diagnostic;
use translator::source::Sources;

pub use ui::Ui;

const EXAMPLES: &str = "\
Examples:
  bodywork generate                      write the Rust interpreter's generated part
  bodywork coverage                      how many bodies are translated, and why the others are not
  bodywork explain BINARY_OP_ADD_INT     one instruction with everything that is known of it
  bodywork tables --json                 all metadata, for programs
  bodywork diff 3.14 3.15                what is otherwise in another release
  bodywork inputs fetch                  bring CPython's definitions into the cache
  bodywork inputs status --json          which files there are, with their sha256
  bodywork --cpython DIR inputs status   the same of a CPython checkout

Exit codes: 0 all is well, 1 findings, 2 wrong usage or a file that cannot be read or written.";

/// Reads the definitions from which CPython generates its interpreter, and generates a Rust one from them.
#[derive(Parser, Debug)]
#[command(name = "bodywork", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Take the definitions from this CPython checkout (3.12 or later) instead of the cache [env: BODYWORK_CPYTHON]
    #[arg(long, global = true, value_name = "DIR")]
    cpython: Option<PathBuf>,
    /// Whether to colour: `auto` does on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// The values of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write the Rust files, or say what would change
    Generate(generate_cmd::GenerateArgs),
    /// How many bodies are translated, compiled, validated and executed, and why the others are not
    Coverage(coverage_cmd::CoverageArgs),
    /// One instruction, uop or label: definition, stack picture, caches, flags, C, and the Rust or the refusal
    Explain(explain_cmd::ExplainArgs),
    /// All metadata: numbers, effects, flags, families, uops, pseudo instructions, caches
    Tables(tables_cmd::TablesArgs),
    /// Two releases: what was added, removed and changed, and what that does to coverage
    Diff(diff_cmd::DiffArgs),
    /// Run the C of each body and its translation on the same inputs, and compare what they do
    Validate(validate_cmd::ValidateArgs),
    /// The files that CPython's own generator writes, byte for byte
    Cases(cases_cmd::CasesCommand),
    /// CPython's files that everything is generated from: bring them, or say what is there
    #[command(subcommand)]
    Inputs(inputs_cmd::InputsCommand),
    /// Print the completion script of a shell
    ///
    /// For bash: `bodywork completions bash > ~/.local/share/bash-completion/completions/bodywork`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How a command that could be carried out ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Clean,
    /// Exit code 1: it worked and found something that is not as it should be.
    Findings,
}

/// Why a command could not be carried out: exit code 2, after printing it, or 1 where the input was read and refused.
#[derive(Debug)]
pub enum Failure {
    Inputs(InputsError),
    Diagnostics(Vec<Diagnostic>, Sources),
    /// Printing failed. A reader that has seen enough is no failure.
    Output(io::Error),
    Message(String),
}

/// What a command gives.
pub type Outcome = Result<Verdict, Failure>;

impl From<InputsError> for Failure {
    fn from(error: InputsError) -> Self {
        Self::Inputs(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Global {
    /// Where to look for inputs: the environment, then what the command line says.
    pub fn inputs(&self) -> Result<Options, InputsError> {
        let mut options = Options::from_env()?;
        if let Some(dir) = &self.cpython {
            options.cpython = Some(dir.clone());
        }
        Ok(options)
    }
}

/// Parses the arguments, carries out the command, prints what failed, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ui = Ui::new(cli.global.color, cli.global.quiet);
    match run(&cli, &ui) {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::from(1),
        Err(Failure::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            report(&ui, &failure);
            ExitCode::from(if matches!(failure, Failure::Diagnostics(..)) { 1 } else { 2 })
        }
    }
}

fn run(cli: &Cli, ui: &Ui) -> Outcome {
    match &cli.command {
        Command::Generate(args) => generate_cmd::run(args, &cli.global, ui),
        Command::Coverage(args) => coverage_cmd::run(args, &cli.global, ui),
        Command::Explain(args) => explain_cmd::run(args, &cli.global, ui),
        Command::Tables(args) => tables_cmd::run(args, &cli.global, ui),
        Command::Diff(args) => diff_cmd::run(args, &cli.global, ui),
        Command::Validate(args) => validate_cmd::run(args, &cli.global, ui),
        Command::Cases(command) => cases_cmd::run(command, &cli.global, ui),
        Command::Inputs(command) => inputs_cmd::run(command, &cli.global, ui),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "bodywork", &mut script);
            ui.print(&String::from_utf8_lossy(&script))?;
            Ok(Verdict::Clean)
        }
    }
}

fn report(ui: &Ui, failure: &Failure) {
    match failure {
        Failure::Inputs(error) => ui.diagnostic(&error.to_diagnostic(), &Sources::default()),
        Failure::Diagnostics(all, sources) => all.iter().for_each(|one| ui.diagnostic(one, sources)),
        Failure::Output(error) => ui.error(&format!("cannot print: {error}")),
        Failure::Message(message) => ui.error(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
