//! Finding inputs that are already on this machine.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use translator::source::SourceFile;

use crate::cache::{Cache, Part};
use crate::error::{ErrorKind, InputsError, Result};
use crate::lift::Lifted;
use crate::lifting::{self, Origin};
use crate::options::{Options, SourceKind};
use crate::pins::Pins;
use crate::progress::Silent;
use crate::python;
use crate::release::Release;
use crate::tree::{InputFile, Tree};

/// Where the definitions come from. Prints as a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A CPython checkout.
    Checkout(PathBuf),
    /// CPython's own source archive of that version, in the cache.
    Tarball(String),
    /// Packages in the cache, from which the definitions are lifted; what each came from.
    Packages(Vec<String>),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkout(dir) => write!(f, "checkout {}", dir.display()),
            Self::Tarball(version) => write!(f, "CPython's source archive {version}"),
            Self::Packages(parts) => write!(f, "packages: {}", parts.join("; ")),
        }
    }
}

/// The files that CPython's interpreter is generated from.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// `bytecodes.c`
    pub bytecodes: SourceFile,
    /// `optimizer_bytecodes.c`: from 3.13 on, and not in the packages.
    pub optimizer: Option<SourceFile>,
    /// `pycore_code.h`, with the layouts of the inline caches.
    pub caches: SourceFile,
}

/// Where the files of [`Definitions`] lie.
#[derive(Clone, Debug)]
pub struct DefinitionFiles {
    /// The folder from which CPython names them: `Python/bytecodes.c`.
    pub root: PathBuf,
    pub bytecodes: InputFile,
    pub optimizer: Option<InputFile>,
}

/// What of the package index's archive belongs to one release.
#[derive(Clone, Debug)]
pub struct Cinder {
    /// The release's interpreter as generated, with Cinder's hooks.
    pub generated_cases: InputFile,
    /// Cinder's own definitions.
    pub definitions: InputFile,
    /// `opcode_targets.h` under the package's name: which instruction has which number.
    pub targets: InputFile,
}

const BYTECODES: &str = "bytecodes.c";
const OPTIMIZER: &str = "optimizer_bytecodes.c";
/// Where the lifted definitions are in their part of the cache: named as in CPython's tree.
pub(crate) const LIFTED: &str = "Python/bytecodes.c";

/// The files by which [`Inputs::files`] reports; not every release has all of them.
const NAMES: [&str; 13] = [
    BYTECODES,
    OPTIMIZER,
    "generated_cases.c.h",
    "opcode_metadata.h",
    "opcode_targets.h",
    "opcode_ids.h",
    "patchlevel.h",
    "pycore_code.h",
    "pycore_opcode_metadata.h",
    "pycore_opcode_utils.h",
    "pycore_uop_ids.h",
    "pycore_uop_metadata.h",
    "test_generated_cases.py",
];

/// The inputs of a run. Files of the cache are compared with the sha256 they had when they were fetched whenever they are
/// looked up.
#[derive(Clone, Debug)]
pub struct Inputs {
    options: Options,
    pins: Pins,
    source: Source,
    release: Release,
    tree: Option<Tree>,
    sdist: Option<Part>,
    packages: Option<Part>,
    /// As the cache has them; they may be stale.
    lifted: Option<Part>,
    cache: Cache,
}

/// The names of the cache's parts.
pub(crate) struct PartNames {
    pub(crate) tarball: String,
    pub(crate) sdist: String,
    pub(crate) packages: String,
    pub(crate) lifted: String,
}

impl PartNames {
    pub(crate) fn new(pins: &Pins) -> Self {
        Self {
            tarball: format!("cpython-{}", pins.tarball.version),
            sdist: format!("{}-{}", pins.sdist.project, pins.sdist.version),
            packages: format!("packages-{}", pins.release),
            lifted: format!("lifted/{}", pins.release),
        }
    }
}

impl Inputs {
    /// Finds the inputs: the checkout if one was given, else what the cache has. Fetches nothing.
    ///
    /// # Errors
    /// `I-001` when there are none, `I-002`/`I-003` when the checkout is none or too old, `I-004` when the cache's record of
    /// a part cannot be read.
    pub fn locate(options: &Options) -> Result<Self> {
        let pins = Pins::load()?;
        let names = PartNames::new(&pins);
        let cache = Cache::new(options.cache_dir()?);
        // With a checkout the cache only helps out, so what is wrong with it is no matter.
        let part = |name: &str| match cache.part(name) {
            Err(_) if options.cpython.is_some() => Ok(None),
            found => found,
        };
        let (packages, sdist, lifted) = (part(&names.packages)?, part(&names.sdist)?, part(&names.lifted)?);
        let wants = |kind| options.from.is_none_or(|from| from == kind);
        let tarball = if wants(SourceKind::Tarball) { part(&names.tarball)? } else { None };
        let (source, tree) = if let Some(dir) = &options.cpython {
            (Source::Checkout(dir.clone()), Some(open_checkout(dir)?))
        } else if let Some(part) = tarball {
            (Source::Tarball(pins.tarball.version.clone()), Some(Tree::tarball(part)))
        } else if wants(SourceKind::Packages) && (packages.is_some() || sdist.is_some()) {
            let parts = sdist.iter().chain(&packages).map(|part| part.manifest.from.clone()).collect();
            (Source::Packages(parts), packages.clone().map(|part| Tree::packages(part, &pins.release)))
        } else {
            return Err(not_found(&pins, &cache));
        };
        let release = match &tree {
            Some(tree) => tree.release()?,
            None => pinned_release(&pins)?,
        };
        if !release.is_supported() {
            let message = format!("{source} holds CPython {}; this reads 3.12 and later", release.version);
            return Err(InputsError::new(ErrorKind::Release, message));
        }
        Ok(Self { options: options.clone(), pins, source, release, tree, sdist, packages, lifted, cache })
    }

    /// Where the definitions come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The release whose definitions these are.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// `inputs.lock`.
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// The definitions, read. From packages, these are the lifted ones; they are lifted now if the cache does not have them.
    ///
    /// # Errors
    /// `I-012` when a file is missing, `I-015` when they cannot be lifted.
    pub fn definitions(&self) -> Result<Definitions> {
        let files = self.definition_files()?;
        Ok(Definitions {
            bytecodes: files.bytecodes.read()?,
            optimizer: files.optimizer.map(|file| file.read()).transpose()?,
            caches: self.header("pycore_code.h")?.read()?,
        })
    }

    /// The files that [`Inputs::definitions`] reads, and the folder that they are named from.
    ///
    /// # Errors
    /// As [`Inputs::definitions`].
    pub fn definition_files(&self) -> Result<DefinitionFiles> {
        if let Source::Packages(_) = self.source {
            let part = self.lifted_part()?;
            let bytecodes = part_file(&part, LIFTED)?;
            return Ok(DefinitionFiles { root: part.dir.clone(), bytecodes, optimizer: None });
        }
        let tree = self.tree()?;
        let optimizer = tree.has(OPTIMIZER).then(|| tree.file(OPTIMIZER)).transpose()?;
        Ok(DefinitionFiles { root: tree.root.clone(), bytecodes: tree.file(BYTECODES)?, optimizer })
    }

    /// The lifted definitions in the cache; they are lifted into it if they are not there.
    fn lifted_part(&self) -> Result<Part> {
        let origin = Origin::of(self)?;
        match &self.lifted {
            Some(part) if origin.made(part) => Ok(part.clone()),
            _ => origin.lift_into(&self.cache, &self.cache.lock(&Silent)?, &PartNames::new(&self.pins).lifted, &Silent),
        }
    }

    /// Lifts the definitions from the packages and gives them with what was found on the way. Writes nothing.
    ///
    /// # Errors
    /// As [`Inputs::definitions`].
    pub fn lift(&self) -> Result<Lifted> {
        Origin::of(self)?.lift()
    }

    /// The same for a later release that the archive has an interpreter of (3.15, 3.16): without headers, so that flags,
    /// pseudo instructions and uops of tier 2 are not known, and only as far as 3.14's generator gives the text back.
    ///
    /// # Errors
    /// `I-012` when the archive has no such release, `I-015` when its interpreter cannot be read.
    pub fn lift_release(&self, release: &str) -> Result<Lifted> {
        if release == self.pins.release {
            return self.lift();
        }
        lifting::lift_cases(&self.cinder(release)?.generated_cases)
    }

    /// A header by its name without folders: `pycore_code.h`, `opcode_ids.h`.
    pub fn header(&self, name: &str) -> Result<InputFile> {
        self.tree()?.file(name)
    }

    /// What the package index's archive has for a release: 3.12, 3.14, 3.15 or 3.16.
    pub fn cinder(&self, release: &str) -> Result<Cinder> {
        let part = self.sdist.as_ref().ok_or_else(|| {
            let sdist = &self.pins.sdist;
            InputsError::new(ErrorKind::MissingFile, format!("{} {} is not in the cache", sdist.project, sdist.version))
                .next("`bodywork inputs fetch --from packages` brings it")
        })?;
        let dir = format!("cinderx/Interpreter/{release}");
        let file = |path: &str| part_file(part, &format!("{dir}/{path}"));
        Ok(Cinder {
            generated_cases: file("Includes/generated_cases.c.h")?,
            definitions: file("cinder-bytecodes.c")?,
            targets: file("cinderx_opcode_targets.h")?,
        })
    }

    /// CPython's own generator, in Python: the folder with `tier1_generator.py` and the others.
    pub fn cases_generator_dir(&self) -> Result<PathBuf> {
        self.tree()?.generator_dir()
    }

    /// CPython's test suite: the folder with `test_generated_cases.py` and the others.
    pub fn test_suite_dir(&self) -> Result<PathBuf> {
        self.tree()?.test_dir()
    }

    /// A CPython of the pinned release that can be run: `BODYWORK_PYTHON`, the cache's, or the one on the path.
    pub fn python(&self) -> Result<PathBuf> {
        python::find(&self.options, self.packages.as_ref(), &self.pins.release)
    }

    /// The files that there are, by name, and what is wrong: files of the cache that are not what was fetched, definitions
    /// that cannot be lifted. Those of the package index's archive are under `cinderx/RELEASE/`.
    pub fn files(&self) -> (BTreeMap<String, InputFile>, Vec<InputsError>) {
        let mut found: Vec<(String, Result<InputFile>)> = Vec::new();
        if let Some(tree) = &self.tree {
            let names = NAMES.into_iter().filter(|name| tree.has(name));
            found.extend(names.map(|name| (name.to_string(), tree.file(name))));
        }
        if let Source::Packages(_) = self.source {
            found.push((BYTECODES.to_string(), self.definition_files().map(|files| files.bytecodes)));
            if let Some(part) = &self.sdist {
                for path in part.manifest.paths().filter(|path| path.contains("/Interpreter/")) {
                    let name = path.replace("/Interpreter/", "/").replace("/Includes/", "/");
                    found.push((name, part_file(part, path)));
                }
            }
        }
        let (mut files, mut findings) = (BTreeMap::new(), Vec::new());
        for (name, file) in found {
            match file {
                Ok(file) => drop(files.insert(name, file)),
                Err(error) if findings.contains(&error) => {}
                Err(error) => findings.push(error),
            }
        }
        (files, findings)
    }

    /// The parts of the cache that the definitions come from, with their manifests.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        let packaged = matches!(self.source, Source::Packages(_));
        self.sdist.iter().chain(&self.packages).chain(self.fresh_lifted()).filter(move |_| packaged)
    }

    /// The lifted definitions, unless an earlier lifter made them or they were made from other files.
    fn fresh_lifted(&self) -> Option<&Part> {
        let part = self.lifted.as_ref()?;
        Origin::of(self).is_ok_and(|origin| origin.made(part)).then_some(part)
    }

    fn tree(&self) -> Result<&Tree> {
        self.tree.as_ref().ok_or_else(|| {
            InputsError::new(ErrorKind::MissingFile, format!("the headers of CPython {} are not here", self.release))
                .next("`bodywork inputs fetch` says why; or name a checkout with `--cpython`")
        })
    }
}

fn part_file(part: &Part, relative: &str) -> Result<InputFile> {
    if !part.manifest.has(relative) {
        return Err(InputsError::new(ErrorKind::MissingFile, format!("{} has no {relative}", part.name)));
    }
    let sum = part.check(relative)?;
    let name = relative.rsplit('/').next().unwrap_or(relative).to_string();
    Ok(InputFile { name, path: part.dir.join(relative), sha256: sum.sha256, bytes: sum.bytes })
}

fn open_checkout(dir: &std::path::Path) -> Result<Tree> {
    let tree = Tree::checkout(dir);
    let missing: Vec<&str> =
        [BYTECODES, "pycore_code.h", "patchlevel.h"].into_iter().filter(|name| !tree.has(name)).collect();
    if missing.is_empty() {
        return Ok(tree);
    }
    let what = if dir.is_dir() { format!("has no {}", missing.join(", no ")) } else { "is not a folder".to_string() };
    Err(InputsError::new(ErrorKind::NotACheckout, format!("{} is no CPython checkout: it {what}", dir.display()))
        .next("`--cpython` and BODYWORK_CPYTHON name the folder that holds Python/bytecodes.c and Include/"))
}

fn pinned_release(pins: &Pins) -> Result<Release> {
    Release::parse(&pins.release)
        .ok_or_else(|| InputsError::new(ErrorKind::Lock, format!("inputs.lock: `{}` is no release", pins.release)))
}

fn not_found(pins: &Pins, cache: &Cache) -> InputsError {
    let message =
        format!("CPython {}'s files are not on this machine (looked in {})", pins.release, cache.dir().display());
    InputsError::new(ErrorKind::NotFound, message)
        .next("`bodywork inputs fetch` brings them; or name a CPython checkout with `--cpython DIR`")
}
