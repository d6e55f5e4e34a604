//! Downloads over HTTPS, with the machine's own certificates and proxy settings.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::digest::{Sum, SummingWriter};
use crate::error::{ErrorKind, InputsError, Result};
use crate::progress::Progress;

/// How much of an index page is read at most, in bytes.
const PAGE_LIMIT: u64 = 64 << 20;

pub(super) struct Http {
    agent: Agent,
}

/// What a download must turn out to be.
pub(super) struct Expected<'a> {
    pub(super) what: &'a str,
    pub(super) sum: Sum,
}

impl Http {
    /// `patience` bounds the search for the host, the connection, and each wait for an answer.
    pub(super) fn new(patience: Duration) -> Self {
        let tls = TlsConfig::builder().root_certs(root_certificates()).build();
        let config = Agent::config_builder();
        // Tests serve from this machine, where a proxy would not find them.
        let config = if cfg!(test) { config.proxy(None) } else { config };
        let config = config
            .tls_config(tls)
            .user_agent(concat!("bodywork/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(patience))
            .timeout_connect(Some(patience))
            .timeout_recv_response(Some(patience))
            .timeout_per_read(Some(patience))
            .build();
        Self { agent: config.into() }
    }

    /// A page's content type and text. `what` names it in errors: addresses may hold credentials.
    pub(super) fn page(&self, what: &str, url: &str, accept: &str) -> Result<(String, String)> {
        let mut response = self.agent.get(url).header("Accept", accept).call().map_err(|e| network(what, &e))?;
        let kind = response.body().mime_type().unwrap_or_default().to_string();
        let text = response.body_mut().with_config().limit(PAGE_LIMIT).read_to_string();
        Ok((kind, text.map_err(|e| network(what, &e))?))
    }

    /// Downloads a file whose length and sha256 are known. On failure the file is removed again.
    pub(super) fn download(
        &self,
        url: &str,
        to: &Path,
        expected: &Expected<'_>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let done = self.download_unchecked(url, to, expected, progress).and_then(|sum| compare(expected, &sum));
        if done.is_err() {
            let _ = fs::remove_file(to);
        }
        done
    }

    fn download_unchecked(
        &self,
        url: &str,
        to: &Path,
        expected: &Expected<'_>,
        progress: &dyn Progress,
    ) -> Result<Sum> {
        let response = self.agent.get(url).call().map_err(|e| network(expected.what, &e))?;
        let file = File::create(to).map_err(|e| InputsError::io("write", to, &e))?;
        let mut out = SummingWriter::new(io::BufWriter::new(file));
        // One byte more than expected, so that a longer file is noticed without being stored.
        let mut body = response.into_body().into_reader().take(expected.sum.bytes + 1);
        let mut buffer = vec![0; 1 << 16];
        let mut done = 0;
        loop {
            let n = body.read(&mut buffer).map_err(|e| {
                InputsError::new(ErrorKind::Network, format!("{} broke off after {done} bytes: {e}", expected.what))
            })?;
            if n == 0 {
                return out.finish().map_err(|e| InputsError::io("write", to, &e));
            }
            out.write_all(&buffer[..n]).map_err(|e| InputsError::io("write", to, &e))?;
            done += n as u64;
            progress.bytes(done, expected.sum.bytes);
        }
    }
}

fn compare(expected: &Expected<'_>, found: &Sum) -> Result<()> {
    if *found == expected.sum {
        return Ok(());
    }
    let (what, sum) = (expected.what, &expected.sum);
    let message = if found.bytes == sum.bytes {
        format!("{what} is not the pinned file: its sha256 is {}, inputs.lock says {}", found.sha256, sum.sha256)
    } else {
        format!("{what} is not the pinned file: it has another length than the {} bytes in inputs.lock", sum.bytes)
    };
    Err(InputsError::new(ErrorKind::Checksum, message))
}

fn network(what: &str, error: &ureq::Error) -> InputsError {
    InputsError::new(ErrorKind::Network, format!("{what} cannot be had: {error}"))
}

/// The certificates of `PIP_CERT` if that is set, else the system's (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured), else
/// Mozilla's that are built in.
fn root_certificates() -> RootCerts {
    let mut certificates = env::var_os("PIP_CERT").map(|path| from_pem_file(Path::new(&path))).unwrap_or_default();
    if certificates.is_empty() {
        let native = rustls_native_certs::load_native_certs().certs;
        certificates = native.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    }
    if certificates.is_empty() { RootCerts::WebPki } else { RootCerts::Specific(Arc::new(certificates)) }
}

fn from_pem_file(path: &Path) -> Vec<Certificate<'static>> {
    let Ok(pem) = fs::read(path) else { return Vec::new() };
    let items = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    items.collect()
}
