//! String enumerations that stay open: a value this version does not know survives a round trip.

/// Declares an enumeration whose unknown values are kept in `Other`.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A value this version does not know, kept as it came.
            Other(String),
        }

        impl $name {
            /// The values the contract names, in its order.
            pub const VALUES: &'static [&'static str] = &[$($text),+];

            /// The value as the API writes it.
            pub const fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl crate::attribute::AttributeValue for $name {
            const ANSWER: crate::schema::Schema = crate::schema::Schema::text();
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(std::borrow::Cow::<str>::deserialize(deserializer)?.as_ref()))
            }
        }
    };
}

/// Gives an input a method for each member that it names; those before the semicolon may be left out of the input.
macro_rules! builders {
    ($input:ident { $($optional:ident: $type:ty),* $(; $($member:ident: $member_type:ty),+)? }) => {
        impl $input {
            $(
                #[doc = concat!("The same with this [`", stringify!($optional), "`](Self#structfield.", stringify!($optional), ").")]
                #[must_use]
                pub fn $optional(mut self, $optional: impl Into<$type>) -> Self {
                    self.$optional = Some($optional.into());
                    self
                }
            )*
            $($(
                #[doc = concat!("The same with this [`", stringify!($member), "`](Self#structfield.", stringify!($member), ").")]
                #[must_use]
                pub fn $member(mut self, $member: impl Into<$member_type>) -> Self {
                    self.$member = $member.into();
                    self
                }
            )+)?
        }
    };
}

pub(crate) use builders;
pub(crate) use open_enum;
