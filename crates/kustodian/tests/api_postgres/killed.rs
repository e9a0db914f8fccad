//! Two servers on one PostgreSQL, and that PostgreSQL itself, killed at random under load.

use crate::cluster::Cluster;
use crate::plug;

#[test]
fn two_servers_and_their_postgresql_killed_at_random_lose_and_double_nothing() {
    let mut cluster = Cluster::start();
    let url = cluster.url().to_owned();
    plug::pull(&url, 2, &mut |chance| {
        match chance.below(4) {
            0 | 1 => return false,
            2 => cluster.kill_all(),
            _ => cluster.kill_a_backend(chance.next()),
        }
        cluster.wait();
        true
    });
}
