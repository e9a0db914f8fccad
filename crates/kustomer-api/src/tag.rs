//! Tags: names with an id (`docs/contract/behaviour.md` §7.1, §12.1).

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::own;
use crate::query::ListRecords;
use crate::resource::resource;

resource! {
    /// A tag.
    Tag = "tag";

    /// The attributes of a tag.
    answer TagAttributes = TAG;

    attributes {
        /// The name, unique in the org.
        name: String;
    }

    system;
}

endpoint! {
    /// `getTags`, which Kustomer serves without documenting it.
    GetTags = &own::GET_TAGS, "Lists the org's tags.";
    path: (), query: ListRecords, body: (), answer: Page<Tag>: Answer::Uncounted(&TAG)
}

endpoint! {
    /// `getTagById`, which Kustomer serves without documenting it.
    GetTagById = &own::GET_TAG_BY_ID, "Reads a tag by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Tag>: Answer::One(&TAG)
}

history!(GetTagHistory = &own::GET_TAG_HISTORY, "Lists what happened to a tag, newest first.");
