//! Where the databases of these tests are: in private temporary files.

/// Whether writes that wait are committed together.
pub(crate) const GROUPS_COMMITS: bool = true;

/// How many random sequences the model is tried with.
pub(crate) const MODEL_CASES: u32 = 48;

/// A database's place.
pub(crate) struct Place;

impl Place {
    #[expect(clippy::unused_async, reason = "on the other engine making a place takes a conversation")]
    pub(crate) async fn make() -> Option<Self> {
        Some(Self)
    }

    #[expect(clippy::unused_self, reason = "on the other engine every place has a URL of its own")]
    pub(crate) fn url(&self) -> &str {
        "sqlite::memory:"
    }
}
