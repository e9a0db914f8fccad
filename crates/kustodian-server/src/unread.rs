//! Answers that were sent and not read yet. A client that asks for large answers and does not take them would otherwise
//! hold as much memory as it has connections; so all of them together have a bound, and each org and each key a share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kustodian_core::directory::Token;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;

use crate::answer;

/// An answer over HTTP/1 up to this size fits into the socket's buffer and is not counted.
pub(crate) const SMALL: usize = 16 * 1024;

pub(crate) struct Unread {
    max: usize,
    held: AtomicUsize,
    shares: Mutex<HashMap<Share, usize>>,
}

/// Who may hold a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Share {
    /// An org: half.
    Org(OrgKey),
    /// A key: a quarter.
    Key(ObjectId),
}

impl Share {
    fn of(token: &Token) -> [Self; 2] {
        [Self::Org(token.org), Self::Key(token.id)]
    }

    fn most(self, max: usize) -> usize {
        match self {
            Self::Org(_) => max / 2,
            Self::Key(_) => max / 4,
        }
    }
}

impl Unread {
    /// At most `max` bytes.
    pub(crate) fn new(max: usize) -> Self {
        Self { max, held: AtomicUsize::new(0), shares: Mutex::default() }
    }

    /// How many bytes wait to be read now.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether the clients of a key may ask for more.
    ///
    /// # Errors
    /// 503 when too much waits for them already.
    pub(crate) fn check(&self, token: &Token) -> Result<(), Refusal> {
        // No share can be used up as long as all together hold less than the smallest.
        if self.held() < self.max / 4 {
            return Ok(());
        }
        let shares = self.shares();
        let is_full = |share: Share| shares.get(&share).is_some_and(|held| *held >= share.most(self.max));
        if self.held() >= self.max || Share::of(token).into_iter().any(is_full) { Err(too_much()) } else { Ok(()) }
    }

    /// Counts an answer until the last byte of it was handed to the socket, or the connection has ended.
    ///
    /// # Errors
    /// 503 when there is no room for it. Somebody who holds nothing has room for any one answer.
    pub(crate) fn hold(self: &Arc<Self>, token: &Token, answer: Bytes) -> Result<Bytes, Refusal> {
        let (size, all, mut shares) = (answer.len(), self.held(), self.shares());
        let lacks_room = |share: Share| {
            let held = shares.get(&share).copied().unwrap_or_default();
            held > 0 && (held + size > share.most(self.max) || all + size > self.max)
        };
        if all >= self.max || Share::of(token).into_iter().any(lacks_room) {
            return Err(too_much());
        }
        Ok(self.add(&mut shares, token, answer))
    }

    /// The same for the answer to a write that was made: it is sent, whatever else waits.
    pub(crate) fn hold_anyway(self: &Arc<Self>, token: &Token, answer: Bytes) -> Bytes {
        self.add(&mut self.shares(), token, answer)
    }

    fn add(self: &Arc<Self>, held: &mut HashMap<Share, usize>, token: &Token, answer: Bytes) -> Bytes {
        let (size, shares) = (answer.len(), Share::of(token));
        self.held.fetch_add(size, Ordering::Relaxed);
        shares.into_iter().for_each(|share| *held.entry(share).or_default() += size);
        Bytes::from_owner(Held { answer, shares, unread: Arc::clone(self) })
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<Share, usize>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is counted until dropped.
struct Held {
    answer: Bytes,
    shares: [Share; 2],
    unread: Arc<Unread>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let size = self.answer.len();
        self.unread.held.fetch_sub(size, Ordering::Relaxed);
        let mut held = self.unread.shares();
        for share in self.shares {
            if let Some(bytes) = held.get_mut(&share) {
                *bytes = bytes.saturating_sub(size);
                if *bytes == 0 {
                    held.remove(&share);
                }
            }
        }
    }
}

fn too_much() -> Refusal {
    let title = "Too many answers wait to be read: read those that you asked for, ask for smaller pages, or try again";
    answer::try_again(title, 1)
}

#[cfg(test)]
mod tests {
    use kustomer_api::Timestamp;

    use super::*;

    fn token(org: i64, id: u8) -> Token {
        Token {
            id: ObjectId::from_bytes([id; 12]),
            org: OrgKey(org),
            user: ObjectId::from_bytes([id; 12]),
            name: String::new(),
            roles: Vec::new(),
            last_chars: String::new(),
            cidr: None,
            created_at: Timestamp::from_millis(0),
            expires_at: None,
            revoked_at: None,
            session: None,
            last_used_at: None,
        }
    }

    fn answer(size: usize) -> Bytes {
        Bytes::from(vec![b'x'; size])
    }

    #[test]
    fn a_key_an_org_and_all_together_hold_no_more_than_their_share() {
        let unread = Arc::new(Unread::new(1_000));
        let (one, other, stranger) = (token(1, 1), token(1, 2), token(2, 3));
        let mut held = vec![unread.hold(&one, answer(200)).unwrap()];
        assert_eq!(unread.hold(&one, answer(51)).unwrap_err().status, 503, "a quarter for a key");
        held.push(unread.hold(&one, answer(50)).unwrap());
        assert_eq!(unread.check(&one).unwrap_err().status, 503);
        held.push(unread.hold(&other, answer(250)).unwrap());
        let third = token(1, 4);
        assert_eq!(unread.check(&third).unwrap_err().status, 503, "half for an org");
        assert!(unread.check(&stranger).is_ok());
        held.push(unread.hold(&stranger, answer(250)).unwrap());
        held.push(unread.hold(&token(3, 5), answer(400)).unwrap());
        assert_eq!(unread.check(&token(4, 6)).unwrap_err().status, 503, "all of it");
        assert_eq!(unread.held(), 1_150, "one answer for somebody who holds nothing may go beyond");

        let rest = held[0].slice(199..);
        held.clear();
        assert_eq!(unread.held(), 200, "as long as a byte of it is held, all of it is");
        drop(rest);
        assert_eq!(unread.held(), 0);
        assert!(unread.shares().is_empty());
    }

    #[test]
    fn the_answer_to_a_write_is_held_in_any_case() {
        let unread = Arc::new(Unread::new(100));
        let token = token(1, 1);
        let held = unread.hold_anyway(&token, answer(90));
        assert_eq!(unread.hold_anyway(&token, answer(90)).len(), 90);
        assert_eq!((unread.held(), held.len()), (90, 90));
    }
}
