//! The bodies of writes against `contract/operations.json`: members, types, values, null and limits. Where we take more
//! or less than the contract says, the difference is listed here with its reason.

use std::collections::BTreeSet;

use kustomer_api::schema::{Kind, Schema};
use kustomer_api::upload::BLOCKED_EXTENSIONS;
use serde_json::Value;

/// Our differences. Items of lists may have the members of answers (`docs/contract/behaviour.md` §22): those
/// members are left out of the comparison.
const DIFFERENCES: [&str; 93] = [
    // Null is answered after somebody cleared it, and answers can be sent back.
    "createTeam /icon takes null, too",
    "createCompany /externalId takes null, too",
    // `docs/contract/behaviour.md` §14 says 256, and so do the names of all other resources.
    "createCompany /name has a length of 3 to 256, not 3 to 255",
    // An empty text identifies nothing.
    "createCompany /externalId has a length of 1 to 256, not 0 to 256",
    // Every klass can be read with this status, and no other operation sets it.
    "createKlass /status takes existing_only, too",
    "updateKlass /status takes existing_only, too",
    // Null and the empty text are sent for no record.
    "createKObject /customer takes null, too",
    "createKObject /company takes null, too",
    "createCustomerKObject /customer takes null, too",
    "createCustomerKObject /company takes null, too",
    // `updateKObject` answers null.
    "createKObject /description takes null, too",
    "createCustomerKObject /description takes null, too",
    "updateKObject /description takes null, too",
    // Tasks are answered, and no operation of the contract writes their attributes.
    "updateKObject /assignedUser is taken, too",
    "updateKObject /queue is taken, too",
    "updateKObject /status is taken, too",
    // Forms send an empty cell or null for no value.
    "createCustomer /gender takes null, too",
    "updateCustomer /gender takes null, too",
    "updateCustomerAttributes /gender takes null, too",
    // `docs/contract/behaviour.md` §7.1.
    "createCustomer /locations/0/type takes null, too",
    "updateCustomer /locations/0/type takes null, too",
    "updateCustomerAttributes /locations/0/type takes null, too",
    "createCompany /locations/0/type takes null, too",
    "updateCompanyAttributes /locations/0/type takes null, too",
    // The revision that the record must have, as for customers and companies.
    "updateTeamById /rev is taken, too",
    "updateTeamAttributes /rev is taken, too",
    "updateKlass /rev is taken, too",
    "updateRoleGroup /rev is taken, too",
    "updateCurrentUser /rev is taken, too",
    "updateUserById /rev is taken, too",
    // Kustomer gives role groups to teams, and documents no attribute for it (`docs/contract/behaviour.md` §17).
    "createTeam /roleGroups is taken, too",
    "updateTeamById /roleGroups is taken, too",
    "updateTeamAttributes /roleGroups is taken, too",
    "updateDraft |/rev is taken, too",
    // Forwards have it; without it nothing would be sent at once.
    "createDraftByCustomer |/status is taken, too",
    "updateDraft |/status is taken, too",
    // The contract names them of chats alone; an e-mail has attachments, too.
    "createDraftByCustomer |/attachments is taken, too",
    "updateDraft |/attachments is taken, too",
    // The rules need it of a text on WhatsApp without attachments, as the contract's own constraint says.
    "createDraftByCustomer |/body may be left out",
    // Null unschedules whatever the channel.
    "createDraftByCustomer |/sendAt takes null, too",
    "updateDraft |/sendAt takes null, too",
    // A location is one as customers have it.
    "createTrackingIdentity /location/externalVerified is taken, too",
    "createTrackingIdentity /location/id is taken, too",
    "createTrackingIdentity /location/type takes null, too",
    "createTrackingIdentityEvent /identity/location/externalVerified is taken, too",
    "createTrackingIdentityEvent /identity/location/id is taken, too",
    "createTrackingIdentityEvent /identity/location/type takes null, too",
    // Its forms have nothing in common; none is looked into.
    "updateDraft |/messageTemplate takes any form",
    "upsertAttachment /rev is taken, too",
    "updateMedia /rev is taken, too",
    // A member without a name, which cannot be meant.
    "createAttachment / is refused",
    // `docs/contract/behaviour.md` §1.7 answers it, and no operation of the contract writes it.
    "updateAuthSettings /corsWhitelist is taken, too",
    "updateAuthSettings /rev is taken, too",
    // A revision is a whole number: no record could have another one.
    "createCustomer /rev is no number",
    "updateCustomer /rev is no number",
    "updateCustomerAttributes /rev is no number",
    "createCompany /rev is no number",
    "updateCompanyAttributes /rev is no number",
    "updateKObject /rev is no number",
    // A size in bytes is whole.
    "createAttachment /contentLength is no number",
    "upsertAttachment /contentLength is no number",
    "createMedia /contentLength is no number",
    "createDraftAttachment /contentLength is no number",
    "createForwardAttachment /contentLength is no number",
    // As of messages: ids, or objects with one.
    "createForwardByConversation /attachments/0 is no object",
    "createForwardByConversation /attachments/0 takes null, too",
    "updateDraftForward /attachments/0 is no object",
    "updateDraftForward /attachments/0 takes null, too",
    // An update sends what changes, and a brand may have no icon.
    "createBrand /iconUrl may be left out",
    "createBrand /iconUrl takes null, too",
    "patchBrand /iconUrl may be left out",
    "patchBrand /iconUrl takes null, too",
    "patchBrand /name may be left out",
    "patchBrand /rev is taken, too",
    "createSchedule /default may be left out",
    "updateScheduleById /default may be left out",
    "updateScheduleById /hours may be left out",
    "updateScheduleById /name may be left out",
    "updateScheduleById /rev is taken, too",
    "updateScheduleById /timezone may be left out",
    // It restores.
    "updateScheduleById /deleted is taken, too",
    // No operation of the contract writes them.
    "createSchedule /holidays is taken, too",
    "updateScheduleById /holidays is taken, too",
    "upsertSpamSender  is said to be anything",
    // The attributes of an answer can be sent back.
    "updateCustomAttributeMetadata /rev is taken, too",
    "updateCustomAttributeMetadata /deleted is taken, too",
    "updateCustomAttributeMetadata /createdAt is taken, too",
    "updateCustomAttributeMetadata /updatedAt is taken, too",
    "updateCustomAttributeMetadata /modifiedAt is taken, too",
    // One body for `createForward`, which names it.
    "createForwardByConversation /conversation is taken, too",
    "updateDraftForward /rev is taken, too",
    "createForwardByConversation /sendAt takes null, too",
    "updateDraftForward /sendAt takes null, too",
];

/// The same of conversations, messages and notes: operations, and where each of them differs. One schema serves every
/// operation that writes such a record. Null is answered after somebody cleared it, and taken back; a location is one as
/// customers have it; `rev` is the revision that the record must have; `updatedAt` and `modifiedAt` are answered.
const OF_CONVERSATIONS: &[(&[&str], &[&str])] = &[
    // An item has a reference, of which the contract says nothing (`docs/contract/behaviour.md` §11), and all that the
    // operation on a single record takes.
    (
        &[
            "bulkBatchUpdateCompanies",
            "bulkBatchUpdateCustomers",
            "bulkBatchUpdateKObjects",
            "bulkBatchUpdateMessages",
            "bulkBatchUpdateNotes",
            "bulkCreateCompanies",
            "bulkCreateConversations",
            "bulkCreateCustomers",
            "bulkCreateKObjects",
            "bulkCreateMessages",
            "bulkCreateNotes",
        ],
        &["/0/_clientRef is taken, too"],
    ),
    (&["bulkBatchUpdateCompanies"], &["/0/rev is taken, too", "/0/whatsapps is taken, too"]),
    (
        &["bulkBatchUpdateKObjects"],
        &["/0/assignedUser is taken, too", "/0/queue is taken, too", "/0/status is taken, too"],
    ),
    (&["bulkBatchUpdateCustomers"], &["/0/instagramIds is taken, too", "/0/whatsapps is taken, too"]),
    // A conversation is changed by one of two forms, which the contract keeps apart and one schema takes.
    (&["bulkBatchUpdateConversations"], &["/0 takes any form"]),
    (&["createConversation"], &["/campaign is taken, too", "/customer may be left out"]),
    (
        &[
            "createConversation",
            "createConversationForCustomer",
            "createMessage",
            "createMessageByCustomer",
            "createMessageFromConversation",
            "createNoteWithinConversation",
        ],
        &["/externalId takes null, too"],
    ),
    (&["createConversation", "createConversationForCustomer"], &["/name takes null, too", "/priority is no number"]),
    (
        &["createConversationForCustomer", "createMessageByCustomer", "createNoteWithinConversation"],
        &["/customer is taken, too"],
    ),
    (
        &["createNote"],
        &[
            "/attachments is taken, too",
            "/conversation is taken, too",
            "/customer is taken, too",
            "/externalId takes null, too",
            "/importedAt is taken, too",
            "/modifiedBy takes null, too",
            "/updatedAt is taken, too",
        ],
    ),
    (&["createMessage"], &["/direction may be left out"]),
    (
        &["createMessage", "createMessageByCustomer", "createMessageFromConversation"],
        &[
            "/location/address takes null, too",
            "/location/address2 takes null, too",
            "/location/address3 takes null, too",
            "/location/areaCode takes null, too",
            "/location/cityName takes null, too",
            "/location/countryCode takes null, too",
            "/location/countryName takes null, too",
            "/location/externalVerified is taken, too",
            "/location/id is taken, too",
            "/location/latitude takes null, too",
            "/location/longitude takes null, too",
            "/location/name takes null, too",
            "/location/regionCode takes null, too",
            "/location/regionName takes null, too",
            "/location/type is taken, too",
            "/location/zipCode takes null, too",
            "/preview takes null, too",
            "/queue/id takes null, too",
            "/sentAt takes null, too",
            "/subject takes null, too",
        ],
    ),
    (
        &["createMessage", "createMessageByCustomer", "createMessageFromConversation", "createNoteWithinConversation"],
        &["/modifiedBy takes null, too", "/updatedAt is taken, too"],
    ),
    (
        &[
            "createNoteWithinConversation",
            "patchNoteById",
            "updateMessage",
            "updateMessageAttributes",
            "updateNoteById",
        ],
        &["/attachments/0 is no object", "/attachments/0 takes null, too"],
    ),
    (&["patchNoteById", "updateMessage", "updateMessageAttributes", "updateNoteById"], &["/rev is taken, too"]),
    (&["updateMessageAttributes"], &["/reactions is taken, too", "/spam is taken, too"]),
    (&["updateNoteById"], &["/body may be left out", "/conversation may be left out"]),
];

/// Collects where a schema differs from a tree of the contract.
struct Comparison<'a> {
    operation: &'a str,
    constraints: &'a [Value],
    differences: BTreeSet<String>,
}

impl Comparison<'_> {
    fn differ(&mut self, place: &str, difference: impl std::fmt::Display) {
        // Of one form like of another.
        let place: String =
            place.split_inclusive('/').map(|step| if step.starts_with('|') { "|/" } else { step }).collect();
        self.differences.insert(format!("{} {place} {difference}", self.operation));
    }

    fn compare(&mut self, place: &str, contract: &Value, schema: &Schema) {
        // Ids or objects, which the schema has no words for.
        if let (Some(_), Kind::List { .. }, false) = (contract.get("anyOf"), schema.kind, schema.takes_lone) {
            return;
        }
        if let Some(forms) = contract["oneOf"].as_array().or(contract["anyOf"].as_array()) {
            return self.forms(place, forms, schema);
        }
        let type_ = contract["type"].as_str().unwrap();
        // Nothing is said of it.
        if type_ == "unknown" && !matches!(schema.kind, Kind::Any) {
            return self.differ(place, "is said to be anything");
        }
        let is_same = match schema.kind {
            Kind::Any => type_ == "unknown",
            Kind::Boolean => type_ == "boolean",
            Kind::Number { .. } => type_ == "number",
            Kind::Integer { .. } => type_ == "integer",
            Kind::Text(_) => type_ == "string",
            Kind::List { .. } => type_ == "array",
            Kind::Object(_) | Kind::Custom | Kind::Map(_) | Kind::Forms(_) => type_ == "object",
        };
        if !is_same {
            self.differ(place, format_args!("is no {type_}"));
        }
        match (contract["nullable"] == true, schema.nullable) {
            (true, false) => self.differ(place, "refuses null"),
            (false, true) if type_ != "unknown" => self.differ(place, "takes null, too"),
            _ => {}
        }
        match schema.kind {
            Kind::Text(text) => {
                let listed: Vec<&str> =
                    contract["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                for refused in listed.iter().filter(|value| !text.one_of.contains(value)) {
                    self.differ(place, format_args!("refuses {refused}"));
                }
                for taken in text.one_of.iter().filter(|value| !listed.contains(value)) {
                    self.differ(place, format_args!("takes {taken}, too"));
                }
            }
            // A list whose items are said one by one: ours are all alike.
            Kind::List { items, .. } if contract["prefixItems"].is_array() => {
                self.compare(&format!("{place}/0"), &contract["prefixItems"][0], items);
            }
            Kind::List { items, .. } => self.compare(&format!("{place}/0"), &contract["items"], items),
            Kind::Object(_) => self.members(place, contract, schema),
            _ => {}
        }
        self.limits(place, schema);
    }

    /// Several forms: each against its own of ours, in order; or a list, one item of which may be sent alone.
    fn forms(&mut self, place: &str, forms: &[Value], schema: &Schema) {
        match schema.kind {
            Kind::Forms(ours) if ours.all.len() == forms.len() => {
                for (number, (form, ours)) in forms.iter().zip(ours.all).enumerate() {
                    self.compare(&format!("{place}|{number}"), form, ours);
                }
            }
            Kind::List { items, .. } if schema.takes_lone && forms.len() == 2 => {
                self.compare(place, &forms[0], schema);
                self.compare(&format!("{place}/0"), &forms[1], items);
            }
            _ => self.differ(place, "takes any form"),
        }
    }

    fn members(&mut self, place: &str, contract: &Value, schema: &Schema) {
        let Kind::Object(object) = schema.kind else { return };
        let members = contract["properties"].as_object().unwrap();
        let needs = |name: &str| contract["required"].as_array().into_iter().flatten().any(|required| required == name);
        for (name, tree) in members {
            let place = format!("{place}/{name}");
            match object.properties.iter().find(|property| property.name == name) {
                None => self.differ(&place, "is refused"),
                Some(property) => {
                    if property.required != needs(name) {
                        self.differ(&place, if property.required { "is needed" } else { "may be left out" });
                    }
                    self.compare(&place, tree, &property.schema);
                }
            }
        }
        let is_item = place.ends_with("/0");
        for property in object.properties.iter().filter(|property| !members.contains_key(property.name)) {
            if !(is_item && matches!(property.name, "id" | "externalVerified")) {
                self.differ(&format!("{place}/{}", property.name), "is taken, too");
            }
        }
    }

    fn limits(&mut self, place: &str, schema: &Schema) {
        let at = format!("body{}", place.replace('/', ".").replace(".0", "[]"));
        let number = |fact: &Value, name: &str| fact[name].as_u64().and_then(|number| usize::try_from(number).ok());
        for fact in self.constraints.iter().filter(|fact| fact["at"] == at) {
            match (fact["kind"].as_str().unwrap(), schema.kind) {
                ("length", Kind::Text(text)) => {
                    let (min, max) = (number(fact, "min").unwrap_or_default(), number(fact, "max"));
                    if (text.min, text.max) != (min, max) {
                        let (is, stated) = (text.max.unwrap(), max.unwrap());
                        self.differ(place, format_args!("has a length of {} to {is}, not {min} to {stated}", text.min));
                    }
                }
                ("max_items", Kind::List { max, .. }) if max == number(fact, "value") => {}
                ("format", Kind::Text(text)) if text.format.is_some_and(|format| fact["value"] == format.name) => {}
                // The rules check the names of roles.
                ("values_from_operation", Kind::List { .. }) if fact["operation"] == "getAuthRoles" => {}
                // The rules of schedules check the spans.
                ("day_hours_map", Kind::Object(_)) => {}
                // The rules of metadata check the keys.
                ("key_suffixes", Kind::Custom | Kind::Map(_)) => {}
                ("blocked_extensions", Kind::Text(_)) if fact["values"] == serde_json::json!(BLOCKED_EXTENSIONS) => {}
                // The meaning of the member, not its form.
                (
                    "described_as"
                    | "described_as_single_though_array"
                    | "when_omitted"
                    | "when_set"
                    | "when_present"
                    | "lifecycle"
                    | "many"
                    | "must_be_uploaded_first"
                    | "when_empty"
                    | "supported_only_for"
                    | "values_from_path"
                    | "required_unless_attachments"
                    | "switch"
                    | "meaning"
                    | "holds_id_of"
                    | "only_when"
                    | "default_from",
                    _,
                ) => {}
                ("values", Kind::Text(text)) if fact["values"] == serde_json::json!(text.one_of) => {}
                (kind, _) => self.differ(place, format_args!("does not keep {kind}: {fact}")),
            }
        }
    }
}

/// The differences of bulk operations, each with that of an operation on a single record of the same group that excuses it:
/// an item is a body of the operation on a single record.
fn excused_by(differences: &BTreeSet<String>) -> Vec<(String, String)> {
    let declarations = kustodian_server::declarations();
    let named = |name: &str| declarations.iter().find(|declaration| declaration.operation.name == name);
    let mut pairs = Vec::new();
    for difference in differences {
        let Some((name, rest)) = difference.split_once(" /0") else { continue };
        let Some(bulk) = named(name).filter(|bulk| bulk.operation.path.ends_with("/bulk")) else { continue };
        let of_group = declarations.iter().filter(|other| other.operation.tag == bulk.operation.tag);
        pairs.extend(of_group.map(|other| (difference.clone(), format!("{} {rest}", other.operation.name))));
    }
    pairs
}

#[test]
fn bodies_have_the_members_and_limits_of_the_contract() {
    let operations: Vec<Value> = serde_json::from_str(include_str!("../../../../contract/operations.json")).unwrap();
    let mut differences = BTreeSet::new();
    for declaration in kustodian_server::declarations() {
        let name = declaration.operation.name;
        let (Some(schema), false) = (declaration.body, declaration.operation.is_read()) else { continue };
        // Operations of our own have no contract.
        let Some(operation) = operations.iter().find(|operation| operation["operation"] == name) else { continue };
        // A conversation is changed by one of two forms, which the contract keeps apart and one schema takes.
        if operation["request"]["anyOf"].is_array() && !matches!(schema.kind, Kind::Forms(_)) {
            continue;
        }
        let constraints = operation["constraints"].as_array().unwrap();
        let mut comparison = Comparison { operation: name, constraints, differences: BTreeSet::new() };
        comparison.compare("", &operation["request"], schema);
        differences.extend(comparison.differences);
    }
    let mut expected: BTreeSet<String> = DIFFERENCES.map(str::to_owned).into();
    for (operations, listed) in OF_CONVERSATIONS {
        for operation in *operations {
            expected.extend(listed.iter().map(|difference| format!("{operation} {difference}")));
        }
    }
    for (bulk, single) in excused_by(&differences) {
        if differences.contains(&single) && differences.contains(&bulk) {
            expected.insert(bulk);
        }
    }
    let list = |set: Vec<&String>| set.into_iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    assert_eq!(list(differences.difference(&expected).collect()), "", "not listed");
    assert_eq!(list(expected.difference(&differences).collect()), "", "listed, and not so");
}
