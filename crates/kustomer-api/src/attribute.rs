//! The attributes of a resource as data. The macro `resource!` writes one table per resource; the schemas of its bodies
//! and its lists of read-only attributes are computed from the table when the crate is compiled.

use serde_json::{Map, Number, Value};

use crate::custom::CustomAttributes;
use crate::schema::{DATE_TIME, Property, ReadOnly, Schema};
use crate::{Field, Timestamp};

/// An attribute of a resource, or a member of its input that is no attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    name: &'static str,
    /// The type in an answer; `None` for members that are only sent.
    answer: Option<Schema>,
    create: Access,
    update: Access,
    /// Whether an import keeps it.
    kept: bool,
}

/// Whether a body may hold an attribute.
#[derive(Debug, Clone, Copy)]
enum Access {
    Required(Schema),
    Optional(Schema),
    /// It is answered, and refused with this advice.
    ReadOnly(&'static str),
    /// It is answered, and refused because only a create takes it.
    CreateOnly,
    /// Nothing is said: the resource has no such body.
    Unknown,
}

/// The bodies of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Answer,
    Create,
    /// Changes the given attributes. All are optional.
    Update,
    /// Changes the given attributes, and needs those that a create needs.
    Replacement,
}

impl Attribute {
    /// An attribute that is answered. It is not written unless another function says so.
    pub(crate) const fn answered(name: &'static str, answer: Schema) -> Self {
        Self { name, answer: Some(answer), create: Access::Unknown, update: Access::Unknown, kept: false }
    }

    /// A member of the input that is no attribute: the id of a related record, a condition.
    pub(crate) const fn sent(name: &'static str) -> Self {
        Self { name, answer: None, create: Access::Unknown, update: Access::Unknown, kept: false }
    }

    /// Needed by a create and by a replacement; an update may leave it out.
    pub(crate) const fn required(self, schema: Schema) -> Self {
        Self { create: Access::Required(schema), update: Access::Required(schema), ..self }
    }

    /// Taken by every write.
    pub(crate) const fn optional(self, schema: Schema) -> Self {
        Self { create: Access::Optional(schema), update: Access::Optional(schema), ..self }
    }

    /// Taken by a create, and never changed.
    pub(crate) const fn on_create(self, schema: Schema) -> Self {
        Self { create: Access::Optional(schema), update: Access::CreateOnly, ..self }
    }

    /// Needed by a create, and never changed.
    pub(crate) const fn required_on_create(self, schema: Schema) -> Self {
        Self { create: Access::Required(schema), update: Access::CreateOnly, ..self }
    }

    /// Taken by updates; a create refuses it with this advice.
    pub(crate) const fn on_update(self, schema: Schema, advice: &'static str) -> Self {
        Self { create: Access::ReadOnly(advice), update: Access::Optional(schema), ..self }
    }

    /// The same in another form than it is answered in: an answer is not sent back.
    pub(crate) const fn set_on_update(self, schema: Schema, advice: &'static str) -> Self {
        self.on_update(schema, advice)
    }

    /// Taken by every write; a create takes it in another form than an update.
    pub(crate) const fn by_body(self, create: Schema, update: Schema) -> Self {
        Self { create: Access::Optional(create), update: Access::Optional(update), ..self }
    }

    /// Never written: every write refuses it with this advice.
    pub(crate) const fn read_only(self, advice: &'static str) -> Self {
        Self { create: Access::ReadOnly(advice), update: Access::ReadOnly(advice), ..self }
    }

    /// The same, and an import keeps it: a body with `importedAt` may hold it.
    pub(crate) const fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// The same, or null, wherever it is answered or written.
    pub(crate) const fn null(mut self) -> Self {
        if let Some(answer) = self.answer {
            self.answer = Some(answer.or_null());
        }
        self.create = self.create.null();
        self.update = self.update.null();
        self
    }

    const fn property(&self, body: Body) -> Option<Property> {
        match (body, self.answer, self.create, self.update) {
            (Body::Answer, Some(schema), _, _) => {
                let property = Property::optional(self.name, schema);
                Some(if self.kept { property.kept() } else { property })
            }
            (Body::Create, _, Access::Required(schema), _) | (Body::Replacement, _, _, Access::Required(schema)) => {
                Some(Property::required(self.name, schema))
            }
            (Body::Create, _, Access::Optional(schema), _)
            | (Body::Update | Body::Replacement, _, _, Access::Optional(schema))
            | (Body::Update, _, _, Access::Required(schema)) => Some(Property::optional(self.name, schema)),
            _ => None,
        }
    }

    const fn refused(&self, body: Body, create_only: &'static str) -> Option<ReadOnly> {
        let access = if matches!(body, Body::Create) { self.create } else { self.update };
        match access {
            Access::ReadOnly(advice) => Some(ReadOnly::new(self.name, advice)),
            Access::CreateOnly => Some(ReadOnly::new(self.name, create_only)),
            Access::Required(_) | Access::Optional(_) | Access::Unknown => None,
        }
    }
}

impl Access {
    const fn null(self) -> Self {
        match self {
            Self::Required(schema) => Self::Required(schema.or_null()),
            Self::Optional(schema) => Self::Optional(schema.or_null()),
            other => other,
        }
    }
}

/// How many properties a body has.
pub(crate) const fn count_properties(attributes: &[Attribute], body: Body) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < attributes.len() {
        if attributes[at].property(body).is_some() {
            count += 1;
        }
        at += 1;
    }
    count
}

/// The properties of a body; `N` is [`count_properties`].
pub(crate) const fn properties<const N: usize>(attributes: &[Attribute], body: Body) -> [Property; N] {
    let mut properties = [Property::optional("", Schema::any()); N];
    let (mut count, mut at) = (0, 0);
    while at < attributes.len() {
        if let Some(property) = attributes[at].property(body) {
            properties[count] = property;
            count += 1;
        }
        at += 1;
    }
    properties
}

/// How many attributes a body refuses although they are answered.
pub(crate) const fn count_refused(attributes: &[Attribute], body: Body) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < attributes.len() {
        if attributes[at].refused(body, "").is_some() {
            count += 1;
        }
        at += 1;
    }
    count
}

/// The attributes that a body refuses, with advice; `create_only` is that for what only a create takes. `N` is
/// [`count_refused`].
pub(crate) const fn refused<const N: usize>(
    attributes: &[Attribute],
    body: Body,
    create_only: &'static str,
) -> [ReadOnly; N] {
    let mut list = [ReadOnly::new("", ""); N];
    let (mut count, mut at) = (0, 0);
    while at < attributes.len() {
        if let Some(refused) = attributes[at].refused(body, create_only) {
            list[count] = refused;
            count += 1;
        }
        at += 1;
    }
    list
}

/// How long [`camel_case`] makes a name.
pub(crate) const fn camel_case_length(snake: &str) -> usize {
    let (snake, mut length, mut at) = (snake.as_bytes(), 0, 0);
    while at < snake.len() {
        if snake[at] != b'_' {
            length += 1;
        }
        at += 1;
    }
    length
}

/// A field's name as the API writes it, by the rule of `#[serde(rename_all = "camelCase")]`.
pub(crate) const fn camel_case<const N: usize>(snake: &str) -> [u8; N] {
    let (snake, mut camel, mut length, mut at) = (snake.as_bytes(), [0; N], 0, 0);
    while at < snake.len() {
        if snake[at] != b'_' {
            let is_word = at > 0 && snake[at - 1] == b'_';
            camel[length] = if is_word { snake[at].to_ascii_uppercase() } else { snake[at] };
            length += 1;
        }
        at += 1;
    }
    camel
}

/// The type of an attribute's values.
pub(crate) trait AttributeValue: Sized {
    /// What an answer holds, unless the declaration says otherwise.
    const ANSWER: Schema;

    /// The value after a write of `self`: it replaces the former one.
    fn written_over(self, _former: Field<Self>) -> Self {
        self
    }
}

/// The value of an attribute in a write: an `Option`, or a [`Field`] where null is legal.
pub(crate) trait Sent {
    type Value;

    /// The member that sends an attribute unchanged.
    fn of(attribute: &Field<Self::Value>) -> Self;
    fn is_absent(&self) -> bool;
    fn write(self, attribute: &mut Field<Self::Value>);
}

impl<T: AttributeValue + Clone> Sent for Option<T> {
    type Value = T;

    fn of(attribute: &Field<T>) -> Self {
        attribute.value().cloned()
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn write(self, attribute: &mut Field<T>) {
        if let Some(value) = self {
            *attribute = value.written_over(std::mem::take(attribute)).into();
        }
    }
}

impl<T: AttributeValue + Clone> Sent for Field<T> {
    type Value = T;

    fn of(attribute: &Field<T>) -> Self {
        attribute.clone()
    }

    fn is_absent(&self) -> bool {
        self.is_absent()
    }

    fn write(self, attribute: &mut Field<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *attribute = Field::Null,
            Self::Value(value) => *attribute = value.written_over(std::mem::take(attribute)).into(),
        }
    }
}

/// Whether a member of an input was not sent, for serde.
pub(crate) fn is_absent(sent: &impl Sent) -> bool {
    sent.is_absent()
}

static ANY: Schema = Schema::any();

/// Says what answers hold of types whose new values replace former ones.
macro_rules! attribute_values {
    ($($type:ty: $answer:expr;)+) => { $(
        impl $crate::attribute::AttributeValue for $type {
            const ANSWER: $crate::schema::Schema = $answer;
        }
    )+ };
}

pub(crate) use attribute_values;

/// Declares an object that is only answered, and its schema. Every member may be absent.
macro_rules! answered_object {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $member:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
        pub struct $name {
            $(
                $(#[$about])*
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub $member: $crate::Field<$type>,
            )+
            /// Members this version does not know.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $crate::attribute::AttributeValue for $name {
            const ANSWER: $crate::schema::Schema = $crate::schema::Schema::object(&$crate::schema::Object {
                name: stringify!($name),
                open: true,
                properties: &[$($crate::schema::Property::optional(
                    $crate::resource::camel_case!($member),
                    <$type as $crate::attribute::AttributeValue>::ANSWER,
                )),+],
            });
        }
    };
}

pub(crate) use answered_object;

attribute_values! {
    String: Schema::text();
    bool: Schema::boolean();
    u64: Schema::integer();
    Number: Schema::number();
    Timestamp: Schema::format(DATE_TIME);
    Value: Schema::any();
    Map<String, Value>: Schema::map(&ANY);
}

impl AttributeValue for CustomAttributes {
    const ANSWER: Schema = Schema::map(&ANY);

    /// Keys that were not sent are kept (`docs/contract/behaviour.md` §6.1).
    fn written_over(self, former: Field<Self>) -> Self {
        let mut custom = former.into_value().unwrap_or_default();
        custom.merge(self);
        custom
    }
}

impl<T: AttributeValue> AttributeValue for Vec<T> {
    const ANSWER: Schema = Schema::list(&T::ANSWER);
}
