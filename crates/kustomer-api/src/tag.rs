//! Tags: names with an id (`docs/contract/behaviour.md` §7.1, §12.1).

use std::borrow::Cow;

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::operation::own;
use crate::query::{Faults, PageQuery, Parameter, QueryArguments, read_boolean};
use crate::resource::resource;
use crate::schema::Schema;
use crate::validation::Fault;

resource! {
    /// A tag.
    Tag = "tag";

    /// What a tag holds.
    answer TagAttributes = TAG;

    attributes {
        /// The name, unique in the org.
        name: String;
    }

    system;
}

/// Which tags to list. Nothing set lists all that are not deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListTags {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those that are deleted, or those that are not.
    pub deleted: Option<bool>,
}

impl QueryArguments for ListTags {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter { name: "deleted", schema: Schema::boolean(), about: "`true` lists deleted tags alone." },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.deleted.map(|deleted| (Cow::Borrowed("deleted"), deleted.to_string())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) && name == "deleted" {
                query.deleted = faults.take(read_boolean(name, value));
            }
        }
        faults.or(query)
    }
}

endpoint! {
    /// `getTags`, which Kustomer serves without documenting it.
    GetTags = &own::GET_TAGS, "Lists the org's tags.";
    path: (), query: ListTags, body: (), answer: Page<Tag>: Answer::Uncounted(&TAG)
}

endpoint! {
    /// `getTagById`, which Kustomer serves without documenting it.
    GetTagById = &own::GET_TAG_BY_ID, "Reads a tag by its id.";
    path: ObjectId, query: (), body: (), answer: Document<Tag>: Answer::One(&TAG)
}
