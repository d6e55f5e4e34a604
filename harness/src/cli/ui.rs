//! Talking to the person at the terminal: results on stdout, everything else on stderr.

use std::cell::RefCell;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use inputs::progress::Progress;
use translator::diagnostics::Diagnostic;
use translator::source::Sources;

use super::Color;

const BOLD_RED: &str = "\x1b[1;31m";
const RESET: &str = "\x1b[0m";
/// How often a line of progress is redrawn at most.
const REDRAW: Duration = Duration::from_millis(100);

/// Where and how to print.
#[derive(Debug)]
pub struct Ui {
    /// Whether results on stdout are coloured.
    pub color: bool,
    color_errors: bool,
    quiet: bool,
    live: Option<RefCell<Live>>,
}

/// The line of progress on a terminal.
#[derive(Debug)]
struct Live {
    step: String,
    drawn: Option<Instant>,
}

impl Ui {
    pub fn new(color: Color, quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let live = (terminal && !quiet).then(|| RefCell::new(Live { step: String::new(), drawn: None }));
        Self { color: colored(color, io::stdout().is_terminal()), color_errors: colored(color, terminal), quiet, live }
    }

    /// A result, as it is.
    pub fn print(&self, text: &str) -> io::Result<()> {
        self.clear();
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// A remark on stderr, unless it is to be quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.clear();
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    pub fn error(&self, message: &str) {
        self.stderr(&format!("error: {message}\n"));
    }

    pub fn diagnostic(&self, diagnostic: &Diagnostic, sources: &Sources) {
        self.stderr(&diagnostic.render(sources));
    }

    fn stderr(&self, text: &str) {
        self.clear();
        let mut text = text.to_string();
        if self.color_errors
            && let Some(start) = text.find("error")
            && let Some(length) = text[start..].find(": ")
        {
            text.insert_str(start + length, RESET);
            text.insert_str(start, BOLD_RED);
        }
        let _ = io::stderr().write_all(text.as_bytes());
    }

    fn clear(&self) {
        if let Some(live) = &self.live
            && live.borrow_mut().drawn.take().is_some()
        {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }

    fn draw(&self, live: &mut Live, how_far: &str) {
        live.drawn = Some(Instant::now());
        let _ = write!(io::stderr(), "\r\x1b[K{}{how_far}", live.step);
    }
}

fn colored(color: Color, terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// On a terminal one line that is redrawn; elsewhere a plain line a step.
impl Progress for Ui {
    fn step(&self, text: &str) {
        match &self.live {
            Some(live) => {
                let live = &mut *live.borrow_mut();
                live.step = text.to_string();
                self.draw(live, "");
            }
            None => self.say(text),
        }
    }

    fn bytes(&self, done: u64, total: u64) {
        let Some(live) = &self.live else { return };
        let live = &mut *live.borrow_mut();
        if live.drawn.is_none_or(|at| at.elapsed() >= REDRAW) {
            let percent = done.min(total) * 100 / total.max(1);
            self.draw(live, &format!("  {percent:>3} %"));
        }
    }

    fn note(&self, text: &str) {
        self.say(text);
    }
}
