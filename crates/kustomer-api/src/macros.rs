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

        // Every enumeration has this test. A function may have the name of a type.
        #[cfg(test)]
        #[test]
        #[expect(non_snake_case, reason = "a macro cannot make a name that is both new and its own")]
        fn $name() {
            $crate::macros::tests::every_value_survives::<$name>($name::VALUES, |value| matches!(value, $name::Other(_)));
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

/// Gives a query a method for each member. How a member is given: `paging` as a [`PageQuery`](crate::query::PageQuery) or its parts,
/// `own` as it is, `some` as an option or its value, `text` as what becomes its value, and `list` as its items.
macro_rules! query_methods {
    ($query:ident { $($member:ident: $manner:ident $($type:ty)?),+ $(,)? }) => {
        impl $query {
            $($crate::macros::query_methods! { @method $member $manner $($type)? })+
        }
    };
    (@method $member:ident paging) => {
        /// The same with this page, of this size.
        #[must_use]
        pub fn paging(mut self, paging: $crate::query::PageQuery) -> Self {
            self.$member = paging;
            self
        }

        /// The same with this page, from 1.
        #[must_use]
        pub fn page(mut self, page: impl Into<Option<u32>>) -> Self {
            self.$member.page = page.into();
            self
        }

        /// The same with pages of this size, 1 to 1,000.
        #[must_use]
        pub fn page_size(mut self, page_size: impl Into<Option<u32>>) -> Self {
            self.$member.page_size = page_size.into();
            self
        }
    };
    (@method $member:ident own $type:ty) => {
        #[doc = concat!("The same with this [`", stringify!($member), "`](Self#structfield.", stringify!($member), ").")]
        #[must_use]
        pub fn $member(mut self, $member: $type) -> Self {
            self.$member = $member;
            self
        }
    };
    (@method $member:ident some $type:ty) => {
        #[doc = concat!("The same with this [`", stringify!($member), "`](Self#structfield.", stringify!($member), ").")]
        #[must_use]
        pub fn $member(mut self, $member: impl Into<Option<$type>>) -> Self {
            self.$member = $member.into();
            self
        }
    };
    (@method $member:ident text $type:ty) => {
        #[doc = concat!("The same with this [`", stringify!($member), "`](Self#structfield.", stringify!($member), ").")]
        #[must_use]
        pub fn $member(mut self, $member: impl Into<$type>) -> Self {
            self.$member = Some($member.into());
            self
        }
    };
    (@method $member:ident list $type:ty) => {
        #[doc = concat!("The same with these [`", stringify!($member), "`](Self#structfield.", stringify!($member), ").")]
        #[must_use]
        pub fn $member(mut self, $member: impl IntoIterator<Item = impl Into<$type>>) -> Self {
            self.$member = $member.into_iter().map(Into::into).collect();
            self
        }
    };
}

pub(crate) use builders;
pub(crate) use open_enum;
pub(crate) use query_methods;

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::{Debug, Display};

    use serde::Serialize;
    use serde::de::DeserializeOwned;

    /// Reads and writes the values of an enumeration, and some that this version does not know.
    pub(crate) fn every_value_survives<T>(known: &[&str], is_other: fn(&T) -> bool)
    where
        T: Serialize + DeserializeOwned + for<'a> From<&'a str> + Display + PartialEq + Debug,
    {
        assert!(!known.is_empty());
        let unknown = ["a value of a later version", "", known[0].to_uppercase().as_str(), "other"]
            .map(str::to_owned)
            .into_iter()
            .filter(|text| !known.contains(&text.as_str()));
        let known = known.iter().map(|text| ((*text).to_owned(), false));
        for (text, is_unknown) in known.chain(unknown.map(|text| (text, true))) {
            let json = serde_json::to_string(&text).unwrap();
            let value: T = serde_json::from_str(&json).unwrap();
            assert_eq!(is_other(&value), is_unknown, "{text:?} is {value:?}");
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!((value.to_string(), T::from(text.as_str())), (text, value));
        }
    }
}
