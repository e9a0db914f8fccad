//! Windows in which a user sees the sensitive attributes of a customer.

use super::{CUSTOMER, Customer};
use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::Document;
use crate::operation::contract;

endpoint! {
    /// `createUnmaskingWindowByCustomer`.
    CreateUnmaskingWindowByCustomer = &contract::CREATE_UNMASKING_WINDOW_BY_CUSTOMER,
    "Shows the sensitive attributes of a customer, and of what belongs to the customer, to the caller for eight hours. A \
     window that is open is replaced.";
    path: ObjectId, query: (), body: (), answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `deleteUnmaskingWindowByCustomer`.
    DeleteUnmaskingWindowByCustomer = &contract::DELETE_UNMASKING_WINDOW_BY_CUSTOMER,
    "Masks the sensitive attributes of a customer again, whichever key opened the window.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}
