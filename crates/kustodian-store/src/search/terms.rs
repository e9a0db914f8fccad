//! How tokens are in an inverted index, and how it is asked for them.
//!
//! A term is `<org><kind><scope><text>`. SQLite's tokenizer would take text apart at what it does not keep, and fold
//! upper case; PostgreSQL's queries need quotes, and its texts hold no zero: so those characters are written as others
//! out of a private area. It works character by character, which is why the beginning of a text is the beginning of its
//! term.

use std::collections::BTreeSet;

use kustodian_core::search::{GRAM, Lookup, Needs, Scope, SearchRow, Token, TokenKind};
use kustodian_core::store::OrgKey;
use kustomer_api::search::{Attribute, Class, Context};

/// The longest term, in bytes, without org, kind and scope. A cut term ends in a mark.
const MAX_TERM: usize = 240;

/// How many parts of an "each of these" are asked for: with more the rest is left to the check of the result.
pub(crate) const MAX_NEEDS: usize = 12;

/// What takes the place of characters that the tokenizer does not keep, from here on by their code.
const ESCAPES: u32 = 0xe000;

/// Says that the character behind it means itself, though it looks like an escape.
const ITSELF: char = '\u{e0fe}';

/// The letters for a scope that no token has.
const NOWHERE: &str = "zz";

/// Ends a term that was cut.
const CUT: char = '\u{e0ff}';

/// The two letters of each attribute of customers that has tokens: one with texts, or with several values. They are in the
/// database: never change one.
const CODES: [(Attribute, &str); 21] = [
    (Attribute::Name, "na"),
    (Attribute::Urls, "ur"),
    (Attribute::Address, "ad"),
    (Attribute::Locale, "lo"),
    (Attribute::DefaultLang, "la"),
    (Attribute::Email, "em"),
    (Attribute::SharedEmail, "es"),
    (Attribute::Phone, "ph"),
    (Attribute::SharedPhone, "ps"),
    (Attribute::ExternalId, "ex"),
    (Attribute::SharedExternalId, "xs"),
    (Attribute::Status, "st"),
    (Attribute::ActiveUsers, "au"),
    (Attribute::Watchers, "wa"),
    (Attribute::Tags, "ta"),
    (Attribute::SocialType, "so"),
    (Attribute::SocialUserid, "si"),
    (Attribute::SocialUsername, "sn"),
    (Attribute::SharedSocialType, "to"),
    (Attribute::SharedSocialUserid, "ti"),
    (Attribute::SharedSocialUsername, "tn"),
];

/// Whether tokens come from an attribute.
const fn has_tokens(attribute: Attribute) -> bool {
    let is_of_customers = matches!(attribute.context(), Context::Customer);
    let is_any = matches!(attribute.class(), Class::Any);
    is_of_customers && !is_any && (attribute.manner().is_some() || attribute.is_many())
}

// An attribute with tokens has a code, and no other has.
const _: () = {
    let mut with_tokens = 0;
    let mut at = 0;
    while at < Attribute::ALL.len() {
        if has_tokens(Attribute::ALL[at]) {
            with_tokens += 1;
            assert!(code_of(Attribute::ALL[at]).is_some(), "an attribute that has tokens is missing from CODES");
        }
        at += 1;
    }
    assert!(with_tokens == CODES.len(), "CODES has an attribute without tokens, or one twice");
};

const fn code_of(attribute: Attribute) -> Option<&'static str> {
    let mut at = 0;
    while at < CODES.len() {
        if CODES[at].0 as usize == attribute as usize {
            return Some(CODES[at].1);
        }
        at += 1;
    }
    None
}

/// The letters of a token's source in terms; `None` when none has that source.
fn scope_code(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::Attribute(attribute) => code_of(attribute),
        Scope::Custom => Some("cu"),
        Scope::Rest => Some("re"),
        Scope::Lost => Some("lv"),
    }
}

const fn kind_code(kind: TokenKind) -> char {
    match kind {
        TokenKind::Word => 'w',
        TokenKind::Gram => 'g',
        TokenKind::Exact => 'x',
        TokenKind::Present => 'p',
    }
}

/// Whether a character is written as another.
const fn is_escaped(character: char) -> bool {
    matches!(character, 'A'..='Z' | '\0'..='\x1f' | '\x7f' | '"' | '\'' | '\\')
}

/// Writes a term; whether it was cut. A beginning is not marked as cut.
fn write_term(term: &mut String, org: &str, kind: TokenKind, scope: Scope, text: &str, is_beginning: bool) -> bool {
    term.push_str(org);
    term.push(kind_code(kind));
    term.push_str(scope_code(scope).unwrap_or(NOWHERE));
    write_text(term, text, is_beginning)
}

/// Writes the text of a term, or the beginning of one; whether it was cut.
pub(crate) fn write_text(term: &mut String, text: &str, is_beginning: bool) -> bool {
    let start = term.len();
    if text.len() <= MAX_TERM && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !is_escaped(byte.into())) {
        term.push_str(text);
        return false;
    }
    for character in text.chars() {
        if term.len() - start > MAX_TERM {
            if !is_beginning {
                term.push(CUT);
            }
            return true;
        }
        match character {
            character if is_escaped(character) => {
                term.extend(char::from_u32(ESCAPES + u32::from(character)));
            }
            '\u{e000}'..='\u{e0ff}' => term.extend([ITSELF, character]),
            _ => term.push(character),
        }
    }
    false
}

/// All terms of a record, a line each: in order, each once.
pub(crate) fn terms(org: OrgKey, row: &SearchRow) -> String {
    let mut ends = Vec::with_capacity(256);
    let text = write_terms(org, row, |end| ends.push(end));
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let mut lines: Vec<&str> = starts.zip(&ends).map(|(start, end)| &text[start..*end]).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.concat()
}

/// The terms of `former` that `row` has not, and the other way round: a line each.
pub(crate) fn term_difference(org: OrgKey, former: &SearchRow, row: &SearchRow) -> (String, String) {
    let (removed, added) = row.token_difference(former);
    let name = org.0.to_string();
    let mut is_cut = false;
    let mut lines = |tokens: &[Token]| {
        let mut text = String::new();
        for Token { scope, kind, text: token } in tokens {
            is_cut |= write_term(&mut text, &name, *kind, *scope, token, false);
            text.push('\n');
        }
        text
    };
    let difference = (lines(&removed), lines(&added));
    if !is_cut {
        return difference;
    }
    // Two tokens that are cut may be one term.
    let [former, now] = [former, row].map(|row| terms(org, row));
    let [former, now] = [&former, &now].map(|terms| terms.split_inclusive('\n').collect::<BTreeSet<&str>>());
    (former.difference(&now).copied().collect(), now.difference(&former).copied().collect())
}

/// The terms of a record in no order and some more than once, which is enough for a record that had none, and takes half
/// as long.
pub(crate) fn loose_terms(org: OrgKey, row: &SearchRow) -> String {
    write_terms(org, row, |_| {})
}

fn write_terms(org: OrgKey, row: &SearchRow, mut ends_at: impl FnMut(usize)) -> String {
    let org = org.0.to_string();
    let mut text = String::with_capacity(4096);
    row.each_token(|scope, kind, token| {
        write_term(&mut text, &org, kind, scope, token, false);
        text.push('\n');
        ends_at(text.len());
    });
    text
}

/// How an engine's language of queries is written.
#[derive(Debug)]
pub(crate) struct Syntax {
    /// The quotes around a term.
    pub(crate) quote: char,
    /// The mark after one that is only the beginning.
    pub(crate) beginning: &'static str,
    /// The operator between terms that must all be there.
    pub(crate) and: &'static str,
    /// The operator between terms of which one must be there.
    pub(crate) or: &'static str,
}

/// What to ask the index for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Match {
    /// No condition: every record may have the needed tokens.
    Everything,
    /// No record has it.
    Nothing,
    /// This, in the language of the engine.
    Expression(String),
}

/// What an engine knows of its index.
#[derive(Clone, Copy)]
pub(crate) struct Known<'f> {
    /// Which of a part's grams it is asked for.
    pub(crate) grams: Grams<'f>,
    /// Whether no record has a term, which is given as it is asked for: then whatever needs it is left out.
    pub(crate) is_absent: &'f dyn Fn(TokenKind, Scope, &str) -> bool,
}

impl Known<'static> {
    /// An engine that knows nothing.
    pub(crate) const NOTHING: Self = Self { grams: Grams::Covering, is_absent: &|_, _, _| false };
}

/// Which of a part's grams an index is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Grams<'f> {
    /// Those that cover it without overlap.
    Covering,
    /// Those that the fewest records have.
    Rarest {
        /// What share of all records has a term, or may have it at most.
        share: &'f dyn Fn(&str) -> f32,
        /// Whether the part is of one word among others, which keep out what this one does not.
        is_among_others: bool,
    },
}

/// How many of the rarest are asked for: more common ones are looked up for each record that has these, and keep hardly
/// any of them out.
const RAREST: usize = 3;

/// How many times as common as the rarest the last of these may be, for a word among others.
const AS_COMMON: f32 = 2.0;

impl Grams<'_> {
    fn of<'g>(self, org: OrgKey, grams: &'g [Lookup]) -> Vec<&'g Lookup> {
        match self {
            Self::Covering => {
                let last = grams.len().saturating_sub(1);
                let covers = |(at, _): &(usize, &Lookup)| at % GRAM == 0 || *at == last;
                grams.iter().enumerate().filter(covers).map(|(_, gram)| gram).take(MAX_NEEDS).collect()
            }
            Self::Rarest { share, is_among_others } => {
                let with_share = |gram: &'g Lookup| {
                    let Lookup { scope, kind, text, prefix } = gram;
                    let mut term = String::new();
                    write_term(&mut term, &org.0.to_string(), *kind, scope.unwrap_or(Scope::Rest), text, *prefix);
                    (share(&term), gram)
                };
                let mut rarest: Vec<(f32, &Lookup)> = grams.iter().map(with_share).collect();
                rarest.sort_by(|(one, _), (other, _)| one.total_cmp(other));
                rarest.truncate(RAREST);
                if let [(least, _), _, (most, _)] = &rarest[..]
                    && is_among_others
                    && *most > least * AS_COMMON
                {
                    rarest.pop();
                }
                rarest.into_iter().map(|(_, gram)| gram).collect()
            }
        }
    }
}

/// The condition on the index, and whether it is exact.
pub(crate) fn expression(syntax: &Syntax, known: Known<'_>, org: OrgKey, needs: &Needs) -> (Match, bool) {
    match needs {
        Needs::All(needs) => {
            let mut parts = Vec::new();
            let mut exact = needs.len() <= MAX_NEEDS;
            let mut nothing = false;
            let mut longest: Vec<&Needs> = needs.iter().collect();
            if !exact {
                longest.sort_by_key(|needs| std::cmp::Reverse(length(needs)));
                longest.truncate(MAX_NEEDS);
            }
            for needs in longest {
                let (found, is_exact) = expression(syntax, known, org, needs);
                exact &= is_exact;
                match found {
                    Match::Everything => {}
                    Match::Nothing => nothing = true,
                    Match::Expression(part) => parts.push(part),
                }
            }
            match () {
                () if nothing => (Match::Nothing, true),
                () if parts.is_empty() => (Match::Everything, exact),
                () => (Match::Expression(joined(parts, syntax.and)), exact),
            }
        }
        Needs::Any(needs) => {
            let mut parts = Vec::new();
            let mut exact = true;
            for needs in needs {
                let (found, is_exact) = expression(syntax, known, org, needs);
                exact &= is_exact;
                match found {
                    Match::Everything => return (Match::Everything, is_exact),
                    Match::Nothing => {}
                    Match::Expression(part) => parts.push(part),
                }
            }
            if parts.is_empty() { (Match::Nothing, true) } else { (Match::Expression(joined(parts, syntax.or)), exact) }
        }
        Needs::Token(lookup) => term_of(syntax, known, org, lookup),
        Needs::Part(part) => {
            let mut terms = Vec::new();
            let mut nothing = false;
            for gram in known.grams.of(org, part) {
                match term_of(syntax, known, org, gram).0 {
                    Match::Expression(term) => terms.push(term),
                    Match::Nothing => nothing = true,
                    Match::Everything => {}
                }
            }
            match () {
                () if nothing => (Match::Nothing, true),
                () if terms.is_empty() => (Match::Everything, false),
                () => (Match::Expression(joined(terms, syntax.and)), false),
            }
        }
    }
}

fn length(needs: &Needs) -> usize {
    match needs {
        Needs::Token(lookup) => lookup.text.len(),
        Needs::Part(grams) => grams.len(),
        Needs::All(needs) | Needs::Any(needs) => needs.iter().map(length).max().unwrap_or_default(),
    }
}

fn joined(mut parts: Vec<String>, between: &str) -> String {
    if parts.len() == 1 { parts.swap_remove(0) } else { format!("({})", parts.join(between)) }
}

fn term_of(syntax: &Syntax, known: Known<'_>, org: OrgKey, lookup: &Lookup) -> (Match, bool) {
    let Lookup { scope, kind, text, prefix } = lookup;
    let scopes: Vec<Scope> = match (scope, kind) {
        (Some(scope), _) => vec![*scope],
        (None, TokenKind::Gram) => Scope::of_parts().collect(),
        (None, TokenKind::Word | TokenKind::Exact | TokenKind::Present) => Scope::of_words().collect(),
    };
    let mut exact = true;
    let org = org.0.to_string();
    let term = |scope: &Scope| {
        let mut term = String::from(syntax.quote);
        exact &= !write_term(&mut term, &org, *kind, *scope, text, *prefix);
        term.push(syntax.quote);
        if *prefix {
            term.push_str(syntax.beginning);
        }
        (*scope, term)
    };
    let is_there = |(scope, term): (Scope, String)| (!(known.is_absent)(*kind, scope, &term)).then_some(term);
    let terms: Vec<String> = scopes.iter().map(term).filter_map(is_there).collect();
    if terms.is_empty() {
        return (Match::Nothing, true);
    }
    (Match::Expression(joined(terms, syntax.or)), exact)
}

#[cfg(test)]
mod tests {
    use kustodian_core::search::{Criterion, Subject, Test, Word, plan};

    use super::*;

    const SYNTAX: Syntax = Syntax { quote: '\'', beginning: ":*", and: " & ", or: " | " };

    fn needs(attribute: Attribute, words: &str) -> Needs {
        let criterion = Criterion { subject: Subject::Standard(attribute), test: Test::Words(Word::all(words)) };
        plan(&criterion).unwrap().needs
    }

    fn asked(grams: Grams<'_>, part: &str) -> String {
        match expression(&SYNTAX, Known { grams, ..Known::NOTHING }, OrgKey(1), &needs(Attribute::Email, part)).0 {
            Match::Expression(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_part_is_covered_by_every_third_gram_and_the_last() {
        assert_eq!(asked(Grams::Covering, "acme.ex"), "('1gemacm' & '1geme.e' & '1gem.ex')");
        assert_eq!(asked(Grams::Covering, "acme"), "('1gemacm' & '1gemcme')");
        assert_eq!(asked(Grams::Covering, "acm"), "'1gemacm'");
        assert_eq!(asked(Grams::Covering, "ac"), "'1gemac':*");
        assert_eq!(asked(Grams::Covering, &"x".repeat(64)).matches(" & ").count(), MAX_NEEDS - 1);
    }

    #[test]
    fn of_a_part_with_many_grams_the_rarest_are_asked_for() {
        let share = |term: &str| if term.contains('.') { 0.1 } else { 0.5 };
        let alone = Grams::Rarest { share: &share, is_among_others: false };
        assert_eq!(asked(alone, "acme.ex"), "('1gemme.' & '1geme.e' & '1gem.ex')");
        assert_eq!(asked(alone, "acme.x"), "('1gemme.' & '1geme.x' & '1gemacm')");
        assert_eq!(asked(alone, "acme"), "('1gemacm' & '1gemcme')");
    }

    #[test]
    fn beside_other_words_a_common_third_gram_is_not_asked_for() {
        let share = |term: &str| if term.contains('.') { 0.1 } else { 0.5 };
        let among_others = Grams::Rarest { share: &share, is_among_others: true };
        assert_eq!(asked(among_others, "acme.ex"), "('1gemme.' & '1geme.e' & '1gem.ex')");
        assert_eq!(asked(among_others, "acme.x"), "('1gemme.' & '1geme.x')");
        assert_eq!(asked(among_others, "acme"), "('1gemacm' & '1gemcme')");
    }

    #[test]
    fn what_needs_a_term_that_no_record_has_is_left_out() {
        let without = |has: &'static [&str]| {
            let is_absent = move |_, _, term: &str| !has.contains(&term);
            let known = Known { is_absent: &is_absent, ..Known::NOTHING };
            expression(&SYNTAX, known, OrgKey(1), &needs(Attribute::AnyText, "acme"))
        };
        assert_eq!(without(&["'1wnaacme':*", "'1gemacm'"]), (Match::Expression("'1wnaacme':*".to_owned()), true));
        assert_eq!(
            without(&["'1gemacm'", "'1gemcme'", "'1gexcme'"]).0,
            Match::Expression("('1gemacm' & '1gemcme')".to_owned())
        );
        assert_eq!(without(&["'1gemacm'"]), (Match::Nothing, true));
    }
}
