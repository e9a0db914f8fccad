//! Two servers on one file, killed at random under load.

use crate::place::Place;
use crate::plug;

#[test]
fn two_servers_killed_at_random_on_one_file_lose_and_double_nothing() {
    let place = Place::lasting();
    plug::pull(place.url(), 2, &mut |_| false);
}
