//! A customer's attributes out of flags or a file.

use clap::Args;
use kustomer_api::custom::{CustomAttributes, CustomValue, Suffix};
use kustomer_api::customer::{CustomerInput, Email, Phone};
use kustomer_client::custom::CustomError;

use super::json;
use crate::failure::Failure;

/// What to create a customer with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct AttributeArguments {
    /// The name.
    #[arg(long)]
    name: Option<String>,
    /// An e-mail address; repeatable.
    #[arg(long = "email", value_name = "ADDRESS")]
    emails: Vec<String>,
    /// A phone number; repeatable.
    #[arg(long = "phone", value_name = "NUMBER")]
    phones: Vec<String>,
    /// The primary external id.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// A tag's name or id; repeatable.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// A custom attribute such as loyaltyTierStr=gold or balanceNum=-3.5; repeatable. The key's suffix fixes the type;
    /// null clears.
    #[arg(long, value_name = "KEY=VALUE")]
    custom: Vec<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["name", "emails", "phones", "external_id", "tags", "custom"])]
    json: Option<String>,
}

impl AttributeArguments {
    /// The attributes as JSON, ready to send. A file is sent as it is: the server reports unknown members.
    ///
    /// # Errors
    /// When a custom attribute does not fit its key, or the file cannot be read or holds no JSON.
    pub(crate) fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return json::read_object(given);
        }
        let mut input = CustomerInput::new();
        if let Some(name) = self.name {
            input = input.name(name);
        }
        if let Some(external_id) = self.external_id {
            input = input.external_id(external_id);
        }
        input = self.emails.into_iter().fold(input, |input, email| input.email(Email::new(email)));
        input = self.phones.into_iter().fold(input, |input, phone| input.phone(Phone::new(phone)));
        input = self.tags.into_iter().fold(input, CustomerInput::tag);
        if !self.custom.is_empty() {
            input = input.custom(custom(&self.custom)?);
        }
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Custom attributes out of `KEY=VALUE`.
///
/// # Errors
/// When a value does not fit its key.
pub(crate) fn custom(pairs: &[String]) -> Result<CustomAttributes, Failure> {
    let mut custom = CustomAttributes::new();
    for pair in pairs {
        let (key, text) = pair.split_once('=').ok_or_else(|| {
            Failure::new(format!("--custom {pair:?} has no value: write it like loyaltyTierStr=gold"))
        })?;
        custom.set(key, value(key, text)?)?;
    }
    Ok(custom)
}

/// The value in the type of the key's suffix. A text that does not fit stays text, and the refusal names the values of the
/// suffix.
fn value(key: &str, text: &str) -> Result<CustomValue, CustomError> {
    let suffix = Suffix::of(key).ok_or_else(|| CustomError::Suffix { key: key.to_owned() })?;
    Ok(match suffix {
        _ if text == "null" => CustomValue::Null,
        Suffix::Num => serde_json::from_str(text).map_or_else(|_| text.into(), CustomValue::Number),
        Suffix::Bool => text.parse::<bool>().map_or_else(|_| text.into(), CustomValue::Boolean),
        _ => text.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pairs: &[&str]) -> Result<String, String> {
        let pairs: Vec<String> = pairs.iter().map(|&pair| pair.to_owned()).collect();
        let custom = custom(&pairs).map_err(|failure| failure.to_string())?;
        serde_json::to_string(&custom).map_err(|error| error.to_string())
    }

    #[test]
    fn the_suffix_fixes_the_type_of_the_value() {
        let pairs = ["aStr=12", "bNum=12.5", "cBool=true", "dTxt=", "eStr=x=y", "fNum=null", "gNum=-3"];
        assert_eq!(
            written(&pairs).unwrap(),
            r#"{"aStr":"12","bNum":12.5,"cBool":true,"dTxt":"","eStr":"x=y","fNum":null,"gNum":-3}"#
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        assert_eq!(written(&["aNum="]).unwrap_err(), r#"the key "aNum" ends in Num, which takes a number or null"#);
        assert_eq!(
            written(&["aBool="]).unwrap_err(),
            r#"the key "aBool" ends in Bool, which takes true, false or null"#
        );
        assert!(written(&["aNum=twelve"]).is_err());
        assert!(written(&["aAt=yesterday"]).is_err());
        assert!(written(&["tier=gold"]).unwrap_err().contains("must end in one of"));
        assert!(written(&["tierStr"]).unwrap_err().contains("has no value"));
    }
}
