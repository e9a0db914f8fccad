//! Calls for programs without an async runtime: one thread of our own runs them.

use std::future::Future;
use std::sync::{OnceLock, mpsc};

use kustomer_api::Endpoint;
use kustomer_api::envelope::Page;
use kustomer_api::event::Event;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::call::Call;
use crate::error::{Error, InvalidRequest, TransportError};
use crate::events::EventStream;
use crate::exchange::Exchange;
use crate::pages::Walk;

/// Runs for as long as the program, so that connections outlive the calls that made them.
static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();

fn runtime() -> Result<&'static Handle, TransportError> {
    let made = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("kustomer-client").enable_all();
        builder.build().map_err(|error| error.to_string())
    });
    match made {
        Ok(runtime) => Ok(runtime.handle()),
        Err(reason) => Err(InvalidRequest::Setup { reason: reason.clone() }.into()),
    }
}

/// Unlike tokio's own `block_on` this works, and merely blocks, where a runtime is running already.
fn wait<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, TransportError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime()?.spawn(async move { sender.send(future.await) });
    receiver.recv().map_err(|error| InvalidRequest::Setup { reason: error.to_string() }.into())
}

impl<E> Call<E>
where
    E: Endpoint + 'static,
    E::Answer: 'static,
{
    /// [`send`](Self::send) without an async runtime. Blocks the thread.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let me = client.users().current().send_blocking()?.data;
    /// println!("{:?}", me.attributes.name.value());
    /// # Ok::<(), kustomer_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// As of [`send`](Self::send).
    pub fn send_blocking(self) -> Result<E::Answer, Error> {
        wait(self.send())?
    }

    /// [`exchange`](Self::exchange) without an async runtime. Blocks the thread.
    ///
    /// # Errors
    /// As of [`exchange`](Self::exchange).
    pub fn exchange_blocking(self) -> Result<Exchange<E::Answer>, TransportError> {
        wait(self.exchange())?
    }
}

impl<E, T> Walk<E, T>
where
    E: Endpoint<Answer = Page<T>> + 'static,
    T: Send + 'static,
{
    /// The items without an async runtime; ends after the first error. Blocks the thread.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::ListCustomers;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// for customer in client.customers().all(ListCustomers::default()).into_blocking_iter() {
    ///     println!("{}", customer?.id);
    /// }
    /// # Ok::<(), kustomer_client::Error>(())
    /// ```
    pub fn into_blocking_iter(self) -> impl Iterator<Item = Result<T, Error>> {
        let mut walk = Some(self);
        std::iter::from_fn(move || {
            let mut current = walk.take()?;
            let stepped = wait(async move {
                let item = current.next().await;
                (item, current)
            });
            match stepped {
                Ok((Ok(item), current)) => {
                    walk = Some(current);
                    item.map(Ok)
                }
                Ok((Err(error), _)) => Some(Err(error)),
                Err(error) => Some(Err(error.into())),
            }
        })
    }
}

impl EventStream {
    /// The events without an async runtime; ends after the first error that is returned. Blocks the thread.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::event::ListEvents;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// for event in client.events().stream(ListEvents::default()).into_blocking_iter() {
    ///     println!("{}", event?.name);
    /// }
    /// # Ok::<(), kustomer_client::Error>(())
    /// ```
    pub fn into_blocking_iter(self) -> impl Iterator<Item = Result<Event, Error>> {
        let mut events = Some(self);
        std::iter::from_fn(move || {
            let mut current = events.take()?;
            match wait(async move { (current.next().await, current) }) {
                Ok((Ok(event), current)) => {
                    events = Some(current);
                    Some(Ok(event))
                }
                Ok((Err(error), _)) => Some(Err(error)),
                Err(error) => Some(Err(error.into())),
            }
        })
    }
}
