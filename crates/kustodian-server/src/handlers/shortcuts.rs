//! Shortcuts.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::shortcut;
use kustodian_core::store::Stored;
use kustomer_api::shortcut::{CreateShortcut, DeleteShortcut, GetShortcutById, GetShortcuts, UpdateShortcut};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::plain;

pub(crate) async fn get_shortcuts(call: Call<GetShortcuts>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Shortcut).await
}

pub(crate) async fn get_shortcut_by_id(call: Call<GetShortcutById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Shortcut, call.path, call.query).await
}

pub(crate) async fn create_shortcut(call: Call<CreateShortcut>) -> Result<Answer, Refusal> {
    let changes = shortcut::create(&call.act().context(), call.next_id(), call.next_event(), call.input()?)?;
    plain::create(&call, changes).await
}

pub(crate) async fn update_shortcut(call: Call<UpdateShortcut>) -> Result<Answer, Refusal> {
    let (input, act, event) = (call.input()?, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| shortcut::update(&act.context(), stored.as_ref(), event, input);
    plain::update(&call, Kind::Shortcut, call.path, decide).await
}

pub(crate) async fn delete_shortcut(call: Call<DeleteShortcut>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| shortcut::delete(&act.context(), stored.as_ref(), event);
    plain::delete(&call, Kind::Shortcut, call.path, decide).await
}
