#![doc = include_str!("../README.md")]

mod attribute;
mod expand;
mod key;

use proc_macro::TokenStream;

/// Makes a struct's fields custom attributes: `custom.read()` gives the struct, `to_custom()` what to send.
///
/// The key of a field is its name in camelCase and the suffix of its type:
///
/// | type of the field | suffix |
/// |---|---|
/// | `Str`, `Txt`, `Url`, `Num`, `Bool`, `At` of `custom` | its own |
/// | `String` | `Str` |
/// | `f64`, `i32`, `i64`, `u32`, `u64` | `Num` |
/// | `bool` | `Bool` |
/// | `Timestamp` | `At` |
/// | `ObjectId`, `Vec<ObjectId>` | `Id` |
///
/// An attribute that may be missing is an `Option` of these; `None` writes nothing, so that the stored value stays. One that
/// may be cleared is a `Field` of these, which keeps absent, null and value apart. Reading a field that is neither fails where
/// its attribute is missing.
///
/// On a field `#[custom(…)]` takes
/// - `rename = "memberSinceAt"`: the whole key, its suffix included,
/// - `suffix = "Txt"`: another suffix that the type may have (a `String` is `Str`, `Txt` or `Url`),
/// - `default`: where the attribute is missing or null, the field is its type's `Default`,
/// - `skip`: the field is no attribute; it is read as its type's `Default`.
///
/// On the struct `#[custom(crate = path)]` names the crate with the module `custom`, when that is not `kustomer_client`.
///
/// ```
/// use kustomer_api::custom::CustomStruct as _;
/// use kustomer_derive::CustomAttributes;
///
/// #[derive(CustomAttributes)]
/// #[custom(crate = kustomer_api)] // not needed beside kustomer_client
/// struct Loyalty {
///     tier: String,
///     points: Option<f64>,
/// }
///
/// let gold = Loyalty { tier: "gold".to_owned(), points: None };
/// assert_eq!(gold.to_custom()?.value("tierStr"), Some(&"gold".into()));
/// # Ok::<(), kustomer_api::custom::CustomError>(())
/// ```
///
/// A key that cannot be, a suffix that does not fit its type, and a type that no attribute holds do not compile:
///
/// ```compile_fail,E0080
/// #[derive(kustomer_derive::CustomAttributes)]
/// #[custom(crate = kustomer_api)]
/// struct Loyalty {
///     #[custom(rename = "tierNum")]
///     tier: String,
/// }
/// ```
///
/// ```compile_fail,E0277
/// #[derive(kustomer_derive::CustomAttributes)]
/// #[custom(crate = kustomer_api)]
/// struct Loyalty {
///     #[custom(rename = "tierStr")]
///     tier: std::time::Duration,
/// }
/// ```
#[proc_macro_derive(CustomAttributes, attributes(custom))]
pub fn derive_custom_attributes(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
