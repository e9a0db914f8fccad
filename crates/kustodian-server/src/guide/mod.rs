//! `/docs/guide`: the pages of `docs/` as HTML, in the order of docs/SUMMARY.md. They are embedded in the binary, need no
//! JavaScript and ask nobody but this server.

mod markdown;

use std::sync::{Arc, LazyLock, OnceLock};

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::app::App;
use crate::built::Built;

/// Pages that belong together.
struct Part {
    title: &'static str,
    pages: &'static [Page],
}

/// A page of the guide; `name` is that of its file, without `.md`.
struct Page {
    title: &'static str,
    name: &'static str,
    text: &'static str,
}

const PARTS: &[Part] = include!(concat!(env!("OUT_DIR"), "/guide_parts.rs"));

/// The pictures on the pages: the name of the file, and its bytes.
const PICTURES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/guide_pictures.rs"));

const TEMPLATE: &str = include_str!("../../assets/guide/page.html");

const ROOT: &str = "/docs/guide";

const HTML: &str = "text/html; charset=utf-8";

const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/docs/guide", get(first))
        .route("/docs/guide/", get(first))
        .route("/docs/guide/guide.css", get(style))
        .route("/docs/guide/{*name}", get(named))
}

/// Every page, in order.
fn pages() -> impl DoubleEndedIterator<Item = &'static Page> {
    PARTS.iter().flat_map(|part| part.pages)
}

/// A page is rendered when somebody first asks for it.
static RENDERED: LazyLock<Vec<(&Page, OnceLock<Built>)>> =
    LazyLock::new(|| pages().map(|page| (page, OnceLock::new())).collect());

async fn first(headers: HeaderMap) -> Response {
    let first = pages().next().map(|page| page.name);
    answer(first.unwrap_or_default(), &headers)
}

async fn named(Path(name): Path<String>, headers: HeaderMap) -> Response {
    answer(&name, &headers)
}

async fn style(headers: HeaderMap) -> Response {
    static STYLE: LazyLock<Built> =
        LazyLock::new(|| Built::new("text/css; charset=utf-8", include_str!("../../assets/guide/guide.css")));
    STYLE.answer(&headers)
}

fn answer(name: &str, headers: &HeaderMap) -> Response {
    let page = RENDERED.iter().enumerate().find(|(_, (page, _))| page.name == name);
    let mut response = match page {
        Some((at, (page, built))) => built.get_or_init(|| Built::new(HTML, render(at, page))).answer(headers),
        None => match PICTURES.iter().find(|(picture, _)| *picture == name) {
            Some((_, bytes)) => Built::new("image/svg+xml", *bytes).answer(headers),
            None => missing(headers),
        },
    };
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// There is no such page: which there are is beside the words that say so.
fn missing(headers: &HeaderMap) -> Response {
    static MISSING: LazyLock<Built> = LazyLock::new(|| {
        let words = "<h1>There is no such page</h1>\n<p>The pages of the guide are in the list beside this text. The \
                     operations of the API are on <a href=\"/docs\">the page of the API</a>.</p>";
        Built::new(HTML, filled("No such page", None, words))
    });
    let mut response = MISSING.answer(headers);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The whole page, at this place of the list.
fn render(at: usize, page: &Page) -> String {
    let mut content = markdown::html(page.text, &target);
    let beside = |at: Option<usize>| at.and_then(|at| pages().nth(at));
    content.push_str("<p class=\"turn\">");
    for (class, page) in [("before", beside(at.checked_sub(1))), ("after", beside(at.checked_add(1)))] {
        if let Some(Page { title, name, .. }) = page {
            content.push_str(&format!("<a class=\"{class}\" href=\"{ROOT}/{name}\">{}</a>", markdown::escaped(title)));
        }
    }
    content.push_str("</p>");
    filled(page.title, Some(page.name), &content)
}

/// The template with its places filled; the content last, as it may hold anything.
fn filled(title: &str, here: Option<&str>, content: &str) -> String {
    TEMPLATE
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{repository}}", env!("CARGO_PKG_REPOSITORY"))
        .replace("{{title}}", &markdown::escaped(title))
        .replace("{{navigation}}", &navigation(here))
        .replace("{{content}}", content)
}

fn navigation(here: Option<&str>) -> String {
    let mut list = String::new();
    for part in PARTS {
        list.push_str(&format!("<h2>{}</h2>\n<ul>\n", markdown::escaped(part.title)));
        for Page { title, name, .. } in part.pages {
            let current = if here == Some(*name) { " aria-current=\"page\"" } else { "" };
            list.push_str(&format!("<li><a href=\"{ROOT}/{name}\"{current}>{}</a></li>\n", markdown::escaped(title)));
        }
        list.push_str("</ul>\n");
    }
    list
}

/// Where a link of a page leads from here: to another page, to the API's document, or to the file in the repository.
fn target(link: &str) -> String {
    if link.contains(':') || link.starts_with(['#', '/']) {
        return link.to_owned();
    }
    let (path, anchor) = link.find('#').map_or((link, ""), |at| link.split_at(at));
    if let Some(page) = path.strip_suffix(".md").and_then(|name| pages().find(|page| page.name == name)) {
        return format!("{ROOT}/{}{anchor}", page.name);
    }
    if PICTURES.iter().any(|(picture, _)| *picture == path) {
        return format!("{ROOT}/{path}");
    }
    if path == "openapi.json" {
        return "/openapi.json".to_owned();
    }
    let (in_docs, below) = path.strip_prefix("../").map_or(("docs/", path), |below| ("", below));
    format!("{}/blob/main/{in_docs}{below}{anchor}", env!("CARGO_PKG_REPOSITORY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_and_files_of_the_repository() {
        assert_eq!(target("search.md#the-body"), "/docs/guide/search#the-body");
        assert_eq!(target("../SECURITY.md"), concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/SECURITY.md"));
        assert_eq!(
            target("contract/behaviour.md#a"),
            concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/contract/behaviour.md#a")
        );
        for same in ["#below", "/docs", "https://example.com/a.md", "mailto:a@acme.example"] {
            assert_eq!(target(same), same);
        }
        assert_eq!(target("openapi.json"), "/openapi.json");
    }
}
