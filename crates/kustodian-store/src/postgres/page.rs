//! Pages that PostgreSQL cuts by their bytes.

/// The rows `r` of a page in their order, up to the one that exceeds a number of bytes: the caller sees that there is
/// more. The size of a row is its `length`. No document behind it is read, nor sent.
pub(super) fn cut(rows: &str, length: &str, order: &str, bytes: &str) -> String {
    format!(
        "SELECT * FROM (SELECT r.*, sum({length}) OVER (ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) \
         AS before FROM ({rows}) r) r WHERE before IS NULL OR before <= {bytes} ORDER BY {order}"
    )
}
