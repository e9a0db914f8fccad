//! The files in `packaging/`, which say `{{name}}` where something is put in.

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Reads a file of `packaging/` and puts these in.
pub(crate) fn filled(path: &str, values: &[(&str, &str)]) -> Result<String> {
    let file = workspace::root().join("packaging").join(path);
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    fill(&text, values).with_context(|| format!("in {}", file.display()))
}

fn fill(text: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        let (name, after) = from.split_once("}}").context("a {{ has no }} behind it")?;
        let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
            bail!("there is nothing to put in for {{{{{name}}}}}");
        };
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_replaced_or_refused() {
        let values = [("version", "1.2.3"), ("name", "{{version}}")];
        assert_eq!(fill("a {{version}}, {{name}}\n", &values).unwrap(), "a 1.2.3, {{version}}\n");
        assert_eq!(fill("{{size}}", &values).unwrap_err().to_string(), "there is nothing to put in for {{size}}");
        assert!(fill("{{version", &values).is_err());
    }
}
