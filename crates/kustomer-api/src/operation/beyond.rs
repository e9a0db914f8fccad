//! Operations that Kustomer has beyond its contract: paths that real clients call (`docs/contract/behaviour.md` §1.6,
//! §15.5, §22), of which too little is known to serve them. They answer 501 with their name. Names follow the pattern of
//! the contract; roles are those printed in Kustomer's documents, and none where nothing is printed.

use http::Method;

use super::Operation;

/// All of them. `/kobjects/{klass}` is not among them: it is another spelling of `/klasses/{klass}`.
pub static OPERATIONS: &[&Operation] = &[
    &known("getSatisfactionResponseById", Method::GET, "/satisfaction-responses/{id}", &[]),
    &known("getKbArticles", Method::GET, "/kb/articles", &[]),
    &known("getKbArticleById", Method::GET, "/kb/articles/{id}", &[]),
];

const fn known(name: &'static str, method: Method, path: &'static str, roles: &'static [&'static str]) -> Operation {
    let success = match method {
        Method::POST => 201,
        Method::DELETE => 204,
        _ => 200,
    };
    Operation { name, method, path, success, roles, also: &[], tag: BEYOND, public: false, deprecated: false }
}

/// The group of all of them in documents.
const BEYOND: &str = "beyond the contract";
