//! XML as JSON: an element without attributes and children is its text; any other is an object with its attributes behind
//! `@`, its children by their names, several of one name as a list, and its own text as `#text`. No entity is defined by a
//! document: one that declares a type is refused.

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value};

use super::body::{MAX_DEPTH, MAX_VALUES, is_utf8, malformed, one_or_several, too_deep, too_many, unsupported};
use crate::refusal::Refusal;

/// An element whose end is still to come.
struct Element {
    name: String,
    members: BTreeMap<String, Vec<Value>>,
    text: String,
}

impl Element {
    fn into_value(self) -> Value {
        let text = self.text.trim();
        if self.members.is_empty() {
            return Value::String(text.to_owned());
        }
        let mut object: Map<String, Value> =
            self.members.into_iter().map(|(name, values)| (name, one_or_several(values))).collect();
        if !text.is_empty() {
            object.insert("#text".to_owned(), text.into());
        }
        Value::Object(object)
    }
}

/// The document that is being read.
struct Document {
    open: Vec<Element>,
    root: Option<(String, Value)>,
    /// How many values it may still have.
    left: usize,
}

/// Reads a document: an object with its root element.
///
/// # Errors
/// 400 when it is no XML, nested too deep, too large, or declares a type; 415 when it says that it is not in UTF-8.
pub(super) fn read(text: &str) -> Result<Value, Refusal> {
    let mut reader = Reader::from_str(text);
    let mut document = Document { open: Vec::new(), root: None, left: MAX_VALUES };
    loop {
        let at = reader.buffer_position();
        let event =
            reader.read_event().map_err(|error| malformed(format!("The body is not XML at byte {at}: {error}")))?;
        match event {
            Event::Start(start) => document.begin(&start)?,
            Event::Empty(start) => {
                document.begin(&start)?;
                document.end()?;
            }
            Event::End(_) => document.end()?,
            Event::Text(text) => document.add(&text)?,
            Event::CData(text) => document.add(&text)?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(letter)) => document.add(letter.encode_utf8(&mut [0; 4]))?,
                _ => document.add(predefined(&reference)?)?,
            },
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                if encoding.is_some_and(|encoding| !is_utf8(&encoding)) {
                    return Err(unsupported("The document says that it is not in UTF-8: send it in UTF-8"));
                }
            }
            Event::DocType(_) => return Err(malformed("The document declares a type: send it without <!DOCTYPE>")),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if let Some(open) = document.open.last() {
        return Err(malformed(format!("The body is not XML: the element {} does not end", shortened(&open.name))));
    }
    let root = document.root.ok_or_else(|| malformed("The body is not XML: it has no element"))?;
    Ok(Value::Object(Map::from_iter([root])))
}

impl Document {
    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(malformed("The body is not XML: it has two root elements"));
        }
        self.count()?;
        let mut members: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        // Looking for each among all before it would take a time that grows with their square.
        for attribute in start.attributes().with_checks(false) {
            self.count()?;
            let attribute = attribute.map_err(|error| malformed(format!("The body is not XML: {error}")))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| malformed(format!("The body is not XML: {error}")))?;
            members.insert(format!("@{}", attribute.key.as_ref()), vec![value.into_owned().into()]);
        }
        self.open.push(Element { name: start.name().as_ref().to_owned(), members, text: String::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        let Some(mut element) = self.open.pop() else {
            return Err(malformed("The body is not XML: an end without a start"));
        };
        let name = std::mem::take(&mut element.name);
        let value = element.into_value();
        match self.open.last_mut() {
            Some(parent) => parent.members.entry(name).or_default().push(value),
            None => self.root = Some((name, value)),
        }
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<(), Refusal> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(malformed("The body is not XML: there is text beside its root element")),
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        Ok(())
    }
}

/// The text of an entity that every document has.
fn predefined(name: &str) -> Result<&'static str, Refusal> {
    match name {
        "lt" => Ok("<"),
        "gt" => Ok(">"),
        "amp" => Ok("&"),
        "apos" => Ok("'"),
        "quot" => Ok("\""),
        _ => Err(malformed(format!("The body is not XML: there is no entity {}", shortened(name)))),
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(text: &str) -> u16 {
        read(text).map_or_else(|refusal| refusal.status, |_| 200)
    }

    #[test]
    fn a_document_becomes_json() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><order id=\"7\" note='a &amp; b'>\n  <item>one</item>\
            <item lang=\"de\">zw&#246;i &lt;</item><empty/><ns:total>5</ns:total><![CDATA[<raw> & ]]></order>\n";
        let expected = json!({ "order": {
            "@id": "7", "@note": "a & b", "item": ["one", { "@lang": "de", "#text": "zw\u{f6}i <" }], "empty": "",
            "ns:total": "5", "#text": "<raw> &",
        } });
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn nothing_expands_and_nothing_is_nested_or_repeated_without_end() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"x\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
        let external = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
        for text in [bomb, external, "<a>&c;</a>", "<a b=\"&c;\"/>", "<a>&#0;</a>"] {
            assert_eq!(status(text), 400, "{text}");
        }
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(
            (status(&nested(MAX_DEPTH)), status(&nested(MAX_DEPTH + 1)), status(&nested(50_000))),
            (200, 400, 400)
        );
        let attributes: String = (0..40_000).map(|number| format!(" a{number}=\"\"")).collect();
        assert_eq!(status(&format!("<a{attributes}/>")), 400);
        assert_eq!(status(&format!("<a>{}</a>", "<b/>".repeat(20_000))), 400);
    }

    #[test]
    fn a_text_that_is_not_a_document_is_refused() {
        for text in
            ["x", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "<a b></a>", "<a", "{}", "<!-- -->", "<a b=1/>"]
        {
            assert_eq!(status(text), 400, "{text}");
        }
        assert_eq!(status("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"), 415);
    }
}
