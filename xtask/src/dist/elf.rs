//! The systems that a Linux binary runs on, out of its header.

use anyhow::{Context, Result, bail};

/// The parts of the header of an executable that decide which packages it may be in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elf {
    /// The number of the processor.
    pub(crate) machine: u16,
    /// Whether it has no shared libraries.
    pub(crate) is_static: bool,
    /// The oldest version 2.N of glibc that has all it asks for; 0 when it is static.
    pub(crate) glibc: u32,
}

/// The program header that names the program which loads shared libraries.
const INTERPRETER: u32 = 3;

/// The names of glibc's versions begin so.
const GLIBC: &[u8] = b"GLIBC_2.";

impl Elf {
    /// Reads it from an executable for 64 bits, little endian.
    pub(crate) fn read(binary: &[u8]) -> Result<Self> {
        let [0x7f, b'E', b'L', b'F', 2, 1, ..] = binary else {
            bail!("it is no executable of 64-bit Linux: packages for other systems are not made yet");
        };
        let cut = "its header is cut off";
        let two = |at: usize| Some(u16::from_le_bytes(binary.get(at..at + 2)?.try_into().ok()?));
        let four = |at: usize| Some(u32::from_le_bytes(binary.get(at..at + 4)?.try_into().ok()?));
        let eight = |at: usize| Some(u64::from_le_bytes(binary.get(at..at + 8)?.try_into().ok()?));
        let machine = two(18).context(cut)?;
        let first = usize::try_from(eight(32).context(cut)?)?;
        let (size, count) = (usize::from(two(54).context(cut)?), usize::from(two(56).context(cut)?));
        let mut is_static = true;
        for number in 0..count {
            let at = first.checked_add(size * number).filter(|at| *at <= binary.len()).context(cut)?;
            is_static &= four(at).context(cut)? != INTERPRETER;
        }
        let glibc = if is_static { 0 } else { newest_version(binary) };
        Ok(Self { machine, is_static, glibc })
    }
}

/// The newest version of glibc that is named anywhere. Each version that is needed is named; one that is named and not
/// needed makes the answer too careful, never wrong.
fn newest_version(binary: &[u8]) -> u32 {
    let versions = memchr::memmem::find_iter(binary, GLIBC).filter_map(|at| {
        let digits = binary[at + GLIBC.len()..].iter().take(3).take_while(|byte| byte.is_ascii_digit());
        let digits: Vec<u8> = digits.copied().collect();
        String::from_utf8(digits).ok()?.parse().ok()
    });
    versions.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An executable with these program headers and these bytes behind them.
    fn executable(machine: u16, headers: &[u32], rest: &[u8]) -> Vec<u8> {
        let mut binary = b"\x7fELF\x02\x01".to_vec();
        binary.resize(64, 0);
        binary[18..20].copy_from_slice(&machine.to_le_bytes());
        binary[32..40].copy_from_slice(&64_u64.to_le_bytes());
        binary[54..56].copy_from_slice(&56_u16.to_le_bytes());
        binary[56..58].copy_from_slice(&u16::try_from(headers.len()).unwrap().to_le_bytes());
        for header in headers {
            let at = binary.len();
            binary.extend(header.to_le_bytes());
            binary.resize(at + 56, 0);
        }
        binary.extend(rest);
        binary
    }

    #[test]
    fn the_newest_glibc_that_is_named_is_needed() {
        let binary = executable(62, &[1, INTERPRETER], b"\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.2.5\0GLIBC_PRIVATE\0");
        assert_eq!(Elf::read(&binary).unwrap(), Elf { machine: 62, is_static: false, glibc: 34 });
    }

    #[test]
    fn a_static_binary_needs_no_glibc_whatever_it_names() {
        let binary = executable(183, &[1], b"GLIBC_2.34");
        assert_eq!(Elf::read(&binary).unwrap(), Elf { machine: 183, is_static: true, glibc: 0 });
    }

    #[test]
    fn a_file_that_is_no_executable_is_refused() {
        for (bytes, words) in [(&b"#!/bin/sh\n"[..], "no executable"), (b"\x7fELF\x02\x01", "cut off")] {
            let error = Elf::read(bytes).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let whole = executable(62, &[1, INTERPRETER], b"");
        assert!(Elf::read(&whole[..122]).is_err());
    }

    #[test]
    fn this_test_itself_is_an_executable_of_a_known_platform() {
        if !cfg!(all(target_os = "linux", target_env = "gnu")) {
            return;
        }
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let read = Elf::read(&this).unwrap();
        assert!(!read.is_static && read.glibc >= 2, "{read:?}");
        assert!(super::super::platform::Platform::of(&read).unwrap().target.starts_with(std::env::consts::ARCH));
    }
}
