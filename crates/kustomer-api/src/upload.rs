//! Where the bytes of an attachment or of media are sent: the form that Kustomer's storage takes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::schema::{Object, Property, Schema};

/// An answer that holds one resource whose bytes can be uploaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Uploadable<T> {
    /// The resource.
    pub data: T,
    /// Where its bytes are sent; absent when there are none to send, or none that the caller may send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<UploadMeta>,
}

/// The `meta` of a resource whose bytes can be uploaded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct UploadMeta {
    /// What takes the bytes, of media: `s3`, whose form it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<Upload>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A form to post as `multipart/form-data`: all fields, and behind them the file in the field `file`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Upload {
    /// Where to. It takes the bytes as the body of a `PUT`, too.
    pub url: String,
    /// The fields.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

static TEXT: Schema = Schema::text();

/// [`UploadMeta`] as answered.
pub static UPLOAD_META: Schema = Schema::object(&Object {
    name: "UploadMeta",
    open: true,
    properties: &[
        Property::optional("provider", Schema::text()),
        Property::optional(
            "upload",
            Schema::object(&Object {
                name: "Upload",
                open: true,
                properties: &[
                    Property::required("url", Schema::text()),
                    Property::required("fields", Schema::map(&TEXT)),
                ],
            }),
        ),
    ],
});

/// The field of the form that holds the file.
pub const FILE_FIELD: &str = "file";

/// The most characters of a file's name, and of its content type.
pub const MAX_NAME: usize = 256;

/// The endings of names that are refused, case aside: those of programs (`docs/contract/operations.json`, `createMedia`).
pub static BLOCKED_EXTENSIONS: &[&str] = &[
    ".bin", ".bat", ".chm", ".com", ".cpl", ".crt", ".exe", ".hlp", ".hta", ".inf", ".ins", ".isp", ".jse", ".lnk",
    ".mdb", ".msc", ".msi", ".msp", ".mst", ".pcd", ".pif", ".ps1", ".reg", ".scr", ".sct", ".shs", ".vbe", ".vba",
    ".vbs", ".wsf", ".wsh", ".wsl",
];

/// The ending of a file's name when it is one of those that are refused. Blanks, dots and characters that nobody sees do not count
/// at the end, as some systems leave them out.
///
/// ```
/// use kustomer_api::upload::blocked_extension;
///
/// assert_eq!(blocked_extension("Setup.EXE "), Some(".exe"));
/// assert_eq!(blocked_extension("setup.exe\u{200b}\n"), Some(".exe"));
/// assert_eq!(blocked_extension("exe.pdf"), None);
/// ```
pub fn blocked_extension(name: &str) -> Option<&'static str> {
    let is_left_out = |character: char| {
        let is_format = matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
        character == '.' || character.is_whitespace() || character.is_control() || is_format
    };
    let name = name.trim_end_matches(is_left_out).to_ascii_lowercase();
    BLOCKED_EXTENSIONS.iter().copied().find(|ending| name.ends_with(ending))
}

/// The size of a file in bytes: a whole number.
pub(crate) const LENGTH: Schema = Schema::integer_within(0, i64::MAX);

pub(crate) const NAME: Schema = Schema::text_of(1, MAX_NAME);
