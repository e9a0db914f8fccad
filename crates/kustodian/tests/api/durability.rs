//! Acknowledged data is there again: after a restart, and after the plug was pulled.

use std::sync::Mutex;

use reqwest::Method;
use serde_json::json;

use crate::server::{Server, TOKEN, full_customer};

#[test]
fn a_customer_is_the_same_bytes_after_a_restart() {
    let server = Server::on_file();
    let created = server.post("/v1/customers", full_customer()).expect(201);
    let path = created.data()["links"]["self"].as_str().unwrap().to_owned();
    let server = server.restart();
    assert_eq!(server.get(&path).expect(200).text, created.text);
    assert_eq!(server.get("/v1/customers/email=ada@acme.example").expect(200).text, created.text);
}

#[test]
fn a_customer_acknowledged_right_before_the_plug_is_pulled_is_there() {
    let mut server = Server::on_file();
    for round in 0..5 {
        let created =
            server.post("/v1/customers", json!({ "name": "Ada", "externalId": format!("r{round}") })).expect(201);
        server = server.kill_and_restart();
        let read = server.get(&format!("/v1/customers/externalId=r{round}")).expect(200);
        assert_eq!(read.text, created.text, "round {round}");
    }
}

#[test]
fn every_acknowledged_write_under_load_survives_the_plug_being_pulled() {
    let server = Server::on_file();
    let acknowledged: Mutex<Vec<(String, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (server, acknowledged) = (&server, &acknowledged);
            scope.spawn(move || {
                for number in 0.. {
                    let body = json!({ "externalId": format!("{writer}-{number}"), "tags": [format!("tag {number}")] });
                    let request = server.request(Method::POST, "/v1/customers").bearer_auth(TOKEN).json(&body);
                    // The connection breaks when the server is killed; a write without an answer is not acknowledged.
                    let Ok(response) = request.send() else { return };
                    let (status, text) = (response.status().as_u16(), response.text());
                    let Ok(text) = text else { return };
                    assert_eq!(status, 201, "{text}");
                    acknowledged.lock().unwrap().push((format!("{writer}-{number}"), text));
                }
            });
        }
        while acknowledged.lock().unwrap().len() < 300 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        server.signal("KILL");
    });
    let server = server.kill_and_restart();
    let acknowledged = acknowledged.into_inner().unwrap();
    for (external_id, text) in &acknowledged {
        let read = server.get(&format!("/v1/customers/externalId={external_id}")).expect(200);
        assert_eq!(&read.text, text, "{external_id}");
    }
    let total = server.get("/v1/customers?pageSize=0").body["meta"]["total"].as_u64().unwrap();
    assert!(total >= acknowledged.len() as u64);
}
