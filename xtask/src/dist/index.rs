//! Files about all packages of a release: their checksums, and the formula of Homebrew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};

use super::image::hex;
use super::payload::read;
use super::platform::{Distribution, PLATFORMS};
use super::template;

/// The checksums, in the form that `sha256sum --check` reads.
pub(crate) const SUMS: &str = "SHA256SUMS";

/// Their signature, which the release workflow makes when it has a key.
const SIGNATURE: &str = "SHA256SUMS.sig";

const FORMULA: &str = "kustodian.rb";

/// Where the files of a release are.
const RELEASES: &str = "https://github.com/kustodian/kustodian/releases/download";

/// Writes both into the folder, of the packages that are in it.
pub(crate) fn write(folder: &Path, version: &str) -> Result<()> {
    let mut sums = BTreeMap::new();
    for file in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if file.file_type()?.is_file() && ![SUMS, SIGNATURE, FORMULA].contains(&name.as_str()) {
            sums.insert(name, hex(&Sha256::digest(read(&file.path())?)));
        }
    }
    if let Some(formula) = formula(&sums, version)? {
        fs::write(folder.join(FORMULA), &formula)?;
        sums.insert(FORMULA.to_owned(), hex(&Sha256::digest(formula)));
    }
    let lines: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    fs::write(folder.join(SUMS), lines).with_context(|| format!("cannot write {SUMS}"))
}

/// The formula, for the platforms whose tarball is there.
fn formula(sums: &BTreeMap<String, String>, version: &str) -> Result<Option<String>> {
    let mut systems: BTreeMap<&str, String> = BTreeMap::new();
    for platform in PLATFORMS {
        let Some(Distribution { homebrew: (system, processor), .. }) = &platform.distribution else { continue };
        let name = platform.archive(version);
        let Some(sum) = sums.get(&name) else { continue };
        let block = format!(
            "    {processor} do\n      url \"{RELEASES}/v{version}/{name}\"\n      sha256 \"{sum}\"\n    end\n"
        );
        systems.entry(system).or_default().push_str(&block);
    }
    if systems.is_empty() {
        return Ok(None);
    }
    let platforms: String = systems.iter().map(|(system, blocks)| format!("  {system} do\n{blocks}  end\n")).collect();
    template::filled("homebrew/kustodian.rb", &[("version", version), ("platforms", &platforms)]).map(Some)
}

/// Compares each file of a folder with its checksum.
pub(crate) fn verify(folder: &Path) -> Result<()> {
    let sums = String::from_utf8(read(&folder.join(SUMS))?).context("the checksums are no text")?;
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").context("a line of the checksums has no name")?;
        if hex(&Sha256::digest(read(&folder.join(name))?)) != sum {
            bail!("{name} does not match {SUMS}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_has_the_platforms_that_were_packaged() {
        let name = PLATFORMS[1].archive("9.9.9");
        let sums = BTreeMap::from([(name.clone(), "abc".to_owned())]);
        let formula = formula(&sums, "9.9.9").unwrap().unwrap();
        assert!(formula.contains(&format!("v9.9.9/{name}\"\n      sha256 \"abc\"")), "{formula}");
        assert!(formula.contains("on_arm do") && !formula.contains("on_intel do"), "{formula}");
        assert!(super::formula(&BTreeMap::new(), "9.9.9").unwrap().is_none());
    }

    #[test]
    fn files_that_name_the_version_name_this_one() {
        let version = env!("CARGO_PKG_VERSION");
        for (file, words) in [
            ("packaging/compose.yaml", format!("KUSTODIAN_VERSION:-{version}}}")),
            ("docs/installing.md", format!("kustodian-{version}-image-")),
            ("docs/installing.md", format!("kustodian:{version}\n")),
        ] {
            let text = fs::read_to_string(Path::new("..").join(file)).unwrap();
            assert!(text.contains(&words), "{file} does not say {words:?}");
        }
    }

    #[test]
    fn a_file_that_changed_is_noticed() {
        let folder = std::env::temp_dir().join(format!("kustodian-sums-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a"), "1").unwrap();
        // It would change the list that it signs.
        fs::write(folder.join(SIGNATURE), "signed").unwrap();
        write(&folder, "9.9.9").unwrap();
        verify(&folder).unwrap();
        assert!(!fs::read_to_string(folder.join(SUMS)).unwrap().contains(SIGNATURE));
        fs::write(folder.join("a"), "2").unwrap();
        assert_eq!(verify(&folder).unwrap_err().to_string(), "a does not match SHA256SUMS");
        fs::remove_dir_all(&folder).unwrap();
    }
}
