//! The OpenAPI 3.1 document, written out of the declarations of the served operations.

use kustodian_core::receipt;
use kustomer_api::attachment::ATTACHMENT;
use kustomer_api::company::COMPANY;
use kustomer_api::custom::{self, Suffix};
use kustomer_api::endpoint::{Answer, Declaration};
use kustomer_api::operation;
use kustomer_api::query::{Include, IncludeAttachments};
use kustomer_api::schema::{Kind, Object, Schema, Text};
use kustomer_api::search;
use kustomer_api::upload::UPLOAD_META;
use kustomer_api::validation::schema_of_suffix;
use serde_json::{Map, Value, json};

/// What documents add about a list that a merge may make longer than a write is.
const UNITED: &str = "A merge may leave more items; an update may send as many as are stored.";

/// The document: what this server serves, no more.
pub fn document() -> Value {
    let declarations: Vec<Declaration> = crate::declarations();
    let mut components = Components::default();
    let mut paths: Map<String, Value> = Map::new();
    let mut served: Vec<&str> = Vec::new();
    // In the order of the contract, so that the document only moves when something changes.
    for operation in operation::all() {
        let Some(declaration) = declarations.iter().find(|declaration| declaration.operation == operation) else {
            continue;
        };
        served.push(operation.name);
        // Of the operations at one path the first with a method is described, the others are noted there.
        let path = one_name(operation.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        let method = operation.method.as_str().to_lowercase();
        if let Some(other) = item.get_mut(&method) {
            note_beside(other, declaration, &mut components);
            continue;
        }
        item[method] = describe(declaration, &mut components);
    }
    note_missing_operations(&mut paths, &served);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kustodian",
            "summary": "The customer record you own: the Kustomer REST API, served by one binary.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/v1" }],
        "security": [{ "bearer": [] }],
        "x-served": served,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: `kustodian token create --org NAME --name N --role R`.",
                },
            },
            "schemas": components.finish(),
            "responses": responses(),
        },
    })
}

/// A path as the document names it. To OpenAPI `/users/{ids}` and `/users/{id}` are one path, and so are `/klasses/{id}`
/// and `/klasses/{name}`.
fn one_name(path: &str) -> String {
    let path = path.replace("{ids}", "{id}");
    let named = path.replace("{id}", "{name}");
    if named != path && operation::all().any(|other| other.path == named) { named } else { path }
}

/// Notes an operation beside the one that is described at its path. A request with one name never gets the answer about
/// several records, so that is no more than a note; where an id and a name have one place, the answer is one of two.
fn note_beside(described: &mut Value, declaration: &Declaration, components: &mut Components) {
    let operation = declaration.operation;
    match described["x-also"].as_array_mut() {
        Some(others) => others.push(json!(operation.name)),
        None => described["x-also"] = json!([operation.name]),
    }
    let first = described["operationId"].as_str().and_then(operation::Operation::named);
    if first.into_iter().chain([operation]).any(|operation| operation.path.contains("{ids}")) {
        return;
    }
    let schema_of = format!("/{}/content/application~1json/schema", operation.success);
    let mut answers = answers(declaration, components);
    let Some(other) = answers.pointer_mut(&schema_of).map(Value::take) else { return };
    if let Some(schema) = described["responses"].pointer_mut(&schema_of) {
        *schema = json!({ "oneOf": [schema.take(), other] });
        let about = described["description"].as_str().unwrap_or_default();
        let about =
            format!("{about} With an id in place of the name it is `{}`: {}", operation.name, declaration.about);
        described["description"] = json!(about);
    }
}

/// At each path that is described, the operations that will answer there one day and answer 501 until then.
fn note_missing_operations(paths: &mut Map<String, Value>, served: &[&str]) {
    for operation in operation::all().filter(|operation| !served.contains(&operation.name)) {
        let Some(item) = paths.get_mut(&one_name(operation.path)) else { continue };
        let method = operation.method.as_str().to_lowercase();
        if item.get(&method).is_none() {
            item[NOT_SERVED][method] = json!(operation.name);
        }
    }
}

/// The member of a path that names its operations that are not served.
const NOT_SERVED: &str = "x-not-served";

fn describe(declaration: &Declaration, components: &mut Components) -> Value {
    let operation = declaration.operation;
    let list = |roles: &[&str]| roles.iter().map(|role| format!("`{role}`")).collect::<Vec<_>>().join(", ");
    let roles = match (operation.roles, operation.also) {
        _ if operation.public => "Needs no credential.".to_owned(),
        ([], _) => "Needs no role: any valid credential will do.".to_owned(),
        (roles, []) => format!("Needs any one of the roles {}.", list(roles)),
        (roles, also) => format!("Needs any one of the roles {}, and any one of {}.", list(roles), list(also)),
    };
    let mut described = json!({
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": declaration.about,
        "description": roles,
        "x-roles": operation.roles,
        "parameters": parameters(declaration, components),
        "responses": answers(declaration, components),
    });
    if operation.public {
        described["security"] = json!([]);
    }
    if let Some(body) = declaration.body {
        let mut content = json!({ "schema": components.schema(body) });
        if let Some(example) = declaration.body_example.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            content["example"] = example;
        }
        described["requestBody"] =
            json!({ "required": has_to_be_sent(declaration, body), "content": { "application/json": content } });
    }
    if !operation.also.is_empty() {
        described["x-roles-also"] = json!(operation.also);
    }
    described
}

/// The body of a search may be left out, which reads as an empty one, but where that lacks something. A write needs one,
/// unless its declaration says otherwise.
fn has_to_be_sent(declaration: &Declaration, body: &Schema) -> bool {
    let lacks_something =
        matches!(&body.kind, Kind::Object(object) if object.properties.iter().any(|property| property.required));
    lacks_something || !declaration.operation.is_read() && !declaration.body_is_optional
}

fn parameters(declaration: &Declaration, components: &mut Components) -> Value {
    let name = one_name(declaration.operation.path);
    let examples = declaration.path_example.unwrap_or_default();
    let names = name.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let path = names.enumerate().map(|(place, (name, _))| {
        let mut parameter = json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
        if let Some(example) = examples.split('/').nth(place).filter(|example| !example.is_empty()) {
            parameter["example"] = json!(example);
        }
        parameter
    });
    let mut all: Vec<Value> = path.collect();
    for parameter in declaration.parameters() {
        all.push(json!({
            "name": parameter.name,
            "in": "query",
            "required": false,
            "description": parameter.about,
            "schema": components.schema(&parameter.schema),
        }));
    }
    if !declaration.operation.is_read() {
        all.push(json!({
            "name": receipt::HEADER,
            "in": "header",
            "required": false,
            "description": "Names this write: the same request sent again with the same key within 24 hours is answered \
                            as it was, with `Idempotent-Replayed: true`, and not done again.",
            "schema": { "type": "string", "minLength": 1, "maxLength": receipt::MAX_KEY_LENGTH, "pattern": "^[!-~]+$" },
        }));
    }
    Value::Array(all)
}

fn answers(declaration: &Declaration, components: &mut Components) -> Value {
    let operation = declaration.operation;
    let mut answers = Map::new();
    let content = match declaration.answer {
        Answer::Empty => None,
        Answer::One(schema) => {
            let data = components.schema(schema);
            let mut properties = json!({ "data": data });
            include(&mut properties, declaration, components);
            Some(json!({ "type": "object", "required": ["data"], "properties": properties }))
        }
        Answer::WithUpload(schema) => {
            let properties = json!({ "data": components.schema(schema), "meta": components.schema(&UPLOAD_META) });
            Some(json!({ "type": "object", "required": ["data"], "properties": properties }))
        }
        Answer::Bare(schema) => {
            let data = json!({ "type": "array", "items": components.schema(schema) });
            Some(json!({ "type": "object", "required": ["data"], "properties": { "data": data } }))
        }
        Answer::Plain(schema) => Some(components.schema(schema)),
        Answer::Counted(_) | Answer::Uncounted(_) | Answer::Found(_) | Answer::Logged(_) => {
            let meta = match declaration.answer {
                Answer::Found(_) => "SearchMeta",
                Answer::Logged(_) => "LogMeta",
                _ => "PageMeta",
            };
            let items = match declaration.answer {
                Answer::Found(schemas) => found(schemas.iter().map(|schema| components.schema(schema)).collect()),
                Answer::Counted(schema) | Answer::Uncounted(schema) | Answer::Logged(schema) => {
                    components.schema(schema)
                }
                Answer::Empty | Answer::One(_) | Answer::WithUpload(_) | Answer::Bare(_) | Answer::Plain(_) => {
                    Value::Null
                }
            };
            let data = json!({ "type": "array", "items": items });
            let mut properties = json!({
                "meta": { "$ref": format!("#/components/schemas/{meta}") },
                "data": data,
                "links": { "$ref": "#/components/schemas/PageLinks" },
            });
            include(&mut properties, declaration, components);
            Some(json!({ "type": "object", "required": ["meta", "data", "links"], "properties": properties }))
        }
    };
    let success = match content {
        None => json!({ "description": "Done." }),
        Some(schema) => {
            json!({ "description": "Done.", "content": { "application/json": { "schema": schema } } })
        }
    };
    answers.insert(operation.success.to_string(), success);
    if operation.method == http::Method::GET {
        answers.insert("304".to_owned(), json!({ "description": "The client holds this state already." }));
    }
    let is_possible = |status: &str| status != "422" || !operation.is_read();
    for (status, name, _) in ERRORS.iter().filter(|(status, ..)| is_possible(status)) {
        answers.insert((*status).to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
    }
    Value::Object(answers)
}

/// Describes the included records of an operation that takes `include`.
fn include(properties: &mut Value, declaration: &Declaration, components: &mut Components) {
    if let Some(parameter) = declaration.query.iter().find(|parameter| parameter.name == Include::PARAMETER.name) {
        let is_attachments = parameter.about == IncludeAttachments::PARAMETER.about;
        properties["included"] = json!({
            "type": "array",
            "items": components.schema(if is_attachments { &ATTACHMENT } else { &COMPANY }),
            "description": "With `include`: each related record once.",
        });
    }
}

const ERRORS: &[(&str, &str, &str)] = &[
    ("400", "BadInput", "Something in the request is wrong; each entry names it."),
    ("401", "Unauthorized", "The credential is missing or not good."),
    ("403", "Forbidden", "The credential lacks the role."),
    ("404", "NotFound", "There is no such record."),
    ("408", "Timeout", "The body took too long to arrive."),
    ("409", "Conflict", "Another record holds a value that must be unique, or `rev` is not the stored revision."),
    ("412", "PreconditionFailed", "`If-Match` names another state."),
    ("413", "TooLarge", "The body is larger than 100 kB, or the record would be larger than 1 MiB."),
    ("422", "KeyReused", "The `Idempotency-Key` was sent with another request before."),
    ("429", "RateLimited", "The org's limit is used up; `Retry-After` says how long to wait."),
    ("503", "Unavailable", "The server cannot answer now; `Retry-After` says how long to wait."),
];

fn responses() -> Value {
    let error = |about: &str| {
        json!({
            "description": about,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Errors" } } },
        })
    };
    ERRORS.iter().map(|(_, name, about)| ((*name).to_owned(), error(about))).collect::<Map<_, _>>().into()
}

/// The named schemas the document refers to.
#[derive(Default)]
struct Components(Map<String, Value>);

impl Components {
    fn schema(&mut self, schema: &Schema) -> Value {
        if let Some(component) = schema.component {
            let mut described = json!({ "$ref": format!("#/components/schemas/{component}") });
            if !schema.about.is_empty() {
                described["description"] = json!(schema.about);
            }
            return described;
        }
        let mut written = match &schema.kind {
            Kind::Any => json!({}),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Number { range } => match range {
                None => json!({ "type": "number" }),
                Some((least, greatest)) => json!({ "type": "number", "minimum": least, "maximum": greatest }),
            },
            Kind::Integer { one_of: [], range: None } => json!({ "type": "integer" }),
            // The greatest number there is says no more than that there is no limit.
            Kind::Integer { one_of: [], range: Some((least, i64::MAX)) } => {
                json!({ "type": "integer", "minimum": least })
            }
            Kind::Integer { one_of: [], range: Some((least, greatest)) } => {
                json!({ "type": "integer", "minimum": least, "maximum": greatest })
            }
            Kind::Integer { one_of, .. } => json!({ "type": "integer", "enum": one_of }),
            Kind::Text(text) => self.text(text, schema.nullable && !schema.blank_is_null),
            Kind::Forms(forms) => {
                json!({ "oneOf": forms.all.iter().map(|form| self.schema(form)).collect::<Vec<_>>() })
            }
            Kind::List { items, max, unique } => {
                let mut list = json!({ "type": "array", "items": self.schema(items) });
                if let Some(max) = max {
                    list["maxItems"] = json!(max);
                }
                if *unique {
                    list["uniqueItems"] = json!(true);
                }
                if schema.takes_lone {
                    list = json!({ "oneOf": [list, self.schema(items)] });
                }
                list
            }
            Kind::Object(object) if !object.name.is_empty() => self.named(object),
            Kind::Object(object) => self.object(object),
            Kind::Custom => self.custom(),
            Kind::Map(values) => {
                let values = self.schema(values);
                json!({ "type": "object", "additionalProperties": values })
            }
        };
        if schema.blank_is_null {
            written = or_blank(written);
        } else if schema.nullable {
            written = or_null(written);
        }
        if schema.empty_is_absent {
            written = or_empty(written);
        }
        let room = if schema.united { UNITED } else { "" };
        let about: Vec<&str> = [schema.about, room].into_iter().filter(|words| !words.is_empty()).collect();
        if !about.is_empty() {
            written["description"] = json!(about.join(" "));
        }
        written
    }

    fn text(&self, text: &Text, nullable: bool) -> Value {
        let mut written = json!({ "type": "string" });
        if text.min > 0 {
            written["minLength"] = json!(text.min);
        }
        if let Some(max) = text.max {
            written["maxLength"] = json!(max);
        }
        if !text.one_of.is_empty() {
            let null = nullable.then_some(Value::Null);
            written["enum"] = text.one_of.iter().map(|value| json!(value)).chain(null).collect();
        }
        if let Some(format) = text.format {
            if let Some(max) = text.max.into_iter().chain(format.max).min() {
                written["maxLength"] = json!(max);
            }
            match format.pattern {
                None => written["format"] = json!(format.name),
                Some(pattern) => {
                    written["pattern"] = json!(pattern);
                    written["x-format"] = json!(format.name);
                }
            }
            written["examples"] = json!([format.example]);
        }
        written
    }

    fn named(&mut self, object: &Object) -> Value {
        if !self.0.contains_key(object.name) {
            self.0.insert(object.name.to_owned(), Value::Null);
            let written = self.object(object);
            self.0.insert(object.name.to_owned(), written);
        }
        json!({ "$ref": format!("#/components/schemas/{}", object.name) })
    }

    fn object(&mut self, object: &Object) -> Value {
        let properties: Map<String, Value> = object
            .properties
            .iter()
            .map(|property| (property.name.to_owned(), self.schema(&property.schema)))
            .collect();
        let required: Vec<&str> =
            object.properties.iter().filter(|property| property.required).map(|property| property.name).collect();
        let mut written = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            written["required"] = json!(required);
        }
        if !object.open {
            written["additionalProperties"] = json!(false);
        }
        written
    }

    /// Keys end in a suffix that fixes the type. Generators that know no `patternProperties` still get a usable type
    /// out of `additionalProperties`; the name's pattern keeps other keys out.
    fn custom(&mut self) -> Value {
        let suffixes = Suffix::ALL.into_iter().filter(|suffix| *suffix != Suffix::Id);
        let patterns: Map<String, Value> =
            suffixes.clone().map(|suffix| (format!(".{suffix}$"), self.schema(schema_of_suffix(suffix)))).collect();
        let names: Vec<String> = suffixes.map(|suffix| suffix.to_string()).collect();
        json!({
            "type": "object",
            "description": "Custom attributes: the ending of a key fixes the type of its value. A key has letters, \
                digits, `_` and `-` alone; letters of other scripts than the pattern's are accepted too. A key that ends \
                in `Id` holds an id, or a list of ids, once metadata says what it names \
                (`/v1/metadata/{resource}`).",
            "maxProperties": custom::MAX_PER_WRITE,
            "propertyNames": {
                "maxLength": custom::MAX_KEY,
                "pattern": format!("^[0-9A-Za-z_-]+({})$", names.join("|")),
            },
            "patternProperties": patterns,
            "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
        })
    }

    fn finish(mut self) -> Value {
        let text = json!({ "type": "string" });
        let link = json!({ "type": ["string", "null"] });
        self.0.insert(
            "PageMeta".to_owned(),
            json!({
                "type": "object",
                "required": ["pageSize"],
                "properties": {
                    "pageSize": { "type": "integer" },
                    "page": { "type": "integer" },
                    "total": { "type": "integer" },
                    "totalPages": { "type": "integer" },
                    "cursor": link,
                },
            }),
        );
        self.0.insert("SearchMeta".to_owned(), search_meta(&link));
        self.0.extend(search::components().into_iter().map(|(name, schema)| (name.to_owned(), schema)));
        let count = json!({ "type": "integer" });
        self.0.insert(
            "LogMeta".to_owned(),
            json!({
                "type": "object",
                "required": ["count", "cursorCount", "total"],
                "properties": { "count": count, "cursorCount": count, "total": count },
            }),
        );
        self.0.insert(
            "PageLinks".to_owned(),
            json!({
                "type": "object",
                "required": ["self", "first"],
                "properties": { "self": text, "first": text, "prev": link, "next": link, "last": text },
            }),
        );
        self.0.insert("Errors".to_owned(), errors());
        Value::Object(self.0)
    }
}

/// The results of a search: records, or with `idsOnly` their types and ids.
fn found(mut records: Vec<Value>) -> Value {
    let text = json!({ "type": "string" });
    let id = json!({ "type": "object", "required": ["type", "id"], "properties": { "type": text, "id": text } });
    records.push(id);
    json!({ "anyOf": records })
}

fn search_meta(link: &Value) -> Value {
    let integer = json!({ "type": "integer" });
    json!({
        "type": "object",
        "required": ["pageSize", "aggregations", "timed_out"],
        "properties": {
            "pageSize": integer,
            "page": integer,
            "total": integer,
            "totalPages": integer,
            "totalIsEstimate": { "type": "boolean" },
            "timed_out": { "type": "boolean" },
            "aggregations": { "type": "object", "additionalProperties": { "type": "object" } },
            "cursor": link,
            "position": integer,
            "lastEvent": link,
        },
    })
}

/// `""` is read as null.
fn or_blank(written: Value) -> Value {
    json!({ "anyOf": [written, { "type": ["string", "null"], "maxLength": 0 }] })
}

/// `{}` counts as not sent.
fn or_empty(written: Value) -> Value {
    json!({ "anyOf": [written, { "type": "object", "maxProperties": 0 }] })
}

fn or_null(written: Value) -> Value {
    match written.get("type").and_then(Value::as_str) {
        Some(kind) => {
            let mut nullable = written.clone();
            nullable["type"] = json!([kind, "null"]);
            nullable
        }
        // Without a type it is a reference, or anything, which null is too.
        None if written.get("$ref").is_some() => json!({ "anyOf": [written, { "type": "null" }] }),
        None => written,
    }
}

fn errors() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["errors"],
        "properties": {
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["status", "code", "title"],
                    "properties": {
                        "status": { "type": "integer" },
                        "code": text,
                        "title": text,
                        "detail": text,
                        "message": text,
                        "source": { "type": "object", "properties": { "parameter": text } },
                        "meta": { "type": "object", "additionalProperties": {} },
                    },
                },
            },
        },
    })
}
