//! What share of all customers has a term of the inverted index, as PostgreSQL's statistics know it of the most common.
//!
//! GIN meets what several terms have in common by going along the rarest and looking each record up in the others: so of
//! the parts of a word only the rarest are worth asking for, and a common one costs more than it saves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kustodian_core::search::{Node, Test};

use super::super::pool::Shared;

/// How long statistics are trusted: a table's statistics change as it does.
const GOOD_FOR: Duration = Duration::from_secs(300);

/// Behind the shares of the terms are some of other things. Nothing for a table that was never analyzed, and for one that
/// is spread, whose statistics are with its parts.
const READ: &str = "SELECT term, share FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) \
     AS common (term, share) WHERE schemaname = current_schema() AND tablename = 'customer_search' \
     AND attname = 'tokens' AND term IS NOT NULL";

/// The share of the records that has a term, for the most common terms.
pub(in crate::postgres) type Shares = HashMap<String, f32>;

/// What this server knows of them.
#[derive(Default)]
pub(in crate::postgres) struct KnownShares {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    shares: Arc<Shares>,
    read_at: Option<Instant>,
}

impl KnownShares {
    /// The shares, for a search that may need them; none where PostgreSQL knows none.
    pub(in crate::postgres) async fn of_query(&self, readers: &Shared, root: &Node) -> Arc<Shares> {
        let mut looks_for_words = false;
        root.for_each(&mut |criterion| looks_for_words |= matches!(criterion.test, Test::Words(_)));
        if !looks_for_words {
            return Arc::default();
        }
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.read_at.is_some_and(|at| at.elapsed() < GOOD_FOR) {
                return Arc::clone(&known.shares);
            }
            // A search that arrives meanwhile uses the former statistics.
            known.read_at = Some(Instant::now());
        }
        match readers.read(READ, &[]).await {
            Ok(answer) => {
                let pair = |row: &tokio_postgres::Row| Some((row.try_get(0).ok()?, row.try_get(1).ok()?));
                let shares = Arc::new(answer.rows.iter().filter_map(pair).collect::<Shares>());
                self.known.lock().unwrap_or_else(PoisonError::into_inner).shares = Arc::clone(&shares);
                shares
            }
            Err(error) => {
                // Searches find the same without, and will report faults of the database.
                tracing::debug!(%error, "how common terms are could not be read");
                Arc::default()
            }
        }
    }
}
