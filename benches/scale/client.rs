//! A browser that asks for one page after another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use crate::Outcome;

/// One connection that is kept.
pub struct Client {
    address: SocketAddr,
    cookie: String,
    stream: BufReader<TcpStream>,
}

/// A page, and what it took.
pub struct Page {
    pub status: u16,
    pub body: String,
    pub ms: f64,
}

impl Client {
    pub fn log_in(address: SocketAddr, name: &str, password: &str) -> Outcome<Self> {
        let stream = BufReader::new(TcpStream::connect(address)?);
        let mut client = Self { address, cookie: String::new(), stream };
        let form = format!("name={name}&password={}", password.replace(' ', "+"));
        write!(
            client.stream.get_mut(),
            "POST /login HTTP/1.1\r\nhost: {address}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        )?;
        let (_, _, cookie) = client.read()?;
        client.cookie = cookie.ok_or_else(|| format!("{name} was not let in"))?;
        Ok(client)
    }

    /// Asks somebody who has just begun whether they are ready.
    pub fn ready(address: SocketAddr) -> Outcome<bool> {
        let stream = BufReader::new(TcpStream::connect(address)?);
        Ok(Self { address, cookie: String::new(), stream }.get("/readyz")?.status == 200)
    }

    pub fn get(&mut self, path: &str) -> Outcome<Page> {
        let begun = Instant::now();
        let (address, cookie) = (self.address, &self.cookie);
        let asked = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n");
        self.stream.get_mut().write_all(asked.as_bytes())?;
        let (status, body, _) = self.read()?;
        Ok(Page { status, body, ms: begun.elapsed().as_secs_f64() * 1e3 })
    }

    /// Status, body, and the session's cookie where one is set.
    fn read(&mut self) -> Outcome<(u16, String, Option<String>)> {
        let (mut line, mut length, mut cookie) = (String::new(), 0, None);
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or("no status")?.parse()?;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(": ").unwrap_or((header, ""));
            match name {
                "content-length" => length = value.parse()?,
                "set-cookie" if value.starts_with("sid=") => {
                    cookie = value.split(';').next().map(str::to_owned);
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body)?, cookie))
    }
}
