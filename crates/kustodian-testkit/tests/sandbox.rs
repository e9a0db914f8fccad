//! The test kit against itself and the client: everything over real sockets.

#[cfg(test)]
#[path = "sandbox/attributes.rs"]
mod attributes;
#[cfg(test)]
#[path = "sandbox/bad_days.rs"]
mod bad_days;
#[cfg(test)]
#[path = "sandbox/examples.rs"]
mod examples;
#[cfg(test)]
#[path = "sandbox/happened.rs"]
mod happened;
#[cfg(test)]
#[path = "sandbox/kit.rs"]
mod kit;
#[cfg(test)]
#[path = "sandbox/many.rs"]
mod many;
