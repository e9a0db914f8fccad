//! Pages: `meta` and `links` around documents that are spliced in as they are stored (`docs/contract/behaviour.md` §4).

use std::borrow::Cow;

use kustodian_core::cursor::BEGINNING;
use kustomer_api::query::{DEFAULT_PAGE_SIZE, PageQuery};
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

    /// The envelope of a page of a list that counts.
    pub(crate) fn around_counted(self, path: &str, filters: &Pairs, total: u64) -> Around {
        let pages = if self.size == 0 { 0 } else { total.div_ceil(u64::from(self.size)) };
        let meta = json!({ "pageSize": self.size, "page": self.page, "total": total, "totalPages": pages });
        let page = u64::from(self.page);
        let mut links = self.links(path, filters);
        links["next"] = (page < pages).then(|| self.link(path, filters, page + 1)).into();
        // Past the end, the page before is the last one there is.
        if page > pages + 1 && pages > 0 {
            links["prev"] = Value::from(self.link(path, filters, pages));
        }
        links["last"] = Value::from(self.link(path, filters, pages.max(1)));
        Around::fixed(meta, links)
    }

    /// A page of a list that does not.
    pub(crate) fn uncounted(self, path: &str, documents: Vec<String>, has_next: bool) -> String {
        self.uncounted_where(path, &Vec::new(), documents, has_next)
    }

    /// A page of a list that does not, under conditions that its links repeat.
    pub(crate) fn uncounted_where(self, path: &str, filters: &Pairs, documents: Vec<String>, has_next: bool) -> String {
        self.around_uncounted(path, filters).whole(documents, has_next)
    }

    /// The envelope of such a page.
    pub(crate) fn around_uncounted(self, path: &str, filters: &Pairs) -> Around {
        let next = self.link(path, filters, u64::from(self.page) + 1);
        let meta = json!({ "pageSize": self.size, "page": self.page });
        Around { next: Some(next), ..Around::fixed(meta, self.links(path, filters)) }
    }

    fn links(self, path: &str, filters: &Pairs) -> Value {
        let page = u64::from(self.page);
        json!({
            "self": self.link(path, filters, page),
            "first": self.link(path, filters, 1),
            "prev": (page > 1).then(|| self.link(path, filters, page - 1)),
            "next": null,
        })
    }

    fn link(self, path: &str, filters: &Pairs, page: u64) -> String {
        let mut pairs: Pairs =
            vec![(Cow::Borrowed("page"), page.to_string()), (Cow::Borrowed("pageSize"), self.size.to_string())];
        pairs.extend(filters.iter().cloned());
        link(path, &pairs)
    }
}

/// The envelope of a page by cursor.
pub(crate) fn around_cursor(path: &str, size: u32, filters: &Pairs, asked: &str, next: Option<String>) -> Around {
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
    Around::fixed(meta, links)
}

/// Query parameters, not yet encoded.
pub(crate) type Pairs = Vec<(Cow<'static, str>, String)>;

/// A link to `path` with these parameters.
pub(crate) fn link(path: &str, pairs: &Pairs) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// How many bytes fill a page by cursor, whatever its size in records: it ends there, and its cursor continues
/// on behind.
pub(crate) const FULL: usize = 8 * 1024 * 1024;

/// The envelope of the documents of a page.
pub(crate) struct Around {
    meta: Value,
    links: Value,
    /// The link to the next page, if there is one; `None` where `links` are whole.
    next: Option<String>,
}

impl Around {
    /// All of it is known before the documents are.
    pub(crate) fn fixed(meta: Value, links: Value) -> Self {
        Self { meta, links, next: None }
    }

    /// The body of a page. Each document is dropped as soon as it is copied, so that a large page is not held twice.
    pub(crate) fn whole(self, documents: Vec<String>, has_next: bool) -> String {
        let length: usize = documents.iter().map(|document| document.len() + 1).sum();
        let mut body = self.before();
        body.reserve(length + 512);
        for (index, document) in documents.into_iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            body.push_str(&document);
        }
        body.push_str(&self.behind(has_next));
        body
    }

    /// The text before the documents.
    pub(crate) fn before(&self) -> String {
        format!("{{\"meta\":{},\"data\":[", self.meta)
    }

    /// The text after them.
    pub(crate) fn behind(mut self, has_next: bool) -> String {
        if let Some(next) = self.next.filter(|_| has_next) {
            self.links["next"] = next.into();
        }
        format!("],\"links\":{}}}", self.links)
    }
}

/// The body of a page.
pub(crate) fn envelope(meta: Value, documents: Vec<String>, links: Value) -> String {
    Around::fixed(meta, links).whole(documents, false)
}
