//! Values as text that is ordered as they are.

use super::column::Cell;

/// A value as text: numbers and moments in 16 hexadecimal characters.
pub(crate) fn ordered(cell: Cell) -> String {
    const SIGN: u64 = 1 << 63;
    match cell {
        Cell::Text(text) => text,
        Cell::Number(number) => {
            // There is a negative zero, which equals the other.
            let bits = (number + 0.0).to_bits();
            format!("{:016x}", if bits & SIGN == 0 { bits | SIGN } else { !bits })
        }
        Cell::Integer(integer) => format!("{:016x}", integer.cast_unsigned() ^ SIGN),
        Cell::Boolean(boolean) => if boolean { "t" } else { "f" }.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_ordered_as_they_are(one in -1e300..1e300_f64, other in -1e300..1e300_f64) {
            let text = |number| ordered(Cell::Number(number));
            prop_assert_eq!(text(one).cmp(&text(other)), one.partial_cmp(&other).unwrap());
        }

        #[test]
        fn moments_are_ordered_as_they_are(one: i64, other: i64) {
            let text = |millis| ordered(Cell::Integer(millis));
            prop_assert_eq!(text(one).cmp(&text(other)), one.cmp(&other));
        }
    }

    #[test]
    fn both_zeros_are_one() {
        assert_eq!(ordered(Cell::Number(0.0)), ordered(Cell::Number(-0.0)));
        assert!(ordered(Cell::Number(-1.0)) < ordered(Cell::Number(0.0)));
    }
}
