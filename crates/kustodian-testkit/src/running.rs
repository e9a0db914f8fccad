//! A server on a thread of its own, and its end.

use std::future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use kustodian_core::chance::{Clock, Ids};
use kustodian_core::directory::Org;
use kustodian_core::link::Signer;
use kustodian_server::{Server, Services, Settings};
use kustodian_store::{Database, FileFolder, Options, Template, open};
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::{OnceCell, oneshot};

use crate::fault::Faults;
use crate::sandbox::{Registry, StartError};

/// A started server.
pub(crate) struct Made {
    pub(crate) address: SocketAddr,
    pub(crate) org: Org,
    pub(crate) key: String,
    pub(crate) registry: Registry,
}

/// A server on a thread of its own. Dropped, it has ended with its database and its port.
pub(crate) struct Running {
    thread: Option<JoinHandle<()>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by its thread.
            drop(thread.join());
        }
    }
}

/// Starts a server, and waits until it serves.
pub(crate) async fn start(
    org: String,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    settings: Settings,
    faults: Arc<Faults>,
) -> Result<(Running, Made), StartError> {
    let (stop, stopped) = oneshot::channel();
    let (ready, is_ready) = oneshot::channel();
    let thread = thread::Builder::new().name("kustodian-sandbox".to_owned()).spawn(move || {
        let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(StartError::new(error)))),
        };
        runtime.block_on(run(org, clock, ids, settings, faults, ready, stopped));
    });
    let thread = thread.map_err(|error| StartError::new(format!("no thread can be made: {error}")))?;
    let running = Running { thread: Some(thread), stop: Some(stop) };
    let made = is_ready.await.map_err(|_| StartError::new("its thread ended"))??;
    Ok((running, made))
}

/// As few connections as a test needs: each takes a part of a millisecond.
async fn options() -> Options {
    let template = if STARTED.fetch_add(1, Ordering::Relaxed) == 0 { None } else { template().await };
    Options { template, readers: 1, list_readers: 1, quick_searches: 1, slow_searches: 1, ..Options::default() }
}

/// How many were started in this process. The first one makes its database itself: it may be the only one.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// The template of all later databases; none if it cannot be made, and then each is created from nothing.
async fn template() -> Option<Template> {
    static TEMPLATE: OnceCell<Option<Template>> = OnceCell::const_new();
    TEMPLATE.get_or_init(|| async { kustodian_store::template().await.ok() }).await.clone()
}

async fn run(
    org: String,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    settings: Settings,
    faults: Arc<Faults>,
    ready: oneshot::Sender<Result<Made, StartError>>,
    stopped: oneshot::Receiver<()>,
) {
    let database = match open("sqlite::memory:", options().await).await {
        Ok(database) => database,
        Err(error) => return drop(ready.send(Err(StartError::new(error)))),
    };
    match prepare(&org, clock, ids, &database).await {
        Err(error) => drop(ready.send(Err(error))),
        Ok((made, services, listener)) => {
            drop(ready.send(Ok(made)));
            let server = Server::new(services, settings).with_gate(faults);
            tokio::select! {
                _ = server.serve(listener, future::pending()) => {}
                _ = stopped => {}
            }
        }
    }
    database.close().await;
}

async fn prepare(
    org: &str,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    database: &Database,
) -> Result<(Made, Services, TcpListener), StartError> {
    let registry = Registry { directory: database.directory(), clock, ids };
    let org = registry.org(org).await?;
    let key = registry.first_key(&org).await?;
    let signing_key = registry.directory.signing_key(registry.ids.secret()).await.map_err(StartError::new)?;
    let folder = database.temporary_folder().ok_or_else(|| StartError::new("the database has no folder"))?;
    let services = Services {
        store: database.store(),
        directory: Arc::clone(&registry.directory),
        clock: Arc::clone(&registry.clock),
        ids: Arc::clone(&registry.ids),
        files: Arc::new(FileFolder::new(&folder.join("attachments"))),
        signer: Signer::new(&signing_key).map_err(|refusal| StartError::new(refusal.to_string()))?,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(StartError::new)?;
    let address = listener.local_addr().map_err(StartError::new)?;
    Ok((Made { address, org, key, registry }, services, listener))
}
