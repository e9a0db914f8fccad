//! The container image, as an archive in the layout of the Open Container Initiative, which `docker load` and `podman load` take.
//! No engine is needed: an image is a layer of files, a configuration and a manifest, each named by its checksum.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::entry::{Entry, tar, tar_gz};
use super::payload::{Payload, SUMMARY, read};
use super::platform::Distribution;
use crate::process;

/// The user and group that the server runs as. It has no name in other images, and no rights.
const USER: u64 = 65_532;

/// The certificates of the authorities that this machine trusts; the server reads them there for webhooks and e-mail.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How large the image of a release may be, compressed, in bytes.
const LARGEST: usize = 30 << 20;

/// A binary for an image.
pub(crate) struct Inside<'a> {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) is_static: bool,
    /// Where it is: the shared libraries that it loads are asked for there.
    pub(crate) path: &'a Path,
}

/// The image's name and bytes, with this binary in it.
pub(crate) fn image(payload: &Payload, distribution: &Distribution, inside: &Inside<'_>) -> Result<(String, Vec<u8>)> {
    let files = files(payload, inside)?;
    let mut plain = Sum(Sha256::new());
    tar(&files, &mut plain)?;
    let layer = tar_gz(&files, payload.level)?;
    if payload.is_small() && layer.len() > LARGEST {
        bail!("the image would have {} MiB, and may have {}", layer.len() >> 20, LARGEST >> 20);
    }
    let config = config(payload, distribution, &plain.digest()).to_string().into_bytes();
    let architecture = distribution.oci;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let name = format!("docker.io/library/kustodian:{}", payload.version);
    let mut described = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    described["platform"] = json!({ "architecture": architecture, "os": "linux" });
    described["annotations"] =
        json!({ "io.containerd.image.name": name, "org.opencontainers.image.ref.name": payload.version });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [described],
    });
    // Docker before 25 reads this instead of the index.
    let older = json!([{
        "Config": blob(&config),
        "Layers": [blob(&layer)],
        "RepoTags": [format!("kustodian:{}", payload.version)],
    }]);
    let entries = [
        Entry::file("oci-layout", *br#"{"imageLayoutVersion":"1.0.0"}"#),
        Entry::file("index.json", index.to_string().into_bytes()),
        Entry::file("manifest.json", older.to_string().into_bytes()),
        Entry::file(blob(&manifest), manifest),
        Entry::file(blob(&config), config),
        Entry::file(blob(&layer), layer),
    ];
    let mut archive = Vec::new();
    tar(&entries, &mut archive)?;
    Ok((format!("kustodian-{}-image-{architecture}.tar", payload.version), archive))
}

/// Its files: the binary, those of a system that the binary reads, and the folder of the data.
fn files(payload: &Payload, inside: &Inside<'_>) -> Result<Vec<Entry>> {
    let mut files = vec![
        Entry::program("kustodian", inside.bytes.clone()),
        Entry { owner: USER, mode: 0o700, ..Entry::folder("data") },
        Entry { mode: 0o1777, ..Entry::folder("tmp") },
        Entry::file("etc/passwd", format!("kustodian:x:{USER}:{USER}::/data:/\n").into_bytes()),
        Entry::file("etc/group", format!("kustodian:x:{USER}:\n").into_bytes()),
        // glibc looks names up in this order without further files.
        Entry::file("etc/nsswitch.conf", *b"hosts: files dns\n"),
    ];
    for document in &payload.documents {
        files.push(Entry { path: format!("usr/share/doc/kustodian/{}", document.path), ..document.clone() });
    }
    if Path::new(AUTHORITIES).exists() {
        files.push(Entry::file(AUTHORITIES.trim_start_matches('/'), read(Path::new(AUTHORITIES))?));
    } else {
        println!("==> the image has no certificates of authorities: this machine has no {AUTHORITIES}");
    }
    if !inside.is_static {
        files.extend(libraries(inside.path)?);
    }
    Ok(files)
}

/// The shared libraries that a binary loads, and the program that loads them, where they are on this machine.
fn libraries(binary: &Path) -> Result<Vec<Entry>> {
    let printed = process::output(process::program("ldd").arg(binary))?;
    let printed = String::from_utf8_lossy(&printed);
    let paths = printed.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    paths.map(|path| Ok(Entry::program(path.trim_start_matches('/'), read(Path::new(path))?))).collect()
}

/// How a container is started from it.
fn config(payload: &Payload, distribution: &Distribution, layer: &str) -> Value {
    json!({
        "architecture": distribution.oci,
        "os": "linux",
        "created": "1980-01-01T00:00:00Z",
        "config": {
            "User": format!("{USER}:{USER}"),
            "Env": ["KUSTODIAN_DATABASE=sqlite:/data/kustodian.db", "KUSTODIAN_LISTEN=0.0.0.0:8080"],
            "Entrypoint": ["/kustodian"],
            "Cmd": ["serve"],
            "WorkingDir": "/data",
            "Volumes": { "/data": {} },
            "ExposedPorts": { "8080/tcp": {} },
            "StopSignal": "SIGTERM",
            // Docker's own; other engines pass it over. Nanoseconds.
            "Healthcheck": {
                "Test": ["CMD", "/kustodian", "health"],
                "Interval": 10_000_000_000_u64,
                "Timeout": 10_000_000_000_u64,
                "StartPeriod": 60_000_000_000_u64,
                "Retries": 3,
            },
            "Labels": {
                "org.opencontainers.image.title": "kustodian",
                "org.opencontainers.image.description": SUMMARY,
                "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
                "org.opencontainers.image.source": "https://github.com/kustodian/kustodian",
                "org.opencontainers.image.version": payload.version,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [layer] },
        "history": [{ "created": "1980-01-01T00:00:00Z", "created_by": "cargo xtask dist" }],
    })
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": format!("sha256:{}", hex(&Sha256::digest(bytes))), "size": bytes.len() })
}

fn blob(bytes: &[u8]) -> String {
    format!("blobs/sha256/{}", hex(&Sha256::digest(bytes)))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A writer that only takes a checksum.
struct Sum(Sha256);

impl Sum {
    fn digest(self) -> String {
        format!("sha256:{}", hex(&self.0.finalize()))
    }
}

impl std::io::Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
