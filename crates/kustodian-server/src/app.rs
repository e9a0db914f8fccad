//! What every request shares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kustodian_core::chance::{Clock, Ids};
use kustodian_core::directory::Directory;
use kustodian_core::files::Files;
use kustodian_core::link::Signer;
use kustodian_core::rate_limit::{Budget, Budgets, Creation, Standing};
use kustodian_core::repeats::Repeats;
use kustodian_core::store::{OrgKey, Store};
use kustomer_api::Timestamp;
use kustomer_api::inbound_webhook::MAX_RECEIVED;
use tokio::sync::Semaphore;

use crate::admission::Admission;
use crate::alone::Alone;
use crate::arriving::Arriving;
use crate::authentication::TokenCache;
use crate::bulk::Bulks;
use crate::described::Described;
use crate::feed_watch::FeedWatch;
use crate::files::FileDesk;
use crate::following::Following;
use crate::letters::Letters;
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::routes::RouteTable;
use crate::scrub::Scrubber;
use crate::settings::{AbsentTypes, Settings};
use crate::sign_in::Doors;
use crate::slas::Slas;
use crate::spam::Spam;
use crate::stopping::Stop;
use crate::unread::Unread;
use crate::webhooks::Webhooks;
use crate::whitelists::Whitelists;

/// How many large pages of the feed are made at the same time.
const LARGE_PAGES: usize = 8;

/// The parts that the server is built on.
#[derive(Clone)]
pub struct Services {
    /// The records.
    pub store: Arc<dyn Store>,
    /// The orgs and credentials.
    pub directory: Arc<dyn Directory>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// The bytes of attachments and media.
    pub files: Arc<dyn Files>,
    /// What signs the links to them.
    pub signer: Signer,
}

pub(crate) struct App {
    pub(crate) services: Services,
    pub(crate) settings: Settings,
    pub(crate) routes: RouteTable,
    pub(crate) tokens: TokenCache,
    /// The origins whose pages may track visitors.
    pub(crate) whitelists: Whitelists,
    pub(crate) passwords: Passwords,
    /// Who has failed to sign in and has to wait.
    pub(crate) doors: Doors,
    pub(crate) letters: Arc<Letters>,
    /// What orgs say of custom attributes.
    pub(crate) described: Described,
    /// The orgs that say something of senders.
    pub(crate) spam: Spam,
    /// The SLAs that orgs measure conversations by.
    pub(crate) slas: Arc<Slas>,
    pub(crate) metrics: Metrics,
    /// Places for the requests that are worked on.
    pub(crate) admission: Admission,
    /// Places for the bodies that are arriving.
    pub(crate) arriving: Arriving,
    /// Places for the bodies of bulk operations. They have their own: each may be forty times as large, so that few fit, and
    /// ordinary requests must not be refused for that.
    pub(crate) arriving_bulk: Arriving,
    /// Places for posts to inbound webhooks, which need no key.
    pub(crate) arriving_posted: Arriving,
    /// Answers that clients have not read yet.
    pub(crate) unread: Arc<Unread>,
    pub(crate) feed_watch: Arc<FeedWatch>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) scrubber: Arc<Scrubber>,
    pub(crate) following: Arc<Following>,
    pub(crate) bulks: Arc<Bulks>,
    /// For pages of the feed that are large while they are made.
    pub(crate) large_pages: Semaphore,
    pub(crate) webhooks: Webhooks,
    pub(crate) files: FileDesk,
    /// Conversations that one request changes alone.
    pub(crate) alone: Alone,
    /// Why the server was not ready when it was last asked, for the log.
    pub(crate) unready: Mutex<Repeats>,
    budgets: Mutex<HashMap<OrgKey, Budget>>,
    creations: Mutex<Budgets<Creation>>,
}

/// How many budgets of creations are held at most: some 10 MiB. Under a plan's limit of requests, an org begins at most
/// 2,000 in a window.
const MOST_CREATIONS: usize = 100_000;

impl App {
    pub(crate) fn new(services: Services, settings: Settings) -> Self {
        let metrics = Metrics::default();
        let scrubber = Arc::new(Scrubber::new(metrics.scrub_pending.clone()));
        let admission = Admission::new(settings.max_in_flight, settings.target_write_time);
        let absent = match settings.absent_types {
            AbsentTypes::Empty => crate::handlers::absent::lists(),
            AbsentTypes::Refuse | AbsentTypes::EmptySearches => Vec::new(),
        };
        let routes = RouteTable::new(crate::handlers::served(), absent);
        let feed_watch = Arc::new(FeedWatch::new(settings.max_feed_waiters));
        let arriving = Arriving::new(settings.max_body);
        let arriving_bulk = Arriving::new(settings.max_bulk_body);
        let unread = Arc::new(Unread::new(settings.max_unread));
        let files = FileDesk::new(Arc::clone(&services.files), services.signer.clone());
        Self {
            services,
            settings,
            routes,
            tokens: TokenCache::default(),
            whitelists: Whitelists::default(),
            passwords: Passwords::default(),
            doors: Doors::default(),
            letters: Arc::default(),
            described: Described::default(),
            spam: Spam::default(),
            slas: Arc::default(),
            metrics,
            admission,
            arriving,
            arriving_bulk,
            arriving_posted: Arriving::new(MAX_RECEIVED),
            feed_watch,
            stop: Arc::default(),
            unread,
            scrubber,
            following: Arc::default(),
            bulks: Arc::default(),
            large_pages: Semaphore::new(LARGE_PAGES),
            webhooks: Webhooks::default(),
            files,
            alone: Alone::default(),
            unready: Mutex::default(),
            budgets: Mutex::default(),
            creations: Mutex::new(Budgets::of_at_most(MOST_CREATIONS)),
        }
    }

    /// Takes one request out of the org's budget; whether there was one left, and how much of the budget is left.
    pub(crate) fn take_from_budget(&self, org: OrgKey, now: Timestamp) -> (bool, Standing) {
        match self.settings.rate_limit {
            None => (true, Standing::unlimited(now)),
            Some(limit) => {
                let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
                budgets.entry(org).or_default().take(limit, now)
            }
        }
    }

    /// Takes one creation out of its budget; the standing when there was none left.
    pub(crate) fn take_creation(&self, creation: Creation, limit: u32, now: Timestamp) -> Result<(), Standing> {
        let mut creations = self.creations.lock().unwrap_or_else(PoisonError::into_inner);
        match creations.take(creation, limit, now) {
            Some((false, standing)) => Err(standing),
            Some((true, _)) | None => Ok(()),
        }
    }
}
