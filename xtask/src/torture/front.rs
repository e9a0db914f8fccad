//! An address that stays while the servers behind it change.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

/// The address, until it is dropped.
pub(super) struct Front {
    pub(super) address: SocketAddr,
    server: Arc<Mutex<Option<SocketAddr>>>,
}

impl Front {
    pub(super) fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let front = Self { address: listener.local_addr()?, server: Arc::default() };
        let server = Arc::clone(&front.server);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(io::Result::ok) {
                let Some(server) = *server.lock().unwrap_or_else(PoisonError::into_inner) else { break };
                // Nobody listens there while it is down: the client's connection ends.
                if let Ok(server) = TcpStream::connect(server) {
                    drop(join(client, server));
                }
            }
        });
        Ok(front)
    }

    pub(super) fn lead_to(&self, server: Option<SocketAddr>) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.lead_to(None);
        // Wakes the thread, which ends.
        drop(TcpStream::connect(self.address));
    }
}

/// Copies both ways until either side ends.
fn join(client: TcpStream, server: TcpStream) -> io::Result<()> {
    for (mut from, mut to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        std::thread::spawn(move || {
            drop(io::copy(&mut from, &mut to));
            for side in [from, to] {
                drop(side.shutdown(Shutdown::Both));
            }
        });
    }
    Ok(())
}
