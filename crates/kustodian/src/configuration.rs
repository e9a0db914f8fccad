//! What is set, out of four places: a flag takes precedence over the environment, that over the file, that over the
//! default.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kustodian_server::{CorsOrigin, OutboundAccount};
use serde::Deserialize;

use crate::arguments::{
    AbsentTypesRule, AccessLog, AttachmentsArguments, BulkModeRule, CommonArguments, CompanyNamesRule, CompanyRule,
    DatabaseArguments, IndexArguments, ItemIdsRule, LimitArguments, LogFormat, MissingRoleStatus, PageCap, PublicUrl,
    RateLimit, ServeArguments, TlsArguments, UnknownCompaniesRule, WebhookArguments,
};
use crate::failure::Failure;
use crate::logging;
use crate::size::Size;

/// How to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) listen: String,
    pub(crate) database: String,
    pub(crate) org: String,
    pub(crate) bootstrap_token: Option<String>,
    pub(crate) missing_role_status: MissingRoleStatus,
    pub(crate) rate_limit: RateLimit,
    pub(crate) omitted_company: CompanyRule,
    pub(crate) unknown_companies: UnknownCompaniesRule,
    pub(crate) company_names: CompanyNamesRule,
    pub(crate) item_ids: ItemIdsRule,
    pub(crate) skip_unchanged: bool,
    pub(crate) lenient_query: bool,
    pub(crate) enforce_enumerations: bool,
    pub(crate) strict_host: bool,
    pub(crate) absent_types: AbsentTypesRule,
    pub(crate) bulk_mode: BulkModeRule,
    pub(crate) search_page_cap: PageCap,
    pub(crate) read_only: bool,
    pub(crate) cors_origins: Vec<CorsOrigin>,
    pub(crate) smtp_url: Option<String>,
    pub(crate) outbound_accounts: Vec<OutboundAccount>,
    pub(crate) accept_damaged_log: bool,
    /// The folder for the files of attachments and media.
    pub(crate) attachments: Option<PathBuf>,
    pub(crate) public_url: Option<String>,
    pub(crate) index: IndexArguments,
    pub(crate) limits: LimitArguments,
    pub(crate) webhooks: WebhookArguments,
    pub(crate) tls: TlsArguments,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) access_log: AccessLog,
    /// Where what can change while the server runs is read again.
    pub(crate) given: Given,
}

/// What was given outside the configuration file of what can be read again, and the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    config: Option<PathBuf>,
    log: Option<String>,
    tls: TlsArguments,
}

impl Given {
    /// The log filter and the files of TLS, as they are now.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something that is no setting.
    pub(crate) fn read_again(&self) -> Result<(String, TlsArguments), Failure> {
        Ok(self.over(&File::read(self.config.clone())?))
    }

    fn over(&self, file: &File) -> (String, TlsArguments) {
        let log = self.log.clone().or_else(|| file.log.clone()).unwrap_or_else(|| "info".to_owned());
        let tls = TlsArguments {
            tls_cert: self.tls.tls_cert.clone().or_else(|| file.tls_cert.clone()),
            tls_key: self.tls.tls_key.clone().or_else(|| file.tls_key.clone()),
            hsts: self.tls.hsts.or(file.hsts),
        };
        (log, tls)
    }
}

/// The file that is read when it is there and no other is named.
const USUAL_FILE: &str = "kustodian.toml";

const USUAL_DATABASE: &str = "sqlite:kustodian.db";

/// The org that is made when no other is named.
pub(crate) const USUAL_ORG: &str = "demo";

/// The configuration file. Its keys are the flags of `serve`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct File {
    listen: Option<String>,
    database: Option<String>,
    org: Option<String>,
    bootstrap_token: Option<String>,
    missing_role_status: Option<MissingRoleStatus>,
    rate_limit: Option<RateLimit>,
    omitted_company: Option<CompanyRule>,
    unknown_companies: Option<UnknownCompaniesRule>,
    company_names: Option<CompanyNamesRule>,
    item_ids: Option<ItemIdsRule>,
    skip_unchanged: Option<bool>,
    lenient_query: Option<bool>,
    enforce_enumerations: Option<bool>,
    strict_host: Option<bool>,
    absent_types: Option<AbsentTypesRule>,
    bulk_mode: Option<BulkModeRule>,
    search_page_cap: Option<PageCap>,
    read_only: Option<bool>,
    #[serde(default)]
    cors_origin: Vec<CorsOrigin>,
    smtp_url: Option<String>,
    #[serde(default)]
    outbound_account: Vec<OutboundAccount>,
    attachments: Option<PathBuf>,
    public_url: Option<PublicUrl>,
    indexed_custom_attributes: Option<u8>,
    max_body: Option<Size>,
    max_bulk_body: Option<Size>,
    tracking_retention: Option<u32>,
    presence_timeout: Option<u32>,
    max_record: Option<Size>,
    max_attachment: Option<Size>,
    link_lifetime: Option<u32>,
    body_timeout: Option<u32>,
    head_timeout: Option<u32>,
    answer_timeout: Option<u32>,
    search_timeout: Option<u32>,
    max_connections: Option<usize>,
    max_in_flight: Option<usize>,
    max_feed_waiters: Option<usize>,
    max_unread: Option<Size>,
    target_write_time: Option<u32>,
    shutdown_timeout: Option<u32>,
    webhook_allow_private: Option<bool>,
    webhook_allow_http: Option<bool>,
    webhook_timeout: Option<u32>,
    #[serde(default)]
    webhook_retries: Vec<u32>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    hsts: Option<bool>,
    log: Option<String>,
    log_format: Option<LogFormat>,
    access_log: Option<AccessLog>,
}

impl Configuration {
    /// Gathers what is set. The arguments hold flags and environment already.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something that is no setting.
    pub(crate) fn gather(common: CommonArguments, serve: ServeArguments) -> Result<Self, Failure> {
        let file = File::read(common.config.clone())?;
        let given = Given { config: common.config, log: common.log, tls: serve.tls };
        let (log, tls) = given.over(&file);
        let index = file.index(serve.index);
        let limits = LimitArguments {
            max_body: file.max_body,
            max_bulk_body: file.max_bulk_body,
            max_record: file.max_record,
            max_attachment: file.max_attachment,
            link_lifetime: file.link_lifetime,
            tracking_retention: file.tracking_retention,
            presence_timeout: file.presence_timeout,
            body_timeout: file.body_timeout,
            head_timeout: file.head_timeout,
            answer_timeout: file.answer_timeout,
            search_timeout: file.search_timeout,
            max_connections: file.max_connections,
            max_in_flight: file.max_in_flight,
            max_feed_waiters: file.max_feed_waiters,
            max_unread: file.max_unread,
            target_write_time: file.target_write_time,
            shutdown_timeout: file.shutdown_timeout,
        };
        let webhooks = WebhookArguments {
            webhook_allow_private: file.webhook_allow_private,
            webhook_allow_http: file.webhook_allow_http,
            webhook_timeout: file.webhook_timeout,
            webhook_retries: file.webhook_retries.clone(),
        };
        let attachments = file.attachments(serve.attachments);
        let token = serve.bootstrap_token.or(file.bootstrap_token);
        Ok(Self {
            listen: serve.listen.or(file.listen).unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            database: serve.database.database.or(file.database).unwrap_or_else(|| USUAL_DATABASE.to_owned()),
            org: serve.org.or(file.org).unwrap_or_else(|| USUAL_ORG.to_owned()),
            // An empty variable is how a compose file says "not set".
            bootstrap_token: token.filter(|token| !token.is_empty()),
            missing_role_status: serve.missing_role_status.or(file.missing_role_status).unwrap_or_default(),
            rate_limit: serve.rate_limit.or(file.rate_limit).unwrap_or_default(),
            omitted_company: serve.omitted_company.or(file.omitted_company).unwrap_or_default(),
            unknown_companies: serve.unknown_companies.or(file.unknown_companies).unwrap_or_default(),
            company_names: serve.company_names.or(file.company_names).unwrap_or_default(),
            item_ids: serve.item_ids.or(file.item_ids).unwrap_or_default(),
            skip_unchanged: serve.skip_unchanged.or(file.skip_unchanged).unwrap_or_default(),
            lenient_query: serve.lenient_query.or(file.lenient_query).unwrap_or_default(),
            enforce_enumerations: serve.enforce_enumerations.or(file.enforce_enumerations).unwrap_or(true),
            strict_host: serve.strict_host.or(file.strict_host).unwrap_or_default(),
            bulk_mode: serve.bulk_mode.or(file.bulk_mode).unwrap_or_default(),
            absent_types: serve.absent_types.or(file.absent_types).unwrap_or_default(),
            search_page_cap: serve.search_page_cap.or(file.search_page_cap).unwrap_or_default(),
            cors_origins: if serve.cors_origin.is_empty() { file.cors_origin } else { serve.cors_origin },
            smtp_url: serve.smtp_url.or(file.smtp_url).filter(|url| !url.is_empty()),
            outbound_accounts: match serve.outbound_account.is_empty() {
                true => file.outbound_account,
                false => serve.outbound_account,
            },
            read_only: serve.read_only.or(file.read_only).unwrap_or_default(),
            accept_damaged_log: serve.accept_damaged_log,
            attachments,
            public_url: serve.public_url.or(file.public_url.map(|url| url.0)),
            index,
            limits: serve.limits.or(limits),
            webhooks: serve.webhooks.or(webhooks),
            tls,
            log,
            log_format: common.log_format.or(file.log_format).unwrap_or_default(),
            access_log: serve.access_log.or(file.access_log).unwrap_or_default(),
            given,
        })
    }
}

/// Reads the file for a command that is not the server, and starts logging warnings only, unless asked for more: what
/// the file says about logs is meant for the server.
pub(crate) fn quiet(common: CommonArguments) -> Result<File, Failure> {
    let (filter, format) = (common.log.as_deref().unwrap_or("warn"), common.log_format.unwrap_or_default());
    logging::start(filter, format, AccessLog::Off)?;
    File::read(common.config)
}

impl File {
    /// The database to work on.
    pub(crate) fn database(&self, arguments: DatabaseArguments) -> String {
        arguments.database.or_else(|| self.database.clone()).unwrap_or_else(|| USUAL_DATABASE.to_owned())
    }

    /// The folder for the files of attachments and media, when one is set.
    pub(crate) fn attachments(&self, arguments: AttachmentsArguments) -> Option<PathBuf> {
        arguments.attachments.or_else(|| self.attachments.clone())
    }

    /// What to index.
    pub(crate) fn index(&self, arguments: IndexArguments) -> IndexArguments {
        let given = arguments.indexed_custom_attributes.or(self.indexed_custom_attributes);
        IndexArguments { indexed_custom_attributes: given.map(|number| number.min(30)) }
    }

    /// The org to work in.
    /// The address that links begin with, when one is given or set.
    pub(crate) fn public_url(&self, given: Option<String>) -> Option<String> {
        given.or_else(|| self.public_url.as_ref().map(|url| url.0.clone()))
    }

    /// The org of a command.
    pub(crate) fn org(&self, given: Option<String>) -> String {
        given.or_else(|| self.org.clone()).unwrap_or_else(|| USUAL_ORG.to_owned())
    }

    fn read(named: Option<PathBuf>) -> Result<Self, Failure> {
        let named = named.filter(|path| !path.as_os_str().is_empty());
        let path = named.clone().unwrap_or_else(|| PathBuf::from(USUAL_FILE));
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => Ok(Self::default()),
            Err(error) => Err(Failure::new(format!(
                "the configuration file {} cannot be read ({error}): name another with --config",
                path.display()
            ))),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
            Failure::new(format!("{}, line {line}: {}", path.display(), error.message()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        File::parse(Path::new("kustodian.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn the_arguments_take_precedence_over_the_file_and_the_file_over_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.toml");
        fs::write(&path, "listen = '127.0.0.1:1'\norg = 'acme'\nrate-limit = 17\nmissing-role-status = 401\n").unwrap();
        let common = CommonArguments { config: Some(path), log: Some("debug".to_owned()), log_format: None };
        let serve = ServeArguments { listen: Some("127.0.0.1:2".to_owned()), ..ServeArguments::default() };
        let gathered = Configuration::gather(common, serve).unwrap();
        assert_eq!((gathered.listen.as_str(), gathered.org.as_str()), ("127.0.0.1:2", "acme"));
        assert_eq!(gathered.rate_limit, RateLimit::of(17));
        assert_eq!(gathered.missing_role_status.status(), 401);
        assert_eq!((gathered.database.as_str(), gathered.log.as_str()), ("sqlite:kustodian.db", "debug"));
    }

    #[test]
    fn what_is_no_setting_is_named_with_its_line() {
        let unknown = refused("listen = 'a'\nlisten-on = 'b'\n");
        assert!(unknown.starts_with("kustodian.toml, line 2: unknown field `listen-on`"), "{unknown}");
        let limit = refused("rate-limit = 'lots'");
        assert!(
            limit.contains(r#""lots" is neither off, enterprise, ultimate, business, professional nor a number"#),
            "{limit}"
        );
        let status = refused("missing-role-status = 404");
        assert!(status.contains(r#""404" is not 403 or 401"#), "{status}");
        assert!(!refused("listen = [").contains('\n'));
    }
}
