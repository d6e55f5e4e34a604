//! Formats generated text with rustfmt, so that it is what `cargo fmt` wants it to be.

use rust_format::{Config, Edition, Formatter, RustFmt};

/// The project's rustfmt settings: generated text has the same as what we write.
const OPTIONS: [(&str, &str); 3] = [("max_width", "120"), ("use_small_heuristics", "Max"), ("style_edition", "2024")];

/// # Errors
/// rustfmt is missing, or the text is not Rust.
pub fn format(text: &str) -> Result<String, rust_format::Error> {
    let config = Config::new_str().edition(Edition::Rust2021);
    let config = OPTIONS.iter().fold(config, |c, (key, value)| c.option(key, value));
    RustFmt::from_config(config).format_str(text)
}
