//! The proxy that the environment puts between a client and its server.

use reqwest::Url;

/// The proxy that `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` name for a URL: scheme, host and port, without
/// credentials. A browser has its own, which it does not name.
pub(crate) fn of(url: &Url) -> Option<String> {
    #[cfg(not(target_arch = "wasm32"))]
    {
        let matcher = hyper_util::client::proxy::matcher::Matcher::from_env();
        let proxy = matcher.intercept(&url.as_str().parse().ok()?)?;
        let (scheme, host) = (proxy.uri().scheme_str().unwrap_or("http"), proxy.uri().host()?);
        let port = proxy.uri().port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{scheme}://{host}{port}"))
    }
    #[cfg(target_arch = "wasm32")]
    {
        let _ = url;
        None
    }
}
