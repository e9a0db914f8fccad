//! A server for e-mail that accepts a letter or refuses it, as its handler says: the protocol is that of the crate
//! `mailin`.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use mailin::{Action, Handler, Response, SessionBuilder, response};

/// An e-mail that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
}

impl Letter {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(prefix.as_str()))
    }
}

#[derive(Default)]
struct Kept {
    letters: Vec<Letter>,
    /// How often each address was named as a recipient.
    named: HashMap<String, usize>,
}

/// The server. It refuses recipients at `nobody.example` for good, and those at `busy.example` the first time.
pub(crate) struct PostOffice {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl PostOffice {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, kept) = (listener.local_addr().unwrap(), Arc::<Mutex<Kept>>::default());
        let shared = Arc::clone(&kept);
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let desk = Desk { kept: Arc::clone(&shared), letter: Letter::default() };
                std::thread::spawn(move || drop(desk.speak(stream)));
            }
        });
        Self { address, kept }
    }

    /// The URL of the server.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.kept.lock().unwrap().letters.clone()
    }

    /// How often an address was named as a recipient, taken or not.
    pub(crate) fn named(&self, address: &str) -> usize {
        self.kept.lock().unwrap().named.get(address).copied().unwrap_or_default()
    }
}

/// One connection.
struct Desk {
    kept: Arc<Mutex<Kept>>,
    letter: Letter,
}

impl Desk {
    fn speak(self, stream: TcpStream) -> io::Result<()> {
        let mut session = SessionBuilder::new("post.example").build(IpAddr::V4(Ipv4Addr::LOCALHOST), self);
        let (mut reader, mut writer) = (BufReader::new(stream.try_clone()?), stream);
        session.greeting().write_to(&mut writer)?;
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let answer = session.process(&line);
            line.clear();
            if !matches!(answer.action, Action::NoReply) {
                answer.write_to(&mut writer)?;
                writer.flush()?;
            }
            if matches!(answer.action, Action::Close) {
                break;
            }
        }
        Ok(())
    }
}

impl Handler for Desk {
    fn mail(&mut self, _ip: IpAddr, _domain: &str, from: &str) -> Response {
        self.letter = Letter { from: from.to_owned(), ..Letter::default() };
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let mut kept = self.kept.lock().unwrap();
        let named = kept.named.entry(to.to_owned()).or_default();
        *named += 1;
        match to.rsplit_once('@') {
            Some((_, "nobody.example")) => Response::custom(550, "no such user here".to_owned()),
            Some((_, "busy.example")) if *named == 1 => Response::custom(451, "come back later".to_owned()),
            _ => {
                self.letter.to.push(to.to_owned());
                response::OK
            }
        }
    }

    fn data(&mut self, buffer: &[u8]) -> io::Result<()> {
        self.letter.text.push_str(&String::from_utf8_lossy(buffer));
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut letter = std::mem::take(&mut self.letter);
        letter.text = letter.text.replace("\r\n", "\n");
        self.kept.lock().unwrap().letters.push(letter);
        response::OK
    }
}
