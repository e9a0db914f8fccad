//! Windows in which a user sees the sensitive attributes of a customer, and of what belongs to the customer. The record of
//! the customer says that one was opened, which makes it an event; the server reads a note beside the records, so that it
//! holds on every server of a database.

use kustodian_core::customer::{self, WINDOW_MILLIS};
use kustodian_core::kind::Kind;
use kustodian_core::metadata::Window;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustomer_api::customer::{CreateUnmaskingWindowByCustomer, DeleteUnmaskingWindowByCustomer};
use kustomer_api::error::code;
use kustomer_api::{Endpoint, ObjectId, Timestamp};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::plain;

pub(crate) async fn create_unmasking_window_by_customer(
    call: Call<CreateUnmaskingWindowByCustomer>,
) -> Result<Answer, Refusal> {
    let (act, event, id, user) = (call.act(), call.next_event(), call.path, call.caller().token.user);
    let until = Timestamp::from_millis(call.now().as_millis().saturating_add(WINDOW_MILLIS));
    let former = opened_by(&call, id).await?;
    if open_of(&call, user).await? >= Window::MAX && former != Some(user) {
        let title = format!("{} windows are open: close some, or wait for them to end", Window::MAX);
        return Err(Refusal::new(409, code::CONFLICT, "id", title));
    }
    let decide = move |stored: Option<Stored>| customer::open_window(&act.context(), stored.as_ref(), event, until);
    let changes = plain::change(&call, Kind::Customer, id, decide).await?;
    if !call.is_rehearsal() {
        // After the event: an interruption in between opens no unrecorded window.
        if let Some(other) = former.filter(|former| *former != user) {
            close(&call, other, id).await?;
        }
        let window = Window { org: call.org(), user, customer: id, until };
        call.store().keep_note(window.note()).await.map_err(unavailable)?;
        call.app().described.forget_windows(call.org(), user);
    }
    plain::written(changes, Answer::created)
}

pub(crate) async fn delete_unmasking_window_by_customer(
    call: Call<DeleteUnmaskingWindowByCustomer>,
) -> Result<Answer, Refusal> {
    let (act, event, id) = (call.act(), call.next_event(), call.path);
    let opened_by = opened_by(&call, id).await?;
    if let (Some(user), false) = (opened_by, call.is_rehearsal()) {
        // Before the event: an interruption in between still closes the window.
        close(&call, user, id).await?;
    }
    let decide = move |stored: Option<Stored>| customer::close_window(&act.context(), stored.as_ref(), event);
    plain::change(&call, Kind::Customer, id, decide).await?;
    Ok(Answer::Empty)
}

/// The user who opened the window of a customer.
async fn opened_by<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Option<ObjectId>, Refusal> {
    let stored = call.store().find(call.org(), Kind::Customer, id).await.map_err(unavailable)?;
    stored.as_ref().map(customer::window_of).transpose().map(Option::flatten)
}

/// How many windows of a user are open; those that are over are removed.
async fn open_of<E: Endpoint>(call: &Call<E>, user: ObjectId) -> Result<usize, Refusal> {
    let mut open = 0;
    for note in call.store().list_notes(&Window::of_user(call.org(), user)).await.map_err(unavailable)? {
        match Window::read(&note).is_some_and(|window| window.is_open(call.now())) {
            true => open += 1,
            false if call.is_rehearsal() => {}
            false => drop(call.store().replace_note(&note, None).await.map_err(unavailable)?),
        }
    }
    Ok(open)
}

async fn close<E: Endpoint>(call: &Call<E>, user: ObjectId, id: ObjectId) -> Result<(), Refusal> {
    let window = Window { org: call.org(), user, customer: id, until: call.now() };
    let name = window.note().name;
    for note in call.store().list_notes(&name).await.map_err(unavailable)? {
        call.store().replace_note(&note, None).await.map_err(unavailable)?;
    }
    call.app().described.forget_windows(call.org(), user);
    Ok(())
}
