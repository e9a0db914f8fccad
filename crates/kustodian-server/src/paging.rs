//! Pages: `meta` and `links` around documents that are spliced in as they are stored (`docs/contract/behaviour.md` §4).

use std::borrow::Cow;

use kustodian_core::cursor::BEGINNING;
use kustodian_core::page::fitting;
use kustodian_core::refusal::Refusal;
use kustomer_api::query::{DEFAULT_PAGE_SIZE, PageQuery};
use kustomer_api::validation::Fault;
use serde_json::{Value, json};

/// A page by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbered {
    pub(crate) page: u32,
    pub(crate) size: u32,
}

impl Numbered {
    pub(crate) fn of(query: PageQuery) -> Self {
        Self { page: query.page.unwrap_or(1), size: query.page_size.unwrap_or(DEFAULT_PAGE_SIZE) }
    }

    pub(crate) fn offset(self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.size)
    }

    /// This page of a list that is at hand whole, and whether there is one after it.
    pub(crate) fn of_all<T>(self, all: &[T]) -> (&[T], bool) {
        let from = usize::try_from(self.offset()).unwrap_or(usize::MAX).min(all.len());
        let to = all.len().min(from.saturating_add(self.size as usize));
        (&all[from..to], self.size > 0 && to < all.len())
    }

    /// A page of a list that counts.
    pub(crate) fn counted(self, path: &str, filters: &Pairs, documents: Vec<String>, total: u64) -> String {
        let pages = if self.size == 0 { 0 } else { total.div_ceil(u64::from(self.size)) };
        let meta = json!({ "pageSize": self.size, "page": self.page, "total": total, "totalPages": pages });
        let page = u64::from(self.page);
        let mut links = self.links(path, filters, page < pages);
        // Past the end, the page before is the last one there is.
        if page > pages + 1 && pages > 0 {
            links["prev"] = Value::from(self.link(path, filters, pages));
        }
        links["last"] = Value::from(self.link(path, filters, pages.max(1)));
        envelope(&meta, documents, &links)
    }

    /// A page of a list that does not.
    pub(crate) fn uncounted(self, path: &str, documents: Vec<String>, has_next: bool) -> String {
        self.uncounted_where(path, &Vec::new(), documents, has_next)
    }

    /// A page of a list that does not, under conditions that its links repeat.
    pub(crate) fn uncounted_where(self, path: &str, filters: &Pairs, documents: Vec<String>, has_next: bool) -> String {
        let meta = json!({ "pageSize": self.size, "page": self.page });
        envelope(&meta, documents, &self.links(path, filters, has_next))
    }

    fn links(self, path: &str, filters: &Pairs, has_next: bool) -> Value {
        let page = u64::from(self.page);
        json!({
            "self": self.link(path, filters, page),
            "first": self.link(path, filters, 1),
            "prev": (page > 1).then(|| self.link(path, filters, page - 1)),
            "next": has_next.then(|| self.link(path, filters, page + 1)),
        })
    }

    fn link(self, path: &str, filters: &Pairs, page: u64) -> String {
        let mut pairs: Pairs =
            vec![(Cow::Borrowed("page"), page.to_string()), (Cow::Borrowed("pageSize"), self.size.to_string())];
        pairs.extend(filters.iter().cloned());
        link(path, &pairs)
    }
}

/// A page by cursor.
pub(crate) fn by_cursor(
    path: &str,
    size: u32,
    filters: &Pairs,
    asked: &str,
    documents: Vec<String>,
    next: Option<String>,
) -> String {
    let meta = json!({ "pageSize": size, "cursor": next });
    let to = |cursor: &str| {
        let mut pairs: Pairs =
            vec![(Cow::Borrowed("cursor"), cursor.to_owned()), (Cow::Borrowed("pageSize"), size.to_string())];
        pairs.extend(filters.iter().cloned());
        link(path, &pairs)
    };
    let links = json!({
        "self": to(asked),
        "first": to(BEGINNING),
        "prev": null,
        "next": next.as_deref().map(to),
    });
    envelope(&meta, documents, &links)
}

/// Query parameters, not yet encoded.
pub(crate) type Pairs = Vec<(Cow<'static, str>, String)>;

/// A link to `path` with these parameters.
pub(crate) fn link(path: &str, pairs: &Pairs) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// How many bytes fill a page that is read on by cursor, whatever its size in records: it ends there, and its cursor goes
/// on behind.
pub(crate) const FULL: usize = 8 * 1024 * 1024;

/// How many bytes the records of a page by number may have. It cannot end early: the numbers of all others depend on it.
pub(crate) const LARGEST: usize = 32 * 1024 * 1024;

/// Checks that the records of a page by number were all read: the store stops behind [`LARGEST`] bytes.
///
/// # Errors
/// 400 with a page size that fits when they were not.
pub(crate) fn check_is_whole(lengths: impl ExactSizeIterator<Item = usize>) -> Result<(), Refusal> {
    let read = lengths.len();
    let fitting = fitting(lengths, LARGEST);
    if fitting == read {
        return Ok(());
    }
    let size = LARGEST / 1024 / 1024;
    let title = format!("This page is larger than {size} MiB: ask with pageSize={fitting} or less");
    Err(Refusal::bad_input(vec![Fault::of_parameter("pageSize", title)]))
}

/// The body of a page. Each document is dropped as soon as it is copied, so that a large page is not held twice.
pub(crate) fn envelope(meta: &Value, documents: Vec<String>, links: &Value) -> String {
    let length: usize = documents.iter().map(|document| document.len() + 1).sum();
    let mut body = String::with_capacity(length + 512);
    body.push_str("{\"meta\":");
    body.push_str(&meta.to_string());
    body.push_str(",\"data\":[");
    for (index, document) in documents.into_iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(&document);
    }
    body.push_str("],\"links\":");
    body.push_str(&links.to_string());
    body.push('}');
    body
}
