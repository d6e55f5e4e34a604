//! Seeded damage to texts, character by character: what a hand or a broken copy does to a file.

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// What is put in: words and marks that mean something to the lexer or the parser, and some that mean nothing.
const PIECES: [&str; 76] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    ":",
    "=",
    "+",
    "-",
    "--",
    "/",
    "*",
    "&",
    "/*",
    "*/",
    "/***/",
    "//",
    "\"",
    "'",
    "\\",
    "\\\"",
    "'x'",
    "'\\n'",
    "#",
    "#\n",
    "\n#if X\n",
    "\n#else\n",
    "\n#endif\n",
    "\n#elif Y\n",
    "\n#define Z (\n",
    "@",
    "$",
    "`",
    "é",
    "\u{a0}",
    "\u{1d}",
    "\u{2028}",
    "\t",
    "\r",
    "\r\n",
    "\n",
    "0",
    "09",
    "017",
    "0x",
    "0x1F",
    "1u",
    "1.",
    ".5",
    "1e",
    "...",
    " if ",
    " else ",
    " for ",
    " while ",
    " switch ",
    " do ",
    " goto ",
    " return ",
    " inst(A, ",
    " op(_A, ",
    " macro(M) = ",
    " family(A, 1) = { ",
    " pseudo(P, (--)) = ",
    " label(error) ",
    " spilled ",
    " override ",
    " replicate(2) ",
    " pure ",
    " unused/1 ",
    " DEOPT_IF(",
    " PyStackRef_CLOSE(",
    " oparg ",
];

/// One to three changes to a text.
pub(crate) fn mangle(text: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        change(&mut characters, random);
    }
    characters.into_iter().collect()
}

fn change(text: &mut Vec<char>, random: &mut Random) {
    let at = random.below(text.len() + 1);
    let length = match random.below(3) {
        0 => 1,
        1 => random.below(12),
        _ => random.below(120),
    };
    let end = (at + length).min(text.len());
    match random.below(8) {
        0 => drop(text.drain(at..end)),
        1 => {
            let copy = text[at..end].to_vec();
            let to = random.below(text.len() + 1);
            text.splice(to..to, copy);
        }
        2 if random.below(4) == 0 => text.truncate(at),
        3 => {
            let (one, other) = (random.below(text.len()), random.below(text.len()));
            if !text.is_empty() {
                text.swap(one, other);
            }
        }
        4 if at < text.len() => text[at] = PIECES[random.below(PIECES.len())].chars().next().unwrap_or(' '),
        _ => drop(text.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
    }
}
