//! Pages that end by their bytes.

/// Takes items until they have more bytes than a page may: the one that exceeds them is the last, so that the caller
/// sees that the page was cut. Nothing behind it is read.
pub(crate) fn take_bytes<T, E>(
    items: impl IntoIterator<Item = Result<T, E>>,
    bytes: usize,
    length: impl Fn(&T) -> usize,
) -> Result<Vec<T>, E> {
    let (mut taken, mut total) = (Vec::new(), 0_usize);
    for item in items {
        let item = item?;
        total = total.saturating_add(length(&item));
        taken.push(item);
        if total > bytes {
            break;
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_that_exceeds_the_bytes_is_the_last_one_read() {
        let read = std::cell::Cell::new(0);
        let items = [3, 4, 5, 6].into_iter().map(|length| {
            read.set(read.get() + 1);
            Ok::<usize, ()>(length)
        });
        assert_eq!(take_bytes(items.clone(), 7, |length| *length), Ok(vec![3, 4, 5]));
        assert_eq!(read.get(), 3);
        assert_eq!(take_bytes(items.clone(), 0, |length| *length), Ok(vec![3]));
        assert_eq!(take_bytes(items, usize::MAX, |length| *length), Ok(vec![3, 4, 5, 6]));
    }
}
