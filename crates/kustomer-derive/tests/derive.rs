//! The code that the derive makes for structs.

#[cfg(test)]
mod tests {
    use kustomer_api::custom::{At, Bool, CustomAttributes as Custom, CustomStruct, Num, Str, Suffix, Txt, Url};
    use kustomer_api::{Field, ObjectId, Timestamp};
    use kustomer_derive::CustomAttributes;
    use serde_json::json;

    #[derive(Debug, Clone, PartialEq, CustomAttributes)]
    #[custom(crate = kustomer_api)]
    struct Loyalty {
        tier: Str,
        bio: Txt,
        home: Url,
        points: Num,
        is_active: Bool,
        since: At,
    }

    #[derive(Debug, Clone, PartialEq, CustomAttributes)]
    #[custom(crate = kustomer_api)]
    struct Plain {
        r#type: String,
        visits: i64,
        ratio: f64,
        age: Option<u32>,
        seen_at: Timestamp,
        nickname: Field<String>,
        parent: Option<ObjectId>,
        friends: Option<Vec<ObjectId>>,
        #[custom(rename = "VIP-levelNum")]
        level: u64,
        #[custom(suffix = "Txt", default)]
        remarks: String,
        #[custom(skip)]
        counted: usize,
    }

    fn custom(value: serde_json::Value) -> Custom {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_struct_is_written_under_its_keys_and_read_back() {
        let since: Timestamp = "2016-11-06T13:54:29.000Z".parse().unwrap();
        let loyalty = Loyalty {
            tier: "gold".into(),
            bio: "a\nb".into(),
            home: "https://acme.example/".into(),
            points: 12.5.into(),
            is_active: true.into(),
            since: since.into(),
        };
        assert_eq!(Loyalty::KEYS, ["tierStr", "bioTxt", "homeUrl", "pointsNum", "isActiveBool", "sinceAt"]);
        let written = loyalty.to_custom().unwrap();
        let expected = json!({
            "tierStr": "gold", "bioTxt": "a\nb", "homeUrl": "https://acme.example/", "pointsNum": 12.5,
            "isActiveBool": true, "sinceAt": "2016-11-06T13:54:29.000Z",
        });
        assert_eq!(serde_json::to_value(&written).unwrap(), expected);
        assert_eq!(written.read::<Loyalty>().unwrap(), loyalty);
        assert_eq!(Field::Value(written).read::<Loyalty>().unwrap().tier.as_str(), "gold");
    }

    #[test]
    fn plain_types_have_their_suffixes_and_absent_ones_keep_stored_values() {
        assert_eq!(
            Plain::KEYS,
            [
                "typeStr",
                "visitsNum",
                "ratioNum",
                "ageNum",
                "seenAt",
                "nicknameStr",
                "parentId",
                "friendsId",
                "VIP-levelNum",
                "remarksTxt"
            ]
        );
        let id: ObjectId = "5c7d1a1f9a1b2c0010a1b2c3".parse().unwrap();
        let read: Plain = custom(json!({
            "typeStr": "b2b", "visitsNum": 12.0, "ratioNum": 1, "seenAt": "2016-11-06T13:54:29Z", "nicknameStr": null,
            "friendsId": [id], "VIP-levelNum": 3, "unrelatedStr": "kept", "brokenNum": "text",
        }))
        .read()
        .unwrap();
        assert_eq!((read.r#type.as_str(), read.visits, read.age, read.level), ("b2b", 12, None, 3));
        assert_eq!((read.nickname.is_null(), &read.friends, read.parent), (true, &Some(vec![id]), None));
        assert_eq!((read.remarks.as_str(), read.counted), ("", 0));

        let mut stored = custom(json!({ "ageNum": 40, "nicknameStr": "Countess", "otherStr": "kept" }));
        stored.write(&read).unwrap();
        assert_eq!((stored.value("ageNum"), stored.value("otherStr")), (Some(&json!(40)), Some(&json!("kept"))));
        assert_eq!(stored.value("nicknameStr"), Some(&json!(null)));
    }

    #[test]
    fn a_value_that_does_not_fit_its_field_is_named_without_the_value() {
        let failed = custom(json!({ "tierStr": 7 })).read::<Loyalty>().unwrap_err();
        assert_eq!((failed.key, failed.expected, failed.found), ("tierStr", "a text", "a number of another kind"));
        assert!(failed.to_string().starts_with(r#"the custom attribute "tierStr" is a number of another kind"#));
        let failed = Field::<Custom>::Absent.read::<Loyalty>().unwrap_err();
        assert_eq!((failed.key, failed.found), ("tierStr", "absent"));
        let failed = custom(json!({ "typeStr": "x", "visitsNum": 1.5 })).read::<Plain>().unwrap_err();
        assert_eq!((failed.key, failed.expected), ("visitsNum", "a whole number"));
    }

    #[test]
    fn a_value_that_cannot_be_sent_writes_nothing() {
        let whole = custom(json!({
            "tierStr": "gold", "bioTxt": "", "homeUrl": "https://acme.example/", "pointsNum": 1, "isActiveBool": true,
            "sinceAt": "2016-11-06T13:54:29Z",
        }));
        let mut loyalty: Loyalty = whole.read().unwrap();
        loyalty.points = f64::NAN.into();
        let mut stored = whole.clone();
        assert!(stored.write(&loyalty).unwrap_err().to_string().contains("pointsNum"));
        assert_eq!(stored, whole);
    }

    #[test]
    fn every_suffix_of_the_api_is_known_to_the_derive() {
        // The derive writes its own list into this message.
        let listed = "Num, At, Str, Txt, Bool, Url, Id";
        assert_eq!(Suffix::ALL.map(Suffix::as_str).join(", "), listed);
    }
}
