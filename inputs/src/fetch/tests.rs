//! Fetching from a server on this machine: what arrives is published whole, and what is wrong leaves nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use lzma_rust2::{XzOptions, XzWriter};
use pretty_assertions::assert_eq;
use tempfile::TempDir;

use super::*;
use crate::cache;
use crate::digest;
use crate::progress::Silent;

/// Serves these paths on a free port, each with the length that it claims, and gives the address.
fn serve(pages: BTreeMap<String, (usize, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines: Vec<String> =
                BufReader::new(&stream).lines().map_while(|line| line.ok().filter(|line| !line.is_empty())).collect();
            let path = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
            let (status, (length, body)) = match pages.get(path) {
                Some(page) => ("200 OK", page.clone()),
                None => ("404 Not Found", (0, Vec::new())),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    address
}

fn whole(body: &[u8]) -> (usize, Vec<u8>) {
    (body.len(), body.to_vec())
}

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(1)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// Carries out a fetch into a new cache and gives its result, with the names that are then in the cache.
fn fetched(pins: &Pins, carry_out: impl FnOnce(&Fetch<'_>) -> Result<Part>) -> (TempDir, Result<Part>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().to_path_buf());
    let lock = cache.lock(&Silent).unwrap();
    let fetch = Fetch { pins, names: PartNames::new(pins), cache, lock, progress: &Silent };
    let result = carry_out(&fetch);
    drop(fetch);
    let left = cache::list(dir.path()).unwrap().into_iter().map(|(_, name)| name).collect();
    (dir, result, left)
}

/// Pins for an archive with one file that is kept and one that is not.
fn tarball_pins() -> (Pins, Vec<u8>) {
    let mut pins = Pins::load().unwrap();
    let files = [("r/Python/bytecodes.c", "inst(NOP, (--)) { }\n"), ("r/Doc/x", "y"), ("r/LICENSE", "z")];
    let archive = xz(&tar(&files));
    pins.tarball.root = "r/".into();
    pins.tarball.bytes = archive.len() as u64;
    pins.tarball.sha256 = digest::of_bytes(&archive).sha256;
    (pins, archive)
}

#[test]
fn the_source_archive_is_downloaded_and_unpacked() {
    let (mut pins, archive) = tarball_pins();
    pins.tarball.url = serve(BTreeMap::from([("/a".to_string(), whole(&archive))])) + "/a";
    let (_dir, part, left) = fetched(&pins, tarball::fetch);
    let part = part.unwrap();
    assert_eq!(part.manifest.paths().collect::<Vec<_>>(), ["LICENSE", "Python/bytecodes.c"]);
    assert_eq!(left, [part.name.as_str(), "lock"]);
}

#[test]
fn a_download_that_is_wrong_cut_or_absent_leaves_nothing() {
    let (mut pins, archive) = tarball_pins();
    let mut changed = archive.clone();
    changed[20] ^= 1;
    let longer = [&archive[..], b"x"].concat();
    let pages = BTreeMap::from([
        ("/changed".to_string(), whole(&changed)),
        ("/longer".to_string(), whole(&longer)),
        ("/shorter".to_string(), whole(&archive[..40])),
        ("/cut".to_string(), (archive.len(), archive[..40].to_vec())),
    ]);
    let address = serve(pages);
    for (path, kind, says) in [
        ("/changed", ErrorKind::Checksum, "its sha256 is"),
        ("/longer", ErrorKind::Checksum, "another length"),
        ("/shorter", ErrorKind::Checksum, "another length"),
        ("/cut", ErrorKind::Network, "broke off after 40 bytes"),
        ("/absent", ErrorKind::Network, "404"),
    ] {
        pins.tarball.url = format!("{address}{path}");
        let (_dir, part, left) = fetched(&pins, tarball::fetch);
        let error = part.unwrap_err();
        assert_eq!(error.kind, kind, "{path}: {error}");
        assert!(error.message.contains(says), "{path}: {error}");
        assert_eq!(left, ["lock"], "{path}");
    }
}

#[test]
fn the_packages_archive_is_found_through_its_index_page_and_each_file_is_compared() {
    let mut pins = Pins::load().unwrap();
    pins.sdist.root = "r/".into();
    pins.sdist.files.truncate(1);
    pins.sdist.files[0].sha256 = digest::of_bytes(b"text").sha256;
    let path = pins.sdist.files[0].path.clone();
    let archive = gz(&tar(&[(&format!("r/{path}"), "text"), ("r/other", "x")]));
    pins.sdist.bytes = archive.len() as u64;
    pins.sdist.sha256 = digest::of_bytes(&archive).sha256;
    let page = format!("<a href=\"../../files/{}#sha256=0\">x</a>", pins.sdist.file);
    let address = serve(BTreeMap::from([
        (format!("/simple/{}/", pins.sdist.project), whole(page.as_bytes())),
        (format!("/files/{}", pins.sdist.file), whole(&archive)),
    ]));
    let index = format!("{address}/simple");
    let (_dir, part, _) = fetched(&pins, |fetch| sdist::fetch_from(fetch, &index));
    assert_eq!(part.unwrap().manifest.paths().collect::<Vec<_>>(), [path.as_str()]);

    pins.sdist.files[0].sha256 = digest::of_bytes(b"other text").sha256;
    let (_dir, part, left) = fetched(&pins, |fetch| sdist::fetch_from(fetch, &index));
    assert_eq!((part.unwrap_err().kind, left), (ErrorKind::Checksum, vec!["lock".to_string()]));

    pins.sdist.file = "another-1.0.tar.gz".into();
    let (_dir, part, _) = fetched(&pins, |fetch| sdist::fetch_from(fetch, &index));
    let error = part.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Index);
    assert!(error.message.contains("another-1.0.tar.gz"), "{error}");
}
