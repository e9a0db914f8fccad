//! Cursors: the place of a walk over a list or a search, as a word that clients send back as they got it
//! (`docs/contract/behaviour.md` §4). A client may send anything back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kustomer_api::validation::Fault;
use kustomer_api::{ObjectId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::refusal::Refusal;
use crate::search_store::WalkPlace;

/// What begins a walk.
pub const BEGINNING: &str = "*";

/// The title of the refusal of a cursor that cannot be ours.
const NOT_OURS: &str = "cursor must be * or the meta.cursor of a former answer";

/// The place of a walk over a list: after which record, in which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCursor {
    /// The order, so that a cursor is not continued in another one.
    #[serde(rename = "s")]
    pub sort: String,
    /// The last record's value of the sort key, in milliseconds.
    #[serde(rename = "v")]
    pub value: i64,
    /// The last record.
    #[serde(rename = "i")]
    pub id: ObjectId,
}

impl ListCursor {
    /// As it is sent.
    pub fn write(&self) -> String {
        write(self)
    }

    /// Reads the cursor of a list in the order `sort`; `None` for [`BEGINNING`].
    ///
    /// # Errors
    /// 400 when it is none of ours, or of a list in another order.
    pub fn read(text: &str, sort: &str) -> Result<Option<Self>, Refusal> {
        let Some(cursor) = read::<Self>(text)? else { return Ok(None) };
        if cursor.sort != sort {
            return Err(refuse("cursor belongs to a list in another order: send the same sort, or begin with *"));
        }
        Ok(Some(cursor))
    }
}

/// The place of a walk over the results of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkCursor {
    /// The search it belongs to, as [`crate::search::fingerprint`] gives it.
    #[serde(rename = "b")]
    pub body: String,
    /// When it began.
    #[serde(rename = "t")]
    pub began: Timestamp,
    #[serde(flatten)]
    place: Place,
}

impl WalkCursor {
    /// The cursor of a walk over the search `body` that continues at `place`.
    pub fn new(body: String, began: Timestamp, place: WalkPlace) -> Self {
        Self { body, began, place: place.into() }
    }

    /// Where it continues.
    pub fn place(&self) -> WalkPlace {
        match self.place {
            Place::Id { id } => WalkPlace::Id(id),
            Place::Kept { walk, done } => WalkPlace::Kept { walk, done },
        }
    }

    /// As it is sent.
    pub fn write(&self) -> String {
        write(self)
    }

    /// Reads the cursor of a walk over the search `body`; `None` for [`BEGINNING`].
    ///
    /// # Errors
    /// 400 when it is none of ours, or of another search.
    pub fn read(text: &str, body: &str) -> Result<Option<Self>, Refusal> {
        let Some(cursor) = read::<Self>(text)? else { return Ok(None) };
        if cursor.body != body {
            return Err(refuse("cursor belongs to another search: send the same body, or begin with *"));
        }
        // A count no list can have: the walk is not ours.
        if matches!(cursor.place, Place::Kept { done, .. } if i64::try_from(done).is_err()) {
            return Err(refuse(NOT_OURS));
        }
        Ok(Some(cursor))
    }
}

/// [`WalkPlace`] as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Place {
    Id {
        #[serde(rename = "i")]
        id: ObjectId,
    },
    Kept {
        #[serde(rename = "w")]
        walk: ObjectId,
        #[serde(rename = "d")]
        done: u64,
    },
}

impl From<WalkPlace> for Place {
    fn from(place: WalkPlace) -> Self {
        match place {
            WalkPlace::Id(id) => Self::Id { id },
            WalkPlace::Kept { walk, done } => Self::Kept { walk, done },
        }
    }
}

fn write(cursor: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(json!(cursor).to_string())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<Option<T>, Refusal> {
    if text == BEGINNING {
        return Ok(None);
    }
    let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    cursor.map(Some).ok_or_else(|| refuse(NOT_OURS))
}

fn refuse(title: &str) -> Refusal {
    Refusal::bad_input(vec![Fault::of_parameter("cursor", title)])
}
