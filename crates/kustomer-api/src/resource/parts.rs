//! The parts of what `resource!` generates.

/// The first of two, or the second when there is no first.
macro_rules! first {
    ([] $otherwise:expr) => {
        $otherwise
    };
    ([$first:expr] $otherwise:expr) => {
        $first
    };
}

/// The value of a member as `Debug` shows it.
macro_rules! shown {
    ([] $value:expr) => {
        &$value as &dyn Debug
    };
    ([secret] $value:expr) => {
        &$crate::resource::Hidden as &dyn Debug
    };
    ([$($mark:tt)+] $value:expr) => {
        &$value as &dyn Debug
    };
}

/// An attribute with its mark.
macro_rules! marked {
    ([kept] $attribute:expr) => {
        $attribute.kept()
    };
    ([$($mark:tt)*] $attribute:expr) => {
        $attribute
    };
}

/// A field's name as the API writes it.
macro_rules! camel_case {
    ($name:ident) => {{
        const SNAKE: &str = stringify!($name);
        const CAMEL: &[u8; $crate::attribute::camel_case_length(SNAKE)] = &$crate::attribute::camel_case(SNAKE);
        const NAME: &str = match str::from_utf8(CAMEL) {
            Ok(name) => name,
            Err(_) => SNAKE,
        };
        NAME
    }};
}

/// An attribute that is written in some manner, or read-only.
macro_rules! declared {
    ($name:ident, $answer:expr, [] [$($written:tt)+]) => {
        Attribute::answered($crate::resource::camel_case!($name), $answer).$($written)+
    };
    ($name:ident, $answer:expr, [$advice:expr] []) => {
        Attribute::answered($crate::resource::camel_case!($name), $answer).read_only($advice)
    };
    ($name:ident, $answer:expr, [$($advice:expr)?] [$($written:tt)*]) => {
        compile_error!(concat!(
            "`", stringify!($name), "` needs either `= required(schema)` or another manner of writing, or `, read_only(advice)`"
        ))
    };
}

/// The attribute `rev` of a resource whose updates may name the revision that they change.
macro_rules! revision {
    (optional) => {
        $crate::system::REV.optional($crate::system::EXPECTED)
    };
    (on_update) => {
        $crate::system::REV.on_update($crate::system::EXPECTED, $crate::system::COUNTED)
    };
}

/// Nothing, in place of an attribute of every record that is declared among the others.
macro_rules! elsewhere {
    (among) => {
        Attribute::sent("")
    };
}

/// The attributes of every record.
macro_rules! system_attributes {
    ($present:ident $attributes:ident) => {
        impl $crate::SystemAttributes for $attributes {
            fn system(&mut self) -> $crate::System<'_> {
                $crate::System {
                    deleted: &mut self.deleted,
                    created_at: &mut self.created_at,
                    updated_at: &mut self.updated_at,
                    modified_at: &mut self.modified_at,
                    rev: &mut self.rev,
                }
            }

            fn created_at(&self) -> Option<$crate::Timestamp> {
                self.created_at.value().copied()
            }
        }
    };
}

/// The properties of a body.
macro_rules! properties {
    ($attributes:ident, $body:ident) => {{
        use $crate::attribute::{Body, count_properties, properties};
        static PROPERTIES: [$crate::schema::Property; count_properties($attributes::DECLARED, Body::$body)] =
            properties($attributes::DECLARED, Body::$body);
        &PROPERTIES
    }};
}

/// The attributes that a body refuses.
macro_rules! refused {
    ($attributes:ident, $body:ident) => {{
        use $crate::attribute::{Body, count_refused, refused};
        static REFUSED: [$crate::schema::ReadOnly; count_refused($attributes::DECLARED, Body::$body)] =
            refused($attributes::DECLARED, Body::$body, $attributes::CREATE_ONLY);
        &REFUSED
    }};
}

/// The schema of a body.
macro_rules! body {
    ($attributes:ident, $body:ident, $name:expr, $read_only:ident) => {{
        static OBJECT: $crate::schema::Object = $crate::schema::Object {
            name: $name,
            open: false,
            properties: $crate::resource::properties!($attributes, $body),
        };
        $crate::schema::Schema::object(&OBJECT).with_read_only($read_only)
    }};
}

/// What an attribute of every record is.
macro_rules! about {
    ($system:ident deleted) => {
        "Whether the record is deleted."
    };
    ($manner:ident created_at) => {
        "The moment of creation, to back-date the record."
    };
    ($manner:ident imported_at) => {
        "When the record was imported, which marks it as imported."
    };
    ($manner:ident modified_at) => {
        "When a user last changed it. Counts with the role `org.admin`, and is replaced otherwise."
    };
    (among counted) => {
        "The revision: 1 when created, one more with every stored change."
    };
    ($manner:ident rev) => {
        "The revision that the record must have, otherwise an update is refused with 409."
    };
}

/// When an attribute can be sent, and what null does to it.
macro_rules! when {
    (required) => {
        "A create needs it."
    };
    (optional) => {
        ""
    };
    (on_create) => {
        "Only a create takes it."
    };
    (required_on_create) => {
        "A create needs it; it never changes."
    };
    (on_update) => {
        "Only an update takes it."
    };
    (set_on_update) => {
        "Only an update takes it."
    };
    (by_body) => {
        ""
    };
    ($manner:ident null) => {
        concat!($crate::resource::when!($manner), " Null clears it.")
    };
    ($manner:ident) => {
        compile_error!(concat!("`", stringify!($manner), "` is no manner of writing an attribute: see `resource!`"))
    };
}

/// The type of a member of an input.
macro_rules! sent {
    ($type:ty) => { Option<$type> };
    ($type:ty | null) => { $crate::Field<$type> };
}

/// The parameter type of a method of an input, and the member made from it.
macro_rules! argument {
    ($type:ty) => { $type };
    ($type:ty | null) => { $crate::Field<$type> };
    (=> $value:expr) => { Some($value) };
    (null => $value:expr) => { $value };
}

/// The method of an input that sets a member.
macro_rules! method {
    ([each $item:ty] [$(#[$about:meta])*] $name:ident [$type:ty]) => {
        $(#[$about])*
        #[must_use]
        pub fn $name(mut self, $name: impl IntoIterator<Item = impl Into<$item>>) -> Self {
            self.$name = Some($name.into_iter().map(Into::into).collect());
            self
        }
    };
    ([$($mark:ident)?] [$(#[$about:meta])*] $name:ident [$type:ty $(| $null:ident)?]) => {
        $(#[$about])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<$crate::resource::argument!($type $(| $null)?)>) -> Self {
            self.$name = $crate::resource::argument!($($null)? => $name.into());
            self
        }
    };
}

/// Takes a member of an input from the relationship of its name.
macro_rules! related {
    ([related] $sent:expr, $resource:expr, $name:ident) => {
        $sent = $resource
            .relationships
            .get($crate::resource::camel_case!($name))
            .and_then($crate::envelope::Relationship::id)
            .map_or_else(Default::default, Into::into)
    };
    ([$($mark:ident)?] $sent:expr, $resource:expr, $name:ident) => {};
}

/// Writes a member of an input over the attribute it belongs to, if it belongs to one.
macro_rules! apply {
    (sent $sent:expr, $attribute:expr) => {};
    ($manner:ident $sent:expr, $attribute:expr) => {
        $sent.write(&mut $attribute)
    };
}

/// Puts an attribute as it was answered into an input, if an update takes it.
macro_rules! update {
    (on_create $sent:expr, $attribute:expr) => {};
    (required_on_create $sent:expr, $attribute:expr) => {};
    (set_on_update $sent:expr, $attribute:expr) => {};
    ($manner:ident $sent:expr, $attribute:expr) => {
        $sent = $crate::attribute::Sent::of(&$attribute)
    };
}

/// Whether a member of an input was sent.
macro_rules! was_sent {
    ($manner:ident $sent:expr) => {
        !$sent.is_absent()
    };
}

/// The name of a member that is there if the first word is.
macro_rules! member {
    ($present:ident $name:ident) => {
        stringify!($name)
    };
}

pub(crate) use {
    about, apply, argument, body, camel_case, declared, elsewhere, first, marked, member, method, properties, refused,
    related, revision, sent, shown, system_attributes, update, was_sent, when,
};
