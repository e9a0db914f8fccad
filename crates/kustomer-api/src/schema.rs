//! Shapes of JSON: one description from which input is checked ([`crate::validation`]) and the OpenAPI document is
//! written.

use crate::format;

/// The form of a JSON value.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Schema {
    /// Its kind and limits.
    pub kind: Kind,
    /// Whether null is legal too.
    pub nullable: bool,
    /// Whether `""` is legal although the kind does not take it, and is read as null.
    pub blank_is_null: bool,
    /// The most bytes its JSON may take, for objects whose members have no limits of their own.
    pub max_bytes: Option<usize>,
    /// Whether one item may be sent as it is instead of a list of one.
    pub takes_lone: bool,
    /// Whether `{}` is legal although members are required, and counts as not sent.
    pub empty_is_absent: bool,
    /// The attributes that an object of this kind is answered with and cannot be written with.
    pub read_only: &'static [ReadOnly],
    /// Whether a record may have a longer list than a write may bring: a merge unites those of two records.
    pub united: bool,
    /// The component that describes it in documents, if its reader checks more than its kind.
    pub component: Option<&'static str>,
    /// A description for people; empty if the name is enough.
    pub about: &'static str,
}

/// The kinds of JSON values and their limits.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Anything.
    Any,
    /// True or false.
    Boolean,
    /// A number.
    Number {
        /// The least and the greatest.
        range: Option<(f64, f64)>,
    },
    /// A whole number.
    Integer {
        /// The legal ones; all when empty.
        one_of: &'static [i64],
        /// The least and the greatest.
        range: Option<(i64, i64)>,
    },
    /// A string.
    Text(Text),
    /// A list.
    List {
        /// What its items are.
        items: &'static Schema,
        /// How many at most.
        max: Option<usize>,
        /// Whether each may be once only.
        unique: bool,
    },
    /// An object with these properties.
    Object(&'static Object),
    /// The object of custom attributes, whose keys end in a suffix ([`crate::custom`]).
    Custom,
    /// An object with free keys.
    Map(&'static Schema),
    /// An object of one of several forms.
    Forms(&'static Forms),
}

/// The forms that an object may have.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Forms {
    /// All of them.
    pub all: &'static [&'static Schema],
    /// The member that they differ in.
    pub key: &'static str,
    /// The form of the member.
    pub values: &'static [&'static str],
    /// The form of an object; `None` when no form has this value of the member.
    pub choose: fn(TextAt<'_>) -> Option<&'static Schema>,
}

/// The text at a path of keys within an object: `""` for any other value, `None` when there is none.
pub type TextAt<'a> = &'a dyn Fn(&[&str]) -> Option<String>;

/// The limits of a string. Lengths count code points.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Text {
    /// The least length.
    pub min: usize,
    /// The greatest length.
    pub max: Option<usize>,
    /// The legal values; all when empty.
    pub one_of: &'static [&'static str],
    /// How it is written.
    pub format: Option<Format>,
}

/// How a string is written.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Format {
    /// The name the contract gives it.
    pub name: &'static str,
    /// A regular expression for documents, where the name is not one of JSON Schema's own; the check decides.
    pub pattern: Option<&'static str>,
    /// The greatest length in code points, for documents, where the pattern does not say it.
    pub max: Option<usize>,
    /// An example, for the person whose input was refused.
    pub example: &'static str,
    /// Which characters it takes, for the same person; empty when the example says it.
    pub about: &'static str,
    /// Whether a text is written so.
    pub check: fn(&str) -> bool,
}

/// An object and its properties.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Object {
    /// The name of its component in the OpenAPI document; inline when empty.
    pub name: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
    /// Whether keys beside the properties are legal.
    pub open: bool,
}

/// A property of an object.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Property {
    /// Its key.
    pub name: &'static str,
    /// What its value may be.
    pub schema: Schema,
    /// Whether it must be there.
    pub required: bool,
    /// Whether the import of a record keeps this attribute, which its create does not take.
    pub kept: bool,
}

/// An attribute that is answered and cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ReadOnly {
    /// Its key.
    pub name: &'static str,
    /// The source of its value, or what to do instead, for the person whose write was refused.
    pub advice: &'static str,
}

/// `date-time`.
pub const DATE_TIME: Format = Format {
    name: "date-time",
    pattern: None,
    max: Some(format::MAX_DATE_TIME),
    example: "2016-11-09T04:23:01.925Z",
    about: "",
    check: format::is_date_time,
};
/// `object-id`.
pub const OBJECT_ID: Format = Format {
    name: "object-id",
    pattern: Some("^[0-9a-fA-F]{24}$"),
    max: None,
    example: "5c7d1a1f9a1b2c0010a1b2c3",
    about: "",
    check: format::is_object_id,
};
/// `email-relaxed`.
pub const EMAIL: Format = Format {
    name: "email-relaxed",
    pattern: Some(r"^[^\s\u0000-\u001f\u007f-\u009f@]+@[^\s\u0000-\u001f\u007f-\u009f@]+$"),
    max: Some(320),
    example: "ada@acme.example",
    about: "",
    check: format::is_email,
};
/// `phone-number`.
pub const PHONE: Format = Format {
    name: "phone-number",
    pattern: Some(r"^\+?[ \-./()]*([0-9][ \-./()]*){2,20}$"),
    max: Some(64),
    example: "+18005551212",
    about: "",
    check: format::is_phone,
};
/// `whatsapp-number`.
pub const WHATSAPP: Format = Format {
    name: "whatsapp-number",
    pattern: Some(r"^(whatsapp:)?\+?[ \-./()]*([0-9][ \-./()]*){2,20}$"),
    max: Some(64),
    example: "whatsapp:+18005551212",
    about: "",
    check: format::is_whatsapp,
};
/// `uri`.
pub const URI: Format = Format {
    name: "uri",
    pattern: None,
    max: None,
    example: "https://acme.example/a",
    about: "",
    check: format::is_uri,
};
/// `url`.
pub const URL: Format = Format {
    name: "url",
    pattern: Some(concat!(
        r"^[a-zA-Z][a-zA-Z0-9+.\-]*://",
        r#"[^\s\u0000-\u001f\u007f-\u009f<>"{}|\\^`/][^\s\u0000-\u001f\u007f-\u009f<>"{}|\\^`]*$"#,
    )),
    max: None,
    example: "https://acme.example",
    about: "",
    check: format::is_url,
};
/// The tag pattern.
pub const TAG: Format = Format {
    name: "tag",
    pattern: Some(r"^[0-9a-zA-ZÀ-ÿ_/<>\-.]{1}[0-9a-zA-ZÀ-ÿ _/<>\-.]{0,63}$"),
    max: None,
    example: "vip",
    about: "a tag has 1 to 64 characters: Latin letters, digits, spaces and _ / < > - . and begins with no space",
    check: format::is_tag,
};

/// The name of a klass.
pub const KLASS_NAME: Format = Format {
    name: "klass-name",
    pattern: Some("^[0-9a-zA-Z_-]+$"),
    max: None,
    example: "order",
    about: "the name of a klass has ASCII letters, digits, _ and - alone",
    check: format::is_klass_name,
};

/// The longest URL that is taken, in code points. The contract has no limit; browsers and proxies stop at a few
/// thousand characters.
pub const MAX_URL: usize = 4_096;

impl Schema {
    const fn of(kind: Kind) -> Self {
        Self {
            kind,
            nullable: false,
            blank_is_null: false,
            max_bytes: None,
            takes_lone: false,
            empty_is_absent: false,
            united: false,
            component: None,
            read_only: &[],
            about: "",
        }
    }

    /// Anything.
    pub const fn any() -> Self {
        Self { nullable: true, ..Self::of(Kind::Any) }
    }

    /// True or false.
    pub const fn boolean() -> Self {
        Self::of(Kind::Boolean)
    }

    /// Any number.
    pub const fn number() -> Self {
        Self::of(Kind::Number { range: None })
    }

    /// A number from `least` to `greatest`.
    pub const fn number_within(least: f64, greatest: f64) -> Self {
        Self::of(Kind::Number { range: Some((least, greatest)) })
    }

    /// Any whole number.
    pub const fn integer() -> Self {
        Self::of(Kind::Integer { one_of: &[], range: None })
    }

    /// A whole number from `least` to `greatest`.
    pub const fn integer_within(least: i64, greatest: i64) -> Self {
        Self::of(Kind::Integer { one_of: &[], range: Some((least, greatest)) })
    }

    /// One of these whole numbers.
    pub const fn integer_of(one_of: &'static [i64]) -> Self {
        Self::of(Kind::Integer { one_of, range: None })
    }

    /// Any string.
    pub const fn text() -> Self {
        Self::of(Kind::Text(Text { min: 0, max: None, one_of: &[], format: None }))
    }

    /// A string of `min` to `max` code points.
    pub const fn text_of(min: usize, max: usize) -> Self {
        Self::of(Kind::Text(Text { min, max: Some(max), one_of: &[], format: None }))
    }

    /// One of these strings.
    pub const fn one_of(one_of: &'static [&'static str]) -> Self {
        Self::of(Kind::Text(Text { min: 0, max: None, one_of, format: None }))
    }

    /// A string written in `format`.
    pub const fn format(format: Format) -> Self {
        Self::of(Kind::Text(Text { min: 0, max: None, one_of: &[], format: Some(format) }))
    }

    /// A string of `min` to `max` code points written in `format`.
    pub const fn format_of(min: usize, max: usize, format: Format) -> Self {
        Self::of(Kind::Text(Text { min, max: Some(max), one_of: &[], format: Some(format) }))
    }

    /// A list of any length.
    pub const fn list(items: &'static Self) -> Self {
        Self::of(Kind::List { items, max: None, unique: false })
    }

    /// A list of at most `max` items.
    pub const fn list_of(max: usize, items: &'static Self) -> Self {
        Self::of(Kind::List { items, max: Some(max), unique: false })
    }

    /// A list of at most `max` items, each once.
    pub const fn set_of(max: usize, items: &'static Self) -> Self {
        Self::of(Kind::List { items, max: Some(max), unique: true })
    }

    /// An object.
    pub const fn object(object: &'static Object) -> Self {
        Self::of(Kind::Object(object))
    }

    /// An object with free keys.
    pub const fn map(values: &'static Self) -> Self {
        Self::of(Kind::Map(values))
    }

    /// The object of custom attributes.
    pub const fn custom() -> Self {
        Self::of(Kind::Custom)
    }

    /// The same, or null.
    #[must_use]
    pub const fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same, or null, or `""`, which is read as null: for values that no text can be meant by, such as dates. Forms and
    /// spreadsheets send an empty cell so.
    #[must_use]
    pub const fn or_blank(mut self) -> Self {
        self.nullable = true;
        self.blank_is_null = true;
        self
    }

    /// The same list, or one of its items.
    #[must_use]
    pub const fn or_lone(mut self) -> Self {
        self.takes_lone = true;
        self
    }

    /// An object of one of these forms.
    pub const fn forms(forms: &'static Forms) -> Self {
        Self::of(Kind::Forms(forms))
    }

    /// The same, of at most `max` bytes of JSON.
    #[must_use]
    pub const fn of_bytes(mut self, max: usize) -> Self {
        self.max_bytes = Some(max);
        self
    }

    /// The same, or `{}`, which counts as not sent: for objects that older servers answer empty when they have no value.
    #[must_use]
    pub const fn or_empty(mut self) -> Self {
        self.empty_is_absent = true;
        self
    }

    /// The same list, of which a record may have more items than a write may bring.
    #[must_use]
    pub const fn or_united(mut self) -> Self {
        self.united = true;
        self
    }

    /// The same object, which is answered with these attributes too.
    #[must_use]
    pub const fn with_read_only(mut self, read_only: &'static [ReadOnly]) -> Self {
        self.read_only = read_only;
        self
    }

    /// The same, described in documents by the component of this name.
    #[must_use]
    pub const fn described_by(mut self, component: &'static str) -> Self {
        self.component = Some(component);
        self
    }

    /// The same, with words about it.
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }
}

/// The properties of an object's schema; none of any other.
pub const fn properties_of(schema: &Schema) -> &'static [Property] {
    match schema.kind {
        Kind::Object(object) => object.properties,
        _ => &[],
    }
}

/// The properties of the attributes of a resource, whose schema has them behind `type` and `id`; none of any other.
pub const fn attributes_of(resource: &Schema) -> &'static [Property] {
    match properties_of(resource) {
        [_, _, attributes, ..] => properties_of(&attributes.schema),
        _ => &[],
    }
}

/// All attributes of a resource, for a body that takes none of them; `N` is how many there are.
pub(crate) const fn all_read_only<const N: usize>(resource: &Schema, advice: &'static str) -> [ReadOnly; N] {
    let attributes = attributes_of(resource);
    let mut list = [ReadOnly::new("", ""); N];
    let mut at = 0;
    while at < N {
        list[at] = ReadOnly::new(attributes[at].name, advice);
        at += 1;
    }
    list
}

impl ReadOnly {
    /// An attribute that cannot be written, and what to do instead.
    pub const fn new(name: &'static str, advice: &'static str) -> Self {
        Self { name, advice }
    }
}

impl Property {
    /// A property that may be absent.
    pub const fn optional(name: &'static str, schema: Schema) -> Self {
        Self { name, schema, required: false, kept: false }
    }

    /// A property that must be there.
    pub const fn required(name: &'static str, schema: Schema) -> Self {
        Self { name, schema, required: true, kept: false }
    }

    /// The same attribute, which an import keeps.
    #[must_use]
    pub const fn kept(self) -> Self {
        Self { kept: true, ..self }
    }
}

/// `links` of a resource.
pub const SELF_LINK: Schema =
    Schema::object(&Object { name: "SelfLink", open: true, properties: &[Property::required("self", Schema::text())] });

/// `relationships` of a resource, by name.
pub const RELATIONSHIPS: Schema = Schema::map(&RELATIONSHIP);

/// One relationship.
pub static RELATIONSHIP: Schema = Schema::object(&Object {
    name: "Relationship",
    open: true,
    properties: &[
        Property::optional("links", SELF_LINK),
        Property::optional("data", Schema::any().about("Type and id of the other side, a list of them, or null.")),
    ],
});

/// A resource as answered: its type, id, attributes (an object of this name with these properties, none required),
/// relationships and link.
macro_rules! resource_schema {
    ($name:literal, $attributes:literal, [$($property:expr),+ $(,)?]) => {
        $crate::schema::resource_schema!($name, $attributes, &[$($property),+])
    };
    ($name:expr, $attributes:expr, $properties:expr $(,)?) => {
        $crate::schema::resource_schema!(
            $name,
            $attributes,
            $properties,
            $crate::schema::Schema::text(),
            $crate::schema::Property::optional("relationships", $crate::schema::RELATIONSHIPS)
        )
    };
    ($name:expr, $attributes:expr, $properties:expr, $type:expr, $relationships:expr) => {
        $crate::schema::Schema::object(&$crate::schema::Object {
            name: $name,
            open: true,
            properties: &[
                $crate::schema::Property::required("type", $type),
                $crate::schema::Property::required("id", $crate::schema::Schema::text()),
                $crate::schema::Property::required(
                    "attributes",
                    $crate::schema::Schema::object(&$crate::schema::Object {
                        name: $attributes,
                        open: true,
                        properties: $properties,
                    }),
                ),
                $relationships,
                $crate::schema::Property::required("links", $crate::schema::SELF_LINK),
            ],
        })
    };
}

pub(crate) use resource_schema;
