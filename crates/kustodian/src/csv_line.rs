//! Lines of CSV (RFC 4180).

/// A line out of cells with commas between them, and its end. Cells that need quotes get them.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    line_by(',', cells)
}

/// The same with another character between the cells.
pub(crate) fn line_by<'a>(delimiter: char, cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(delimiter);
        }
        if cell.contains([',', ';', '\t', '|', '"', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ') {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    line
}

/// Whether a spreadsheet takes a cell for a formula, apostrophes before it aside.
pub(crate) fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// A text as a cell that no spreadsheet takes for a formula: with an apostrophe before it.
pub(crate) fn harmless(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_is_a_formula() {
        for (text, cell) in
            [("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("'=1", "''=1"), ("it's", "it's"), ("'quoted'", "'quoted'")]
        {
            assert_eq!(super::harmless(text), cell);
        }
        for first in ['=', '+', '-', '@', '\t', '\r', '\n'] {
            assert_eq!(super::harmless(&format!("{first}=1")), format!("'{first}=1"));
        }
    }

    #[test]
    fn a_cell_is_quoted_when_it_must_be() {
        assert_eq!(
            super::line(["a", "b,c", "say \"hi\"", "", "two\nlines"]),
            "a,\"b,c\",\"say \"\"hi\"\"\",,\"two\nlines\"\r\n"
        );
    }
}
