//! The accounts that e-mail is sent from, as the server is set up.

use std::fmt;
use std::str::FromStr;

use kustomer_api::format;
use serde::Deserialize;

/// An address that e-mail is sent from, with the name to show: `help@shop.example`, or `Shop <help@shop.example>`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OutboundAccount {
    pub(crate) name: String,
    pub(crate) address: String,
}

/// Why an account is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account is written like help@shop.example or Shop <help@shop.example>")]
pub struct NotAnAccount;

impl FromStr for OutboundAccount {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((name, address)) => (name.trim(), address.trim()),
            None => (text, text),
        };
        let is_one = format::is_email(address) && !address.contains(['<', '>']);
        let name = if name.is_empty() { address } else { name };
        if is_one { Ok(Self { name: name.to_owned(), address: address.to_owned() }) } else { Err(NotAnAccount) }
    }
}

impl TryFrom<String> for OutboundAccount {
    type Error = NotAnAccount;

    fn try_from(text: String) -> Result<Self, NotAnAccount> {
        text.parse()
    }
}

impl fmt::Display for OutboundAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} <{}>", self.name, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_an_address_with_or_without_a_name() {
        for (text, read) in [
            ("help@shop.example", "help@shop.example <help@shop.example>"),
            (" Shop <help@shop.example> ", "Shop <help@shop.example>"),
            ("<help@shop.example>", "help@shop.example <help@shop.example>"),
        ] {
            assert_eq!(text.parse::<OutboundAccount>().unwrap().to_string(), read);
        }
        for text in ["", "Shop", "Shop <help>", "Shop <a@b> <c@d>", "<>"] {
            assert_eq!(text.parse::<OutboundAccount>(), Err(NotAnAccount), "{text}");
        }
    }
}
