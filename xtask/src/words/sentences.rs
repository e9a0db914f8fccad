//! The sentences of a document, and which of them are long.

/// A sentence with more words than this needs a reason. One who reads English as a second language loses the beginning.
pub(super) const LONG: usize = 25;

/// A sentence of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// The line at which its paragraph begins, from 1.
    pub(super) line: usize,
    /// The number of its words. Code between backticks counts as one, and may begin a sentence.
    pub(super) words: usize,
    pub(super) text: String,
}

/// The sentences of a text in Markdown. Headings, tables and blocks of code have none.
pub(super) fn of(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let (mut paragraph, mut first, mut is_code) = (String::new(), 0, false);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        let begins_item = item(line);
        if is_code || is_fence || line.is_empty() || line.starts_with(['#', '|']) || begins_item.is_some() {
            split(&paragraph, first, &mut sentences);
            paragraph.clear();
        }
        if is_code || is_fence || line.is_empty() || line.starts_with(['#', '|']) {
            continue;
        }
        if paragraph.is_empty() {
            first = number + 1;
        } else {
            paragraph.push(' ');
        }
        paragraph.push_str(begins_item.unwrap_or(line));
    }
    split(&paragraph, first, &mut sentences);
    sentences
}

/// The text of an item of a list, if the line begins one.
fn item(line: &str) -> Option<&str> {
    let digits = line.trim_start_matches(|character: char| character.is_ascii_digit());
    let numbered = if digits.len() < line.len() { digits.strip_prefix(". ") } else { None };
    line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).or(numbered)
}

/// Splits a paragraph where a full stop, a question mark or an exclamation mark is followed by no small letter.
fn split(paragraph: &str, line: usize, sentences: &mut Vec<Sentence>) {
    let text = plain(paragraph);
    let mut start = 0;
    let ends = text.char_indices().filter(|(_, character)| matches!(character, '.' | '?' | '!'));
    for end in ends.map(|(at, _)| at + 1) {
        let rest = text[end..].trim_start_matches([')', '"', '”']);
        let next = rest.trim_start();
        if next.len() < rest.len() && !next.starts_with(|character: char| character.is_lowercase()) && end > start {
            let close = text.len() - rest.len();
            push(&text[start..close], line, sentences);
            start = close;
        }
    }
    push(&text[start..], line, sentences);
}

fn push(text: &str, line: usize, sentences: &mut Vec<Sentence>) {
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    if words > 0 {
        sentences.push(Sentence { line, words, text: text.trim().to_owned() });
    }
}

/// The paragraph with a word in place of each piece of code, and without the addresses of links.
fn plain(paragraph: &str) -> String {
    let mut text = String::new();
    let (mut rest, mut is_code) = (paragraph, false);
    while let Some((before, after)) = rest.split_once('`') {
        if is_code {
            text.push_str("CODE");
        } else {
            text.push_str(before);
        }
        (rest, is_code) = (after, !is_code);
    }
    text.push_str(rest);
    while let Some(start) = text.find("](") {
        let end = text[start..].find(')').map_or(text.len(), |end| start + end + 1);
        text.replace_range(start..end, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Vec<(usize, usize)> {
        of(text).into_iter().map(|sentence| (sentence.line, sentence.words)).collect()
    }

    #[test]
    fn a_sentence_ends_at_a_full_stop_and_not_inside_a_name() {
        assert_eq!(counts("One two\nthree. Four `a.b c d`! Five e.g. six."), [(1, 3), (1, 2), (1, 3)]);
        assert_eq!(counts("See [the page](a b c d.md) for more (much more.) End"), [(1, 7), (1, 1)]);
    }

    #[test]
    fn headings_tables_and_code_have_no_sentences_and_items_have_their_own() {
        let text = "# A heading\n\n- one two\n  three\n- four\n\n| a | b |\n```\ncode here\n```\n1. five six\n";
        assert_eq!(counts(text), [(3, 3), (5, 1), (11, 2)]);
    }
}
