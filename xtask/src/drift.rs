//! Files that are generated and committed.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Writes the file, or with `check` fails if it does not already hold exactly `content`.
///
/// `path` is relative to the root; `command` is what refreshes it.
pub(crate) fn write_or_check(path: &str, content: &[u8], check: bool, command: &str) -> Result<()> {
    let file = workspace::root().join(path);
    let old = fs::read(&file).unwrap_or_default();
    if old == content {
        println!("{path} is up to date");
    } else if check {
        let line = first_difference(&old, content);
        bail!("{path} is out of date from line {line} on: run `{command}` and commit it");
    } else {
        fs::write(&file, content).with_context(|| format!("cannot write {path}"))?;
        println!("{path} is written");
    }
    Ok(())
}

/// The number of the first line that differs, from 1.
fn first_difference(left: &[u8], right: &[u8]) -> usize {
    let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    left.iter().take(same).filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_reported_by_its_line() {
        assert_eq!(first_difference(b"a\nb\nc\n", b"a\nb\nd\n"), 3);
        assert_eq!(first_difference(b"a\n", b"a\nb\n"), 2);
        assert_eq!(first_difference(b"", b"a\n"), 1);
    }
}
