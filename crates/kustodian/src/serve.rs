//! `kustodian serve`: the pieces put together, in an order that leaves nothing behind when one is missing.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kustodian_core::chance::Ids as _;
use kustodian_core::files::Files;
use kustodian_core::link::Signer;
use kustodian_server::{Mailer, Server, Services, SystemClock, SystemIds, Tls};
use kustodian_store::{Database, Options, open};
use tokio::net::{TcpListener, TcpSocket};

use crate::arguments::{ServeArguments, TlsArguments};
use crate::attachments::Attachments;
use crate::database::Registry;
use crate::failure::Failure;
use crate::logging::LogLevel;
use crate::process_metrics::ProcessCollector;
use crate::reload::Reloadable;
use crate::store_metrics::StoreCollector;
use crate::{first_start, output, service_manager, stop};

/// How long closing the database may take once all requests are answered.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// Serves until asked to stop.
///
/// # Errors
/// When the address, the database or the configuration does not do.
pub(crate) async fn run(arguments: ServeArguments, log: LogLevel) -> Result<(), Failure> {
    check(&arguments)?;
    // The address first: when it is taken, most likely by this server itself, the database is left alone.
    let listener = match service_manager::listener()? {
        Some(listener) => listener,
        None => listen(&arguments.listen).await?,
    };
    let tls = tls(&arguments.tls)?;
    let mailer = mailer(&arguments)?;
    let address = listener.local_addr().map_err(|error| Failure::new(format!("no local address: {error}")))?;
    let options = Options {
        is_server: true,
        accept_damaged_log: arguments.accept_damaged_log,
        patrol_every: arguments.patrol_every.0,
        ..arguments.index.options()
    };
    let database = open(&arguments.database.database, options).await?;
    let served = serve(&arguments, log, listener, address, (tls, mailer), &database).await;
    if tokio::time::timeout(CLOSE_WITHIN, database.close()).await.is_err() {
        tracing::warn!("the database did not close in time; it recovers at the next start");
    }
    served
}

/// Whether the settings have their forms and agree with each other: as much as can be known before anything is opened.
///
/// # Errors
/// When a server would not start with them.
pub(crate) fn check(arguments: &ServeArguments) -> Result<(), Failure> {
    check_listen(&arguments.listen)?;
    both(&arguments.tls)?;
    mailer(arguments)?;
    first_start::check(arguments)?;
    kustodian_store::check_url(&arguments.database.database).map_err(|error| Failure::new(error.to_string()))
}

/// Whether an address to listen on has a host and a port.
fn check_listen(address: &str) -> Result<(), Failure> {
    match address.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(()),
        _ => Err(Failure::new(format!("cannot listen on {address}: {LISTEN_FORM}"))),
    }
}

const LISTEN_FORM: &str = "write --listen (or KUSTODIAN_LISTEN) like 127.0.0.1:8080, with an address of this machine";

async fn serve(
    arguments: &ServeArguments,
    log: LogLevel,
    listener: TcpListener,
    address: SocketAddr,
    (tls, mailer): (Option<Tls>, Option<Mailer>),
    database: &Database,
) -> Result<(), Failure> {
    let no_signals = |error| Failure::new(format!("signals cannot be received: {error}"));
    let requested = stop::requested().map_err(no_signals)?;
    let stopped = async {
        requested.await;
        service_manager::stopping();
    };
    let reloadable = Reloadable { log, tls: tls.clone() };
    reloadable.at_every_hangup().map_err(no_signals)?;
    let registry = Registry {
        directory: database.directory(),
        store: database.store(),
        clock: SystemClock,
        ids: SystemIds::new(SystemClock)?,
    };
    // That of a temporary database is deleted with it, also after a kill.
    let passing = database.temporary_folder().map(|folder| folder.join("attachments"));
    let folder = arguments.attachments.attachments.clone().or(passing);
    let attachments =
        Attachments::of(&arguments.database.database, folder.as_deref(), &arguments.attachments.s3).await?;
    let limit = arguments.limits.max_attachment.0 as u64;
    if limit > attachments.largest {
        let (place, largest) = (attachments.files.place(), attachments.largest);
        return Err(Failure::new(format!(
            "{place} takes files of at most {largest} bytes: lower --max-attachment, which is {limit}"
        )));
    }
    if !arguments.read_only {
        attachments.check_folder()?;
    }
    // Last, as the first key is shown once.
    let welcome = first_start::prepare(&registry, arguments).await?;
    tracing::info!(place = attachments.files.place(), "attachments are kept");
    let services = services(database, registry, Arc::clone(&attachments.files)).await?;
    let settings = arguments.settings(mailer, tls.is_some());
    let collector = StoreCollector::new(database.meter());
    let process = ProcessCollector { engine: database.engine() };
    let server =
        Server::new(services, settings).with_metrics(Box::new(collector)).with_process_metrics(Box::new(process));
    let (scheme, server) = match tls {
        None => ("http", server),
        Some(tls) => ("https", server.with_tls(tls)),
    };
    // A server whose output nobody reads serves all the same.
    drop(output::print(&welcome.words(scheme, address, &arguments.database.database)));
    if cfg!(unoptimized) {
        drop(output::print(SLOW_BUILD));
    }
    drop(output::print(&format!("kustodian {} listening on {scheme}://{address}", env!("CARGO_PKG_VERSION"))));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        engine = database.engine(),
        database = database.name(),
        address = %address,
        tls = scheme == "https",
        "serving"
    );
    service_manager::ready();
    let served = server.serve(listener, stopped).await;
    tracing::info!("stopped serving: closing the database");
    served.map_err(|error| Failure::new(format!("serving on {address} ended: {error}")))
}

/// Printed by the build that is quick to make, so that nobody measures it.
const SLOW_BUILD: &str =
    "This build is not optimized. The packages are several times faster, as is `cargo build --profile dist`.";

/// What hands e-mail over, when a server for it is named.
///
/// # Errors
/// When its URL is none.
fn mailer(arguments: &ServeArguments) -> Result<Option<Mailer>, Failure> {
    let mailer = arguments.smtp_url.as_deref().filter(|url| !url.is_empty()).map(Mailer::new).transpose();
    mailer.map_err(|error| Failure::new(format!("--smtp-url (or KUSTODIAN_SMTP_URL): {error}")))
}

/// Certificate and key, when both are given.
fn both(arguments: &TlsArguments) -> Result<Option<(&Path, &Path)>, Failure> {
    match (&arguments.tls_cert, &arguments.tls_key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some((cert, key))),
        _ => Err(Failure::new("TLS needs both --tls-cert and --tls-key (or KUSTODIAN_TLS_CERT and KUSTODIAN_TLS_KEY)")),
    }
}

/// Reads certificate and key, when both are given.
///
/// # Errors
/// When one is missing or cannot be read, or they do not belong together.
pub(crate) fn tls(arguments: &TlsArguments) -> Result<Option<Tls>, Failure> {
    let Some((cert, key)) = both(arguments)? else { return Ok(None) };
    let read = |path: &Path| {
        fs::read(path).map_err(|error| Failure::new(format!("{} cannot be read ({error})", path.display())))
    };
    let tls = Tls::from_pem(&read(cert)?, &read(key)?);
    tls.map(Some).map_err(|error| Failure::new(format!("{} with {}: {error}", cert.display(), key.display())))
}

/// The parts of a running server.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn services(
    database: &Database,
    registry: Registry,
    files: Arc<dyn Files>,
) -> Result<Services, Failure> {
    let signing_key = registry.directory.signing_key(registry.ids.secret()).await?;
    Ok(Services {
        store: database.store(),
        directory: registry.directory,
        clock: Arc::new(registry.clock),
        ids: Arc::new(registry.ids),
        files,
        signer: Signer::new(&signing_key).map_err(|refusal| Failure::new(refusal.to_string()))?,
    })
}

/// How many new connections the system keeps for us until they are accepted; it may allow fewer. The library's own 128
/// is soon full when ten thousand clients come at once, and those turned away try again only a second later.
const BACKLOG: u32 = 4_096;

async fn bind(address: &str) -> std::io::Result<TcpListener> {
    let mut refusal = std::io::Error::from(std::io::ErrorKind::InvalidInput);
    for address in tokio::net::lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // So that a restart need not wait for the remains of the last connections.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

async fn listen(address: &str) -> Result<TcpListener, Failure> {
    bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or choose another address with --listen (port 0 takes a free one)"
            }
            std::io::ErrorKind::PermissionDenied => "choose a port from 1024 with --listen",
            _ => LISTEN_FORM,
        };
        Failure::new(format!("cannot listen on {address} ({error}): {advice}"))
    })
}
