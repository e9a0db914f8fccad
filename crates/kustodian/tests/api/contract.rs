//! Every row of the contract: served as declared, or 501 with its name.

use kustomer_api::operation;
use reqwest::Method;
use serde_json::{Value, json};

use crate::roles::{least_body, served};
use crate::server::{Answer, Server, TOKEN};

#[test]
fn all_166_operations_are_served_as_declared_or_answer_501_with_their_name() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../../../../contract/operations.json")).unwrap();
    assert_eq!(rows.len(), 166);
    let server = Server::start_with(&["--absent-types", "refuse"]);
    let served = served(&server);
    let mut not_built = 0;
    for row in &rows {
        let name = row["operation"].as_str().unwrap();
        let declared = operation::Operation::named(name).unwrap_or_else(|| panic!("{name} is not declared"));
        assert_eq!(declared.method.as_str(), row["method"], "{name}");
        let success = row["responses"].as_object().unwrap().keys().next().unwrap();
        assert_eq!(&declared.success.to_string(), success, "{name}");

        let path = row.get("path_template").unwrap_or(&row["path"]).as_str().unwrap();
        assert_eq!(declared.path, path, "{name}");
        let path = path.replace("{ids}", "5c7d1a1f9a1b2c0010a1b2c3,5c7d1a1f9a1b2c0010a1b2c4");
        let path = path
            .split('/')
            .map(|segment| match segment.find('{') {
                Some(at) => format!("{}5c7d1a1f9a1b2c0010a1b2c3", &segment[..at]),
                None => segment.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("/");
        // As the contract writes it, too, it is a path of the API.
        let written = row["path"].as_str().unwrap();
        let token = if name == "deleteCurrentAuthToken" { "no token" } else { TOKEN };
        let written = server.request(declared.method.clone(), &format!("/v1{written}")).bearer_auth(token);
        let written = Answer::of(match least_body(declared) {
            Some(body) => written.json(&body),
            None => written,
        });
        assert_ne!(written.body["errors"][0]["title"], "There is no such path in the API", "{name}");
        let method: Method = declared.method.clone();
        // The sign-out test has a key of its own.
        let made = json!({ "name": "any", "roles": ["org"] });
        let key = (name == "deleteCurrentAuthToken").then(|| server.post("/v1/auth/keys", made).expect(201));
        let key = key.as_ref().map_or(TOKEN, |key| key.attributes()["token"].as_str().unwrap());
        let request = server.request(method, &format!("/v1{path}")).bearer_auth(key);
        let answer = Answer::of(match least_body(declared) {
            Some(body) => request.json(&body),
            None => request,
        });
        if served.iter().any(|operation| operation.name == name) {
            // Nothing exists yet: what names a record finds none, all else succeeds.
            let of_nobody = least_body(declared).is_some_and(|body| body.get("customer").is_some());
            let names_none = declared.path.ends_with("/bulk") && declared.method == Method::DELETE;
            let names_one = declared.path.contains('{') && !declared.path.contains("{ids}");
            let missing = names_one || name == "createCustomerMerge";
            let expected = match (missing, of_nobody) {
                (true, _) => 404,
                (_, true) => 400,
                _ if names_none => 400,
                _ if name == "createToken" => 401,
                _ => declared.success,
            };
            assert_eq!(answer.status, expected, "{name}: {}", answer.body);
        } else {
            not_built += 1;
            let answer = answer.expect(501);
            assert_eq!(answer.error()["code"], "notimplemented", "{name}");
            let names = answer.error()["meta"]["operations"].as_array().unwrap();
            assert!(names.iter().any(|found| found == name), "{name}: {}", answer.body);
            assert!(answer.error()["title"].as_str().unwrap().contains(name), "{name}");
        }
    }
    assert!(not_built < 166);
}

#[test]
fn an_unknown_path_or_method_is_a_json_404_or_405() {
    let server = Server::start();
    for path in
        ["/", "/v1", "/v1/", "/v1/nothing", "/nothing", "/v1/customers/x/y/z", "/v3/customers", "/v1/customers//"]
    {
        assert_eq!(server.get(path).expect(404).error()["code"], "notfound", "{path}");
    }
    let refused = server.delete("/v1/customers").expect(405);
    assert_eq!(refused.header("allow"), "GET, POST");
    refused.error();
    server.post("/healthz", serde_json::json!({})).expect(404).error();
}

#[test]
fn a_trailing_slash_and_any_host_name_are_fine() {
    let server = Server::start();
    server.get("/v1/customers/").expect(200);
    let request =
        server.request(Method::GET, "/v1/customers").bearer_auth(TOKEN).header("host", "acme.api.kustomerapp.com");
    Answer::of(request).expect(200);
}
