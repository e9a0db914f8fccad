//! One declaration per resource. Everything that lists its attributes is generated from it.

mod parts;

use std::fmt::{Debug, Formatter, Result};

pub(crate) use parts::{
    about, apply, argument, body, camel_case, declared, elsewhere, first, marked, member, method, properties, refused,
    related, revision, sent, shown, system_attributes, update, was_sent, when,
};

/// Shows a struct as a derived `Debug` would.
pub(crate) fn show(formatter: &mut Formatter<'_>, name: &str, members: &[(&str, &dyn Debug)]) -> Result {
    let mut shown = formatter.debug_struct(name);
    for (member, value) in members {
        shown.field(member, value);
    }
    shown.finish()
}

/// What `Debug` shows in place of a secret, whether there is one or not.
pub(crate) struct Hidden;

impl Debug for Hidden {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        formatter.write_str("***")
    }
}

/// Declares a resource and its attributes.
///
/// ```text
/// resource! {
///     /// A team.
///     Team = "team";
///
///     /// The attributes of a team.
///     answer TeamAttributes = TEAM;
///
///     /// What to create a team with, or what to change on one.
///     input TeamInput { create: TEAM_INPUT, update: TEAM_CHANGES, replace: TEAM_REPLACEMENT }
///
///     attributes {
///         /// The name, 1 to 256 characters.
///         name: String = required(Schema::text_of(1, 256));
///         /// The name of an icon, at most 256 characters.
///         icon: String | null = optional(Schema::text_of(0, 256));
///         /// When a member last signed in.
///         signed_in_at: Timestamp, read_only("it is derived from sessions");
///         /// What its bot signs in with.
///         pin(secret): String = set_on_update(Schema::text(), "set it afterwards");
///         /// How often it was restarted.
///         restarts(kept): u64, read_only("it is counted");
///     }
///
///     system { deleted: on_update, created_at: optional, imported_at: on_create, }
/// }
/// ```
///
/// It generates
/// - the type `Team`, its attributes `TeamAttributes` (each a [`Field`](crate::Field), and `extra`) and the constant `TYPE`,
/// - the input `TeamInput` with a method per member, and `TeamInput::apply`, which writes it over attributes,
/// - the schema of the answer (`TEAM`) and of each body: to create (`TEAM_INPUT`), to change some attributes
///   (`TEAM_CHANGES`) and, where the API has it, to change some and need those that a create needs (`replace`),
/// - `READ_ONLY` and `READ_ONLY_ON_UPDATE`, what each body refuses although it is answered,
/// - [`SystemAttributes`](crate::SystemAttributes).
///
/// An attribute is a field's name (camelCase on the wire), its type, `| null` where null is legal, and who writes it:
/// - `= required(schema)`, `optional(schema)`, `on_create(schema)`, `required_on_create(schema)`,
///   `on_update(schema, advice)`, `set_on_update(schema, advice)` or `by_body(schema of a create, schema of an update)`; the functions of these names are in [`Attribute`](crate::attribute::Attribute);
/// - `, read_only(advice)` when nobody does.
///
/// Behind its name may be a mark: `(secret)` keeps its value out of `Debug`, and `(kept)` says that an import keeps it
/// ([`Property::kept`](crate::schema::Property::kept)). `(each Item)` says that it is a list: its method takes whatever
/// becomes items.
///
/// Records are written with their attributes in this order, those of every record last. Never change the order of those that
/// exist: former revisions are computed from the present one, and their digests are over bytes. A kind whose records were
/// written in another order declares those of every record, but for `rev`, among its own: `system among { … }`.
///
/// The schema of the answer follows from the type ([`AttributeValue`](crate::attribute::AttributeValue)), unless
/// `=> schema` gives another. A schema of the type and a property for the relationships may stand in brackets behind the
/// name of the answer's. Without `update`, a body that changes is that which creates.
///
/// `sent { … }`, between `attributes` and `system`, declares members of the input that are no attributes, such as the id of
/// a related record; `(related)` behind the name takes it from the relationship of that name when an answer becomes an
/// input. `system { … }` says what may be written of the attributes that every record has; `imported_at` exists
/// only when it is named. `modified_at` takes `updatedAt` too, and neither is applied: the rules of the kind say who may set
/// which. A resource that is not written has no `input`, no manner of writing, and `system;` or nothing.
macro_rules! resource {
    (
        $(#[$doc:meta])* $resource:ident = $word:literal;
        $(#[$answer_doc:meta])* answer $attributes:ident = $answer:ident $(($typed:expr, $related:expr))?;
        $(#[$input_doc:meta])* input $input:ident {
            create: $create:ident $(, update: $update:ident)? $(, replace: $replacement:ident)? $(,)?
        }
        attributes { $(
            $(#[$about:meta])*
            $name:ident $(($($mark:tt)+))?: $type:ty $(| $null:ident)? $(, read_only($advice:expr))?
                $(= $manner:ident($($argument:expr),+))? $(=> $schema:expr)?;
        )+ }
        $(sent { $(
            $(#[$sent_about:meta])*
            $sent:ident $(($sent_mark:ident))?: $sent_type:ty $(| $sent_null:ident)? = $sent_manner:ident($($sent_argument:expr),+);
        )+ })?
        system $($among:ident)? {
            $(deleted: $deleted:ident,)? $(created_at: $created_at:ident,)?
            $(imported_at: $imported_at:ident,)? $(modified_at: $modified_at:ident,)? $(rev: $rev:ident,)?
        }
    ) => {
        $crate::resource::resource! {
            @answer [$(#[$doc])*] $resource = $word; [$(#[$answer_doc])*] $attributes = $answer [$($typed, $related)?];
            { $([$(#[$about])*] $name [$($($mark)+)?]: $type;)+ }
            [system $($imported_at)?] [$($among)?]
        }

        impl $attributes {
            const DECLARED: &'static [$crate::attribute::Attribute] = {
                use $crate::attribute::{Attribute, AttributeValue};
                use $crate::resource::{declared, first, marked};
                &[
                    $(
                        marked!([$($($mark)+)?] declared!(
                            $name, first!([$($schema)?] <$type as AttributeValue>::ANSWER),
                            [$($advice)?] [$($manner($($argument),+))?]
                        )$(.$null())?),
                    )+
                    $($(
                        Attribute::sent($crate::resource::camel_case!($sent))
                            .$sent_manner($($sent_argument),+)$(.$sent_null())?,
                    )+)?
                    first!(
                        [$($crate::resource::elsewhere!($among))? $($crate::system::DELETED.$deleted(
                            $crate::system::DELETES,
                            concat!("a ", $word, " that is created is not deleted: send it in an update")
                        ))?]
                        $crate::system::DELETED.read_only(concat!("delete the ", $word, " to change it"))
                    ),
                    first!(
                        [$($crate::resource::elsewhere!($among))? $($crate::system::CREATED_AT.$created_at($crate::system::DATE))?]
                        $crate::system::CREATED_AT.read_only(concat!("the server sets it when the ", $word, " is created"))
                    ),
                    $($crate::system::IMPORTED_AT.$imported_at($crate::system::DATE),)?
                    first!(
                        [$($crate::resource::elsewhere!($among))? $($crate::system::UPDATED_AT.$modified_at($crate::system::DATE))?]
                        $crate::system::UPDATED_AT
                    ),
                    first!(
                        [$($crate::resource::elsewhere!($among))? $($crate::system::MODIFIED_AT.$modified_at($crate::system::DATE))?]
                        $crate::system::MODIFIED_AT
                    ),
                    first!([$($crate::resource::revision!($rev))?] $crate::system::REV.read_only($crate::system::COUNTED)),
                ]
            };
            const CREATE_ONLY: &'static str = concat!("it can only be sent when the ", $word, " is created");
        }

        #[doc = concat!("The attributes of a ", $word, " that are answered, and that a create does not take.")]
        pub static READ_ONLY: &[$crate::schema::ReadOnly] = $crate::resource::refused!($attributes, Create);

        #[doc = concat!("The body that creates a ", $word, ".")]
        pub static $create: $crate::schema::Schema =
            $crate::resource::body!($attributes, Create, concat!(stringify!($resource), "Input"), READ_ONLY);

        $(
            #[doc = concat!("The attributes of a ", $word, " that are answered, and that an update does not take.")]
            pub static READ_ONLY_ON_UPDATE: &[$crate::schema::ReadOnly] = $crate::resource::refused!($attributes, Update);

            #[doc = concat!("The body that changes a ", $word, ".")]
            pub static $update: $crate::schema::Schema = $crate::resource::body!(
                $attributes, Update, concat!(stringify!($resource), "Changes"), READ_ONLY_ON_UPDATE
            );
        )?

        $(
            #[doc = concat!("The body that changes a ", $word, " and needs the attributes that a create needs.")]
            pub static $replacement: $crate::schema::Schema = $crate::resource::body!(
                $attributes, Replacement, concat!(stringify!($resource), "Replacement"), READ_ONLY_ON_UPDATE
            );
        )?

        #[doc = concat!("The attributes of a ", $word, " that an update takes, to read it, change it and write it again.")]
        /// Attributes that are only answered, or that only a create takes, are dropped. Where an update takes `rev`, it is
        /// the revision that was read: after a change by somebody else the update is a 409.
        impl From<&$resource> for $input {
            fn from(resource: &$resource) -> Self {
                let attributes = &resource.attributes;
                let mut input = <Self as Default>::default();
                $($($crate::resource::update!($manner input.$name, attributes.$name);)?)+
                $($($crate::resource::related!([$($sent_mark)?] input.$sent, resource, $sent);)+)?
                $($crate::resource::update!($rev input.rev, attributes.rev.clone().map(serde_json::Number::from));)?
                input
            }
        }

        $crate::resource::resource! {
            @written [$(#[$input_doc])*] $input $attributes $word;
            {
                $({ [$(#[$about])*] [$name $($($mark)+)?] attribute [$($manner)?] [$type $(| $null)?] })+
                $($({ [$(#[$sent_about])*] [$sent $($sent_mark)?] sent [$sent_manner] [$sent_type $(| $sent_null)?] })+)?
            }
            [$($created_at)?] [$($imported_at)?] [$($modified_at)?] [$($deleted)?] [$($rev)?]
        }
    };

    // A resource that is only read.
    (
        $(#[$doc:meta])* $resource:ident = $word:literal;
        $(#[$answer_doc:meta])* answer $attributes:ident = $answer:ident;
        attributes { $(
            $(#[$about:meta])*
            $name:ident $(($mark:ident))?: $type:ty $(| $null:ident)? $(=> $schema:expr)?;
        )+ }
        $($system:ident;)?
    ) => {
        $crate::resource::resource! {
            @fields [$(#[$doc])*] $resource = $word; [$(#[$answer_doc])*] $attributes = $answer [];
            { $([$(#[$about])*] $name [$($mark)?]: $type;)+ }
            [$($system)?] []
        }

        impl $attributes {
            const DECLARED: &'static [$crate::attribute::Attribute] = {
                use $crate::attribute::{Attribute, AttributeValue};
                use $crate::resource::{camel_case, first, marked};
                &[
                    $(
                        marked!([$($mark)?] Attribute::answered(
                            camel_case!($name), first!([$($schema)?] <$type as AttributeValue>::ANSWER)
                        )$(.$null())?),
                    )+
                    $(
                        $crate::$system::DELETED, $crate::$system::CREATED_AT, $crate::$system::UPDATED_AT,
                        $crate::$system::MODIFIED_AT, $crate::$system::REV,
                    )?
                ]
            };
        }
    };

    // The attributes of every record are behind the others, or but for `rev` among them.
    (@answer $docs:tt $resource:ident = $word:literal; $answer_docs:tt $attributes:ident = $answer:ident $schema:tt; $own:tt $system:tt []) => {
        $crate::resource::resource! {
            @fields $docs $resource = $word; $answer_docs $attributes = $answer $schema; $own $system []
        }
    };
    (@answer $docs:tt $resource:ident = $word:literal; $answer_docs:tt $attributes:ident = $answer:ident $schema:tt; $own:tt $system:tt [among]) => {
        $crate::resource::resource! {
            @fields $docs $resource = $word; $answer_docs $attributes = $answer $schema; $own [] [among]
        }
    };

    // The attributes as they are answered and stored: type and schema.
    (
        @fields [$(#[$doc:meta])*] $resource:ident = $word:literal;
        [$(#[$answer_doc:meta])*] $attributes:ident = $answer:ident [$($typed:expr, $related:expr)?];
        { $([$(#[$about:meta])*] $name:ident [$($mark:tt)*]: $type:ty;)+ }
        [$($system:ident $($imported_at:ident)?)?] [$($among:ident)?]
    ) => {
        /// The API's word for the resource.
        pub const TYPE: &str = $word;

        $(#[$doc])*
        pub type $resource = $crate::envelope::Resource<$attributes>;

        $(#[$answer_doc])*
        #[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
        pub struct $attributes {
            $(
                $(#[$about])*
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub $name: $crate::Field<$type>,
            )+
            $(
                #[doc = $crate::resource::about!($system deleted)]
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub deleted: $crate::Field<bool>,
                /// When the record was created, or the moment that was sent instead.
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub created_at: $crate::Field<$crate::Timestamp>,
                $(
                    #[doc = $crate::resource::about!($imported_at imported_at)]
                    #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                    pub imported_at: $crate::Field<$crate::Timestamp>,
                )?
                /// When anything last changed.
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub updated_at: $crate::Field<$crate::Timestamp>,
                /// When a user last changed anything.
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub modified_at: $crate::Field<$crate::Timestamp>,
                /// The revision: 1 when created, one more with every stored change.
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub rev: $crate::Field<u64>,
            )?
            $(
                #[doc = $crate::resource::about!($among counted)]
                #[serde(default, skip_serializing_if = "crate::Field::is_absent")]
                pub rev: $crate::Field<u64>,
            )?
            /// Attributes this version does not know.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl std::fmt::Debug for $attributes {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use std::fmt::Debug;

                $crate::resource::show(
                    formatter,
                    stringify!($attributes),
                    &[
                        $((stringify!($name), $crate::resource::shown!([$($mark)*] self.$name)),)+
                        $(($crate::resource::member!($among rev), &self.rev as &dyn Debug),)?
                        $(
                            ($crate::resource::member!($system deleted), &self.deleted as &dyn Debug),
                            ($crate::resource::member!($system created_at), &self.created_at as &dyn Debug),
                            $(($crate::resource::member!($imported_at imported_at), &self.imported_at as &dyn Debug),)?
                            ($crate::resource::member!($system updated_at), &self.updated_at as &dyn Debug),
                            ($crate::resource::member!($system modified_at), &self.modified_at as &dyn Debug),
                            ($crate::resource::member!($system rev), &self.rev as &dyn Debug),
                        )?
                        ("extra", &self.extra as &dyn Debug),
                    ],
                )
            }
        }

        $($crate::resource::system_attributes!($system $attributes);)?
        $($crate::resource::system_attributes!($among $attributes);)?

        #[doc = concat!("A ", $word, " as answered.")]
        pub static $answer: $crate::schema::Schema = $crate::schema::resource_schema!(
            stringify!($resource),
            concat!(stringify!($resource), "Attributes"),
            $crate::resource::properties!($attributes, Answer),
            $($typed, $related)?
        );
    };

    // The input, step 1: leave out members that are not written.
    (
        @written $docs:tt $input:ident $attributes:ident $word:literal;
        { $({ $about:tt $name:tt $kind:ident [$($manner:ident)?] $type:tt })+ }
        $($system:tt)*
    ) => {
        $crate::resource::resource! {
            @input $docs $input $attributes $word;
            { $($({ $about $name $kind $manner $type })?)+ }
            $($system)*
        }
    };

    // The input, step 2.
    (
        @input [$(#[$doc:meta])*] $input:ident $attributes:ident $word:literal;
        { $({
            [$(#[$about:meta])*] [$name:ident $($mark:tt)*] $kind:ident $manner:ident [$type:ty $(| $null:ident)?]
        })+ }
        [$($created_at:ident)?] [$($imported_at:ident)?] [$($modified_at:ident)?] [$($deleted:ident)?] [$($rev:ident)?]
    ) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
        pub struct $input {
            $(
                $(#[$about])*
                #[doc = $crate::resource::when!($manner $($null)?)]
                #[serde(default, skip_serializing_if = "crate::attribute::is_absent")]
                pub $name: $crate::resource::sent!($type $(| $null)?),
            )+
            $(
                #[doc = $crate::resource::about!($created_at created_at)]
                #[doc = $crate::resource::when!($created_at)]
                #[serde(default, skip_serializing_if = "crate::attribute::is_absent")]
                pub created_at: Option<$crate::Timestamp>,
            )?
            $(
                #[doc = $crate::resource::about!($imported_at imported_at)]
                #[doc = $crate::resource::when!($imported_at)]
                #[serde(default, skip_serializing_if = "crate::attribute::is_absent")]
                pub imported_at: Option<$crate::Timestamp>,
            )?
            $(
                #[doc = $crate::resource::about!($modified_at modified_at)]
                #[serde(default, skip_serializing_if = "crate::attribute::is_absent")]
                pub modified_at: Option<$crate::Timestamp>,
                /// Ignored: the server sets it with every change.
                #[serde(default, skip_serializing_if = "crate::attribute::is_absent")]
                pub updated_at: Option<$crate::Timestamp>,
            )?
            $(
                /// True deletes, false or null restores.
                #[doc = $crate::resource::when!($deleted)]
                #[serde(default, skip_serializing_if = "crate::attribute::is_absent")]
                pub deleted: $crate::Field<bool>,
            )?
            $(
                #[doc = $crate::resource::about!($rev rev)]
                #[doc = $crate::resource::when!($rev)]
                #[serde(default, skip_serializing_if = "crate::attribute::is_absent")]
                pub rev: Option<serde_json::Number>,
            )?
        }

        impl std::fmt::Debug for $input {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use std::fmt::Debug;

                $crate::resource::show(
                    formatter,
                    stringify!($input),
                    &[
                        $((stringify!($name), $crate::resource::shown!([$($mark)*] self.$name)),)+
                        $(($crate::resource::member!($created_at created_at), &self.created_at as &dyn Debug),)?
                        $(($crate::resource::member!($imported_at imported_at), &self.imported_at as &dyn Debug),)?
                        $(
                            ($crate::resource::member!($modified_at modified_at), &self.modified_at as &dyn Debug),
                            ($crate::resource::member!($modified_at updated_at), &self.updated_at as &dyn Debug),
                        )?
                        $(($crate::resource::member!($deleted deleted), &self.deleted as &dyn Debug),)?
                        $(($crate::resource::member!($rev rev), &self.rev as &dyn Debug),)?
                    ],
                )
            }
        }

        impl $input {
            $($crate::resource::method! {
                [$($mark)*] [$(#[$about])* #[doc = $crate::resource::when!($manner $($null)?)]] $name [$type $(| $null)?]
            })+

            $(
                #[doc = $crate::resource::about!($created_at created_at)]
                #[doc = $crate::resource::when!($created_at)]
                #[must_use]
                pub fn created_at(mut self, created_at: impl Into<$crate::Timestamp>) -> Self {
                    self.created_at = Some(created_at.into());
                    self
                }
            )?

            $(
                #[doc = $crate::resource::about!($imported_at imported_at)]
                #[doc = $crate::resource::when!($imported_at)]
                #[must_use]
                pub fn imported_at(mut self, imported_at: impl Into<$crate::Timestamp>) -> Self {
                    self.imported_at = Some(imported_at.into());
                    self
                }
            )?

            $(
                #[doc = $crate::resource::about!($modified_at modified_at)]
                #[must_use]
                pub fn modified_at(mut self, modified_at: impl Into<$crate::Timestamp>) -> Self {
                    self.modified_at = Some(modified_at.into());
                    self
                }
            )?

            $(
                /// True deletes, false restores.
                #[doc = $crate::resource::when!($deleted)]
                #[must_use]
                pub fn deleted(mut self, deleted: bool) -> Self {
                    self.deleted = deleted.into();
                    self
                }
            )?

            $(
                #[doc = $crate::resource::about!($rev rev)]
                #[doc = $crate::resource::when!($rev)]
                #[must_use]
                pub fn rev(mut self, rev: u64) -> Self {
                    self.rev = Some(rev.into());
                    self
                }
            )?

            #[doc = concat!("Writes the input over the attributes of a ", $word, " and keeps the others.")]
            pub fn apply(self, attributes: &mut $attributes) {
                use $crate::attribute::Sent as _;
                $($crate::resource::apply!($kind self.$name, attributes.$name);)+
                $($crate::resource::apply!($created_at self.created_at, attributes.created_at);)?
                $($crate::resource::apply!($imported_at self.imported_at, attributes.imported_at);)?
                $(if $crate::resource::was_sent!($deleted self.deleted) {
                    attributes.deleted = self.deleted.into_value().unwrap_or_default().into();
                })?
            }
        }
    };
}

pub(crate) use resource;

#[cfg(test)]
#[expect(dead_code, unreachable_pub, reason = "the test reads only the types of what a declaration generates")]
mod tests {
    use crate::schema::Schema;

    resource! {
        /// A robot.
        Robot = "robot";

        /// The attributes of a robot.
        answer RobotAttributes = ROBOT;

        /// What to create a robot with.
        input RobotInput { create: ROBOT_INPUT, update: ROBOT_CHANGES }

        attributes {
            /// Its name.
            name: String = required(Schema::text());
            /// What it signs in with.
            pin(secret): String | null = optional(Schema::text());
            /// What it shows others.
            badge(secret): String, read_only("the server makes it");
        }

        sent {
            /// The former pin.
            former_pin(secret): String = on_update(Schema::text(), "there is none yet");
        }

        system {}
    }

    mod read {
        resource! {
            /// A door.
            Door = "door";

            /// The attributes of a door.
            answer DoorAttributes = DOOR;

            attributes {
                /// Its name.
                name: String;
                /// What opens it.
                code(secret): String | null;
            }
        }
    }

    #[test]
    fn marked_attributes_are_hidden_and_others_are_shown() {
        let robot = r#"{"name":"Ada","pin":"opensesame","badge":"opensesame"}"#;
        let robot: RobotAttributes = serde_json::from_str(robot).unwrap();
        let door: read::DoorAttributes = serde_json::from_str(r#"{"name":"Ada","code":"opensesame"}"#).unwrap();
        let input = RobotInput::default().name("Ada").pin("opensesame".to_owned()).former_pin("opensesame");
        for shown in [format!("{robot:?}"), format!("{door:?}"), format!("{input:?}"), format!("{input:#?}")] {
            assert!(shown.contains("Ada") && shown.contains("***") && !shown.contains("opensesame"), "{shown}");
        }
        assert_eq!(format!("{input:?}").matches("***").count(), 2);
        let sent = serde_json::to_string(&input).unwrap();
        assert_eq!(sent, r#"{"name":"Ada","pin":"opensesame","formerPin":"opensesame"}"#);
    }
}
