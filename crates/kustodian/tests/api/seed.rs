//! Chance that can be had again: a test prints its seed and takes it from the environment.

/// Names a seed to use once more.
const SEED: &str = "KUSTODIAN_TEST_SEED";

/// Numbers that a seed decides: `SplitMix64`.
pub(crate) struct Chance(u64);

impl Chance {
    /// Of the seed that the environment names, or a new one. A failed test shows which.
    #[expect(clippy::print_stdout, reason = "the output of a test is shown when it fails")]
    pub(crate) fn new() -> Self {
        let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
        let seed = std::env::var(SEED).map_or_else(|_| now(), |seed| seed.parse().unwrap());
        println!("to have the same again: {SEED}={seed}");
        Self(seed)
    }

    /// Another one, for a thread of its own.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of several.
    pub(crate) fn of<'a, T>(&mut self, these: &'a [T]) -> &'a T {
        &these[self.below(these.len())]
    }
}
