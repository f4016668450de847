//! Requests in, fragments out.
