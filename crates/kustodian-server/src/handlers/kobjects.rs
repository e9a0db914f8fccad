//! Kobjects. Which of them a key may read or write may depend on their klass.

use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::customer::KnownCompany;
use kustodian_core::kind::Kind;
use kustodian_core::klass::KnownKlass;
use kustodian_core::kobject::{self, Owners, Seeds, Ties, Write};
use kustodian_core::permission::authorize_klass;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{Loaded, SortKey, Stored, Within};
use kustodian_core::tag::Resolved;
use kustodian_core::{metadata, missing, resource};
use kustomer_api::company::FindCompanyKObjects;
use kustomer_api::kobject::{
    CreateCustomerKObject, CreateKObject, DeleteKObject, FindCustomerKObjects, GetKObject, GetKObjectHistory,
    GetKObjects, GetKlassesByNameAndExternalId, KObjectInput, ListKObjects, RestoreKObject, UpdateKObject,
};
use kustomer_api::query::{PageQuery, QueryArguments};
use kustomer_api::{Endpoint, Field, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::creations::{self, Of};
use crate::described;
use crate::handlers::family::Former;
use crate::handlers::plain::{self, Which};
use crate::handlers::{companies, family, history, klasses, merges, tags};
use crate::paging::Numbered;

pub(crate) async fn get_k_objects(call: Call<GetKObjects>) -> Result<Answer, Refusal> {
    let klass = find_klass(&call, &call.path).await?;
    let conditions = ListKObjects { paging: PageQuery::default(), ..call.query }.write();
    let since =
        |moment: kustomer_api::Timestamp| Within { of: SortKey::UpdatedAt, from: moment.as_millis(), to: i64::MAX };
    let within: Vec<Within> = call.query.from_date.map(since).into_iter().collect();
    let which = Which {
        of: vec![(kobject::KLASS, klass.name.clone())],
        // What changed since a moment is read in the order of its changes: who reads on misses nothing.
        sort: if within.is_empty() { SortKey::Id } else { SortKey::UpdatedAt },
        within,
        path: Some(klass.path()),
        ..Which::default()
    };
    plain::list_narrowed(&call, Kind::KObject, which, Numbered::of(call.query.paging), &conditions).await
}

pub(crate) async fn find_customer_k_objects(call: Call<FindCustomerKObjects>) -> Result<Answer, Refusal> {
    let klass = find_klass(&call, &call.path.klass).await?;
    let customer = find(&call, Kind::Customer, call.path.id).await?;
    if customer.as_ref().is_none_or(|customer| customer.deleted) {
        return Err(missing::missing(Kind::Customer, customer.as_ref()));
    }
    list_of(&call, (Kind::Customer, call.path.id), kobject::CUSTOMER, &klass, call.query).await
}

pub(crate) async fn find_company_k_objects(call: Call<FindCompanyKObjects>) -> Result<Answer, Refusal> {
    let klass = find_klass(&call, &call.path.klass).await?;
    let company = find(&call, Kind::Company, call.path.id).await?;
    company.filter(|company| !company.deleted).ok_or_else(|| Refusal::not_found("id"))?;
    list_of(&call, (Kind::Company, call.path.id), kobject::COMPANY, &klass, call.query).await
}

async fn list_of<E: Endpoint>(
    call: &Call<E>,
    (parent, id): Name,
    column: &'static str,
    klass: &KnownKlass,
    page: PageQuery,
) -> Result<Answer, Refusal> {
    let path = format!("{}{}", parent.path_of(id), klass.path().trim_start_matches("/v1"));
    let of = vec![(column, id.to_string()), (kobject::KLASS, klass.name.clone())];
    let which = Which { of, path: Some(path), ..Which::default() };
    plain::list_narrowed(call, Kind::KObject, which, Numbered::of(page), &Vec::new()).await
}

pub(crate) async fn get_k_object(call: Call<GetKObject>) -> Result<Answer, Refusal> {
    let klass = find_klass(&call, &call.path.klass).await?;
    let stored = find(&call, Kind::KObject, call.path.id).await?;
    kobject::check_klass(stored.as_ref(), &klass)?;
    plain::get(&call, Kind::KObject, call.path.id, call.query).await
}

pub(crate) async fn get_k_object_history(call: Call<GetKObjectHistory>) -> Result<Answer, Refusal> {
    let klass = find_klass(&call, &call.path.klass).await?;
    kobject::check_klass(find(&call, Kind::KObject, call.path.id).await?.as_ref(), &klass)?;
    history::list_of(&call, Kind::KObject, call.path.id).await
}

pub(crate) async fn restore_k_object(call: Call<RestoreKObject>) -> Result<Answer, Refusal> {
    let act = call.act();
    let seeds = Seeds { event: call.next_event(), customer_event: call.next_event() };
    let rev = call.input()?.rev;
    let klass = find_klass(&call, &call.path.klass).await?;
    let stored = find(&call, Kind::KObject, call.path.id).await?;
    let name = (Kind::KObject, call.path.id);
    let customer = match stored.as_ref().map(Ties::of).transpose()?.and_then(|ties| ties.customer) {
        Some(id) => Some((Kind::Customer, merges::resolve(call.store(), call.org(), id).await?)),
        None => None,
    };
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let ready = call.ready();
    let decide = move |loaded: Loaded| {
        let stored = loaded.get(name);
        let former = stored.map_or(0, |stored| stored.document.len());
        let customer = customer.and_then(|name| loaded.get(name));
        let restored = kobject::restore(&act.context(), stored, customer, seeds, &klass)?;
        if let Some(stored) = stored {
            resource::check_if_match(stored, if_match.as_deref())?;
            resource::check_rev(stored, rev.as_ref())?;
        }
        if restored.puts.is_empty() { Ok(restored) } else { ready(restored, former) }
    };
    let names = std::iter::once(name).chain(customer).collect();
    match call.commit_locked(names, Box::new(decide)).await {
        Ok(changes) if changes.puts.is_empty() => plain::present(&call, Kind::KObject, call.path.id).await,
        Ok(changes) => plain::written(changes, Answer::ok),
        Err(error) => Err(call.not_committed(error)),
    }
}

pub(crate) async fn get_klasses_by_name_and_external_id(
    call: Call<GetKlassesByNameAndExternalId>,
) -> Result<Answer, Refusal> {
    let klass = find_klass(&call, &call.path.klass).await?;
    described::authorize_look_up(&call, &metadata::name_of_klass(&klass.name), &["externalId"]).await?;
    let key = kobject::external_id_key(call.org(), &klass.name, &call.path.external_id);
    let found = call.store().find_by_claim(call.org(), Kind::KObject, key).await.map_err(unavailable)?;
    let stored = found.filter(|kobject| !kobject.deleted).ok_or_else(|| Refusal::not_found("externalId"))?;
    Ok(Answer::ok(stored.document))
}

pub(crate) async fn create_k_object(call: Call<CreateKObject>) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::KObject)?;
    let klass = call.path.clone();
    create(&call, &klass, None).await
}

pub(crate) async fn create_customer_k_object(call: Call<CreateCustomerKObject>) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::KObject)?;
    let (klass, customer) = (call.path.klass.clone(), call.path.id);
    create(&call, &klass, Some(customer)).await
}

/// Creates a kobject, for the customer that the path names or the one that the body does.
async fn create<E>(call: &Call<E>, klass: &str, of: Option<ObjectId>) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = KObjectInput>,
{
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let (act, id) = (call.act(), family::kept_id(call).await?);
    let seeds = Seeds { event: call.next_event(), customer_event: call.next_event() };
    check_task(call).await?;
    let mut input = unmasked(call, klass, described::Write::New).await?;
    let named_tags = input.tags.take();
    let company = std::mem::take(&mut input.company);
    let customer = match (of, id_in(&std::mem::take(&mut input.customer))) {
        (Some(of), Some(other)) if of != other => return Err(kobject::other_customer(of)),
        (of, named) => of.or(named),
    };
    let counted = customer.map_or(Of::Nobody, Of::Customer);
    creations::count(call, Kind::KObject, counted, input.imported_at.is_some()).await?;
    for _ in 0..plain::ATTEMPTS {
        let klass = find_klass(call, klass).await?;
        described::check(call, &metadata::name_of_klass(&klass.name), None, &input).await?;
        let tags = tags::resolve(call, named_tags.clone()).await?;
        let company = companies::find_linked(call, &company).await?;
        let write = Write { input: input.clone(), tags, assigned: Vec::new() };
        let made = New { id, seeds, klass, company, write };
        let committed = match customer {
            None => call.commit(call.ready()(made.decide(&act, None)?, 0)?).await,
            Some(customer) => {
                let (act, ready, is_in_path) = (act.clone(), call.ready(), of.is_some());
                let decide = move |loaded: Loaded| {
                    let customer = match loaded.get((Kind::Customer, customer)) {
                        Some(found) if !found.deleted => found,
                        found if is_in_path => return Err(missing::missing(Kind::Customer, found)),
                        _ => return Err(kobject::unknown_customer(customer)),
                    };
                    ready(made.decide(&act, Some(customer))?, 0)
                };
                call.commit_locked(vec![(Kind::Customer, customer)], Box::new(decide)).await
            }
        };
        match committed {
            Ok(changes) => return plain::written(changes, Answer::created),
            Err(error) if plain::is_about_another(Kind::KObject, &error) => {}
            Err(error) => return Err(family::not_created(call, id, error)),
        }
    }
    Err(plain::too_busy())
}

/// The user and the queue of a task that is imported must exist.
async fn check_task<E: Endpoint>(call: &Call<E>) -> Result<(), Refusal> {
    for (kind, member) in [(Kind::User, "assignedUser"), (Kind::RoutingQueue, "queue")] {
        if let Some(id) = call.import().and_then(|import| import.text(member)) {
            family::known(call, kind, member, &[id.to_owned()], &[]).await?;
        }
    }
    Ok(())
}

/// The body of a write of a kobject of the klass with this name, with the record's values in place of masks.
async fn unmasked<E>(call: &Call<E>, klass: &str, write: described::Write) -> Result<KObjectInput, Refusal>
where
    E: Endpoint<Body = KObjectInput>,
{
    if !described::may_be_masked(call).await? {
        return call.input();
    }
    let klass = find_klass(call, klass).await?;
    described::unmasked(call, &metadata::name_of_klass(&klass.name), Kind::KObject, write).await
}

/// A kobject to create, with all that was looked up for it.
struct New {
    id: ObjectId,
    seeds: Seeds,
    klass: KnownKlass,
    company: Option<KnownCompany>,
    write: Write,
}

impl New {
    fn decide(self, act: &crate::call::Act, customer: Option<&Stored>) -> Result<ChangeSet, Refusal> {
        let owners = Owners { klass: &self.klass, customer, company: self.company.as_ref() };
        kobject::create(&act.context(), self.id, self.seeds, owners, self.write)
    }
}

/// The id in a member that takes one, null, or a blank.
fn id_in(field: &Field<String>) -> Option<ObjectId> {
    field.value().and_then(|text| text.parse().ok())
}

pub(crate) async fn update_k_object(call: Call<UpdateKObject>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let mut input = unmasked(&call, &call.path.klass, described::Write::Change(call.path.id)).await?;
    let named = input.tags.take();
    let klass = find_klass(&call, &call.path.klass).await?;
    let record = Some((Kind::KObject, call.path.id));
    described::check(&call, &metadata::name_of_klass(&klass.name), record, &input).await?;
    let assigned = assigned(&call, &input).await?;
    let decide = move |stored: Option<Stored>, tags: Option<Resolved>| {
        kobject::update(&act.context(), stored.as_ref(), event, &klass, Write { input, tags, assigned })
    };
    plain::update_with_tags(&call, Kind::KObject, call.path.id, named, decide).await
}

/// The user and the queue that a task is assigned to, which must exist, unless it is assigned to them already.
async fn assigned(call: &Call<UpdateKObject>, input: &KObjectInput) -> Result<Vec<Name>, Refusal> {
    let ids = |sent: &Field<String>| sent.value().cloned().into_iter().collect::<Vec<_>>();
    let (user, queue) = (ids(&input.assigned_user), ids(&input.queue));
    let of = Some(call.path.id).filter(|_| !user.is_empty() || !queue.is_empty());
    let former = Former::find(call, Kind::KObject, of).await?;
    let [has_user, has_queue] = ["/attributes/assignedUser", "/attributes/queue"].map(|it| former.ids(it));
    let mut names = family::known(call, Kind::User, "assignedUser", &user, &has_user).await?;
    names.extend(family::known(call, Kind::RoutingQueue, "queue", &queue, &has_queue).await?);
    Ok(names)
}

pub(crate) async fn delete_k_object(call: Call<DeleteKObject>) -> Result<Answer, Refusal> {
    let act = call.act();
    let seeds = Seeds { event: call.next_event(), customer_event: call.next_event() };
    let klass = find_klass(&call, &call.path.klass).await?;
    let stored = find(&call, Kind::KObject, call.path.id).await?;
    let name = (Kind::KObject, call.path.id);
    kobject::check_klass(stored.as_ref(), &klass)?;
    let live = stored.as_ref().filter(|stored| !stored.deleted);
    let live = live.ok_or_else(|| plain::not_there(&call, Kind::KObject, stored.as_ref()))?;
    // The customer of a kobject changes with merges alone.
    let customer = match Ties::of(live)?.customer {
        Some(id) => Some((Kind::Customer, merges::resolve(call.store(), call.org(), id).await?)),
        None => None,
    };
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let ready = call.ready();
    let decide = move |loaded: Loaded| {
        let stored = loaded.get(name);
        let former = stored.map_or(0, |stored| stored.document.len());
        let customer = customer.and_then(|name| loaded.get(name));
        ready(kobject::delete(&act.context(), stored, customer, seeds, &klass, if_match.as_deref())?, former)
    };
    let names = std::iter::once(name).chain(customer).collect();
    let deleted = call.commit_locked(names, Box::new(decide)).await.map_err(|error| call.not_committed(error))?;
    plain::written(deleted, Answer::deleted)
}

/// The klass that a path names, when the caller's roles open its kobjects to the operation.
pub(crate) async fn find_klass<E: Endpoint>(call: &Call<E>, named: &str) -> Result<KnownKlass, Refusal> {
    let klass = KnownKlass::of(&klasses::find(call, named, "name").await?)?;
    authorize_klass(call.caller(), E::OPERATION, &klass.name, call.app().settings.missing_role_status)?;
    Ok(klass)
}

async fn find<E: Endpoint>(call: &Call<E>, kind: Kind, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    call.store().find(call.org(), kind, id).await.map_err(unavailable)
}
