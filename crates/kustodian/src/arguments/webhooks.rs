//! How events are sent to webhooks.

use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use kustodian_server::Settings;

/// How events are sent to webhooks.
#[derive(Debug, Default, Clone, PartialEq, Eq, Args)]
pub(crate) struct WebhookArguments {
    /// Sends webhooks to addresses that are not on the public internet, too, such as those of this machine [default: false]
    #[arg(
        long,
        help_heading = "Webhooks",
        env = "KUSTODIAN_WEBHOOK_ALLOW_PRIVATE",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) webhook_allow_private: Option<bool>,
    /// Lets webhooks have http: URLs, whose events anybody on the way can read [default: false]
    #[arg(
        long,
        help_heading = "Webhooks",
        env = "KUSTODIAN_WEBHOOK_ALLOW_HTTP",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) webhook_allow_http: Option<bool>,
    /// Seconds a receiver may take to answer [default: 10]
    #[arg(long, help_heading = "Webhooks", env = "KUSTODIAN_WEBHOOK_TIMEOUT", value_name = "SECONDS")]
    pub(crate) webhook_timeout: Option<u32>,
    /// The pauses, in seconds, after each failure to deliver an event; after one more failure the webhook is disabled
    /// [default: 60,60,120,300,600,900,1800]
    #[arg(
        long,
        help_heading = "Webhooks",
        env = "KUSTODIAN_WEBHOOK_RETRIES",
        value_name = "SECONDS",
        value_delimiter = ','
    )]
    pub(crate) webhook_retries: Vec<u32>,
}

impl WebhookArguments {
    /// These, and those of `other` where these say nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            webhook_allow_private: self.webhook_allow_private.or(other.webhook_allow_private),
            webhook_allow_http: self.webhook_allow_http.or(other.webhook_allow_http),
            webhook_timeout: self.webhook_timeout.or(other.webhook_timeout),
            webhook_retries: if self.webhook_retries.is_empty() { other.webhook_retries } else { self.webhook_retries },
        }
    }

    /// Sets what is given.
    pub(crate) fn apply(self, settings: &mut Settings) {
        settings.webhook_allow_private = self.webhook_allow_private.unwrap_or(settings.webhook_allow_private);
        settings.webhook_allow_http = self.webhook_allow_http.unwrap_or(settings.webhook_allow_http);
        if let Some(seconds) = self.webhook_timeout {
            settings.webhook_timeout = Duration::from_secs(seconds.max(1).into());
        }
        if !self.webhook_retries.is_empty() {
            let pauses = self.webhook_retries.into_iter();
            settings.webhook_retries = pauses.map(|seconds| Duration::from_secs(seconds.into())).collect();
        }
    }
}
