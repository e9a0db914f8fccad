//! Pages that end by their bytes as well as by their number of records.

/// How many items of these lengths fit into a page of so many bytes: at least one, so that every walk continues.
///
/// ```
/// use kustodian_core::page::fitting;
///
/// assert_eq!(fitting([3, 4, 5], 7), 2);
/// assert_eq!(fitting([3, 4, 5], 1), 1);
/// assert_eq!(fitting([], 1), 0);
/// ```
pub fn fitting(lengths: impl IntoIterator<Item = usize>, bytes: usize) -> usize {
    let mut total = 0_usize;
    let fits = |(place, length): &(usize, usize)| {
        total = total.saturating_add(*length);
        *place == 0 || total <= bytes
    };
    lengths.into_iter().enumerate().take_while(fits).count()
}
