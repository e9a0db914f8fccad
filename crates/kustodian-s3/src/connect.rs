//! The connection to the storage: its address, its keys, and how long it may take.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use http::header::CONTENT_RANGE;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService};
use object_store::path::Path;
use object_store::{ClientOptions, RetryConfig};

use crate::bucket::Bucket;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long a request may take: one of a part, or the copy of the largest object.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// How long a request is repeated that fails for now, and how often.
const RETRY_WITHIN: Duration = Duration::from_secs(20);
const RETRIES: usize = 4;

/// How the storage is reached. Absent settings are taken from the variables that other programs for S3 read, such as
/// `AWS_SESSION_TOKEN`, `AWS_ROLE_ARN` or `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
#[derive(Clone, Default)]
pub struct Access {
    /// The address of the storage; that of AWS if absent.
    pub endpoint: Option<String>,
    /// The region; `us-east-1` if absent.
    pub region: Option<String>,
    /// The id of the access key.
    pub access_key_id: Option<String>,
    /// The secret of the access key.
    pub secret_access_key: Option<String>,
}

impl std::fmt::Debug for Access {
    /// Without keys.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { endpoint, region, .. } = self;
        formatter.debug_struct("Access").field("endpoint", endpoint).field("region", region).finish_non_exhaustive()
    }
}

/// Why a place in S3-compatible storage cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is not written as one.
    #[error("{0} is no place in S3: write it like s3://bucket or s3://bucket/prefix")]
    NotAPlace(String),
    /// The settings or the variables of its access do not do.
    #[error(
        "{place} cannot be used ({reason}): see the settings s3-endpoint, s3-region, s3-access-key-id and s3-secret-access-key, and the variables AWS_*"
    )]
    Access {
        /// Where.
        place: String,
        /// The fault.
        reason: String,
    },
}

impl Bucket {
    /// Files at `place`, which is written like `s3://bucket/prefix`. Sends nothing yet.
    ///
    /// # Errors
    /// When the place is none, or the settings of the access contradict each other.
    pub fn open(place: &str, access: Access, tls: rustls::ClientConfig) -> Result<Self, Unusable> {
        let not_a_place = || Unusable::NotAPlace(place.to_owned());
        let rest = place.strip_prefix("s3://").ok_or_else(not_a_place)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_in_names = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
        // A path is parsed without the slash that it begins with.
        if bucket.is_empty() || !bucket.chars().all(is_in_names) || prefix.starts_with('/') {
            return Err(not_a_place());
        }
        let prefix = Path::parse(prefix.trim_end_matches('/')).map_err(|_| not_a_place())?;
        let unusable = |reason: String| Unusable::Access { place: place.to_owned(), reason };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .user_agent(concat!("Kustodian/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_WITHIN, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new();
        for (key, value) in variables() {
            builder = builder.with_config(key, value);
        }
        let Access { endpoint, region, access_key_id, secret_access_key } = access;
        let given = [
            (AmazonS3ConfigKey::Endpoint, endpoint.clone()),
            // It would take precedence.
            (AmazonS3ConfigKey::S3Endpoint, endpoint),
            (AmazonS3ConfigKey::Region, region),
            (AmazonS3ConfigKey::AccessKeyId, access_key_id),
            (AmazonS3ConfigKey::SecretAccessKey, secret_access_key),
        ];
        for (key, value) in given {
            if let Some(value) = value {
                builder = builder.with_config(key, value);
            }
        }
        let store = builder
            .with_bucket_name(bucket)
            .with_http_connector(Connector(client))
            .with_retry(retry)
            // Not all compatible storage has it.
            .with_disable_bulk_delete(true)
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Self::over(Arc::new(store), prefix, place.trim_end_matches('/')))
    }
}

/// The variables that programs for S3 read. An empty one counts as none.
fn variables() -> impl Iterator<Item = (AmazonS3ConfigKey, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        let is_one = name.starts_with("AWS_") && !value.is_empty();
        is_one.then(|| name.to_ascii_lowercase().parse().ok()).flatten().map(|key| (key, value))
    })
}

/// Requests are sent by one client, with our TLS.
#[derive(Debug, Clone)]
struct Connector(reqwest::Client);

#[async_trait]
impl HttpService for Connector {
    /// Some compatible storage answers a part of an object with 200, and says which part it is.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut answer = self.0.call(request).await?;
        if answer.status() == StatusCode::OK && answer.headers().contains_key(CONTENT_RANGE) {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        Ok(answer)
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kustodian_core::files::Files as _;

    fn open(place: &str) -> Result<Bucket, Unusable> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap();
        let tls = config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        let access = Access {
            access_key_id: Some("id".to_owned()),
            secret_access_key: Some("secret".to_owned()),
            ..Access::default()
        };
        Bucket::open(place, access, tls)
    }

    #[test]
    fn a_place_is_a_bucket_with_or_without_a_prefix() {
        for (place, shown) in [("s3://b", "s3://b"), ("s3://b/", "s3://b"), ("s3://b/p/q/", "s3://b/p/q")] {
            assert_eq!(open(place).unwrap().place(), shown);
        }
        for place in ["", "s3://", "s3:///p", "s3:/b", "s3://b//p", "s3://user:word@b", "s3://b?c"] {
            let opened = open(place).map(|bucket| bucket.place());
            let error = opened.expect_err(place);
            assert!(matches!(error, Unusable::NotAPlace(_)), "{place}: {error}");
        }
    }

    #[test]
    fn an_access_is_printed_without_keys() {
        let access = Access { secret_access_key: Some("mine".to_owned()), ..Access::default() };
        assert!(!format!("{access:?}").contains("mine"));
    }
}
