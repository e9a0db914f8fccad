//! The tests of the ports against real engines, and of what is particular to one engine.
//!
//! `commit`, `list`, `directory` and `model` see the ports alone, through whatever `setting::engine` opens, so that
//! they hold for every engine.

// `cfg(test)` tells the lints that these are tests, their helpers included.
#[cfg(test)]
mod commit;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod file;
#[cfg(test)]
mod list;
#[cfg(test)]
mod model;
#[cfg(test)]
mod setting;
