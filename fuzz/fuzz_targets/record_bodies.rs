//! The bodies that create companies, klasses and kobjects: refused with reasons, or stored, answered and read back
//! without loss. The first byte picks the kind.
#![no_main]

use kustodian_core::change::ChangeSet;
use kustodian_core::company::{self, Write as CompanyWrite};
use kustodian_core::customer::{Context, ItemIds};
use kustodian_core::klass::{self, KnownKlass};
use kustodian_core::kobject::{self, Owners, Seeds, Write as KObjectWrite};
use kustodian_core::refusal::Refusal;
use kustodian_core::{input, resource};
use kustodian_fuzz::{check_refusal, context, id, org, seed};
use kustomer_api::company::{COMPANY_INPUT, Company, CompanyInput};
use kustomer_api::klass::{KLASS_INPUT, Klass, KlassInput, KlassStatus, Mixin};
use kustomer_api::kobject::{KOBJECT_INPUT, KObject, KObjectInput};
use kustomer_api::schema::Schema;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else { return };
    match kind % 3 {
        0 => run::<CompanyInput, Company>(&COMPANY_INPUT, body, |context, input| {
            company::create(context, id(1), seed(), CompanyWrite { input, tags: None, item_ids: ItemIds::default() })
        }),
        1 => {
            run::<KlassInput, Klass>(&KLASS_INPUT, body, |context, input| klass::create(context, id(1), seed(), input))
        }
        _ => run::<KObjectInput, KObject>(&KOBJECT_INPUT, body, |context, input| {
            let klass = KnownKlass {
                id: id(2),
                name: "order".to_owned(),
                icon: None,
                status: KlassStatus::Enabled,
                display_name: "Order".to_owned(),
                mixins: vec![Mixin::Assignable],
                is_task: true,
            };
            let owners = Owners { klass: &klass, customer: None, company: None };
            let seeds = Seeds { event: seed(), customer_event: seed() };
            kobject::create(context, id(1), seeds, owners, KObjectWrite { input, tags: None, assigned: Vec::new() })
        }),
    }
});

fn run<I, R>(schema: &'static Schema, body: &[u8], create: impl Fn(&Context<'_>, I) -> Result<ChangeSet, Refusal>)
where
    I: DeserializeOwned + Serialize + Default + Clone + PartialEq + std::fmt::Debug,
    R: DeserializeOwned + Serialize,
{
    let sent: I = match input::read_to_store(schema, body) {
        Ok(sent) => sent,
        Err(refusal) => return check_refusal(&refusal, body),
    };
    let again = serde_json::to_vec(&sent).expect("input is JSON");
    let again: I = input::read(schema, &again).expect("an accepted body is accepted again");
    assert_eq!(again, sent);

    let org = org();
    let changes = match create(&context(&org, 0), sent) {
        Ok(changes) => changes,
        Err(refusal) => return check_refusal(&refusal, body),
    };
    let put = &changes.puts[0];
    let record: R = resource::read(&put.document).expect("a stored record is read");
    assert_eq!(resource::render(&record).expect("a record that was read is rendered"), put.document);
    assert_eq!(put.kind.columns_of(&put.document).expect("the columns are read"), put.columns);
    assert_eq!(put.kind.claims_of(org.key, put.id, &put.document).expect("the claims are read"), changes.claims);
}
