//! The distribution's packages of CPython, fetched by apt into the cache. Nothing is installed on the machine.
//!
//! Where the machine's own suites are older than the release, the newest suite of the same archive is asked, through a
//! sources list and state folders of our own. The packages' CPython is then newer than the machine's C library, so the
//! library comes along and a wrapper starts it with that.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::Fetch;
use crate::cache::{self, Manifest, Package, Part, Stage};
use crate::digest;
use crate::error::{ErrorKind, InputsError, Result};
use crate::pins::{Apt, Suite};
use crate::progress::Progress;
use crate::{pattern, python};

/// How often the progress of a download is looked at.
const TICK: Duration = Duration::from_millis(200);
const KEYRINGS: &str = "/usr/share/keyrings";

pub(super) fn fetch(fetch: &Fetch<'_>) -> Result<Part> {
    let release = &fetch.pins.release;
    for tool in ["apt-get", "dpkg-deb"] {
        if python::on_path(tool).is_none() {
            let message = format!("the packages of CPython {release} come through apt, and there is no {tool} here");
            return Err(InputsError::new(ErrorKind::MissingTool, message).next(
                "use a machine with Debian or Ubuntu (a container will do), a CPython checkout (`--cpython DIR`), or CPython's source archive",
            ));
        }
    }
    let pin = &fetch.pins.apt;
    let stage = fetch.cache.stage(&fetch.lock)?;
    let client = Client::new(&stage)?;
    fetch.progress.step(&format!("looking for the packages of CPython {release}"));
    let (client, chosen) = choose(client, pin, fetch.progress)?;
    let debs = stage.scratch().join("debs");
    client.download(&chosen, &debs, fetch.progress)?;
    let mut manifest = unpack(&debs, pin, &stage, fetch.progress)?;
    let version = chosen.iter().find(|c| Some(&c.name) == pin.install.first()).map_or("", |c| c.version.as_str());
    manifest.from = format!("python{release} {version} from the distribution's archive");
    write_wrapper(&stage.part(), release)?;
    fetch.progress.step(&format!("recording {}", fetch.names.packages));
    fetch.cache.publish(&stage, &fetch.names.packages, manifest)
}

/// A package that apt would fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    name: String,
    version: String,
    bytes: u64,
}

/// apt-get with options of its own.
struct Client {
    scratch: PathBuf,
    options: Vec<String>,
}

/// The packages, and a client that can fetch them: from the machine's own suites if they have them, else from a newer one.
fn choose(mut client: Client, pin: &Apt, progress: &dyn Progress) -> Result<(Client, Vec<Candidate>)> {
    if let Ok(chosen) = client.resolve(pin) {
        return Ok((client, chosen));
    }
    let sites = client.run(&["indextargets", "--format", "$(SITE)"], "list its sources")?;
    let Some((site, suite)) = newer_suite(&sites, &pin.suites) else {
        let message = format!("this machine's archives have no {}, and none is known that has", pin.install.join(", "));
        return Err(InputsError::new(ErrorKind::Tool, message));
    };
    progress.step(&format!("reading the package lists of {}", suite.suite));
    client.use_suite(site, suite)?;
    client.run(&["update"], "read the package lists")?;
    let chosen = client.resolve(pin)?;
    Ok((client, chosen))
}

/// The first site that a suite is known for.
fn newer_suite<'a, 'b>(sites: &'a str, suites: &'b [Suite]) -> Option<(&'a str, &'b Suite)> {
    let sites = sites.lines().map(|site| site.trim_end_matches('/'));
    sites
        .flat_map(|site| suites.iter().map(move |suite| (site, suite)))
        .find(|(site, suite)| site.ends_with(&suite.archive))
}

impl Client {
    fn new(stage: &Stage) -> Result<Self> {
        let scratch = stage.scratch();
        for dir in ["debs", "lists/partial", "archives/partial"] {
            let dir = scratch.join(dir);
            fs::create_dir_all(&dir).map_err(|e| InputsError::io("make", &dir, &e))?;
        }
        // As if nothing were installed: what a package depends on is then fetched too.
        let status = scratch.join("status");
        File::create(&status).map_err(|e| InputsError::io("write", &status, &e))?;
        let options = vec![
            "-qq".to_string(),
            format!("-oDir::State::status={}", status.display()),
            "-oAPT::Sandbox::User=root".to_string(),
            "-oAPT::Install-Recommends=false".to_string(),
            "-oAcquire::Retries=3".to_string(),
            // Otherwise a list that cannot be read is a warning, and the packages are then said not to exist.
            "-oAPT::Update::Error-Mode=any".to_string(),
        ];
        Ok(Self { scratch, options })
    }

    /// From now on only this suite, with state folders of its own.
    fn use_suite(&mut self, site: &str, suite: &Suite) -> Result<()> {
        let is_signer = |name: &String| Path::new(name).file_stem().is_some_and(|stem| stem == suite.keyring.as_str());
        let mut keyrings = cache::list(Path::new(KEYRINGS)).unwrap_or_default().into_iter().map(|(_, name)| name);
        let keyring = keyrings.find(is_signer);
        let signed = keyring.map(|name| format!("[signed-by={KEYRINGS}/{name}] ")).unwrap_or_default();
        let list = self.scratch.join("sources.list");
        fs::write(&list, format!("deb {signed}{site} {} {}\n", suite.suite, suite.components))
            .map_err(|e| InputsError::io("write", &list, &e))?;
        self.options.extend([
            format!("-oDir::Etc::sourcelist={}", list.display()),
            "-oDir::Etc::sourceparts=-".to_string(),
            format!("-oDir::State::Lists={}", self.scratch.join("lists").display()),
            format!("-oDir::Cache={}", self.scratch.display()),
            "-oAcquire::Languages=none".to_string(),
            "-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_string(),
        ]);
        Ok(())
    }

    /// What has to be fetched, in apt's order.
    fn resolve(&self, pin: &Apt) -> Result<Vec<Candidate>> {
        let names = |command: &[&str], packages: &[String]| -> Result<String> {
            let arguments: Vec<&str> = command.iter().copied().chain(packages.iter().map(String::as_str)).collect();
            self.run(&arguments, "find the packages")
        };
        let mut chosen = candidates(&names(&["--print-uris", "-y", "install"], &pin.install)?);
        for candidate in candidates(&names(&["--print-uris", "download"], &pin.alone)?) {
            if !chosen.contains(&candidate) {
                chosen.push(candidate);
            }
        }
        if chosen.is_empty() {
            return Err(InputsError::new(ErrorKind::Tool, "apt-get names no package to fetch"));
        }
        Ok(chosen)
    }

    fn download(&self, chosen: &[Candidate], into: &Path, progress: &dyn Progress) -> Result<()> {
        let total = chosen.iter().map(|c| c.bytes).sum();
        progress.step(&format!("downloading {} packages", chosen.len()));
        let log = self.scratch.join("log");
        let stderr = File::create(&log).map_err(|e| InputsError::io("write", &log, &e))?;
        let failed = |e: &std::io::Error| InputsError::new(ErrorKind::Tool, format!("apt-get does not run: {e}"));
        let mut child = self
            .command(&["download"])
            .args(chosen.iter().map(|c| format!("{}={}", c.name, c.version)))
            .current_dir(into)
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(|e| failed(&e))?;
        loop {
            if let Some(status) = child.try_wait().map_err(|e| failed(&e))? {
                progress.bytes(folder_size(into), total);
                let said = fs::read_to_string(&log).unwrap_or_default();
                return if status.success() { Ok(()) } else { Err(refused("download the packages", &said)) };
            }
            progress.bytes(folder_size(into), total);
            thread::sleep(TICK);
        }
    }

    fn run(&self, arguments: &[&str], purpose: &str) -> Result<String> {
        let output = self
            .command(arguments)
            .output()
            .map_err(|e| InputsError::new(ErrorKind::Tool, format!("apt-get does not run: {e}")))?;
        if !output.status.success() {
            return Err(refused(purpose, &String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("apt-get");
        command.args(&self.options).args(arguments).env("LC_ALL", "C").stdin(Stdio::null());
        command
    }
}

fn refused(purpose: &str, said: &str) -> InputsError {
    let said: Vec<&str> = said.lines().filter(|line| line.starts_with("E:")).take(4).collect();
    InputsError::new(ErrorKind::Tool, format!("apt-get could not {purpose}: {}", said.join(" ")))
}

fn folder_size(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// Reads lines of `'ADDRESS' NAME_VERSION_ARCHITECTURE.deb BYTES HASH`.
fn candidates(text: &str) -> Vec<Candidate> {
    let candidate = |line: &str| {
        let mut words = line.strip_prefix('\'')?.split_once("' ")?.1.split_whitespace();
        let mut file = words.next()?.split('_');
        let bytes = words.next()?.parse().ok()?;
        // apt escapes the colon of an epoch in file names.
        Some(Candidate { name: file.next()?.to_string(), version: file.next()?.replace("%3a", ":"), bytes })
    };
    text.lines().filter_map(candidate).collect()
}

/// Unpacks every package and moves what is kept into the part.
fn unpack(debs: &Path, pin: &Apt, stage: &Stage, progress: &dyn Progress) -> Result<Manifest> {
    let files: Vec<String> =
        cache::list(debs)?.into_iter().map(|(_, name)| name).filter(|n| n.ends_with(".deb")).collect();
    progress.step(&format!("unpacking {} packages", files.len()));
    let mut manifest = Manifest::new(String::new(), String::new());
    let mut sums = String::new();
    let unpacked = stage.scratch().join("unpacked");
    for (i, file) in files.iter().enumerate() {
        let deb = debs.join(file);
        let sum = digest::of_file(&deb).map_err(|e| InputsError::io("read", &deb, &e))?;
        let status = Command::new("dpkg-deb").arg("-x").arg(&deb).arg(&unpacked).stderr(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(InputsError::new(ErrorKind::Archive, format!("dpkg-deb cannot unpack {file}")));
        }
        sums += &format!("{} {file}\n", sum.sha256);
        manifest.packages.push(Package { file: file.clone(), sha256: sum.sha256, bytes: sum.bytes });
        progress.bytes(i as u64 + 1, files.len() as u64);
    }
    manifest.origin = digest::of_bytes(sums.as_bytes()).sha256;
    let keep = |path: &str| {
        pin.keep.iter().any(|p| pattern::matches(p, path)) && !pin.drop.iter().any(|p| pattern::matches(p, path))
    };
    move_kept(&unpacked, "", &stage.part(), &keep)?;
    Ok(manifest)
}

/// Moves the files and links that are kept, with the folders above them.
fn move_kept(from: &Path, prefix: &str, to: &Path, keep: &dyn Fn(&str) -> bool) -> Result<()> {
    for (kind, name) in cache::list(from)? {
        let relative = format!("{prefix}{name}");
        if kind.is_dir() {
            move_kept(&from.join(&name), &format!("{relative}/"), to, keep)?;
        } else if keep(&relative) {
            let target = to.join(&relative);
            let parent = target.parent().unwrap_or(to);
            fs::create_dir_all(parent).map_err(|e| InputsError::io("make", parent, &e))?;
            fs::rename(from.join(&name), &target).map_err(|e| InputsError::io("write", &target, &e))?;
        }
    }
    Ok(())
}

/// Writes the script that starts the packages' CPython with their C library. It works wherever the folder is moved to.
fn write_wrapper(part: &Path, release: &str) -> Result<()> {
    let missing =
        |what: &str| InputsError::new(ErrorKind::Archive, format!("the packages of CPython {release} have no {what}"));
    let lib = part.join("usr/lib");
    let libraries = cache::list(&lib)?.into_iter().map(|(_, name)| name).find(|name| name.contains("-linux-"));
    let libraries = libraries.ok_or_else(|| missing("libraries"))?;
    let loader = cache::list(&lib.join(&libraries))?.into_iter().map(|(_, name)| name);
    let loader =
        loader.filter(|name| name.starts_with("ld") && name.contains(".so.")).find(|name| !name.starts_with("ldb"));
    let loader = loader.ok_or_else(|| missing("loader"))?;
    let script = format!(
        "#!/bin/sh\n\
         # Runs CPython {release} from the packages beside this script, with the C library that came with them.\n\
         # Called by this name it finds its library through ../lib, and sys.executable is this script.\n\
         self=$0\n\
         [ ! -L \"$self\" ] || self=$(readlink -f \"$self\")\n\
         root=$(cd \"$(dirname \"$self\")/..\" && pwd) || exit 1\n\
         unset PYTHONHOME\n\
         libraries=$root/usr/lib/{libraries}\n\
         exec \"$libraries/{loader}\" --library-path \"$libraries\" --argv0 \"$root/{wrapper}\" \"$root/usr/bin/python{release}\" \"$@\"\n",
        wrapper = python::WRAPPER,
    );
    let wrapper = part.join(python::WRAPPER);
    let failed = |e: std::io::Error| InputsError::io("write", &wrapper, &e);
    fs::create_dir_all(part.join("bin")).map_err(failed)?;
    fs::write(&wrapper, script).map_err(failed)?;
    make_runnable(part, &wrapper).map_err(failed)?;
    if python::is_cpython(&wrapper, release) {
        return Ok(());
    }
    Err(InputsError::new(ErrorKind::Tool, format!("the packages' CPython {release} does not run on this machine")))
}

#[cfg(unix)]
fn make_runnable(part: &Path, wrapper: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{PermissionsExt, symlink};
    symlink("usr/lib", part.join("lib"))?;
    fs::set_permissions(wrapper, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_runnable(_part: &Path, _wrapper: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use pretty_assertions::assert_eq;

    #[test]
    fn apts_list_of_addresses_gives_names_versions_and_lengths() {
        let text = "'https://h.example/p/libz_1.3.deb' libz_1%3a1.3+x-4_amd64.deb 92424 MD5Sum:00\nW: something\n";
        let expected = Candidate { name: "libz".into(), version: "1:1.3+x-4".into(), bytes: 92424 };
        assert_eq!(candidates(text), [expected]);
    }

    #[test]
    fn the_newest_suite_is_asked_at_the_site_that_the_machine_uses() {
        let suites = crate::pins::Pins::load().unwrap().apt.suites;
        let sites = "https://m.example/debian-security/\nhttps://m.example/debian/\n";
        let (site, suite) = newer_suite(sites, &suites).unwrap();
        assert_eq!((site, suite.suite.as_str()), ("https://m.example/debian", "sid"));
        assert!(newer_suite("https://m.example/fedora\n", &suites).is_none());
    }

    #[test]
    fn a_package_is_unpacked_and_recorded() {
        if python::on_path("dpkg-deb").is_none() {
            eprintln!("not run, there is no dpkg-deb to make a package with");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let cache = cache::Cache::new(dir.path().join("cache"));
        let lock = cache.lock(&Silent).unwrap();
        let stage = cache.stage(&lock).unwrap();
        let (tree, debs) = (dir.path().join("tree"), dir.path().join("debs"));
        let control = "Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n";
        for (path, text) in [("DEBIAN/control", control), ("usr/lib/python3.14/os.py", "x"), ("etc/thing", "x")] {
            fs::create_dir_all(tree.join(path).parent().unwrap()).unwrap();
            fs::write(tree.join(path), text).unwrap();
        }
        fs::create_dir(&debs).unwrap();
        let built = Command::new("dpkg-deb").arg("--build").args([&tree, &debs]).stdout(Stdio::null()).status();
        assert!(built.unwrap().success());
        let pin = crate::pins::Pins::load().unwrap().apt;
        let manifest = unpack(&debs, &pin, &stage, &Silent).unwrap();
        assert_eq!(manifest.packages.iter().map(|p| p.file.as_str()).collect::<Vec<_>>(), ["thing_1_all.deb"]);
        assert!(stage.part().join("usr/lib/python3.14/os.py").is_file() && !stage.part().join("etc").exists());

        fs::write(debs.join("thing_1_all.deb"), "cut").unwrap();
        let error = unpack(&debs, &pin, &stage, &Silent).unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Archive, "dpkg-deb cannot unpack thing_1_all.deb")
        );
    }

    #[test]
    fn kept_files_are_moved_with_their_folders() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for path in ["usr/lib/a.so", "usr/lib/a.a", "etc/x"] {
            let path = from.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        move_kept(&from, "", &to, &|path| path.starts_with("usr/") && !path.ends_with(".a")).unwrap();
        assert!(to.join("usr/lib/a.so").is_file() && !to.join("usr/lib/a.a").exists() && !to.join("etc").exists());
    }
}
