//! The image: read as an engine reads it, and started as one would start it, in the files of its layer alone.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::server::Server;
use super::{NAME, Place};
use crate::dist::image::hex;
use crate::dist::payload::read;
use crate::process;

/// Checks the image.
pub(super) fn check(place: &Place) -> Result<()> {
    let archive = place.folder.join("image");
    let file = fs::File::open(place.package(&format!("-image-{}.tar", architecture()))?)?;
    tar::Archive::new(file).unpack(&archive)?;
    let index: Value = serde_json::from_slice(&read(&archive.join("index.json"))?)?;
    let manifest: Value = serde_json::from_slice(&blob(&archive, &index["manifests"][0])?)?;
    let config: Value = serde_json::from_slice(&blob(&archive, &manifest["config"])?)?;
    let mut files = Vec::new();
    let layer = blob(&archive, &manifest["layers"][0])?;
    flate2::read::GzDecoder::new(layer.as_slice()).read_to_end(&mut files)?;
    let sum = format!("sha256:{}", hex(&Sha256::digest(&files)));
    if config["rootfs"]["diff_ids"][0].as_str() != Some(&sum) {
        bail!("the configuration names another layer than {sum}");
    }
    let root = place.folder.join("root");
    let mut layer = tar::Archive::new(files.as_slice());
    let is_root = process::answers("bash", &["-c", "[ $(id -u) = 0 ]"]);
    layer.set_preserve_permissions(true);
    layer.set_preserve_ownerships(is_root);
    layer.unpack(&root)?;
    let container = Container { root, config: config["config"].clone(), is_root };
    if !container.can_run() {
        println!("==> the image was read and not started: only root may do that here");
        return Ok(());
    }
    container.give_devices()?;
    let words = container.words("Entrypoint").chain(container.words("Cmd"));
    let words: Vec<String> = words.collect();
    let server = Server::start(&mut container.command(&words))?;
    let token = container.output(&["/kustodian", "token", "create", "--name", "my key", "--role", "org"], &[])?;
    let check = container.config["Healthcheck"]["Test"].as_array().into_iter().flatten().skip(1);
    let check: Vec<&str> = check.filter_map(Value::as_str).collect();
    let ready = container.output(&check, &[("KUSTODIAN_URL", &server.url)])?;
    if !ready.contains("is ready") {
        bail!("the image's check of its health printed:\n{ready}");
    }
    let environment = [("KUSTODIAN_URL", server.url.as_str()), ("KUSTODIAN_TOKEN", token.trim())];
    let printed = container.output(&["/kustodian", "customers", "create", "--name", NAME], &environment)?;
    if !printed.contains(NAME) {
        bail!("the image made no customer {NAME}; it printed:\n{printed}");
    }
    server.stop()
}

/// The processor of this machine, as images call it.
fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// The bytes that a descriptor names, compared with its size and checksum.
fn blob(archive: &Path, descriptor: &Value) -> Result<Vec<u8>> {
    let digest = descriptor["digest"].as_str().context("a descriptor has no digest")?;
    let bytes = read(&archive.join("blobs").join(digest.replace(':', "/")))?;
    if digest != format!("sha256:{}", hex(&Sha256::digest(&bytes))) || descriptor["size"] != bytes.len() {
        bail!("the blob {digest} does not match its descriptor");
    }
    Ok(bytes)
}

/// The files of the image, and how programs are started in them.
struct Container {
    root: PathBuf,
    config: Value,
    is_root: bool,
}

impl Container {
    fn words(&self, of: &str) -> impl Iterator<Item = String> {
        self.config[of].as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned))
    }

    /// A program of the image, not yet started, as the user and with the environment that the image says.
    fn command(&self, words: &[impl AsRef<str>]) -> Command {
        let mut command = if self.is_root {
            let mut chroot = process::program("chroot");
            chroot.arg(format!("--userspec={}", self.config["User"].as_str().unwrap_or_default()));
            chroot
        } else {
            let mut unshare = process::program("unshare");
            let with_devices = r#"mount --rbind /dev "$0/dev" && exec chroot "$0" "$@""#;
            unshare.args(["--map-root-user", "--mount", "sh", "-c", with_devices]);
            unshare
        };
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(
            self.words("Env")
                .filter_map(|set| set.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))),
        );
        command.arg(&self.root).args(words.iter().map(AsRef::as_ref));
        command
    }

    /// Makes the devices that every engine gives to a container; a static glibc has its randomness from one.
    fn give_devices(&self) -> Result<()> {
        let folder = self.root.join("dev");
        fs::create_dir_all(&folder)?;
        for (name, minor) in [("null", "3"), ("random", "8"), ("urandom", "9")].into_iter().filter(|_| self.is_root) {
            let path = folder.join(name);
            process::succeed(process::program("mknod").args(["-m", "666"]).arg(path).args(["c", "1", minor]))?;
        }
        Ok(())
    }

    /// Whether this user may start anything in it.
    fn can_run(&self) -> bool {
        self.is_root || process::answers("unshare", &["--map-root-user", "--mount", "true"])
    }

    fn output(&self, words: &[&str], environment: &[(&str, &str)]) -> Result<String> {
        let printed = process::output(self.command(words).envs(environment.iter().copied()))?;
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }
}
