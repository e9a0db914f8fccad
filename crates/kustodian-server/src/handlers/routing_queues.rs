//! Queues.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::routing_queue;
use kustodian_core::store::Stored;
use kustomer_api::routing_queue::{
    CreateRoutingQueue, DeleteRoutingQueue, GetRoutingQueueById, GetRoutingQueues, UpdateRoutingQueue,
};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::plain;

pub(crate) async fn get_routing_queues(call: Call<GetRoutingQueues>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::RoutingQueue).await
}

pub(crate) async fn get_routing_queue_by_id(call: Call<GetRoutingQueueById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::RoutingQueue, call.path, call.query).await
}

pub(crate) async fn create_routing_queue(call: Call<CreateRoutingQueue>) -> Result<Answer, Refusal> {
    let changes = routing_queue::create(&call.act().context(), call.next_id(), call.next_event(), call.input()?)?;
    plain::create(&call, changes).await
}

pub(crate) async fn update_routing_queue(call: Call<UpdateRoutingQueue>) -> Result<Answer, Refusal> {
    let (input, act, event) = (call.input()?, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| routing_queue::update(&act.context(), stored.as_ref(), event, input);
    plain::update(&call, Kind::RoutingQueue, call.path, decide).await
}

pub(crate) async fn delete_routing_queue(call: Call<DeleteRoutingQueue>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| routing_queue::delete(&act.context(), stored.as_ref(), event);
    plain::delete(&call, Kind::RoutingQueue, call.path, decide).await
}
