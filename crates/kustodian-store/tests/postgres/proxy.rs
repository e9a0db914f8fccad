//! A way to the server that can be cut.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Passes connections on to a server until it is cut.
pub(crate) struct Proxy {
    config: Config,
    port: u16,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Proxy {
    /// A proxy before the server of this URL.
    pub(crate) async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { config: url.parse().unwrap(), port, tasks: Arc::default() };
        proxy.listen(listener);
        proxy
    }

    /// The URL through the proxy.
    pub(crate) fn url(&self) -> String {
        let user = self.config.get_user().unwrap();
        let password = self.config.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
        let password = password.map(|password| format!(":{password}")).unwrap_or_default();
        format!("postgres://{user}{password}@127.0.0.1:{}/{}", self.port, self.config.get_dbname().unwrap())
    }

    /// Ends every connection and takes no more.
    pub(crate) async fn cut(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        tasks.shutdown().await;
    }

    /// Takes connections again.
    pub(crate) async fn mend(&self) {
        self.listen(TcpListener::bind(("127.0.0.1", self.port)).await.unwrap());
    }

    fn listen(&self, listener: TcpListener) {
        let (tasks, config) = (Arc::clone(&self.tasks), self.config.clone());
        let accepting = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let config = config.clone();
                tasks.lock().unwrap().spawn(async move { pass_on(stream, &config).await });
            }
        };
        self.tasks.lock().unwrap().spawn(accepting);
    }
}

async fn pass_on(stream: TcpStream, config: &Config) {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match &config.get_hosts()[0] {
        Host::Tcp(host) => join(stream, TcpStream::connect((host.as_str(), port)).await.unwrap()).await,
        Host::Unix(folder) => {
            join(stream, UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await.unwrap()).await;
        }
    }
}

async fn join(mut one: impl AsyncRead + AsyncWrite + Unpin, mut other: impl AsyncRead + AsyncWrite + Unpin) {
    // An end on either side is the end.
    drop(copy_bidirectional(&mut one, &mut other).await);
}
