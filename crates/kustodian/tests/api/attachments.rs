//! Attachments and media: bytes over real HTTP, sent and read over links that are signed.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::Response;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::place::attachments_folder;
use crate::server::{Answer, Server, TOKEN, http};

/// The answer of a link.
pub(crate) struct Sent {
    pub(crate) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Sent {
    fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, bytes: response.bytes().unwrap().into() }
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The title of its error, which is JSON as everywhere.
    #[track_caller]
    pub(crate) fn title(&self) -> String {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap();
        assert_eq!(body["errors"][0]["status"], self.status, "{body}");
        body["errors"][0]["title"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn ask(method: Method, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Sent {
    let client = http().timeout(Duration::from_secs(60)).build().unwrap();
    let request =
        headers.iter().fold(client.request(method, url), |request, (name, value)| request.header(*name, *value));
    Sent::of(request.body(body).send().unwrap())
}

pub(crate) fn read(url: &str) -> Sent {
    ask(Method::GET, url, &[], Vec::new())
}

pub(crate) fn related(answer: &Answer) -> &str {
    answer.data()["links"]["related"].as_str().unwrap()
}

pub(crate) fn upload_url(answer: &Answer) -> &str {
    answer.body["meta"]["upload"]["url"].as_str().unwrap()
}

pub(crate) fn create(server: &Server, path: &str, name: &str, length: usize) -> Answer {
    let body = json!({ "name": name, "contentType": "text/plain", "contentLength": length });
    server.post(path, body).expect(201)
}

/// Sends the bytes of a file that was made as the body of a PUT.
pub(crate) fn put(_: &Server, made: &Answer, bytes: &str) {
    ask(Method::PUT, upload_url(made), &[], bytes.into()).expect(200);
}

/// An attachment with its bytes, as it is read then.
pub(crate) fn uploaded(server: &Server, name: &str, bytes: &str) -> Answer {
    let made = create(server, "/v1/attachments", name, bytes.len());
    put(server, &made, bytes);
    server.get(made.data()["links"]["self"].as_str().unwrap()).expect(200)
}

/// Sends a form: the fields of the answer, then the file; `change` may do something to the fields.
fn post(made: &Answer, bytes: &[u8], change: impl FnOnce(&mut Vec<(String, String)>)) -> Sent {
    let fields = made.body["meta"]["upload"]["fields"].as_object().unwrap();
    let mut fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    change(&mut fields);
    let mut body = Vec::new();
    for (name, value) in fields {
        write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
    }
    write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n").unwrap();
    body.extend_from_slice(b"Content-Type: text/plain\r\n\r\n");
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--xyz--\r\n");
    ask(Method::POST, upload_url(made), &[("content-type", "multipart/form-data; boundary=xyz")], body)
}

/// Every file below a folder but the locks.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() != "locks" => found.extend(files(&entry.path())),
            true => {}
            false => found.push(entry.path()),
        }
    }
    found
}

pub(crate) fn kept(server: &Server) -> Vec<PathBuf> {
    files(&attachments_folder(server.database()))
}

#[test]
fn bytes_that_were_sent_as_a_form_or_as_they_are_are_read_to_the_byte() {
    let server = Server::start();
    let bytes: Vec<u8> = (0..700_000_u32).map(|number| (number % 251) as u8).collect();
    for path in ["/v1/attachments", "/v1/media"] {
        for is_form in [true, false] {
            let body = json!({ "name": "r\u{e9}sum\u{e9}.pdf", "contentType": "application/pdf", "contentLength": bytes.len() });
            let made = server.post(path, body).expect(201);
            assert_eq!(made.attributes()["uploaded"], false, "{path}");
            assert_eq!(made.attributes()["redacted"], false, "{path}");
            assert_eq!(
                read(related(&made)).expect(404).title(),
                "Not Found: the bytes of the file were not uploaded yet"
            );
            match is_form {
                true => drop(post(&made, &bytes, |_| ()).expect(204)),
                false => drop(ask(Method::PUT, upload_url(&made), &[], bytes.clone()).expect(200)),
            }
            let now = server.get(made.data()["links"]["self"].as_str().unwrap()).expect(200);
            assert_eq!((&now.attributes()["uploaded"], &now.attributes()["rev"]), (&json!(true), &json!(2)));
            assert_eq!(now.body["meta"], Value::Null, "nothing is left to send");
            let sent = read(related(&now)).expect(200);
            assert!(sent.bytes == bytes, "{path}");
            for (name, value) in [
                ("content-type", "application/pdf"),
                ("content-length", "700000"),
                ("accept-ranges", "bytes"),
                ("x-content-type-options", "nosniff"),
                ("cache-control", "no-store"),
                ("content-disposition", "attachment; filename=\"r_sum_.pdf\"; filename*=UTF-8''r%C3%A9sum%C3%A9%2Epdf"),
            ] {
                assert_eq!(sent.header(name), value, "{name}");
            }
            let sum = now.attributes()["sha256"].as_str().unwrap();
            assert_eq!(sent.header("etag"), format!("\"{sum}\""));
            let held = ask(Method::GET, related(&now), &[("if-none-match", sent.header("etag"))], Vec::new());
            assert_eq!(held.expect(304).bytes, b"");
            let head = ask(Method::HEAD, related(&now), &[], Vec::new()).expect(200);
            assert_eq!((head.header("content-length"), head.bytes.len()), ("700000", 0));
        }
    }
}

#[test]
fn an_attachment_is_not_made_with_the_id_of_another_record() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = format!("/v1/attachments/{}", customer["id"].as_str().unwrap());
    let file = json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 3 });
    assert_eq!(server.put(&path, file).expect(409).parameter(), "id");
}

#[test]
fn an_upload_has_the_form_of_the_contract() {
    let server = Server::start();
    let made = create(&server, "/v1/attachments", "a.txt", 5);
    let fields = made.body["meta"]["upload"]["fields"].as_object().unwrap();
    let named: Vec<&str> = fields.keys().map(String::as_str).collect();
    let mut expected = vec![
        "key",
        "acl",
        "Content-Type",
        "X-Amz-Meta-Attachment-Id",
        "bucket",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "Policy",
        "X-Amz-Signature",
    ];
    expected.sort_unstable();
    let mut named_sorted = named.clone();
    named_sorted.sort_unstable();
    assert_eq!(named_sorted, expected);
    assert!(upload_url(&made).starts_with(&server.url), "{}", made.body);
    assert_eq!(made.header("cache-control"), "no-store");
    let media = create(&server, "/v1/media", "a.txt", 5);
    assert_eq!((&media.body["meta"]["provider"], &media.attributes()["context"]), (&json!("s3"), &json!("kb")));
}

#[test]
fn a_part_of_a_file_is_read_by_its_range() {
    let server = Server::start();
    let read_it = uploaded(&server, "digits.txt", "0123456789");
    let part = |range: &str| ask(Method::GET, related(&read_it), &[("range", range)], Vec::new());
    for (range, bytes, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
        ("bytes=0-99", "0123456789", "bytes 0-9/10"),
    ] {
        let sent = part(range).expect(206);
        assert_eq!((sent.bytes.as_slice(), sent.header("content-range")), (bytes.as_bytes(), place), "{range}");
    }
    let nowhere = part("bytes=10-").expect(416);
    assert_eq!(nowhere.header("content-range"), "bytes */10");
    assert!(nowhere.title().contains("10 bytes"));
    let stale = [("range", "bytes=2-4"), ("if-range", "\"another state\"")];
    assert_eq!(ask(Method::GET, related(&read_it), &stale, Vec::new()).expect(200).bytes, b"0123456789");
}

/// A link with something else in the place of a part of it.
fn forged(url: &str, part: &str, other: &str) -> String {
    assert!(url.contains(part), "{part} in {url}");
    url.replace(part, other)
}

#[test]
fn a_link_that_was_changed_opens_nothing() {
    let server = Server::on_file();
    server.org("other");
    let stranger = server.token("other", &["org"]);
    let mine = uploaded(&server, "mine.txt", "mine");
    let another = uploaded(&server, "another.txt", "another");
    let media = create(&server, "/v1/media", "a.txt", 4);
    let theirs = json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 4 });
    let theirs = server.call_as(&stranger, Method::POST, "/v1/attachments", Some(theirs)).expect(201);
    let id = |answer: &Answer| answer.data()["id"].as_str().unwrap().to_owned();
    let org = |answer: &Answer| answer.data()["relationships"]["org"]["data"]["id"].as_str().unwrap().to_owned();
    let link = related(&mine);
    let signature = link.rsplit("signature=").next().unwrap();
    let expires = link.split("expires=").nth(1).unwrap().split('&').next().unwrap();
    let last = if signature.ends_with('0') { '1' } else { '0' };
    for (part, other) in [
        (signature, format!("{}{last}", &signature[..63])),
        (signature, String::new()),
        (expires, (expires.parse::<i64>().unwrap() + 1).to_string()),
        (&id(&mine), id(&another)),
        (&org(&mine), org(&theirs)),
        ("/attachment/", "/media/".to_owned()),
    ] {
        let refused = read(&forged(link, part, &other)).expect(403);
        assert!(refused.title().starts_with("The link is not one of this server"), "{part}");
    }
    read(&forged(link, "/attachment/", "/customer/")).expect(404);
    // One that is good for reading is not good for sending, nor the other way round.
    let query = link.split_once('?').unwrap().1;
    let place = upload_url(&theirs).split_once('?').unwrap().0;
    ask(Method::PUT, &format!("{place}?{query}"), &[], b"mine".to_vec()).expect(403);
    let query = upload_url(&media).split_once('?').unwrap().1;
    read(&format!("{}?{query}", related(&media).split_once('?').unwrap().0)).expect(403);
    // The fields of a form must be those of the answer.
    for name in ["key", "Policy", "X-Amz-Signature"] {
        let change = |fields: &mut Vec<(String, String)>| {
            fields.iter_mut().filter(|(field, _)| field == name).for_each(|(_, value)| value.push('x'));
        };
        assert!(post(&theirs, b"mine", change).expect(403).title().contains(name));
    }
    assert_eq!(server.call_as(&stranger, Method::GET, "/v1/attachments", None).expect(200).ids(), [id(&theirs)]);
    assert_eq!(read(link).expect(200).bytes, b"mine");
    server.call_as(&stranger, Method::GET, &format!("/v1/attachments/{}", id(&mine)), None).expect(404);
}

#[test]
fn a_link_expires() {
    let server = Server::start_with(&["--link-lifetime", "1"]);
    let made = create(&server, "/v1/attachments", "a.txt", 4);
    let link = upload_url(&made).to_owned();
    wait_for("the link to expire", || ask(Method::PUT, &link, &[], b"more than four".to_vec()).status == 403);
    let expired = ask(Method::PUT, &link, &[], b"four".to_vec()).expect(403);
    assert_eq!(expired.title(), "The link has expired: read the record again for another");
}

#[test]
fn a_file_of_another_length_than_was_announced_is_refused_and_leaves_nothing() {
    let server = Server::on_file();
    let made = create(&server, "/v1/attachments", "a.txt", 5);
    for bytes in ["1234", "123456", ""] {
        let refused = ask(Method::PUT, upload_url(&made), &[], bytes.into()).expect(400);
        assert!(refused.title().contains("contentLength says 5"), "{}", refused.title());
        let refused = post(&made, bytes.as_bytes(), |_| ()).expect(400);
        assert!(refused.title().contains("contentLength"), "{}", refused.title());
    }
    let endless = vec![b'x'; 3_000_000];
    assert!(post(&made, &endless, |_| ()).expect(400).title().contains("more than 5 bytes"));
    assert_eq!(kept(&server), Vec::<PathBuf>::new());
    let path = made.data()["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(path).expect(200).attributes()["uploaded"], false);
    post(&made, b"12345", |_| ()).expect(204);
    assert_eq!(
        ask(Method::PUT, upload_url(&made), &[], b"54321".to_vec()).expect(409).title().split(':').next().unwrap(),
        "The bytes of the file are there already"
    );
    assert_eq!(read(related(&server.get(path))).expect(200).bytes, b"12345");
}

#[test]
fn a_form_without_a_file_or_without_an_end_is_refused() {
    let server = Server::on_file();
    let made = create(&server, "/v1/attachments", "a.txt", 5);
    let form = [("content-type", "multipart/form-data; boundary=xyz")];
    let field = "--xyz\r\nContent-Disposition: form-data; name=\"acl\"\r\n\r\nprivate\r\n--xyz--\r\n";
    let refused = ask(Method::POST, upload_url(&made), &form, field.into()).expect(400);
    assert!(refused.title().starts_with("The form has no file"), "{}", refused.title());
    let cut = "--xyz\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n12345";
    ask(Method::POST, upload_url(&made), &form, cut.into()).expect(400);
    let refused =
        ask(Method::POST, upload_url(&made), &[("content-type", "text/plain")], b"12345".to_vec()).expect(400);
    assert!(refused.title().contains("multipart/form-data"), "{}", refused.title());
    assert_eq!(kept(&server), Vec::<PathBuf>::new());
}

#[test]
fn programs_types_that_are_none_and_files_that_are_too_large_are_refused_before_their_bytes() {
    let server = Server::start_with(&["--max-attachment", "1000"]);
    for path in ["/v1/attachments", "/v1/media"] {
        for name in ["setup.exe", "RUN.BAT", "a.b.vbs", "a.ps1. "] {
            let body = json!({ "name": name, "contentType": "text/plain", "contentLength": 5 });
            assert_eq!(server.post(path, body).expect(400).parameter(), "name", "{name}");
        }
        let body = json!({ "name": "a.txt", "contentType": "text/plain\r\nX: y", "contentLength": 5 });
        assert_eq!(server.post(path, body).expect(400).parameter(), "contentType");
        let body = json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 1_001 });
        assert_eq!(server.post(path, body).expect(413).parameter(), "contentLength");
        let made = create(&server, path, "a.txt", 1_000);
        let renamed = json!({ "name": "a.exe" });
        server.put(made.data()["links"]["self"].as_str().unwrap(), renamed).expect(400);
    }
}

#[test]
fn an_attachment_is_made_with_an_id_and_its_bytes_are_awaited_again_when_its_length_changes() {
    let server = Server::on_file();
    let path = "/v1/attachments/5c7d1a1f9a1b2c0010a1b2c3";
    let lacking = server.put(path, json!({ "name": "a.txt" })).expect(404);
    assert!(lacking.error()["detail"].as_str().unwrap().contains("contentType"), "{}", lacking.body);
    let body = json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 3 });
    let made = server.put(path, body).expect(200);
    assert_eq!((&made.data()["id"], &made.attributes()["rev"]), (&json!("5c7d1a1f9a1b2c0010a1b2c3"), &json!(1)));
    put(&server, &made, "one");
    let renamed = server.put(path, json!({ "name": "b.txt" })).expect(200);
    assert_eq!((&renamed.attributes()["uploaded"], &renamed.body["meta"]), (&json!(true), &Value::Null));
    let longer = server.put(path, json!({ "contentLength": 5 })).expect(200);
    assert_eq!(longer.attributes()["uploaded"], false);
    assert_eq!(longer.attributes().get("sha256"), None);
    assert_eq!(kept(&server), Vec::<PathBuf>::new(), "the former bytes are gone");
    put(&server, &longer, "three");
    assert_eq!(read(related(&server.get(path))).expect(200).bytes, b"three");
}

#[test]
fn only_a_key_that_may_create_files_gets_the_address_for_bytes() {
    let server = Server::on_file();
    let made = create(&server, "/v1/attachments", "a.txt", 5);
    let path = made.data()["links"]["self"].as_str().unwrap();
    let reader = server.token("demo", &["org.user.attachment.read"]);
    let told = server.call_as(&reader, Method::GET, path, None).expect(200);
    assert_eq!(told.body["meta"], Value::Null);
    assert!(told.data()["links"]["related"].is_string());
    let body = json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 5 });
    server.call_as(&reader, Method::POST, "/v1/attachments", Some(body)).expect(403);
    server.call_as(&reader, Method::PUT, path, Some(json!({ "redacted": true }))).expect(403);
    let writer = server.token("demo", &["org.user.message.write", "org.user.attachment.read"]);
    let told = server.call_as(&writer, Method::GET, path, None).expect(200);
    assert!(told.body["meta"]["upload"]["url"].is_string());
}

#[test]
fn a_create_that_is_sent_again_is_answered_with_a_link_that_is_good() {
    let server = Server::start();
    let send = || {
        let request = server.request(Method::POST, "/v1/attachments").bearer_auth(TOKEN).header("idempotency-key", "k");
        Answer::of(request.json(&json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 5 })))
    };
    let (first, again) = (send().expect(201), send().expect(201));
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
    put(&server, &again, "12345");
    assert_eq!(server.get("/v1/attachments").expect(200).ids().len(), 1);
}

#[test]
fn links_begin_with_the_address_that_is_set() {
    let server = Server::start_with(&["--public-url", "https://crm.example/kustodian/"]);
    let made = create(&server, "/v1/attachments", "a b.txt", 5);
    assert!(related(&made).starts_with("https://crm.example/kustodian/files/"), "{}", made.body);
    assert!(related(&made).contains("/a%20b.txt?"), "{}", made.body);
    let page = server.get("/v1/attachments").expect(200);
    let listed = page.data()[0]["links"]["related"].as_str().unwrap();
    assert!(listed.starts_with("https://crm.example/kustodian/files/"), "{}", page.body);
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_file_takes_no_memory_in_either_direction() {
    let server = Server::start();
    let length = 300 * 1024 * 1024;
    let made = create(&server, "/v1/attachments", "large.bin.txt", length);
    let before = server.memory("VmHWM");
    ask(Method::PUT, upload_url(&made), &[], vec![b'x'; length]).expect(200);
    let path = made.data()["links"]["self"].as_str().unwrap();
    let mut sent = http().build().unwrap().get(related(&server.get(path))).send().unwrap();
    let (mut read, mut buffer) = (0, vec![0; 1024 * 1024]);
    while let count @ 1.. = sent.read(&mut buffer).unwrap() {
        assert!(buffer[..count].iter().all(|byte| *byte == b'x'));
        read += count;
    }
    assert_eq!(read, length);
    let grown = server.memory("VmHWM") - before;
    assert!(grown < 64 * 1024, "{grown} kB more");
}
