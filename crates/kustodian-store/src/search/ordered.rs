//! Values as text that is ordered as they are.

use kustodian_core::search::{ordered_moment, ordered_number};

use super::column::Cell;

/// A value as text: numbers and moments in 16 hexadecimal characters.
pub(crate) fn ordered(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => text,
        Cell::Number(number) => ordered_number(number),
        Cell::Integer(integer) => ordered_moment(integer),
        Cell::Boolean(boolean) => if boolean { "t" } else { "f" }.to_owned(),
    }
}
