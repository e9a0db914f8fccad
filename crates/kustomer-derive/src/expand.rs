//! From a struct to its implementation.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::attribute::{OnField, crate_path};
use crate::key;

/// The implementation of `CustomStruct`.
///
/// # Errors
/// When it is no struct with named fields, or a field has no key that can be.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "only a struct has custom attributes as its fields"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(input.ident.span(), "the fields need names, which their keys are made of"));
    };
    let of = crate_path(input)?;
    let mut taken = HashMap::new();
    let (mut keys, mut checks, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for field in &fields.named {
        let (Some(ident), of_type) = (&field.ident, &field.ty) else { continue };
        let said = OnField::read(field)?;
        if said.is_skipped {
            reads.push(quote! { #ident: ::core::default::Default::default() });
            continue;
        }
        let key = said.key(&ident.unraw().to_string(), field)?;
        if let Some(first) = taken.insert(key.clone(), ident) {
            let fault = format!("the fields {first} and {ident} have the same key {key:?}");
            return Err(Error::new(ident.span(), fault));
        }
        let suffix = key::suffix_of(&key).unwrap_or_default();
        let variant = format_ident!("{suffix}");
        let fault = format!("the key {key:?} ends in {suffix}, which the type of its field does not hold");
        checks.push(quote_spanned! { of_type.span() =>
            const _: () = ::core::assert!(
                #of::custom::holds(<#of_type as #of::custom::CustomField>::SUFFIXES, #of::custom::Suffix::#variant),
                #fault
            );
        });
        reads.push(if said.is_default {
            quote! {
                #ident: custom
                    .read_field::<::core::option::Option<#of_type>>(#key)?
                    .unwrap_or_else(::core::default::Default::default)
            }
        } else {
            quote! { #ident: custom.read_field::<#of_type>(#key)? }
        });
        writes.push(quote! { custom.write_field(#key, &self.#ident)?; });
        keys.push(key);
    }
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #(#checks)*

        #[automatically_derived]
        impl #generics #of::custom::CustomStruct for #name #arguments #bounds {
            const KEYS: &'static [&'static str] = &[#(#keys),*];

            fn read_custom(
                custom: &#of::custom::CustomAttributes,
            ) -> ::core::result::Result<Self, #of::custom::CustomReadError> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }

            fn write_custom(
                &self,
                custom: &mut #of::custom::CustomAttributes,
            ) -> ::core::result::Result<(), #of::custom::CustomError> {
                #(#writes)*
                ::core::result::Result::Ok(())
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that stop the build.
    fn refused(code: &str) -> String {
        expand(&syn::parse_str(code).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_a_key_stops_the_build_with_advice() {
        let words = refused(r#"struct A { #[custom(rename = "tier")] tier: String }"#);
        assert!(words.starts_with(r#"the key "tier" must end in one of Num, At, Str"#), "{words}");
        assert!(words.ends_with(r#"such as "tierStr""#), "{words}");
        let words = refused(r#"struct A { #[custom(rename = "loyalty tierStr")] tier: String }"#);
        assert_eq!(words, r#"the key "loyalty tierStr" must have letters, digits, _ and - alone, and has ' '"#);
        let long = format!(r#"struct A {{ #[custom(rename = "{}Str")] tier: String }}"#, "x".repeat(253));
        assert_eq!(refused(&long), "the key has 256 characters, and may have 255");
        let words = refused(r#"struct A { tier: String, #[custom(rename = "tierStr")] other: Txt }"#);
        assert_eq!(words, r#"the fields tier and other have the same key "tierStr""#);
    }

    #[test]
    fn a_type_without_a_known_suffix_stops_the_build_with_advice() {
        assert!(refused("struct A { tier: Tier }").starts_with("the suffix of this type is not known here"));
        assert!(refused("struct A { tags: Vec<String> }").contains("Vec<ObjectId>"));
        let words = refused(r#"struct A { #[custom(suffix = "Date")] since: String }"#);
        assert_eq!(words, r#"there is no suffix "Date": it is one of Num, At, Str, Txt, Bool, Url, Id"#);
        assert!(refused(r#"struct A { #[custom(name = "x")] since: String }"#).contains("rename"));
        assert!(refused("enum A { B }").contains("only a struct") && refused("struct A(u32);").contains("need names"));
    }
}
