//! Puts the parts of the short form together.

use serde_json::{Map, Number, Value};

use super::lexer::{Kind, Lexeme};
use super::name::{self, Found};
use super::{SyntaxError, fail};
use crate::search::body::{Condition, Search, Sort};
use crate::search::{Class, MAX_DEPTH, MAX_GROUP, MAX_SORT, Operator};

/// How deep brackets and `not` may be in each other before they are put together.
const MAX_NESTING: usize = 64;

/// The parsed tree, before it is written as groups.
#[derive(PartialEq)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Test(Condition),
}

/// Puts `lexemes` together. `end` is the column behind the text.
///
/// # Errors
/// At the first place that cannot be read.
pub(super) fn parse(lexemes: Vec<Lexeme>, end: usize, custom: &[&str]) -> Result<Search, SyntaxError> {
    let mut parser = Parser { lexemes, at: 0, end, custom, nesting: 0, sort: Vec::new() };
    let tree = parser.any()?;
    if let Some(lexeme) = parser.peek() {
        return Err(fail(lexeme.column, "this bracket was never opened"));
    }
    let mut search = Search::customers();
    if let Some(tree) = tree {
        let depth = tree.depth();
        if depth > MAX_DEPTH {
            return Err(fail(1, format!("brackets and not stand in each other {depth} deep, maximum {MAX_DEPTH}")));
        }
        search = match tree {
            Tree::All(members) => members.into_iter().fold(search, |search, member| search.and(member.condition())),
            Tree::Any(members) => search.or(members.into_iter().map(Tree::condition)),
            Tree::Not(member) => search.not(member.condition()),
            test => search.and(test.condition()),
        };
    }
    Ok(parser.sort.into_iter().fold(search, Search::sort))
}

impl Tree {
    fn condition(self) -> Condition {
        match self {
            Self::All(members) => Condition::all(members.into_iter().map(Self::condition)),
            Self::Any(members) => Condition::any(members.into_iter().map(Self::condition)),
            Self::Not(member) => Condition::none([member.condition()]),
            Self::Test(condition) => condition,
        }
    }

    /// How many groups are in each other.
    fn depth(&self) -> usize {
        match self {
            Self::All(members) | Self::Any(members) => 1 + members.iter().map(Self::depth).max().unwrap_or_default(),
            Self::Not(member) => 1 + member.depth(),
            Self::Test(_) => 0,
        }
    }
}

struct Parser<'a> {
    lexemes: Vec<Lexeme>,
    at: usize,
    /// The column behind the text.
    end: usize,
    custom: &'a [&'a str],
    nesting: usize,
    sort: Vec<Sort>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Lexeme> {
        self.lexemes.get(self.at)
    }

    fn next(&mut self) -> Option<Lexeme> {
        let next = self.lexemes.get(self.at).cloned();
        self.at += 1;
        next
    }

    fn column(&self) -> usize {
        self.peek().map_or(self.end, |lexeme| lexeme.column)
    }

    /// Whether the part `ahead` places further is this word of the language.
    fn is_word(&self, ahead: usize, wanted: &str) -> bool {
        matches!(self.lexemes.get(self.at + ahead), Some(Lexeme { kind: Kind::Word(word), .. })
            if word.eq_ignore_ascii_case(wanted))
    }

    fn is(&self, ahead: usize, wanted: &Kind) -> bool {
        self.lexemes.get(self.at + ahead).is_some_and(|lexeme| lexeme.kind == *wanted)
    }

    /// `a or b or c`; `None` when nothing but an order was written.
    fn any(&mut self) -> Result<Option<Tree>, SyntaxError> {
        let Some(first) = self.all()? else { return Ok(None) };
        let mut choices = vec![first];
        while self.is_word(0, "or") {
            let column = self.column();
            self.at += 1;
            let choice = self.all()?.ok_or_else(|| fail(self.column(), "or needs something behind it"))?;
            push(&mut choices, choice, column)?;
        }
        Ok(Some(if choices.len() == 1 { choices.remove(0) } else { Tree::Any(choices) }))
    }

    /// `a and b c`; `None` when nothing but an order was written.
    fn all(&mut self) -> Result<Option<Tree>, SyntaxError> {
        let mut members = Vec::new();
        loop {
            let column = self.column();
            if self.sort_is_read()? {
                continue;
            }
            if self.peek().is_none() || self.is(0, &Kind::Close) || self.is_word(0, "or") {
                break;
            }
            if self.is_word(0, "and") {
                self.at += 1;
                if members.is_empty() {
                    return Err(fail(column, "and needs something before it"));
                }
                if self.peek().is_none() || self.is(0, &Kind::Close) || self.is_sort() {
                    return Err(fail(self.column(), "and needs something behind it"));
                }
            }
            let member = self.one()?;
            push(&mut members, member, column)?;
        }
        if members.is_empty() && self.is_word(0, "or") {
            return Err(fail(self.column(), "or needs something before it"));
        }
        Ok(match members.len() {
            0 => None,
            1 => Some(members.remove(0)),
            _ => Some(Tree::All(members)),
        })
    }

    fn one(&mut self) -> Result<Tree, SyntaxError> {
        let column = self.column();
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(fail(column, format!("brackets and not stand in each other more than {MAX_NESTING} deep")));
        }
        let tree = self.one_inside(column);
        self.nesting -= 1;
        tree
    }

    fn one_inside(&mut self, column: usize) -> Result<Tree, SyntaxError> {
        let Some(lexeme) = self.next() else { return Err(fail(column, "something is missing here")) };
        match lexeme.kind {
            Kind::Open => {
                let inside = self.any()?.ok_or_else(|| fail(self.column(), "there is nothing in the brackets"))?;
                if !self.is(0, &Kind::Close) {
                    return Err(fail(column, "this bracket is not closed"));
                }
                self.at += 1;
                Ok(inside)
            }
            Kind::Quoted(text) => any_text(column, text),
            Kind::Word(word) => self.word(&word, column),
            Kind::Sign(operator) => Err(fail(column, format!("a name is missing before {operator}"))),
            Kind::Close => Err(fail(column, "this bracket was never opened")),
            Kind::Comma => Err(fail(column, "a comma is only allowed between values in brackets")),
        }
    }

    /// What begins with a bare word that was just read.
    fn word(&mut self, word: &str, column: usize) -> Result<Tree, SyntaxError> {
        if let Some(Lexeme { kind: Kind::Sign(operator), column: at }) = self.peek().cloned() {
            self.at += 1;
            return self.comparison(word, column, operator, at);
        }
        if self.is_word(0, "in") && self.is(1, &Kind::Open) {
            self.at += 2;
            return self.list(word, column, Operator::In);
        }
        if self.is_word(0, "not") && self.is_word(1, "in") && self.is(2, &Kind::Open) {
            self.at += 3;
            return self.list(word, column, Operator::NotIn);
        }
        match word.to_ascii_lowercase().as_str() {
            "not" => Ok(Tree::Not(Box::new(self.one()?))),
            "has" => self.presence(Operator::Set),
            "no" => self.presence(Operator::NotSet),
            _ => any_text(column, word.to_owned()),
        }
    }

    fn presence(&mut self, operator: Operator) -> Result<Tree, SyntaxError> {
        let column = self.column();
        match self.next() {
            Some(Lexeme { kind: Kind::Word(name), .. }) => {
                let found = name::find(&name, column, self.custom)?;
                Ok(test(&found, operator, Value::Bool(true)))
            }
            _ => Err(fail(column, "the name of an attribute is missing here")),
        }
    }

    fn comparison(&mut self, name: &str, column: usize, sign: Operator, at: usize) -> Result<Tree, SyntaxError> {
        let found = name::find(name, column, self.custom)?;
        // Long texts are only searched by words.
        let operator = match (sign, found.class) {
            (Operator::Equals, Class::Any | Class::Text) => Operator::Contains,
            (Operator::NotEquals, Class::Any | Class::Text) => Operator::NotContains,
            (operator, _) => operator,
        };
        if !found.class.takes(operator) {
            return Err(fail(at, format!("{name} is of class {}, which does not take {operator}", found.class)));
        }
        let value = self.value(name, found.class)?;
        Ok(test(&found, operator, value))
    }

    /// `(a, b)` behind `in`, whose bracket was just read.
    fn list(&mut self, name: &str, column: usize, operator: Operator) -> Result<Tree, SyntaxError> {
        let found = name::find(name, column, self.custom)?;
        if !found.class.takes(operator) {
            return Err(fail(column, format!("{name} is of class {}, which does not take {operator}", found.class)));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value(name, found.class)?);
            let column = self.column();
            match self.next().map(|lexeme| lexeme.kind) {
                Some(Kind::Comma) => {}
                Some(Kind::Close) => return Ok(test(&found, operator, Value::Array(values))),
                _ => return Err(fail(column, "a comma or a closing bracket is missing here")),
            }
        }
    }

    fn value(&mut self, name: &str, class: Class) -> Result<Value, SyntaxError> {
        let column = self.column();
        let text = match self.next().map(|lexeme| lexeme.kind) {
            Some(Kind::Word(text) | Kind::Quoted(text)) => text,
            _ => return Err(fail(column, "a value is missing here")),
        };
        match class {
            Class::Number => number(&text).ok_or_else(|| fail(column, format!("{name} takes a number"))),
            Class::Boolean => match text.as_str() {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(fail(column, format!("{name} takes true or false"))),
            },
            _ => Ok(Value::String(text)),
        }
    }

    fn is_sort(&self) -> bool {
        matches!(self.peek(), Some(Lexeme { kind: Kind::Word(word), .. }) if word.starts_with("sort:"))
    }

    /// Reads `sort:-updated_at,name` when it is here.
    fn sort_is_read(&mut self) -> Result<bool, SyntaxError> {
        let Some(Lexeme { kind: Kind::Word(word), column }) = self.peek().cloned() else { return Ok(false) };
        let Some(mut key) = word.strip_prefix("sort:").map(ToOwned::to_owned) else { return Ok(false) };
        if self.nesting > 0 {
            return Err(fail(column, "an order is only allowed outside of brackets"));
        }
        self.at += 1;
        let mut column = column + "sort:".len();
        loop {
            let (name, descending) = match key.strip_prefix('-') {
                Some(name) => (name, true),
                None => (key.as_str(), false),
            };
            if name.is_empty() {
                return Err(fail(column, "the name of an attribute is missing here"));
            }
            let by = name::find_sort(name, column)?;
            if self.sort.len() == MAX_SORT {
                return Err(fail(column, format!("a search is sorted by at most {MAX_SORT} keys")));
            }
            self.sort.push(Sort::new(by.name().to_owned(), descending));
            if !self.is(0, &Kind::Comma) {
                return Ok(true);
            }
            self.at += 1;
            column = self.column();
            key = match self.next().map(|lexeme| lexeme.kind) {
                Some(Kind::Word(word)) => word,
                _ => return Err(fail(column, "the name of an attribute is missing here")),
            };
        }
    }
}

/// Adds a member, unless it was said before: the contract takes each once.
fn push(members: &mut Vec<Tree>, member: Tree, column: usize) -> Result<(), SyntaxError> {
    if members.contains(&member) {
        return Ok(());
    }
    if members.len() == MAX_GROUP {
        return Err(fail(column, format!("more than {MAX_GROUP} conditions stand side by side: put some in brackets")));
    }
    members.push(member);
    Ok(())
}

fn test(found: &Found, operator: Operator, value: Value) -> Tree {
    let operators = Map::from_iter([(operator.as_str().to_owned(), value)]);
    Tree::Test(Condition::new(Map::from_iter([(found.name.clone(), Value::Object(operators))])))
}

fn any_text(column: usize, text: String) -> Result<Tree, SyntaxError> {
    let found = name::find("any_text", column, &[])?;
    Ok(test(&found, Operator::Contains, Value::String(text)))
}

/// A number as JSON writes it, whole ones without a point.
fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse().ok().and_then(Number::from_f64).map(Value::Number)
}
