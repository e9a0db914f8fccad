//! Where the reading of a body is, and the faults so far.

use kustomer_api::validation::{Fault, MAX_FAULTS};

/// How much of a key is repeated in an answer, in characters.
const MAX_ECHO: usize = 256;

/// Faults of a body, each with its place.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Vec<Fault>,
    place: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Faults {
    /// Enters the value of a key; [`leave`](Self::leave) returns.
    pub(super) fn enter(&mut self, key: &str) {
        self.place.push(Step::Key(shortened(key)));
    }

    /// Enters the value at a place of a list; [`leave`](Self::leave) returns.
    pub(super) fn enter_at(&mut self, index: usize) {
        self.place.push(Step::Index(index));
    }

    /// Returns to the level above.
    pub(super) fn leave(&mut self) {
        self.place.pop();
    }

    /// Notes a fault of the value of a key.
    pub(super) fn push_under(&mut self, key: &str, rule: &str, title: impl Into<String>) {
        self.enter(key);
        self.push(rule, title);
        self.leave();
    }

    /// Notes a fault at this place. `rule` is the keyword of JSON Schema that says it best.
    pub(super) fn push(&mut self, rule: &str, title: impl Into<String>) {
        if self.found.len() >= MAX_FAULTS {
            return;
        }
        let parameter = self.place.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            Step::Index(_) => None,
        });
        let pointer = self.place.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => path + "/" + &key.replace('~', "~0").replace('/', "~1"),
            Step::Index(index) => format!("{path}/{index}"),
        });
        let rule = match self.place.first() {
            Some(Step::Key(key)) => format!("/properties/{key}/{rule}"),
            _ => format!("/{rule}"),
        };
        self.found.push(Fault {
            parameter: parameter.unwrap_or_default(),
            pointer,
            title: title.into(),
            rule,
            advice: "".into(),
        });
    }

    /// The faults, unless there is none.
    pub(super) fn into_result(self) -> Result<(), Vec<Fault>> {
        if self.found.is_empty() { Ok(()) } else { Err(self.found) }
    }
}

/// Long input is not repeated whole.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_ECHO) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
