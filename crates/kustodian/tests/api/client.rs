//! The Rust client against the real server.
