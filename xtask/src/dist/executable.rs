//! The systems that a binary runs on, out of its header.

use anyhow::{Context, Result, bail};

/// The parts of the header of an executable that decide which packages it may be in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Executable {
    /// The number of the processor, which each form of executable counts in its own way.
    pub(crate) machine: u16,
    pub(crate) system: System,
}

/// A system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// Linux with at least version 2.N of glibc.
    Glibc(u32),
    /// Linux of any kind: the binary has no shared libraries.
    AnyLinux,
    Windows,
}

/// The program header that names the program which loads shared libraries.
const INTERPRETER: u32 = 3;

/// The names of glibc's versions begin so.
const GLIBC: &[u8] = b"GLIBC_2.";

impl Executable {
    /// Reads it from an executable for 64 bits, little endian.
    pub(crate) fn read(binary: &[u8]) -> Result<Self> {
        match binary {
            [0x7f, b'E', b'L', b'F', 2, 1, ..] => elf(binary),
            [b'M', b'Z', ..] => pe(binary),
            _ => bail!("it is no executable of 64-bit Linux or Windows: packages for other systems are not made yet"),
        }
        .context("its header is cut off")
    }

    pub(crate) fn is_static(&self) -> bool {
        self.system == System::AnyLinux
    }
}

/// The form of Linux.
fn elf(binary: &[u8]) -> Option<Executable> {
    let first = usize::try_from(u64::from_le_bytes(bytes(binary, 32)?)).ok()?;
    let (size, count) = (usize::from(two(binary, 54)?), usize::from(two(binary, 56)?));
    let mut is_static = true;
    for number in 0..count {
        is_static &= four(binary, first.checked_add(size * number)?)? != INTERPRETER;
    }
    let system = if is_static { System::AnyLinux } else { System::Glibc(newest_version(binary)) };
    Some(Executable { machine: two(binary, 18)?, system })
}

/// The form of Windows: a program for DOS, which says where the other one begins.
fn pe(binary: &[u8]) -> Option<Executable> {
    let at = usize::try_from(four(binary, 60)?).ok()?;
    let is_pe = bytes(binary, at)? == *b"PE\0\0";
    is_pe.then_some(Executable { machine: two(binary, at.checked_add(4)?)?, system: System::Windows })
}

fn two(binary: &[u8], at: usize) -> Option<u16> {
    bytes(binary, at).map(u16::from_le_bytes)
}

fn four(binary: &[u8], at: usize) -> Option<u32> {
    bytes(binary, at).map(u32::from_le_bytes)
}

fn bytes<const LENGTH: usize>(binary: &[u8], at: usize) -> Option<[u8; LENGTH]> {
    binary.get(at..at.checked_add(LENGTH)?)?.try_into().ok()
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
        assert_eq!(Executable::read(&binary).unwrap(), Executable { machine: 62, system: System::Glibc(34) });
    }

    #[test]
    fn a_static_binary_needs_no_glibc_whatever_it_names() {
        let binary = executable(183, &[1], b"GLIBC_2.34");
        assert_eq!(Executable::read(&binary).unwrap(), Executable { machine: 183, system: System::AnyLinux });
    }

    #[test]
    fn a_file_that_is_no_executable_is_refused() {
        let cut = [(&b"\x7fELF\x02\x01"[..], "cut off"), (b"MZ", "cut off")];
        for (bytes, words) in [(&b"#!/bin/sh\n"[..], "no executable")].into_iter().chain(cut) {
            let error = Executable::read(bytes).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let whole = executable(62, &[1, INTERPRETER], b"");
        assert!(Executable::read(&whole[..122]).is_err());
    }

    #[test]
    fn an_executable_of_windows_begins_as_one_of_dos() {
        let mut binary = b"MZ".to_vec();
        binary.resize(128, 0);
        binary[60] = 120;
        binary[120..126].copy_from_slice(b"PE\0\0\x64\x86");
        assert_eq!(Executable::read(&binary).unwrap(), Executable { machine: 0x8664, system: System::Windows });
        binary[121] = b'X';
        assert!(Executable::read(&binary).is_err());
    }

    #[test]
    fn this_test_itself_is_an_executable_of_a_known_platform() {
        if !cfg!(all(target_os = "linux", target_env = "gnu")) {
            return;
        }
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let read = Executable::read(&this).unwrap();
        assert!(matches!(read.system, System::Glibc(2..)), "{read:?}");
        assert!(super::super::platform::Platform::of(&read).unwrap().target.starts_with(std::env::consts::ARCH));
    }
}
