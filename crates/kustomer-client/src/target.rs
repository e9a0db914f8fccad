//! Where calls go: the base URL.

use reqwest::Url;

use crate::error::InvalidRequest;

const SCHEME: &str = "it must begin with http:// or https://, like http://127.0.0.1:8080";

/// A base URL that ends in `/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(Url);

impl Target {
    /// Out of a URL with or without `/v1` at its end.
    pub(crate) fn of_url(text: &str) -> Result<Self, InvalidRequest> {
        let refuse =
            |reason: &str| InvalidRequest::BaseUrl { url: without_credentials(text), reason: reason.to_owned() };
        let mut url = match Url::parse(text.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            // Without a scheme it is no URL, or the host is taken for one.
            Ok(_) => return Err(refuse(SCHEME)),
            Err(_) if !text.contains("://") => return Err(refuse(SCHEME)),
            Err(error) => return Err(refuse(&error.to_string())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("credentials do not belong into it; give the token instead"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it must not have a query or a fragment"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let path = if path.ends_with("/v1") { path } else { format!("{path}/v1") };
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of an org at Kustomer (`docs/contract/behaviour.md` §1.1).
    pub(crate) fn of_org(org: &str) -> Result<Self, InvalidRequest> {
        let refuse = || InvalidRequest::Org { org: org.to_owned() };
        let legal = !org.is_empty() && org.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !legal {
            return Err(refuse());
        }
        Self::of_url(&format!("https://{org}.api.kustomerapp.com/v1")).map_err(|_| refuse())
    }

    /// The URL of a path below `/v1` with these query parameters.
    pub(crate) fn join<N: AsRef<str>>(&self, path: &str, query: &[(N, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (name.as_ref(), value)));
        }
        url
    }

    /// The URL of a path as a person or a server gives it: with or without `/v1` and a query of its own, or whole. `None`
    /// when it leads to another server, where the token must not go, or out of the API.
    pub(crate) fn resolve<N: AsRef<str>>(&self, path: &str, query: &[(N, String)]) -> Option<Url> {
        let path = match Url::parse(path) {
            Ok(whole) if whole.origin() == self.0.origin() => {
                let path = whole.path().strip_prefix(self.0.path())?;
                whole.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
            }
            Ok(_) => return None,
            Err(_) => path.to_owned(),
        };
        let path = path.trim_start_matches('/');
        let below = match path.strip_prefix("v1") {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => rest.trim_start_matches('/'),
            _ => path,
        };
        let url = Url::parse(&format!("{}/{below}", self.0)).ok()?;
        let is_below = url.path().strip_prefix(self.0.path()).is_some_and(|rest| rest.starts_with('/'));
        let mut url = Some(url).filter(|url| is_below && url.fragment().is_none())?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (name.as_ref(), value)));
        }
        Some(url)
    }

    /// Whether requests are encrypted.
    #[cfg(not(target_arch = "wasm32"))]
    #[cfg_attr(
        all(feature = "native-tls", not(feature = "__rustls")),
        expect(dead_code, reason = "TLS of the system is set up whatever the URL is")
    )]
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Scheme, host and port of a URL, for messages.
pub(crate) fn address(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A URL that is refused is shown; a password in it is not.
pub(crate) fn without_credentials(text: &str) -> String {
    match (text.find("://"), text.find('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => format!("{}***{}", &text[..scheme + 3], &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_within_the_api_of_the_server() {
        let target = Target::of_url("https://api.example/proxy").unwrap();
        let resolved = |path: &str| target.resolve(path, &[("q", "a b".to_owned())]).map(String::from);
        for path in ["customers", "/customers", "/v1/customers", "v1/customers"] {
            assert_eq!(resolved(path).unwrap(), "https://api.example/proxy/v1/customers?q=a+b", "{path}");
        }
        assert_eq!(resolved("/customers?page=2").unwrap(), "https://api.example/proxy/v1/customers?page=2&q=a+b");
        assert_eq!(resolved("https://api.example/proxy/v1/customers"), resolved("/customers"));
        for path in [
            "/../v1x",
            "https://api.example/v1/customers",
            "https://elsewhere.example/v1/customers",
            "http://api.example/v1/customers",
            "/../../admin",
            "/%2e%2e/%2e%2e/admin",
            "customers#x",
        ] {
            assert_eq!(resolved(path), None, "{path}");
        }
    }

    #[test]
    fn the_version_is_added_once() {
        for (given, base) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1"),
            ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
            ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
            ("https://acme.example/crm", "https://acme.example/crm/v1"),
        ] {
            assert_eq!(Target::of_url(given).unwrap().as_str(), base, "{given}");
        }
        assert_eq!(Target::of_org("acme").unwrap().as_str(), "https://acme.api.kustomerapp.com/v1");
    }

    #[test]
    fn what_cannot_be_a_base_url_is_refused_without_showing_a_password() {
        for given in ["", "127.0.0.1:8080", "ftp://acme.example", "http://a:secret@b", "http://b/?x=1", "http://b/#x"] {
            let refused = Target::of_url(given).unwrap_err().to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
        assert!(Target::of_org("acme.example/").is_err());
        assert!(Target::of_org("").is_err());
    }

    #[test]
    fn query_values_are_encoded() {
        let target = Target::of_url("http://b").unwrap();
        let url = target.join("/customers", &[("filter[createdAt][gte]", "2016-11-09T04:23:01+01:00 &".to_owned())]);
        assert_eq!(
            url.as_str(),
            "http://b/v1/customers?filter%5BcreatedAt%5D%5Bgte%5D=2016-11-09T04%3A23%3A01%2B01%3A00+%26"
        );
    }
}
