//! Behind a pooler that assigns sessions for a transaction each: the real PgBouncer, where it is installed.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::place::Place;
use crate::setting::{changes, email, everything, make_org, new_token, next_id, put, stored};
use kustodian_core::change::ChangeSet;
use kustodian_core::kind::Kind;
use kustodian_core::store::{CommitError, Stored, decide_on};
use kustodian_store::{Options, open};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

struct Pooler {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    /// A pooler before the server of this URL, with fewer sessions than the engine has connections.
    async fn start(url: &str) -> Option<Self> {
        let program =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from).into_iter().find(|path| path.exists())?;
        let config: Config = url.parse().unwrap();
        let host = match &config.get_hosts()[0] {
            Host::Tcp(host) => host.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        };
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let password = config.get_password().map(String::from_utf8_lossy);
        let password = password.map(|password| format!(" password='{password}'")).unwrap_or_default();
        let settings = format!(
            "[databases]\n* = host={host} port={} user={}{password}\n[pgbouncer]\npool_mode = transaction\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\ndefault_pool_size = 4\n",
            config.get_ports().first().copied().unwrap_or(5432),
            config.get_user().unwrap()
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        let mut command = Command::new(program);
        let is_root =
            fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
        if is_root {
            command.args(["-u", "postgres"]);
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(folder.path(), open).unwrap();
        }
        let process = command.arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut pooler = Self { process, port, _folder: folder };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(pooler.process.try_wait().unwrap().is_none(), "the pooler does not start");
            sleep(Duration::from_millis(20)).await;
        }
        Some(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_a_transaction_pooler() {
    let Some(place) = Place::make().await else { return };
    let Some(pooler) = Pooler::start(place.url()).await else {
        eprintln!("left out: there is no pgbouncer on this machine");
        return;
    };
    let name = place.url().rsplit('/').next().unwrap();
    let url = format!("postgres://anybody@127.0.0.1:{}/{name}?pooler=transaction", pooler.port);
    let servers = [open(&url, Options::default()).await.unwrap(), open(&url, Options::default()).await.unwrap()];
    let directory = servers[0].directory();
    let org = make_org(&*directory, "acme").await.key;
    let new = new_token(org, 1);
    directory.create_token(new.clone()).await.unwrap();
    assert_eq!(servers[1].directory().find_token(new.hash).await.unwrap().unwrap().1, new.token);

    let customer = put(next_id(), 1);
    let claim = email(org, "jane@example.com", customer.id);
    let set = ChangeSet { claims: vec![claim], ..changes(vec![customer.clone()]) };
    servers[0].store().commit(org, set).await.unwrap();
    let other = put(next_id(), 1);
    let wanted = ChangeSet { claims: vec![email(org, "jane@example.com", other.id)], ..changes(vec![other]) };
    let refused = servers[1].store().commit(org, wanted).await;
    assert!(matches!(refused, Err(CommitError::Claimed { holder, .. }) if holder == customer.id));
    let found = servers[1].store().find_by_claim(org, Kind::Customer, claim.key).await.unwrap();
    assert_eq!(found, Some(stored(&customer)));

    let (mut writes, mut reads) = (JoinSet::new(), JoinSet::new());
    for number in 0..60_usize {
        let (store, id) = (servers[number % 2].store(), customer.id);
        let reader = Arc::clone(&store);
        reads.spawn(async move { reader.find(org, Kind::Customer, id).await.unwrap().unwrap().id });
        writes.spawn(async move {
            let decide = Box::new(move |record: Option<Stored>| Ok(changes(vec![put(id, record.unwrap().rev + 1)])));
            store
                .commit_locked(org, vec![(Kind::Customer, id)], decide_on((Kind::Customer, id), decide))
                .await
                .unwrap();
            store.commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
        });
    }
    writes.join_all().await;
    assert!(reads.join_all().await.into_iter().all(|id| id == customer.id));
    let store = servers[1].store();
    assert_eq!(store.find(org, Kind::Customer, customer.id).await.unwrap().unwrap().rev, 61);
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(61));
    let [one, two] = servers;
    one.close().await;
    two.close().await;
    let client = place.client().await;
    let dense = "SELECT count(*), max(position) FROM positions WHERE org = $1";
    let row = client.query_one(dense, &[&org.0]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (122, 122));
}
