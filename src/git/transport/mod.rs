//! How bytes travel to a server and back. What they mean is the business of `fetch`.

mod connection;
mod daemon;
mod environment;
mod failure;
mod http;
mod netrc;
mod route;
mod ssh;

pub use connection::Connection;
pub use route::Route;
