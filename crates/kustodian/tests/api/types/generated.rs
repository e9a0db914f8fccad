// Custom attributes, as the org's metadata describes them. Written by `kustodian types --lang rust`.

use kustomer_client::Field;
use serde::{Deserialize, Serialize};

/// An id, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ids {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// The custom attributes of `customer`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerCustom {
    /// Born
    #[serde(rename = "bornAt", default, skip_serializing_if = "Field::is_absent")]
    pub born_at: Field<String>,
    /// Churned
    #[serde(rename = "churnedBool", default, skip_serializing_if = "Field::is_absent")]
    pub churned_bool: Field<bool>,
    /// Friend
    #[serde(rename = "friendId", default, skip_serializing_if = "Field::is_absent")]
    pub friend_id: Field<String>,
    /// Home * / page of it
    #[serde(rename = "homeUrl", default, skip_serializing_if = "Field::is_absent")]
    pub home_url: Field<String>,
    /// Loyalty
    #[serde(rename = "loyaltyTierStr", default, skip_serializing_if = "Field::is_absent")]
    pub loyalty_tier_str: Field<CustomerLoyaltyTierStr>,
    /// Orders
    #[serde(rename = "ordersId", default, skip_serializing_if = "Field::is_absent")]
    pub orders_id: Field<Ids>,
    /// Passport
    #[serde(rename = "passportStr", default, skip_serializing_if = "Field::is_absent")]
    pub passport_str: Field<serde_json::Value>,
    /// Score
    #[serde(rename = "scoreNum", default, skip_serializing_if = "Field::is_absent")]
    pub score_num: Field<f64>,
}

/// The values of `loyaltyTierStr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CustomerLoyaltyTierStr {
    /// gold
    #[serde(rename = "gold")]
    Gold,
    /// new "silver"
    #[serde(rename = "new \"silver\"")]
    NewSilver,
    /// new silver
    #[serde(rename = "new silver")]
    NewSilver2,
    /// 3rd
    #[serde(rename = "3rd")]
    V3rd,
    /// One that is not described.
    #[serde(untagged)]
    Other(String),
}

/// The custom attributes of `kobject.order`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KobjectOrderCustom {
    /// Loyalty Tier
    #[serde(rename = "loyaltyTierStr", default, skip_serializing_if = "Field::is_absent")]
    pub loyalty_tier_str: Field<String>,
}
