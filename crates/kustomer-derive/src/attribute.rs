//! What `#[custom(…)]` says.

use syn::spanned::Spanned as _;
use syn::{Attribute, DeriveInput, Error, Field, LitStr, Path, Result, parse_quote};

use crate::key;

/// The attribute of a field.
#[derive(Default)]
pub(crate) struct OnField {
    pub(crate) rename: Option<LitStr>,
    pub(crate) suffix: Option<LitStr>,
    pub(crate) is_default: bool,
    pub(crate) is_skipped: bool,
}

const TAKEN: &str = "#[custom(…)] takes rename = \"…\", suffix = \"…\", default and skip on a field";

impl OnField {
    pub(crate) fn read(field: &Field) -> Result<Self> {
        let mut said = Self::default();
        for attribute in of_ours(&field.attrs) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    said.rename = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("suffix") {
                    said.suffix = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("default") {
                    said.is_default = true;
                } else if meta.path.is_ident("skip") {
                    said.is_skipped = true;
                } else {
                    return Err(Error::new(meta.path.span(), TAKEN));
                }
                Ok(())
            })?;
        }
        if let (Some(_), Some(suffix)) = (&said.rename, &said.suffix) {
            return Err(Error::new(suffix.span(), "rename is the whole key, its suffix included: leave suffix out"));
        }
        Ok(said)
    }

    /// The key of the field with this name and type.
    pub(crate) fn key(&self, name: &str, field: &Field) -> Result<String> {
        if let Some(rename) = &self.rename {
            let key = rename.value();
            return key::fault(&key).map_or(Ok(key), |fault| Err(Error::new(rename.span(), fault)));
        }
        let suffix = match &self.suffix {
            Some(given) => key::SUFFIXES.into_iter().find(|suffix| *suffix == given.value()).ok_or_else(|| {
                Error::new(given.span(), format!("there is no suffix {:?}: it is one of {}", given.value(), all()))
            })?,
            None => key::suffix_of_type(&field.ty).ok_or_else(|| {
                let advice = "the suffix of this type is not known here: give the field the type Str, Txt, Url, Num, Bool or \
                              At of `custom`, or String, f64, i32, i64, u32, u64, bool, Timestamp, ObjectId or \
                              Vec<ObjectId>, or an Option or Field of one; or name the whole key with #[custom(rename = \"…\")]";
                Error::new(field.ty.span(), advice)
            })?,
        };
        let key = key::of_field(name, suffix);
        key::fault(&key).map_or(Ok(key), |fault| Err(Error::new(field.span(), fault)))
    }
}

fn all() -> String {
    key::SUFFIXES.join(", ")
}

/// The crate that has the module `custom`.
pub(crate) fn crate_path(input: &DeriveInput) -> Result<Path> {
    let mut path = parse_quote!(::kustomer_client);
    for attribute in of_ours(&input.attrs) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(Error::new(meta.path.span(), "#[custom(…)] takes crate = path on a struct"));
            }
            path = meta.value()?.parse()?;
            Ok(())
        })?;
    }
    Ok(path)
}

fn of_ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("custom"))
}
