//! The customer: its input, its answer, and the operations on it (`docs/contract/customer.md`,
//! `docs/contract/behaviour.md` §7 and §8).

mod attributes;
mod contact;
mod endpoints;
mod input;
pub(crate) mod request_schema;
pub(crate) mod response_schema;
mod windows;

pub use attributes::{
    CUSTOMER, CUSTOMER_INPUT, ConversationCounts, Customer, CustomerAttributes, CustomerInput, LastConversation,
    READ_ONLY, RecentLocation, SatisfactionLevel, TYPE, UnmaskingWindow,
};
pub use contact::{
    ContactType, Email, ExternalId, FacebookId, Gender, InstagramId, Location, Phone, Sentiment, Social, SocialType,
    UrlType, WebUrl,
};
pub use endpoints::{
    Comparison, CreateCustomer, CustomerSort, CustomerSortKey, DeleteCustomer, EraseCustomer, GetCustomerByEmail,
    GetCustomerByExternalId, GetCustomerById, GetCustomerByPhone, GetCustomerHistory, GetCustomers,
    GetMultipleCustomersByIds, ListCustomers, MomentFilter, ReadCustomer, ReadCustomers, ReplaceQuery, RestoreCustomer,
    UpdateCustomer, UpdateCustomerAttributes,
};
pub(crate) use request_schema::{LOCATION, TAGS};
pub use windows::{CreateUnmaskingWindowByCustomer, DeleteUnmaskingWindowByCustomer};

/// How many items a list of a customer may have that is imported. A merge unites lists, so a customer may have more of them
/// than another write brings. No body is large enough to bring as many, unless `--max-body` is raised.
pub const MAX_IMPORTED_ITEMS: usize = 30_000;
