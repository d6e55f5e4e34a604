//! Lifting the definitions of the pinned release from the packages in the cache, into the cache.

use std::fs;

use crate::cache::{Cache, CacheLock, Manifest, Part};
use crate::digest;
use crate::error::{ErrorKind, InputsError, Result};
use crate::lift::{self, LiftInput, Lifted};
use crate::locate::{Inputs, LIFTED};
use crate::progress::Progress;
use crate::tree::InputFile;

/// What the definitions are lifted from.
pub(crate) struct Origin {
    /// `generated_cases.c.h`, then the headers in the order of [`HEADERS`].
    files: Vec<InputFile>,
}

const HEADERS: [&str; 5] =
    ["opcode_ids.h", "pycore_opcode_metadata.h", "pycore_uop_metadata.h", "pycore_uop_ids.h", "_opcode_metadata.py"];

impl Origin {
    pub(crate) fn of(inputs: &Inputs) -> Result<Self> {
        let mut files = vec![inputs.cinder(&inputs.pins().release)?.generated_cases];
        for name in HEADERS {
            files.push(inputs.header(name)?);
        }
        Ok(Self { files })
    }

    /// Another input or another lifter has another one.
    fn fingerprint(&self) -> String {
        let sums: Vec<&str> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        digest::of_bytes(format!("{} {}", env!("BODYWORK_LIFTER"), sums.join(" ")).as_bytes()).sha256
    }

    /// Whether the part was lifted from this, by this lifter.
    pub(crate) fn made(&self, part: &Part) -> bool {
        part.manifest.origin == self.fingerprint()
    }

    /// Lifts, without writing anything.
    pub(crate) fn lift(&self) -> Result<Lifted> {
        let texts = self.files.iter().map(InputFile::read).collect::<Result<Vec<_>>>()?;
        let [cases, opcode_ids, opcode_metadata, uop_metadata, uop_ids, py_metadata] = &texts[..] else {
            return Err(InputsError::new(ErrorKind::Lift, "a file to lift from is missing"));
        };
        let input = LiftInput {
            cases: &cases.text,
            opcode_ids: &opcode_ids.text,
            opcode_metadata: &opcode_metadata.text,
            uop_metadata: &uop_metadata.text,
            uop_ids: &uop_ids.text,
            py_metadata: &py_metadata.text,
        };
        lift(&input)
    }

    /// Lifts into the part of that name, unless it is there already.
    pub(crate) fn lift_into(
        &self,
        cache: &Cache,
        lock: &CacheLock,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Part> {
        if let Ok(Some(part)) = cache.part(name)
            && self.made(&part)
            && part.verify(progress).is_empty()
        {
            return Ok(part);
        }
        progress.step("lifting the definitions");
        let lifted = self.lift()?;
        let stage = cache.stage(lock)?;
        let path = stage.part().join(LIFTED);
        let parent = path.parent().unwrap_or(&path);
        fs::create_dir_all(parent).map_err(|e| InputsError::io("make", parent, &e))?;
        fs::write(&path, lifted.definitions).map_err(|e| InputsError::io("write", &path, &e))?;
        cache.publish(&stage, name, Manifest::new("definitions lifted from these".to_string(), self.fingerprint()))
    }
}

/// Lifts from the generated cases alone.
pub(crate) fn lift_cases(cases: &InputFile) -> Result<Lifted> {
    lift(&LiftInput { cases: &cases.read()?.text, ..LiftInput::default() })
}

fn lift(input: &LiftInput) -> Result<Lifted> {
    lift::lift(input).map_err(|e| {
        InputsError::new(ErrorKind::Lift, format!("the definitions cannot be lifted from the packages: {e}"))
            .next("name a CPython checkout with `--cpython DIR`, and report this")
    })
}
