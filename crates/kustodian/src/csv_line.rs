//! Lines of CSV (RFC 4180).

/// A line out of cells, with its end. Cells that need quotes get them.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
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

#[cfg(test)]
mod tests {
    #[test]
    fn a_cell_is_quoted_when_it_must_be() {
        assert_eq!(super::line(["a", "b,c", "say \"hi\"", "", "two\nlines"]), "a,\"b,c\",\"say \"\"hi\"\"\",,\"two\nlines\"\r\n");
    }
}
