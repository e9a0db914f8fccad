//! The bodies of answers: whole, or in pieces that are made while the client takes those before.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http_body_util::{Either, Full};
use kustodian_core::directory::Token;
use kustodian_core::refusal::Refusal;

use crate::access_log::{self, Answered};
use crate::parts::Pieces;
use crate::unread::Unread;

/// The body of an answer of the API.
pub(crate) enum Payload {
    /// There whole.
    Whole(Bytes),
    /// The first piece, and the rest as it is made. When that fails the connection ends before the body does.
    Pieces { first: Bytes, rest: BoxStream<'static, io::Result<Bytes>> },
}

impl Payload {
    /// A text that is made piece by piece.
    pub(crate) fn pieces(first: String, rest: Pieces) -> Self {
        let rest = rest.map(|piece| piece.map(Bytes::from).map_err(io::Error::other));
        Self::Pieces { first: first.into(), rest: rest.boxed() }
    }

    /// What of it is there.
    pub(crate) fn at_hand(&self) -> &Bytes {
        match self {
            Self::Whole(body) | Self::Pieces { first: body, .. } => body,
        }
    }

    /// Counts what waits to be read, as `hold` does for the bytes that are there; each piece that follows is counted in
    /// any case, as the one before was taken.
    ///
    /// # Errors
    /// Why there is no room for it.
    pub(crate) fn held(
        self,
        unread: &Arc<Unread>,
        key: &Arc<Token>,
        hold: impl FnOnce(Bytes) -> Result<Bytes, Refusal>,
    ) -> Result<Self, Refusal> {
        let (unread, key) = (Arc::clone(unread), Arc::clone(key));
        Ok(match self {
            Self::Whole(body) => Self::Whole(hold(body)?),
            Self::Pieces { first, rest } => {
                let rest = rest.map(move |piece| piece.map(|piece| unread.hold_anyway(&key, piece))).boxed();
                Self::Pieces { first: hold(first)?, rest }
            }
        })
    }

    /// Counts its bytes as they are made.
    pub(crate) fn counted(self) -> (Self, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(length(self.at_hand())));
        let counting = Arc::clone(&count);
        let add = move |piece: &io::Result<Bytes>| {
            counting.fetch_add(piece.as_ref().map_or(0, length), Ordering::Relaxed);
        };
        let payload = match self {
            Self::Whole(body) => Self::Whole(body),
            Self::Pieces { first, rest } => Self::Pieces { first, rest: rest.inspect(add).boxed() },
        };
        (payload, count)
    }

    /// Logs the request with the bytes of its answer, once all of it was made.
    pub(crate) fn logged(self, answered: Answered, bytes: Arc<AtomicU64>) -> Self {
        let log = Log { answered, bytes };
        match self {
            Self::Whole(body) => Self::Whole(body),
            Self::Pieces { first, rest } => {
                let keep = move |_: &io::Result<Bytes>| {
                    let _kept = &log;
                };
                Self::Pieces { first, rest: rest.inspect(keep).boxed() }
            }
        }
    }

    /// The same pieces as gzip.
    pub(crate) async fn packed(first: Bytes, rest: BoxStream<'static, io::Result<Bytes>>) -> io::Result<Self> {
        let encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let (encoder, first) = pack(encoder, Some(first)).await?;
        let rest = stream::try_unfold((encoder, rest), |(encoder, mut rest)| async move {
            let Some(encoder) = encoder else { return Ok(None) };
            let (encoder, piece) = pack(encoder, rest.next().await.transpose()?).await?;
            Ok(Some((piece, (encoder, rest))))
        });
        Ok(Self::Pieces { first, rest: rest.boxed() })
    }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A request that is logged when this is dropped.
struct Log {
    answered: Answered,
    bytes: Arc<AtomicU64>,
}

impl Drop for Log {
    fn drop(&mut self) {
        access_log::write(&self.answered, self.bytes.load(Ordering::Relaxed));
    }
}

type Encoder = GzEncoder<Vec<u8>>;

/// Compresses a piece, or ends, on a thread of its own, so that nobody else waits for it.
async fn pack(mut encoder: Encoder, piece: Option<Bytes>) -> io::Result<(Option<Encoder>, Bytes)> {
    let packing = tokio::task::spawn_blocking(move || match piece {
        Some(piece) => {
            encoder.write_all(&piece)?;
            encoder.flush()?;
            let packed = std::mem::take(encoder.get_mut());
            Ok((Some(encoder), packed.into()))
        }
        None => Ok((None, encoder.finish()?.into())),
    });
    packing.await.map_err(io::Error::other)?
}

impl From<Payload> for Either<Full<Bytes>, Body> {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Whole(body) => Self::Left(Full::new(body)),
            Payload::Pieces { first, rest } => {
                let first = stream::once(std::future::ready(Ok(first)));
                Self::Right(Body::from_stream(first.chain(rest)))
            }
        }
    }
}

impl From<Payload> for Body {
    fn from(payload: Payload) -> Self {
        match payload.into() {
            Either::Left(whole) => Self::new::<Full<Bytes>>(whole),
            Either::Right(pieces) => pieces,
        }
    }
}
