//! The messages of the command line and the client about faults of TLS and proxies.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::cli::{Ran, customers};
use crate::server::{Server, TOKEN};

/// A server with a self-signed certificate for `127.0.0.1` in `cert.pem` of the folder.
fn encrypted(folder: &Path) -> (Server, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    (Server::start_with(&["--tls-cert", &cert, "--tls-key", &key]), cert)
}

fn list(server: &Server, url: &str, more: &[&str]) -> Ran {
    Ran::of(customers(server).args(["list", "--url", url]).args(more))
}

#[test]
fn a_certificate_is_trusted_when_it_is_named_or_when_any_is() {
    let folder = tempfile::tempdir().unwrap();
    let (server, cert) = encrypted(folder.path());
    let url = server.url.as_str();
    assert!(url.starts_with("https://"), "{url}");
    list(&server, url, &[]).fails_with("is not trusted: no trusted authority has signed it; --cacert FILE trusts");
    list(&server, url, &["--cacert", &cert]).well();
    list(&server, url, &["--insecure"]).well();
    Ran::of(customers(&server).arg("list").env("KUSTODIAN_CACERT", &cert)).well();

    let other = url.replace("127.0.0.1", "localhost");
    list(&server, &other, &["--cacert", &cert]).fails_with("it is for another host");
    list(&server, url, &["--cacert", "/no/such.pem"]).fails_with("/no/such.pem cannot be read");
    let key = folder.path().join("key.pem").display().to_string();
    list(&server, url, &["--cacert", &key]).fails_with("hold no certificate in PEM");

    // Over TLS client and server agree on HTTP/2.
    let client = kustomer_client::Client::builder().token(TOKEN).root_certificates(std::fs::read(&cert).unwrap());
    let asked = client.base_url(url).build().unwrap().users().current().exchange_blocking().unwrap();
    assert_eq!((asked.response.status.as_u16(), format!("{:?}", asked.response.version)), (200, "HTTP/2.0".to_owned()));
}

/// What `openssl req -x509` makes: self-signed, and allowed to sign others.
#[test]
fn a_self_signed_certificate_that_may_sign_others_is_trusted_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = |names: &[&str], year: i32| {
        let key = rcgen::KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut parameters = rcgen::CertificateParams::new(names).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        (parameters.self_signed(&key).unwrap().pem(), key.serialize_pem())
    };
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let start = |(cert, key): (String, String), name: &str| {
        let (cert, key) = (write(&format!("{name}.pem"), &cert), write(&format!("{name}.key"), &key));
        (Server::start_with(&["--tls-cert", &cert, "--tls-key", &key]), cert)
    };
    let (server, cert) = start(made(&["127.0.0.1"], 4_000), "cert");
    list(&server, &server.url, &["--cacert", &cert]).well();
    // With others in the file, too; but no other certificate will do, no other host, and no past date.
    let other = write("other.pem", &made(&["127.0.0.1"], 4_000).0);
    let both = write(
        "both.pem",
        &[std::fs::read_to_string(&other).unwrap(), std::fs::read_to_string(&cert).unwrap()].concat(),
    );
    list(&server, &server.url, &["--cacert", &both]).well();
    for trusted in [&["--cacert", other.as_str()][..], &[]] {
        let refused = list(&server, &server.url, trusted);
        assert!(!refused.stderr.contains("OtherError"), "{}", refused.stderr);
        refused.fails_with("CA:FALSE");
    }
    let elsewhere = server.url.replace("127.0.0.1", "localhost");
    list(&server, &elsewhere, &["--cacert", &cert]).fails_with("it is for another host");
    let (server, cert) = start(made(&["127.0.0.1"], 2_001), "expired");
    list(&server, &server.url, &["--cacert", &cert]).fails_with("it has expired");
}

#[test]
fn plain_http_and_tls_that_meet_say_which_url_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let (encrypted, _) = encrypted(folder.path());
    let as_plain = encrypted.url.replace("https://", "http://");
    list(&encrypted, &as_plain, &[]).fails_with("if the server speaks TLS, its URL begins with https://");
    let plain = Server::start();
    let as_encrypted = plain.url.replace("http://", "https://");
    list(&plain, &as_encrypted, &["--insecure"]).fails_with("does not speak TLS: its URL probably begins with http://");
}

fn through(server: &Server, proxy: &str) -> Command {
    let mut command = customers(server);
    command.arg("list").env("http_proxy", proxy).env_remove("no_proxy").env_remove("NO_PROXY");
    command
}

#[test]
fn a_faulty_proxy_is_named() {
    let server = Server::start();
    let nobody = "http://user:secret@127.0.0.1:1";
    let failed = Ran::of(&mut through(&server, nobody));
    assert!(!failed.stderr.contains("secret"), "{}", failed.stderr);
    failed.fails_with("through the proxy http://127.0.0.1:1, which the environment names");
    Ran::of(through(&server, nobody).env("no_proxy", "127.0.0.1")).well();

    // A proxy that refuses, in HTML as they do.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let refusing = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
            head.push(byte[0]);
        }
        let page = "<html>Access denied</html>";
        let length = page.len();
        write!(stream, "HTTP/1.1 403 Forbidden\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}")
            .unwrap();
        String::from_utf8(head).unwrap()
    });
    Ran::of(&mut through(&server, &proxy)).fails_with(&format!("it came through the proxy {proxy}"));
    let asked = refusing.join().unwrap();
    assert!(asked.starts_with(&format!("GET {}/v1/customers", server.url)) && asked.contains(TOKEN), "{asked}");
}
