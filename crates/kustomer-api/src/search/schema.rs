//! The bodies of search as the contract closes them (§9.1, §9.7). What stands inside the groups depends on the attribute
//! and is checked where it is read.

use super::{MAX_FIELDS, MAX_TEXT};
use crate::schema::{Object, Property, Schema};

static ANY: Schema = Schema::any();
static MEMBERS: Schema = Schema::map(&ANY);

const GROUP: Schema = Schema::any()
    .about("A criterion {\"<attribute>\": {\"<operator>\": <value>}}, or a list of at most 20; members may be groups");
const SORT: Schema = Schema::any().about("{\"<attribute>\": \"asc\" or \"desc\"}, or a list of at most 5");

const COMMON: [Property; 7] = [
    Property::optional(
        "queryContext",
        Schema::text_of(0, MAX_TEXT).about("The type of the records that are answered; customer when absent"),
    ),
    Property::optional("and", GROUP.about("Criteria that must all hold: an object, or a list of at most 20")),
    Property::optional("or", GROUP.about("Criteria one of which must hold: an object, or a list of at most 20")),
    Property::optional("not", GROUP.about("Criteria none of which may hold: an object, or a list of at most 20")),
    Property::optional("sort", SORT),
    Property::optional(
        "timeZone",
        Schema::text_of(0, MAX_TEXT).about("The IANA name of the time zone that days are reckoned in; GMT when absent"),
    ),
    Property::optional("includeDeleted", Schema::boolean().about("Whether deleted records are found too")),
];

/// The body of `customerSearch`.
pub static SEARCH: Schema = Schema::object(&Object {
    name: "CustomerSearch",
    open: false,
    properties: &[
        COMMON[0],
        COMMON[1],
        COMMON[2],
        COMMON[3],
        COMMON[4],
        COMMON[5],
        COMMON[6],
        Property::optional("fields", Schema::list_of(MAX_FIELDS, &MEMBERS).about("Accepted, without effect")),
        Property::optional("aggs", Schema::map(&ANY).about("Counts to answer in meta.aggregations, by name")),
        Property::optional("searchHash", Schema::text_of(0, MAX_TEXT).about("Accepted, without effect")),
    ],
});

/// The body of `customerArchiveSearch`.
pub static ARCHIVE_SEARCH: Schema =
    Schema::object(&Object { name: "CustomerArchiveSearch", open: false, properties: &COMMON });
