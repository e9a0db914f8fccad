//! `GET /v1/orgs/{id}`.

use crate::server::Server;

#[test]
fn the_org_of_the_credential_is_read_and_no_other() {
    let server = Server::start_with(&["--org", "acme"]);
    let me = server.get("/v1/users/current").expect(200);
    let link = me.data()["relationships"]["org"]["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(link).expect(200).attributes()["name"], "acme");
    server.get("/v1/orgs/5c7d1a1f9a1b2c0010a1b2c3").expect(404);
}
