//! A request head is taken to the letter, or not at all.
//!
//! **Invariant:** where a request ends is never a matter of opinion. Whatever two programs could
//! read differently (RFC 9112, 11.2: request smuggling) ends in one 400: a length that is there
//! twice or beside an encoding, an encoding that is not plainly `chunked`, a line that does not end
//! with CR LF, a folded line, a name with a space. After a body in pieces, whose end only the
//! parser behind knows, the connection is closed, so that nothing can follow it.
//!
//! hyper would take some of these, each by its own lights.

use axum::http::{HeaderMap, header};
use memchr::memchr;

/// Bytes of a head at most. So many without an end make hyper answer 431.
pub(super) const LONGEST: usize = 16 * 1024;

/// Follows what comes in from request to request.
#[derive(Debug, Default)]
pub(super) struct Look {
    at: At,
    line: Vec<u8>,
    n_lines: usize,
    n_bytes: usize,
    length: Option<u64>,
    chunked: bool,
}

/// What the next byte belongs to.
#[derive(Debug, Default)]
enum At {
    #[default]
    Head,
    /// So many bytes of a body are still to come.
    Body(u64),
    /// What only the parser behind can tell.
    Rest,
}

/// How many of the bytes belong to the request that comes in, and what is behind them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It may end here, or go on.
    Taken(usize),
    /// The line that begins here, or goes on here, is wrong.
    Odd(usize),
    /// The head is longer than is taken.
    Large(usize),
}

/// Something is wrong with the line.
struct Refused;

impl Look {
    /// Nothing of the next request has come.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.at, At::Head) && self.n_bytes == 0
    }

    /// Bytes of a body that are still to come; 0 where that is not known.
    pub(super) fn left(&self) -> u64 {
        if let At::Body(left) = self.at { left } else { 0 }
    }

    /// Looks at what came in, up to the end of the request at most.
    pub(super) fn look(&mut self, bytes: &[u8]) -> Step {
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            if rest.is_empty() {
                return Step::Taken(taken);
            }
            match self.at {
                At::Rest => return Step::Taken(bytes.len()),
                At::Body(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    let left = left.saturating_sub(here as u64);
                    self.at = if left == 0 { At::Head } else { At::Body(left) };
                    if left == 0 {
                        return Step::Taken(taken + here);
                    }
                    taken += here;
                }
                At::Head => {
                    let end = memchr(b'\n', rest).map(|at| at + 1);
                    let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                    if self.n_bytes + line.len() > LONGEST {
                        return Step::Large(taken + LONGEST - self.n_bytes);
                    }
                    self.line.extend_from_slice(line);
                    self.n_bytes += line.len();
                    if end.is_some() && self.end_line().is_err() {
                        return Step::Odd(taken);
                    }
                    taken += line.len();
                    if self.is_between() {
                        return Step::Taken(taken);
                    }
                }
            }
        }
    }

    fn end_line(&mut self) -> Result<(), Refused> {
        let mut whole = std::mem::take(&mut self.line);
        let line = whole.strip_suffix(b"\r\n").ok_or(Refused)?;
        if memchr(b'\r', line).is_some() || memchr(0, line).is_some() {
            return Err(Refused);
        }
        match (line.is_empty(), self.n_lines) {
            // Some send an empty line after a body; hyper passes over it.
            (true, 0) => {}
            (true, _) => self.end_head(),
            (false, 0) => self.n_lines = 1,
            (false, _) => self.field(line)?,
        }
        // The memory serves the next line.
        whole.clear();
        if !matches!(self.at, At::Rest) {
            self.line = whole;
        }
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Refused> {
        let colon = memchr(b':', line).ok_or(Refused)?;
        let (name, value) = line.split_at(colon);
        // A folded line begins with a space, which no name has.
        if name.is_empty() || !name.iter().all(|byte| is_of_a_name(*byte)) {
            return Err(Refused);
        }
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let length = str::from_utf8(value).ok().filter(|_| digits).and_then(|n| n.parse().ok());
            if self.length.is_some() || self.chunked {
                return Err(Refused);
            }
            self.length = Some(length.ok_or(Refused)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let plain = value.eq_ignore_ascii_case(b"chunked");
            if self.length.is_some() || self.chunked || !plain {
                return Err(Refused);
            }
            self.chunked = true;
        }
        Ok(())
    }

    fn end_head(&mut self) {
        self.at = match (self.length.take(), self.chunked) {
            (_, true) => At::Rest,
            (Some(length), _) if length > 0 => At::Body(length),
            _ => At::Head,
        };
        (self.n_lines, self.n_bytes) = (0, 0);
    }
}

/// RFC 9110, 5.6.2: what a name of a field is made of.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// After such a request the connection is closed.
pub(super) fn is_last(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    #[test]
    fn each_request_is_taken_by_itself() {
        let mut look = Look::default();
        let post = b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi";
        let all = [GET, post, GET].concat();
        let mut rest = all.as_slice();
        for length in [GET.len(), post.len(), GET.len()] {
            assert_eq!(look.look(rest), Step::Taken(length));
            rest = rest.split_at(length).1;
        }
        assert!(rest.is_empty() && look.is_between());
    }

    #[test]
    fn what_is_wrong_is_found_wherever_the_bytes_are_parted() {
        let odd = b"GET / HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n";
        for at in 0..odd.len() {
            let mut look = Look::default();
            let (first, second) = odd.split_at(at);
            let steps = [look.look(first), look.look(second)];
            assert!(steps.iter().any(|step| matches!(step, Step::Odd(_))), "{at}: {steps:?}");
        }
    }

    #[test]
    fn a_head_is_as_long_as_it_may_be_and_no_longer() {
        let head =
            |n: usize| [b"GET / HTTP/1.1\r\nx: ", "a".repeat(n).as_bytes(), b"\r\n\r\n"].concat();
        let most = LONGEST - head(0).len();
        assert_eq!(Look::default().look(&head(most)), Step::Taken(LONGEST));
        for n in [most + 1, 2 * LONGEST] {
            assert_eq!(Look::default().look(&head(n)), Step::Large(LONGEST));
        }
    }
}
