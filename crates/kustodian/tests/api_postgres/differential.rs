//! The same long random sequence of requests to a server on SQLite and to one on PostgreSQL: every answer is the same,
//! byte for byte, once ids, times, cursors and values made of ids are replaced by the order in which they appeared.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Place;
use crate::seed::Chance;
use crate::server::{Answer, Server, TOKEN};

/// How many requests.
const REQUESTS: usize = 1_600;

/// The compared parts besides status and body; the others depend on the moment or the connection.
const HEADERS: &[&str] = &[
    "cache-control",
    "content-type",
    "location",
    "retry-after",
    "vary",
    "www-authenticate",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-request-id",
];

/// A request, with `<N>` in place of the N-th id, and `<time N>`, `<cursor N>`, `<etag N>` likewise.
#[derive(Debug)]
struct Request {
    method: Method,
    path: String,
    body: Option<String>,
    if_match: Option<String>,
    token: &'static str,
}

/// A server, and what of its answers is its own.
struct Side {
    server: Server,
    ids: Vec<String>,
    times: Vec<String>,
    cursors: Vec<String>,
    etags: Vec<String>,
    /// The names to show of customers that have only colour and icon, in quotation marks.
    shown: BTreeSet<String>,
    /// The names of ids, times and cursors.
    names: HashMap<String, String>,
}

impl Side {
    fn on(url: &str) -> Self {
        let names = HashMap::new();
        Self {
            server: Server::at(url, &[]),
            ids: Vec::new(),
            times: Vec::new(),
            cursors: Vec::new(),
            etags: Vec::new(),
            shown: BTreeSet::new(),
            names,
        }
    }

    /// The answer in the words of both sides, and its body.
    fn ask(&mut self, number: usize, request: &Request) -> (String, Value) {
        let call = self.server.request(request.method.clone(), &self.own(&request.path));
        let mut call = call.bearer_auth(request.token).header("x-request-id", format!("request-{number}"));
        if let Some(etag) = &request.if_match {
            call = call.header("if-match", self.own(etag));
        }
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/json").body(self.own(body));
        }
        let answer = Answer::of(call);
        let mut told = answer.status.to_string();
        for name in HEADERS {
            told.push_str(&format!("\n{name}: {}", answer.header(name)));
        }
        // Both have one, which depends on the ids.
        if !answer.header("etag").is_empty() {
            told.push_str(&format!("\netag: <etag {}>", self.etags.len()));
            self.etags.push(answer.header("etag").to_owned());
        }
        // Names in the head are before names in the body, on both sides.
        // Links hold times with their colons escaped.
        let text = self.without_choices(&answer.text).replace("%3A", ":");
        let told = self.common(&format!("{told}\n\n{text}"));
        let body = told.split_once("\n\n").map(|(_, body)| body).unwrap_or_default();
        let body = serde_json::from_str(body).unwrap_or_default();
        (told, body)
    }

    /// The text without parts chosen by an id: colours, icons, and the names to show that are made of both.
    fn without_choices(&mut self, text: &str) -> String {
        let capitalized = |word: &str| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
        for part in text.split(COLOR).skip(1) {
            let (color, rest) = part.split_once('"').unwrap();
            if let Some(icon) = rest.strip_prefix(',').and_then(|rest| rest.strip_prefix(ICON)) {
                let icon = icon.split('"').next().unwrap();
                self.shown.insert(format!("\"{} {}\"", capitalized(color), capitalized(icon)));
            }
        }
        let text = without_members(text, &[COLOR, ICON]);
        self.shown.iter().fold(text, |text, shown| text.replace(shown, "\"\""))
    }

    /// This side's own words for `<N>` and so on.
    fn own(&self, text: &str) -> String {
        let mut parts = text.split('<');
        let mut own = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('>').unwrap();
            let (list, number) = match name.split_once(' ') {
                Some(("time", number)) => (&self.times, number),
                Some(("cursor", number)) => (&self.cursors, number),
                Some((_, number)) => (&self.etags, number),
                None => (&self.ids, name),
            };
            own.push_str(&list[number.parse::<usize>().unwrap()]);
            own.push_str(rest);
        }
        own
    }

    /// The words of both sides for parts that are this side's own.
    fn common(&mut self, text: &str) -> String {
        let mut common = String::with_capacity(text.len());
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ':' | '.');
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|character| !is_part(character)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            common.push_str(before);
            common.push_str(&self.named(word));
            rest = after;
        }
        common.push_str(rest);
        common
    }

    fn named(&mut self, word: &str) -> String {
        let (list, name) = if word.len() == 24 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            (&mut self.ids, "")
        } else if word.len() == 24 && word.ends_with('Z') && word.starts_with("20") && word[2..4] >= *"20" {
            // Times that the requests name are of the years before.
            (&mut self.times, "time ")
        } else if word.len() > 60 && word.starts_with("eyJ") {
            (&mut self.cursors, "cursor ")
        } else {
            return word.to_owned();
        };
        let name = || {
            list.push(word.to_owned());
            format!("<{name}{}>", list.len() - 1)
        };
        self.names.entry(word.to_owned()).or_insert_with(name).clone()
    }
}

const COLOR: &str = r#""displayColor":""#;
const ICON: &str = r#""displayIcon":""#;

/// The text without the values of these members.
fn without_members(text: &str, members: &[&str]) -> String {
    let mut text = text.to_owned();
    for member in members {
        let mut parts = text.split(*member);
        let mut without = parts.next().unwrap().to_owned();
        for part in parts {
            without.push_str(member);
            without.push_str(&part[part.find('"').unwrap()..]);
        }
        text = without;
    }
    text
}

/// The parts of the requests: few values, so that they meet.
struct Script {
    chance: Chance,
    /// Customers, with their last entity tag and revision.
    customers: Vec<(String, String, u64)>,
    tags: Vec<String>,
    times: usize,
    cursors: Vec<(String, String)>,
}

const SORTS: &[&str] = &["id", "-id", "createdAt", "-createdAt", "updatedAt", "-updatedAt", "desc", "asc"];

/// Bodies that are refused, each in a way of its own.
const WRONG: &[&str] = &[
    r#"{"emails":[{"email":"no address"}],"nonsense":1}"#,
    r#"{"name":17}"#,
    r#"{"custom":{"aStr":[]}}"#,
    r#"{"custom":{"noSuffix":"x"}}"#,
    r#"{"createdAt":"yesterday"}"#,
    r#"{"tags":["5c7d1a1f9a1b2c0010a1b2c3"]}"#,
    r#"{"rev":"one"}"#,
    r#"{"name":"a""#,
    "[]",
    "17",
    r#"{"phones":[{"phone":""}],"emails":"x"}"#,
];

impl Script {
    fn next(&mut self) -> Request {
        let request = |method, path: String, body| Request { method, path, body, if_match: None, token: TOKEN };
        let number = self.chance.below(100);
        match number {
            0..=24 => request(Method::POST, "/v1/customers".to_owned(), Some(self.body().to_string())),
            25..=27 => request(Method::POST, "/v1/customers".to_owned(), Some(self.wrong())),
            28..=45 => {
                let (path, etag, rev) = self.customer();
                let mut body = self.body();
                let guard = self.chance.below(8);
                if let 0 | 1 = guard {
                    body["rev"] = json!(if guard == 0 { rev } else { rev.saturating_sub(1) });
                }
                let if_match = match guard {
                    2 => Some(etag),
                    3 => Some(r#"W/"1-1""#.to_owned()),
                    _ => None,
                };
                let query = *self.chance.of(&["", "?replace=true", "?replace=false", "?replace=maybe"]);
                let (method, query) =
                    if self.chance.below(3) == 0 { (Method::PUT, query) } else { (Method::PATCH, "") };
                Request { if_match, ..request(method, format!("{path}{query}"), Some(body.to_string())) }
            }
            46..=48 => request(Method::PATCH, self.customer().0, Some(self.wrong())),
            49..=54 => {
                let (path, etag, _) = self.customer();
                let if_match = (self.chance.below(4) == 0).then_some(etag);
                Request { if_match, ..request(Method::DELETE, path, None) }
            }
            55..=59 => request(Method::POST, format!("{}/restore", self.customer().0), Some("{}".to_owned())),
            60..=64 => request(Method::GET, self.customer().0, None),
            65..=72 => {
                let number = self.chance.below(20);
                let by = *self.chance.of(&["email=e{}@acme.example", "externalId=x{}", "phone=%2B180055500{}"]);
                request(Method::GET, format!("/v1/customers/{}", by.replace("{}", &number.to_string())), None)
            }
            73..=88 => request(Method::GET, self.list(), None),
            89 | 90 => request(Method::GET, self.tag(), None),
            91 | 92 => {
                let (path, body) = self.search();
                request(Method::POST, path, Some(body.to_string()))
            }
            93 => request(Method::GET, format!("{}/messages", self.customer().0), None),
            94..=97 => request(Method::GET, self.other(), None),
            98 => Request { token: "no key", ..request(Method::GET, "/v1/customers".to_owned(), None) },
            _ => request(Method::GET, "/v1/customers/5c7d1a1f9a1b2c0010a1b2c3".to_owned(), None),
        }
    }

    fn customer(&mut self) -> (String, String, u64) {
        match self.customers.len() {
            0 => ("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3".to_owned(), r#"W/"1-1""#.to_owned(), 1),
            count => {
                let (id, etag, rev) = &self.customers[self.chance.below(count)];
                (format!("/v1/customers/{id}"), etag.clone(), *rev)
            }
        }
    }

    fn body(&mut self) -> Value {
        let mut body = json!({});
        let number = |chance: &mut Chance| chance.below(20);
        for _ in 0..=self.chance.below(4) {
            let chance = &mut self.chance;
            match chance.below(11) {
                0 => body["name"] = json!(*chance.of(&["Ada", "Grace", "\u{1F600} \"q\" \\ \n", ""])),
                1 => body["externalId"] = json!(format!("x{}", number(chance))),
                2 => body["emails"] = json!([{ "email": format!("E{}@Acme.example", number(chance)), "type": "work" }]),
                3 => body["phones"] = json!([{ "phone": format!("+180055500{}", number(chance)) }]),
                4 => body["tags"] = json!([format!("tag {}", number(chance)), format!("tag {}", number(chance))]),
                5 => body["custom"] = json!({ "scoreNum": number(chance), "noteTxt": "two\nlines", "goneStr": null }),
                6 => body["createdAt"] = json!(format!("2014-01-{:02}T00:00:00Z", 1 + number(chance))),
                7 => body["name"] = Value::Null,
                8 => {
                    body["socials"] =
                        json!([{ "type": "twitter", "userid": number(chance).to_string(), "username": "a" }])
                }
                9 => body["emails"] = json!([]),
                _ => {
                    body["custom"] = json!({ "sinceAt": "2016-11-06T13:54:29-05:00", "isBool": true, "ratioNum": 0.1 })
                }
            }
        }
        body
    }

    fn wrong(&mut self) -> String {
        (*self.chance.of(WRONG)).to_owned()
    }

    fn list(&mut self) -> String {
        let sort = *self.chance.of(SORTS);
        let size = *self.chance.of(&[0, 1, 3, 10, 500, 501]);
        let page = self.chance.below(5);
        match self.chance.below(6) {
            0 => format!("/v1/customers?sort={sort}&pageSize={size}&cursor=*"),
            1 | 2 if !self.cursors.is_empty() => {
                let (cursor, sort) = &self.cursors[self.chance.below(self.cursors.len())];
                format!("/v1/customers?sort={sort}&pageSize=3&cursor={cursor}")
            }
            3 => {
                let of = *self.chance.of(&["gt", "gte", "lt", "lte", "like"]);
                let day = 1 + self.chance.below(20);
                format!("/v1/customers?sort={sort}&pageSize=10&filter[createdAt][{of}]=2014-01-{day:02}")
            }
            4 if self.times > 0 => {
                let of = *self.chance.of(&["gt", "gte", "lt", "lte"]);
                let time = self.chance.below(self.times);
                format!("/v1/customers?sort={sort}&pageSize=5&filter[updatedAt][{of}]=<time {time}>")
            }
            _ => format!("/v1/customers?sort={sort}&pageSize={size}&page={page}"),
        }
    }

    /// A search, with its aggregations.
    fn search(&mut self) -> (String, Value) {
        let number = self.chance.below(20);
        let criteria = [
            json!({ "customer_email": { "contains": "@acme.ex" } }),
            json!({ "customer_email": { "equals": format!("e{number}@acme.example") } }),
            json!({ "customer_phone": { "contains": format!("55500{number}") } }),
            json!({ "customer_externalId": { "in": [format!("x{number}"), "x1"] } }),
            json!({ "customer_name": { "contains": "ad" } }),
            json!({ "customer_name": { "not_set": "" } }),
            json!({ "customer_tags": { "contains": format!("tag {number}") } }),
            json!({ "customer_custom_scoreNum": { "gte": number } }),
            json!({ "customer_custom_noteTxt": { "contains": "lines two" } }),
            json!({ "customer_any_text": { "contains": format!("x{number}") } }),
            json!({ "customer_created_at": { "lt": format!("2014-01-{:02}", 1 + number) } }),
            json!({ "customer_updated_at": { "set": "" } }),
            json!({ "customer_nmae": { "equals": "a" } }),
        ];
        let mut some = |count: usize| -> Vec<Value> { (0..count).map(|_| self.chance.of(&criteria).clone()).collect() };
        let (and, or) = (some(number % 3), some(number % 2 * 2));
        let sort = *self.chance.of(&["name", "created_at", "externalId"]);
        let direction = *self.chance.of(&["asc", "desc"]);
        let body = json!({
            "and": and, "or": or, "includeDeleted": number.is_multiple_of(3),
            "sort": { format!("customer_{sort}"): direction },
            "aggs": { "scores": { "range": { "field": "customer_custom_scoreNum", "ranges": [{ "to": 9 }, { "from": 4 }] } } },
        });
        (format!("/v1/customers/search?pageSize=7&page={}", 1 + self.chance.below(3)), body)
    }

    fn tag(&mut self) -> String {
        match self.tags.len() {
            count if count > 0 && self.chance.below(2) == 0 => {
                format!("/v1/tags/{}", self.tags[self.chance.below(count)])
            }
            _ => format!("/v1/tags?pageSize={}&page={}", self.chance.below(8), self.chance.below(4)),
        }
    }

    fn other(&mut self) -> String {
        let paths = [
            "/v1/users/current",
            "/v1/users/<0>",
            "/v1/users/<0>,5c7d1a1f9a1b2c0010a1b2c3",
            "/v1/orgs/<0>",
            "/v1/orgs/5c7d1a1f9a1b2c0010a1b2c3",
            "/v1/auth/tokens",
            "/v1/auth/tokens/current",
            "/v1/auth/tokens/<0>",
            "/v1/auth/roles",
            "/v1/companies",
            "/v1/nothing",
            "/v1/customers/email=",
            "/v1/customers/none",
        ];
        (*self.chance.of(&paths)).to_owned()
    }

    /// Takes in what an answer held, for later requests.
    fn learn(&mut self, request: &Request, told: &str, body: &Value, times: usize) {
        self.times = times;
        let etag = told.lines().find_map(|line| line.strip_prefix("etag: ")?.split_inclusive('>').next());
        if let Some(cursor) = body["meta"]["cursor"].as_str().filter(|cursor| cursor.starts_with('<')) {
            let sort = request.path.split(['?', '&']).find_map(|part| part.strip_prefix("sort=")).unwrap_or_default();
            self.cursors.push((cursor.to_owned(), sort.to_owned()));
        }
        let data = &body["data"];
        if let (Some("customer"), Some(id)) = (data["type"].as_str(), data["id"].as_str()) {
            let rev = data["attributes"]["rev"].as_u64().unwrap_or_default();
            self.customers.retain(|(known, _, _)| known != id);
            self.customers.push((id.to_owned(), etag.unwrap_or(r#"W/"1-1""#).to_owned(), rev));
            let tags = data["attributes"]["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
            self.tags.extend(tags.map(str::to_owned));
        }
    }
}

#[test]
fn both_engines_give_the_same_answers_to_the_same_requests() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::lasting();
    let file = format!("sqlite:{}", folder.path().join("a.db").display());
    let (mut lite, mut post) = (Side::on(&file), Side::on(place.url()));
    let chance = Chance::new();
    let mut script = Script { chance, customers: Vec::new(), tags: Vec::new(), times: 0, cursors: Vec::new() };
    let mut seen = BTreeMap::<String, usize>::new();
    let first =
        Request { method: Method::GET, path: "/v1/users/current".to_owned(), body: None, if_match: None, token: TOKEN };
    assert_eq!(lite.ask(0, &first).0, post.ask(0, &first).0);
    for number in 1..=REQUESTS {
        let request = script.next();
        let (one, body) = lite.ask(number, &request);
        let (other, _) = post.ask(number, &request);
        assert_eq!(one, other, "request {number}, SQLite on the left: {request:?}");
        let status = one.lines().next().unwrap_or_default();
        let asked = if request.path.contains("/search?") { "search" } else { request.method.as_str() };
        *seen.entry(format!("{asked} {status}")).or_default() += 1;
        script.learn(&request, &one, &body, lite.times.len());
        if request.method != Method::GET {
            // So that two moments that differ on one side differ on the other.
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    for outcome in [
        "POST 201",
        "POST 409",
        "POST 400",
        "PATCH 200",
        "PATCH 409",
        "PATCH 412",
        "PUT 200",
        "DELETE 204",
        "search 200",
    ] {
        assert!(seen.contains_key(outcome), "nothing was answered {outcome}: {seen:?}");
    }
}
