//! The OpenAPI document, as the binary prints it.

use anyhow::{Context, Result};

use crate::workspace::Metadata;
use crate::{drift, process};

const DOCUMENT: &str = "docs/openapi.json";

/// Writes or checks `docs/openapi.json`.
pub(crate) fn run(check: bool) -> Result<()> {
    drift::write_or_check(DOCUMENT, &indented(&print()?)?, check, "cargo xtask openapi")
}

/// The document as `kustodian openapi` prints it.
pub(crate) fn print() -> Result<Vec<u8>> {
    process::build(&["--bin", "kustodian"])?;
    process::output(process::program(Metadata::load()?.binary("debug", "kustodian")).arg("openapi"))
}

/// The same JSON, member order kept, two spaces a level, with a newline at its end.
fn indented(json: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(json);
    serde_transcode::transcode(&mut reader, &mut serde_json::Serializer::pretty(&mut out))
        .context("`kustodian openapi` did not print JSON")?;
    reader.end().context("`kustodian openapi` printed more than one document")?;
    out.push(b'\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indenting_keeps_the_order_of_members() {
        let indented = indented(br#"{"b":1,"a":[true,2.5]}"#).unwrap();
        assert_eq!(String::from_utf8(indented).unwrap(), "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    2.5\n  ]\n}\n");
    }

    #[test]
    fn what_follows_the_document_is_refused() {
        assert!(indented(b"{} {}").is_err());
    }
}
